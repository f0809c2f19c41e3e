//! Lines, lists and pipelines.

use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{
    Command, CommandKind, Connector, Item, List, Part, Pipeline, Redirect, RedirectKind, Word,
};

impl Parser<'_> {
    /// The commands that a shell reads before it runs any of them: those up to the line break that ends the last one.
    pub(super) fn line_of_commands(&mut self) -> Result<Option<List>> {
        self.newlines()?;
        if self.reader.peek().is_none() {
            return Ok(None);
        }
        let mut list = List::new();
        loop {
            let (item, is_separated) = self.item()?;
            list.push(item);
            self.blanks();
            match self.reader.peek() {
                None | Some('\n') => break,
                Some(_) if is_separated => {}
                Some(_) => return Err(self.unexpected()),
            }
        }
        self.reader.next();
        self.here_documents()?;
        self.place_here_documents(&mut list);
        self.has_extended_patterns |= list.iter().any(turns_extended_patterns_on);
        Ok(Some(list))
    }

    /// Commands up to something that can't begin one: a reserved word, a parenthesis, `;;` or the end. May be empty.
    pub(super) fn list(&mut self) -> Result<List> {
        let mut list = List::new();
        loop {
            self.newlines()?;
            if self.is_at_end_of_list() {
                return Ok(list);
            }
            let (item, is_separated) = self.item()?;
            list.push(item);
            self.blanks();
            if !is_separated && self.reader.peek() != Some('\n') {
                return Ok(list);
            }
        }
    }

    /// The same with at least one command.
    pub(super) fn filled_list(&mut self) -> Result<List> {
        let list = self.list()?;
        if list.is_empty() {
            return Err(self.unexpected());
        }
        Ok(list)
    }

    fn is_at_end_of_list(&mut self) -> bool {
        match self.reader.peek() {
            None | Some(')' | ';') => true,
            Some(_) => matches!(
                self.reserved(),
                Some("then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}" | "in" | "]]")
            ),
        }
    }

    /// One command of a list, and whether `;` or `&` stands behind it.
    fn item(&mut self) -> Result<(Item, bool)> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let connector = if self.reader.eat("&&") {
                Connector::And
            } else if self.reader.eat("||") {
                Connector::Or
            } else {
                break;
            };
            self.newlines()?;
            rest.push((connector, self.pipeline()?));
        }
        let is_background = self.reader.eat("&");
        let is_separated = is_background || self.eat_semicolon();
        Ok((Item { first, rest, is_background }, is_separated))
    }

    /// Passes over a `;` that does not belong to `;;` or `;&`.
    fn eat_semicolon(&mut self) -> bool {
        !matches!(self.reader.look(1), Some(';' | '&')) && self.reader.eat(";")
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        let mut pipeline = Pipeline { is_negated: false, is_timed: false, commands: Vec::new() };
        self.prefixes(&mut pipeline)?;
        if !pipeline.commands.is_empty() {
            return Ok(pipeline);
        }
        loop {
            let mut command = self.command()?;
            self.blanks();
            if self.reader.is_at("||") {
                pipeline.commands.push(command);
                return Ok(pipeline);
            }
            if self.reader.is_at("|&") {
                self.bash_only();
                self.reader.skip(2);
                command.redirects.push(errors_too());
            } else if !self.reader.eat("|") {
                pipeline.commands.push(command);
                return Ok(pipeline);
            }
            pipeline.commands.push(command);
            self.newlines()?;
        }
    }

    /// `!` and `time` before a pipeline. In bash nothing needs to stand behind them.
    fn prefixes(&mut self, pipeline: &mut Pipeline) -> Result<()> {
        let mut count = 0;
        loop {
            self.blanks();
            let line = self.reader.line();
            if self.eat_reserved("!") {
                if self.has_extended_patterns && self.reader.peek() == Some('(') {
                    return Err(self.unread("`!(` where a command begins"));
                }
                pipeline.is_negated = !pipeline.is_negated;
            } else if self.reserved() == Some("time") {
                self.bash_only();
                self.eat_reserved("time");
                pipeline.is_timed = true;
                self.time_option();
            } else {
                return Ok(());
            }
            count += 1;
            self.blanks();
            if matches!(self.reader.peek(), None | Some('\n' | ';')) {
                self.mark_bash_only(line);
                let kind = CommandKind::Simple { assignments: Vec::new(), words: Vec::new() };
                pipeline.commands.push(Command { kind, redirects: Vec::new(), line });
                return Ok(());
            }
            if count > 1 {
                self.bash_only();
            }
        }
    }

    fn time_option(&mut self) {
        self.blanks();
        let mut ahead = self.reader.ahead().skip(2);
        if self.reader.is_at("-p") && ahead.next().is_none_or(super::name::ends_word) {
            self.reader.skip(2);
        }
    }

    /// Blanks and a comment, which may stand between words.
    pub(super) fn blanks(&mut self) {
        while let Some(next) = self.reader.peek() {
            match next {
                ' ' | '\t' => self.reader.skip(1),
                '#' => {
                    let rest = self.reader.rest();
                    self.reader.skip_raw(rest.find('\n').unwrap_or(rest.len()));
                    return;
                }
                _ => return,
            }
        }
    }

    /// Line breaks, blanks and comments, which may stand where a command begins. Here-documents begin behind the first.
    pub(super) fn newlines(&mut self) -> Result<()> {
        loop {
            self.blanks();
            if self.reader.peek() != Some('\n') {
                return Ok(());
            }
            self.reader.next();
            self.here_documents()?;
        }
    }

    /// What comes next can't stand here. Plain words are not repeated: they may be secret.
    pub(super) fn unexpected(&self) -> SyntaxError {
        if let Some(reserved) = self.reserved() {
            let is_certain = reserved != "]]" || self.is_bash();
            return SyntaxError { is_certain, ..self.wrong(format!("`{reserved}` can't stand here")) };
        }
        let operators = [";;&", ";;", ";&", "&&", "||", "|&", ";", "&", "|", "<", ">", "(", ")"];
        if self.reader.is_at(";&>") || self.reader.is_at(";;&>") {
            return self.unread("`;&>`, in which busybox takes `&>` for a redirection");
        }
        if let Some(operator) = operators.into_iter().find(|operator| self.reader.is_at(operator)) {
            return self.wrong(format!("`{operator}` can't stand here"));
        }
        match self.reader.look(0) {
            None => self.wrong("the script ends inside a command"),
            Some('\n') => self.wrong("the line ends inside a command"),
            Some(_) => self.wrong("a word can't stand here"),
        }
    }

    /// Whether bash alone is spoken of.
    pub(super) fn is_bash(&self) -> bool {
        self.dialect == crate::workload::start::shell::dialect::Dialect::Bash
    }
}

/// `2>&1`, which `|&` stands for.
fn errors_too() -> Redirect {
    Redirect { descriptor: Some(2), kind: RedirectKind::Duplicate(Word { parts: vec![Part::Bare("1".to_owned())] }) }
}

/// Whether the command is `shopt -s extglob`.
fn turns_extended_patterns_on(item: &Item) -> bool {
    let [Command { kind: CommandKind::Simple { words, .. }, .. }] = item.first.commands.as_slice() else {
        return false;
    };
    let mut bare = words.iter().filter_map(Word::bare);
    bare.next() == Some("shopt") && bare.next() == Some("-s") && bare.any(|word| word == "extglob")
}
