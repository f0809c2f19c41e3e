//! Where something stands in an object, as a user writes it: `spec.rules.maxmemory-missing`.

use std::fmt;

use serde_json::Value;

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
        self.below(above).unwrap_or_else(|| self.clone())
    }

    /// The same; nothing where the other is not above it.
    pub(crate) fn below(&self, above: &Self) -> Option<Self> {
        let below = self.segments.strip_prefix(above.segments.as_slice())?;
        Some(Self { segments: below.to_vec() })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The keys and indices on the way as texts, without a place inside a text.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            match segment {
                Segment::Key(key) => keys.push(key.clone()),
                Segment::Index(index) => keys.push(index.to_string()),
                Segment::Character(_) => {}
            }
        }
        keys
    }

    /// What stands here in a value.
    pub(crate) fn find_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.segments.iter().try_fold(value, |value, segment| match segment {
            Segment::Key(key) => value.get_mut(key),
            Segment::Index(index) => value.get_mut(index),
            Segment::Character(_) => None,
        })
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
}
