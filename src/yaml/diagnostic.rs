//! What is wrong with a policy or exception, and where: a path such as `spec.rules.maxmemory-mising`, and for a file its line.

use std::fmt;

/// A place in one of our objects, as a user would write it: `spec.match.namespaces[0]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    Key(String),
    Index(usize),
    /// So many characters into the text that stands there; it is told in words, not in the path.
    Character(usize),
}

impl Path {
    /// The place of a field below the root, such as `spec`.
    #[must_use]
    pub fn root(key: &str) -> Self {
        Self::default().key(key)
    }

    /// The place of a field in what stands here.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// The place of an item, from 0, in the list that stands here.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// A place in the text that stands here: so many characters from its start.
    pub(crate) fn character(&self, characters: usize) -> Self {
        self.with(Segment::Character(characters))
    }

    /// The field, and how far into its text the place is.
    pub(crate) fn in_text(&self) -> (Self, Option<usize>) {
        match self.segments.last() {
            Some(Segment::Character(characters)) => (self.parent(), Some(*characters)),
            _ => (self.clone(), None),
        }
    }

    /// This place under another one.
    pub(crate) fn under(&self, above: &Self) -> Self {
        Self { segments: above.segments.iter().chain(&self.segments).cloned().collect() }
    }

    /// This place as seen from one above it.
    pub(crate) fn from(&self, above: &Self) -> Self {
        let below = self.segments.strip_prefix(above.segments.as_slice()).unwrap_or(&self.segments);
        Self { segments: below.to_vec() }
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What holds this place; the root holds itself.
    pub(crate) fn parent(&self) -> Self {
        let segments = self.segments.split_last().map_or(&[] as &[Segment], |(_, above)| above);
        Self { segments: segments.to_vec() }
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.segments.clone();
        segments.push(segment);
        Self { segments }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Character(_) => {}
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Key(key) if key.contains(['.', '/', ' ', '[']) => write!(formatter, "[{key:?}]")?,
                Segment::Key(key) if number == 0 => write!(formatter, "{key}")?,
                Segment::Key(key) => write!(formatter, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// One mistake in one of our objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: Path,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.segments.is_empty() {
            return formatter.write_str(&self.what);
        }
        write!(formatter, "{}: {}", self.at, self.what)
    }
}

/// A mistake with the file, or the profile, that it is in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {mistake}", line.map_or(String::new(), |line| format!(":{line}")))]
pub struct PolicyError {
    /// The file, or the profile.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong, and where in the object.
    pub mistake: Mistake,
}

impl PolicyError {
    pub(crate) fn new(file: &str, line: Option<usize>, what: String) -> Self {
        Self { file: file.to_owned(), line, mistake: Mistake { at: Path::default(), what } }
    }
}

/// What the author of a file should know, though nothing in it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWarning(pub PolicyError);

impl fmt::Display for PolicyWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PolicyError { file, line, mistake } = &self.0;
        let line = line.map_or(String::new(), |line| format!(":{line}"));
        write!(formatter, "{file}{line}: warning: {mistake}")
    }
}

/// Everything that is wrong with a set of policies, one line a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyErrors(pub Vec<PolicyError>);

impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for PolicyErrors {}

impl From<PolicyError> for PolicyErrors {
    fn from(error: PolicyError) -> Self {
        Self(vec![error])
    }
}

/// `; did you mean …?` where one of `names` is near, else the names themselves where they are few.
pub(crate) fn hint(found: &str, names: &[&str]) -> String {
    const FEW: usize = 12;
    hint_within(FEW, found, names)
}

/// The same, with at most so many names.
pub(crate) fn hint_within(few: usize, found: &str, names: &[&str]) -> String {
    const NEAR: f32 = 0.7;
    let near = similar::get_close_matches(found, names, 1, NEAR);
    match near.first() {
        Some(name) => format!("; did you mean `{name}`?"),
        None if names.len() <= few => format!("; write one of {}", names.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_a_user_writes_them() {
        let spec = Path::root("spec");
        assert_eq!(spec.key("match").key("namespaces").index(1).to_string(), "spec.match.namespaces[1]");
        let label = spec.key("matchLabels").key("app.kubernetes.io/name");
        assert_eq!(label.to_string(), r#"spec.matchLabels["app.kubernetes.io/name"]"#);
        assert_eq!(label.parent().to_string(), "spec.matchLabels");
    }

    #[test]
    fn the_nearest_name_is_the_hint() {
        assert_eq!(hint("maxmemory-mising", &["maxmemory-missing", "x"]), "; did you mean `maxmemory-missing`?");
        assert_eq!(hint("strict", &["baseline", "cache"]), "; write one of baseline, cache");
    }
}
