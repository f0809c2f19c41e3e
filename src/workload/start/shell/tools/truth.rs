//! What a condition comes to.

/// What a condition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// Status 0.
    True,
    /// Status 1; that of `[[` may be another but 0.
    False,
    /// A mistake in it: status 2, which `if` takes for false.
    Error,
    Unknown,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(holds: Option<bool>) -> Self {
        holds.map_or(Self::Unknown, Self::from)
    }
}

impl Truth {
    /// Whether the status is 0; nothing where that is unknown.
    pub(crate) fn status(self) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False | Self::Error => Some(false),
            Self::Unknown => None,
        }
    }

    /// `! self`
    pub(crate) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            other => other,
        }
    }

    /// `self -a other`, where both are evaluated.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            // Shells differ on how far they read once the result is certain.
            (Self::Error, _) | (_, Self::Error) => Self::Unknown,
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    /// `self -o other`, where both are evaluated.
    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}
