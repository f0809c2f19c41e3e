//! Reads the text of a shell script: POSIX `sh`, and what start scripts use of bash.
//!
//! A shell reads a script line by line and dies at the first line that it can't read, after it has run those before. So
//! a script is never refused as a whole: what stands before the broken line is returned beside the error.
//!
//! What bash alone reads, or reads another way than dash and busybox's ash, is read as bash does and its first line is
//! noted. Where a shell is known to refuse a text, the error is certain; where it is only this parser that does not read
//! it (`coproc`, `select`, a function's name with an expansion, more than 64 nested constructs …), it is not.
//!
//! Facts: POSIX.1-2017, Shell Command Language, and what bash 5.2, dash 0.5.12 and busybox 1.35 do; the tests ask them.

mod ansi;
mod arithmetic;
mod array;
mod case;
mod compound;
mod condition;
mod dollar;
mod function;
mod here;
mod list;
mod loops;
mod name;
mod parameter;
mod parts;
mod quotes;
mod reader;
mod redirect;
mod simple;
#[cfg(test)]
mod tests;
mod word;

use super::dialect::Dialect;
use super::syntax::{List, Word};
use reader::Reader;
use std::collections::VecDeque;
use std::fmt;

/// Bytes of the longest script that is read.
const MAX_TEXT: usize = 256 * 1024;
/// How many constructs may stand inside one another: commands, substitutions, quotes, parameters and words in them.
const MAX_DEPTH: usize = 64;
/// Bytes that may be read more than once: here-documents, backquotes, and parentheses that could be arithmetic.
const MAX_REREAD: usize = 4 * MAX_TEXT;

/// A script as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// The commands of all lines before the broken one.
    pub(crate) list: List,
    /// The first line on which something stands that bash, dash and busybox's ash do not all read alike.
    pub(crate) bash_only: Option<u32>,
    /// Why the lines from some line on are not read.
    pub(crate) broken: Option<SyntaxError>,
}

/// Why a script is not read from some line on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// The line, from 1.
    pub(crate) line: u32,
    /// What is wrong with it, without the line.
    pub(crate) message: String,
    /// Whether the shell is known to refuse it too, and so to die here. Otherwise it may well read it.
    pub(crate) is_certain: bool,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

type Result<T> = std::result::Result<T, SyntaxError>;

/// Reads a script. It never fails as a whole, and takes time in proportion to the text.
pub(crate) fn parse(script: &str, dialect: Dialect) -> Parsed {
    let mut parsed = Parsed { list: List::new(), bash_only: None, broken: None };
    if script.len() > MAX_TEXT {
        parsed.broken = Some(SyntaxError::unread(1, format!("longer than {} KiB", MAX_TEXT / 1024)));
        return parsed;
    }
    let mut parser = Parser::new(script, 1, dialect, 0);
    parsed.broken = loop {
        match parser.line_of_commands() {
            Ok(Some(line)) => parsed.list.extend(line),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    parsed.bash_only = parser.bash_only;
    if let (Dialect::Posix, Some(_), Some(broken)) = (dialect, parsed.bash_only, &mut parsed.broken) {
        broken.is_certain = false;
    }
    parsed
}

impl SyntaxError {
    /// What the shell is known to refuse.
    fn wrong(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), is_certain: true }
    }

    /// What this parser does not read.
    fn unread(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), is_certain: false }
    }
}

/// Where the parser stands in a text, and what it has to remember.
struct Parser<'a> {
    reader: Reader<'a>,
    dialect: Dialect,
    /// How many constructs are open.
    depth: usize,
    bash_only: Option<u32>,
    /// The here-documents whose texts begin behind the next line break.
    pending: Vec<here::Pending>,
    /// The texts of here-documents, in order, until they are put into their commands.
    here_texts: VecDeque<Word>,
    /// Bytes that had to be read more than once.
    reread: usize,
    /// Whether `shopt -s extglob` stands on a line before.
    has_extended_patterns: bool,
    is_in_substitution: bool,
    /// Whether bash 5.2 loses backslashes here: it writes an array inside `$(…)` down again, and wrong.
    loses_backslashes: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, first_line: u32, dialect: Dialect, depth: usize) -> Self {
        Self {
            reader: Reader::new(text, first_line),
            dialect,
            depth,
            bash_only: None,
            pending: Vec::new(),
            here_texts: VecDeque::new(),
            reread: 0,
            has_extended_patterns: false,
            is_in_substitution: false,
            loses_backslashes: false,
        }
    }

    /// Reads a text taken out of this one, as that of a here-document. What goes wrong in it is not certain: bash reads
    /// it only when it gets there, and goes on after an error.
    fn read_apart<T>(
        &mut self,
        text: &str,
        first_line: u32,
        read: impl FnOnce(&mut Parser<'_>) -> Result<T>,
    ) -> Result<T> {
        self.reread(text.len())?;
        let mut apart = Parser::new(text, first_line, self.dialect, self.depth);
        apart.has_extended_patterns = self.has_extended_patterns;
        apart.reread = self.reread;
        let result = apart.nested(read);
        self.reread = apart.reread;
        if let Some(line) = apart.bash_only {
            self.mark_bash_only(line);
        }
        result.map_err(|error| SyntaxError { is_certain: false, ..error })
    }

    /// Counts bytes that are read once more. Without a bound, texts inside texts would take time without end.
    fn reread(&mut self, bytes: usize) -> Result<()> {
        self.reread += bytes;
        if self.reread > MAX_REREAD {
            return Err(self.unread("holds too many texts inside texts"));
        }
        Ok(())
    }

    /// Reads something inside another construct.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.unread(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Notes that what stands here is not read alike by all shells.
    fn bash_only(&mut self) {
        let line = self.reader.line();
        self.mark_bash_only(line);
    }

    fn mark_bash_only(&mut self, line: u32) {
        self.bash_only = Some(self.bash_only.map_or(line, |first| first.min(line)));
    }

    /// Notes something that bash reads in a way this parser doesn't follow, and other shells in another one.
    fn differs(&mut self, message: &str) -> Result<()> {
        self.bash_only();
        match self.dialect {
            Dialect::Posix => Ok(()),
            Dialect::Bash => Err(self.unread(message)),
        }
    }

    /// What the shell refuses here.
    fn wrong(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::wrong(self.reader.line(), message)
    }

    /// What this parser does not read here.
    fn unread(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::unread(self.reader.line(), message)
    }
}
