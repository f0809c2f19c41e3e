//! Why a server refuses a line, and whether that is certain: another version or a template may see to it.

use super::loaded::{Origin, Problem, ProblemKind, Stage};

/// A line that is being read.
pub(crate) struct Line<'a> {
    /// Counted from 1 over all that is read at once.
    pub(crate) number: u32,
    pub(crate) text: &'a [u8],
    pub(crate) origin: &'a Origin,
    pub(crate) has_placeholder: bool,
}

impl<'a> Line<'a> {
    pub(crate) fn new(number: u32, text: &'a [u8], origin: &'a Origin) -> Self {
        Self { number, text, origin, has_placeholder: has_placeholder(text) }
    }

    /// The problem of a line that is refused. What is to be filled in is never certain.
    pub(crate) fn refuse(&self, directive: Option<&str>, refused: Refused) -> Problem {
        Problem {
            stage: Stage::Config,
            kind: refused.kind,
            origin: Some(self.origin.clone()),
            line: Some(self.number),
            column: column(self.text, refused.kind),
            directive: directive.map(str::to_owned),
            message: refused.message,
            certain: refused.certain && !self.has_placeholder,
            placeholder: self.has_placeholder,
        }
    }
}

/// What is wrong with a line.
pub(crate) struct Refused {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
    pub(crate) certain: bool,
}

impl Refused {
    /// A value that another version might take.
    pub(crate) fn doubtful(message: String) -> Self {
        Self { certain: false, ..Self::value(message) }
    }

    /// A value that is not taken.
    pub(crate) fn value(message: String) -> Self {
        Self { kind: ProblemKind::Value, message, certain: true }
    }

    /// A number of words that is not taken.
    pub(crate) fn arity(message: &str) -> Self {
        Self { kind: ProblemKind::Arity, message: message.to_owned(), certain: true }
    }
}

/// Whether a template engine or a script fills something in later: `${X}`, `{{ }}`, `%X%`, `__X__`.
#[must_use]
pub fn has_placeholder(line: &[u8]) -> bool {
    if !line.iter().any(|byte| matches!(byte, b'{' | b'%' | b'_')) {
        return false; // Most lines hold no letter of one.
    }
    let text = String::from_utf8_lossy(line);
    let between = |open: &str, close: &str| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    between("${", "}") || between("{{", "}}") || has_named(&text, "%") || has_named(&text, "__")
}

/// Whether a name in capitals stands behind a sign that stands there twice.
fn has_named(text: &str, sign: &str) -> bool {
    text.matches(sign).count() > 1 && text.split(sign).skip(1).any(is_name)
}

fn is_name(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
}

/// The column of the first value, from 1, in characters.
fn column(line: &[u8], kind: ProblemKind) -> Option<u32> {
    let text = String::from_utf8_lossy(line);
    let column = match kind {
        ProblemKind::Value | ProblemKind::Arity => {
            let name = text.find(char::is_whitespace)?;
            let rest = text.get(name..)?;
            let value = rest.find(|letter: char| !letter.is_whitespace())?;
            text.get(..name + value)?.chars().count() + 1
        }
        _ => 1,
    };
    u32::try_from(column).ok()
}
