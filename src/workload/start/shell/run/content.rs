//! The content of a file as scripts leave it: texts one behind the other, of which some may not be there.

use std::sync::Arc;

use crate::workload::start::shell::text::Text;

/// The content of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// The file of an object that it begins with, unchanged: its path in the container.
    pub(crate) origin: Option<Arc<str>>,
    /// How many bytes of the first part are the origin's.
    pub(crate) origin_bytes: usize,
    parts: Vec<Part>,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: Arc<Text>,
    /// Whether it is there whatever a script decided.
    pub(crate) is_certain: bool,
}

impl Content {
    /// The text of an object's file, which is at `path`.
    pub(crate) fn of_object(path: &str, text: &str) -> Self {
        let mut content = Self::from(Text::from(text));
        content.origin = Some(path.into());
        content.origin_bytes = text.len();
        content
    }

    /// Its parts, in order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, where all of its parts are certain.
    pub(crate) fn text(&self) -> Option<Text> {
        let mut whole = Text::default();
        for part in &self.parts {
            if !part.is_certain {
                return None;
            }
            whole.push(&part.text);
        }
        Some(whole)
    }

    /// The text; unknown where some part of it may not be there.
    pub(crate) fn text_or_unknown(&self, path: &str) -> Text {
        self.text().unwrap_or_else(|| Text::any(format!("the text of {path} after the start script's branches")))
    }

    /// What it costs to keep.
    pub(crate) fn size(&self) -> usize {
        self.parts.iter().map(|part| part.text.size()).sum()
    }

    /// Appends a text.
    pub(crate) fn append(&mut self, text: &Text) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(last) if last.is_certain => Arc::make_mut(&mut last.text).push(text),
            // It goes on with a line that may not be there.
            Some(_) if !text.known_start().starts_with('\n') => {
                *self = Self::from(Text::any("a line that the start script's branches leave open"));
            }
            _ => self.parts.push(Part { text: Arc::new(text.clone()), is_certain: true }),
        }
    }

    /// Every part changed by a function that looks at single lines only. Parts behind the first begin with the line break
    /// of the line before them.
    pub(crate) fn map_lines(&self, change: impl Fn(&Text) -> Text) -> Self {
        let mut changed = Self::default();
        for (at, part) in self.parts.iter().enumerate() {
            let mut text = Text::default();
            match part.text.without_first_newline().filter(|_| at > 0) {
                Some(rest) => {
                    text.push_str("\n");
                    text.push(&change(&rest));
                }
                None => text = change(&part.text),
            }
            changed.parts.push(Part { text: Arc::new(text), is_certain: part.is_certain });
        }
        changed
    }

    /// A file that is one of two: lines that both begin and end with stay, those between may be there or not. Nothing
    /// where they do not differ by whole lines. Empty lines may come in between, which say nothing.
    pub(crate) fn join(&self, other: &Self) -> Option<Self> {
        if self == other {
            return Some(self.clone());
        }
        let mut joined = Self::default();
        if self.origin == other.origin && self.origin_bytes == other.origin_bytes {
            joined.origin.clone_from(&self.origin);
            joined.origin_bytes = self.origin_bytes;
        }
        let (mut one, mut two) = (lines_of(&self.parts)?, lines_of(&other.parts)?);
        if one == two {
            return None;
        }
        let alike = one.iter().zip(&two).take_while(|(one, two)| one == two).count();
        let rest = (one.split_off(alike), two.split_off(alike));
        for (line, is_certain) in one {
            joined.push_line(line, is_certain);
        }
        let (mut one, mut two) = rest;
        let alike = one.iter().rev().zip(two.iter().rev()).take_while(|(one, two)| one == two).count();
        let end = one.split_off(one.len() - alike);
        two.truncate(two.len() - alike);
        for (line, _) in one.into_iter().chain(two) {
            joined.push_line(line, false);
        }
        for (line, is_certain) in end {
            joined.push_line(line, is_certain);
        }
        Some(joined)
    }

    fn push_line(&mut self, mut line: Text, is_certain: bool) {
        if !self.parts.is_empty() && !line.known_start().starts_with('\n') {
            // The first line of one file behind lines of the other.
            let rest = std::mem::replace(&mut line, Text::from("\n"));
            line.push(&rest);
        }
        match self.parts.last_mut() {
            Some(last) if last.is_certain == is_certain => Arc::make_mut(&mut last.text).push(&line),
            _ => self.parts.push(Part { text: Arc::new(line), is_certain }),
        }
    }
}

impl From<Text> for Content {
    fn from(text: Text) -> Self {
        let mut content = Self::default();
        content.append(&text);
        content
    }
}

/// The lines of a file, each behind the first with the line break before it, and whether it is certain. Nothing where an
/// unknown piece may hold line breaks. What is empty counts as an empty line, so that others can follow it.
fn lines_of(parts: &[Part]) -> Option<Vec<(Text, bool)>> {
    if parts.is_empty() {
        return Some(vec![(Text::default(), true), (Text::from("\n"), true)]);
    }
    let mut lines = Vec::new();
    for part in parts {
        // A part behind the first begins with the line break of its first line.
        let skipped = usize::from(!lines.is_empty() && part.text.known_start().starts_with('\n'));
        for line in part.text.lines()?.into_iter().skip(skipped) {
            lines.push((line, part.is_certain));
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Content {
        Content::from(Text::from(text))
    }

    #[test]
    fn what_one_branch_appends_may_be_there() {
        let joined = file("a\nb\nz\n").join(&file("a\nz\n")).unwrap();
        let parts: Vec<(&str, bool)> =
            joined.parts().iter().map(|part| (part.text.known().unwrap(), part.is_certain)).collect();
        assert_eq!(parts, [("a", true), ("\nb", false), ("\nz\n", true)]);
        assert_eq!(joined.text(), None);
        let joined = file("a").join(&file("a\nb\n")).unwrap();
        assert_eq!(joined.parts().len(), 2);
    }
}
