//! Simple commands: assignments, words and redirections in any order.

use super::name::{begins_name, is_of_name};
use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{
    Argument, AssignedValue, Assignment, Command, CommandKind, Part, Redirect, Word,
};

/// The commands whose arguments may be assignments.
const DECLARING: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// What has been read of a simple command.
#[derive(Default)]
struct Simple {
    assignments: Vec<Assignment>,
    words: Vec<Word>,
    /// The words behind a command that declares variables.
    arguments: Vec<Argument>,
    redirects: Vec<Redirect>,
    /// Whether a redirection stands behind the first word.
    is_redirected: bool,
}

impl Simple {
    /// The command that declares variables, if it is one.
    fn declaring(&self) -> Option<&str> {
        self.words.first()?.bare().filter(|program| DECLARING.contains(program))
    }

    fn into_command(self, line: u32) -> Command {
        let kind = match self.declaring() {
            Some(program) => CommandKind::Declare {
                program: program.to_owned(),
                assignments: self.assignments,
                arguments: self.arguments,
            },
            None => CommandKind::Simple { assignments: self.assignments, words: self.words },
        };
        Command { kind, redirects: self.redirects, line }
    }
}

impl Parser<'_> {
    pub(super) fn simple(&mut self, line: u32) -> Result<Command> {
        let mut simple = Simple::default();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                simple.is_redirected = !simple.words.is_empty();
                continue;
            }
            if self.is_at_word() {
                self.word_of(&mut simple)?;
                continue;
            }
            if self.reader.peek() == Some('(') {
                let is_first = simple.assignments.is_empty() && simple.redirects.is_empty();
                let ([name], true) = (simple.words.as_slice(), is_first) else {
                    return Err(self.unexpected_parenthesis());
                };
                return self.nested(|parser| parser.function(name, line));
            }
            break;
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty() {
            return Err(self.unexpected());
        }
        self.mark_programs(&simple, line);
        Ok(simple.into_command(line))
    }

    /// Reads one word of a simple command.
    fn word_of(&mut self, simple: &mut Simple) -> Result<()> {
        let is_declaring = simple.declaring().is_some();
        if !simple.words.is_empty() && !is_declaring {
            simple.words.push(self.split_word()?);
            return Ok(());
        }
        let start = self.reader.at();
        let argument = self.argument()?;
        match argument {
            Argument::Assignment(Assignment { value: AssignedValue::Array(_), .. }) if simple.is_redirected => {
                return Err(self.wrong("`(` can't stand here"));
            }
            Argument::Assignment(assignment) if is_declaring => {
                let argument = self.declared(assignment);
                if let Argument::Word(word) = &argument {
                    self.check_fields(word, start)?;
                }
                simple.arguments.push(argument);
            }
            Argument::Assignment(assignment) => simple.assignments.push(assignment),
            Argument::Word(word) => {
                self.check_fields(&word, start)?;
                if is_declaring {
                    simple.arguments.push(Argument::Word(word));
                } else {
                    simple.words.push(word);
                }
            }
        }
        Ok(())
    }

    /// An assignment behind a command that declares variables. Bash expands braces in it first.
    fn declared(&mut self, assignment: Assignment) -> Argument {
        match &assignment {
            Assignment { name, index: None, is_append, value: AssignedValue::Word(value) }
                if super::word::has_braces(value) =>
            {
                self.bash_only();
                let operator = if *is_append { "+=" } else { "=" };
                let mut word = Word { parts: vec![Part::Bare(format!("{name}{operator}"))] };
                for part in &value.parts {
                    super::parts::push(&mut word.parts, part.clone());
                }
                Argument::Word(word)
            }
            _ => Argument::Assignment(assignment),
        }
    }

    /// Dash and busybox have no `declare`, and an `alias` changes how they read the lines behind it.
    fn mark_programs(&mut self, simple: &Simple, line: u32) {
        let program = simple.words.first().and_then(Word::bare);
        if matches!(program, Some("alias" | "unalias" | "declare" | "typeset")) {
            self.mark_bash_only(line);
        }
    }

    /// An assignment, or else a word.
    fn argument(&mut self) -> Result<Argument> {
        let mut ahead = self.reader.ahead();
        let mut length = 0;
        let behind = loop {
            match ahead.next() {
                Some(next) if length == 0 && !begins_name(next) => break None,
                Some(next) if is_of_name(next) => length += 1,
                behind => break behind,
            }
        };
        match (behind, ahead.next()) {
            (Some('='), _) | (Some('+'), Some('=')) => {
                let name = self.name();
                Ok(Argument::Assignment(self.assigned(name, None)?))
            }
            (Some('['), _) => self.indexed_argument(),
            _ => Ok(Argument::Word(self.word()?)),
        }
    }

    /// `NAME[index]=value` of bash, or a word that begins like one.
    fn indexed_argument(&mut self) -> Result<Argument> {
        let start = self.reader.at();
        let name = self.name();
        self.reader.eat("[");
        let index = self.index()?;
        if self.reader.peek() == Some('=') || self.reader.is_at("+=") {
            self.bash_only();
            return Ok(Argument::Assignment(self.assigned(name, Some(index))?));
        }
        if self.reader.since(start).contains(super::name::ends_word) {
            self.differs("a word with blanks or operators in brackets")?;
        }
        Ok(Argument::Word(self.word_behind_brackets(&format!("{name}["), index)?))
    }

    /// The value of an assignment, from its operator on.
    fn assigned(&mut self, name: String, index: Option<Word>) -> Result<Assignment> {
        let is_append = self.reader.is_at("+=");
        if is_append {
            self.bash_only();
        }
        self.reader.skip(if is_append { 2 } else { 1 });
        let value = if self.reader.peek() == Some('(') {
            self.bash_only();
            if index.is_some() {
                return Err(self.unread("a list for one element of an array"));
            }
            let did_lose = std::mem::replace(&mut self.loses_backslashes, self.is_in_substitution);
            let elements = self.nested(Self::array)?;
            self.loses_backslashes = did_lose;
            AssignedValue::Array(elements)
        } else {
            AssignedValue::Word(self.word()?)
        };
        Ok(Assignment { name, index, is_append, value })
    }

    /// A parenthesis where none may stand, unless it belongs to a pattern of bash that was turned on unseen.
    pub(super) fn unexpected_parenthesis(&self) -> SyntaxError {
        let is_pattern = self.reader.is_behind(['?', '*', '+', '@', '!']);
        if is_pattern && self.reader.is_at("(") {
            return self.unread("a pattern with parentheses and no `shopt -s extglob` on a line before");
        }
        self.unexpected()
    }
}
