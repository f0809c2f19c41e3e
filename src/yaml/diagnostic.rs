//! What is wrong with something that a user wrote, and where: the file and the span in it, and the path in the object.

use std::fmt;
use std::sync::Arc;

use super::path::Path;
use super::span::{Location, Span};

/// One thing that is wrong with what a user wrote, or that its author should know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as it was named; nothing for an object that comes from no file.
    pub file: Option<Arc<str>>,
    /// Where in the file, where that is known.
    pub span: Option<Span>,
    /// Where in the object; the root for what lies in no object.
    pub path: Path,
    /// What is wrong, on one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// What is wrong with a place in an object.
    #[must_use]
    pub fn new(path: Path, message: impl Into<String>) -> Self {
        Self { path, message: message.into(), ..Self::default() }
    }

    /// What is wrong with a whole file or folder.
    #[must_use]
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: Some(Arc::from(file)), message: message.into(), ..Self::default() }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the file and the span in it.
    #[must_use]
    pub fn with_location(mut self, file: &Arc<str>, span: Span) -> Self {
        self.file = Some(Arc::clone(file));
        self.span = Some(span);
        self
    }

    /// Writes it, with a word such as `warning: ` behind the place in the file.
    fn write(&self, formatter: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
        match (&self.file, self.span) {
            (Some(file), Some(span)) => write!(formatter, "{}: ", Location { file: Arc::clone(file), span })?,
            (Some(file), None) => write!(formatter, "{file}: ")?,
            (None, _) => {}
        }
        formatter.write_str(word)?;
        if self.path != Path::default() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(formatter, "; {help}"))
    }
}

impl fmt::Display for Diagnostic {
    /// `file:line:column: path: message; help`, as far as each is known.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, "")
    }
}

impl std::error::Error for Diagnostic {}

/// What the author of a file should know, though nothing in it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub Diagnostic);

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(formatter, "warning: ")
    }
}

/// Everything that is wrong with some files, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::span::Position;

    #[test]
    fn reads_as_compilers_write_it() {
        let diagnostic = Diagnostic::new(Path::root("spec").key("mode"), "is empty").with_help("write a word");
        assert_eq!(diagnostic.to_string(), "spec.mode: is empty; write a word");
        let span = Span::at(Position { line: 3, column: 5, byte: 20 });
        let placed = diagnostic.with_location(&Arc::from("a.yaml"), span);
        assert_eq!(placed.to_string(), "a.yaml:3:5: spec.mode: is empty; write a word");
        assert_eq!(Warning(placed).to_string(), "a.yaml:3:5: warning: spec.mode: is empty; write a word");
        assert_eq!(Diagnostic::of_file("a", "is a folder").to_string(), "a: is a folder");
    }
}
