//! Here-documents. Their texts begin behind the next line break, so they are put into their commands afterwards.

use super::{Parser, Result};
use crate::workload::start::shell::syntax::{Command, CommandKind, List, Part, RedirectKind, Word};

/// More here-documents on one line bash does not take.
const MAX_PENDING: usize = 16;

/// A here-document whose text is still to come.
pub(super) struct Pending {
    /// The line that ends it.
    end: String,
    is_quoted: bool,
    /// Whether tabs at the start of a line are dropped.
    drops_tabs: bool,
}

impl<'a> Parser<'a> {
    /// A here-document, from its end word on. Its text is put in later.
    pub(super) fn here(&mut self, drops_tabs: bool) -> Result<RedirectKind> {
        self.blanks();
        if !self.is_at_word() {
            return Err(self.unexpected());
        }
        let (end, is_quoted) = self.end_word()?;
        if self.pending.len() >= MAX_PENDING {
            return Err(self.unread(format!("more than {MAX_PENDING} here-documents on one line")));
        }
        self.pending.push(Pending { end, is_quoted, drops_tabs });
        Ok(RedirectKind::Here(Word::default()))
    }

    /// The end word without its quotes, and whether it had some. Nothing in it is expanded.
    fn end_word(&mut self) -> Result<(String, bool)> {
        let mut end = String::new();
        let word = self.word()?;
        let mut is_quoted = false;
        let mut parts = word.parts.iter().collect::<Vec<_>>();
        parts.reverse();
        while let Some(part) = parts.pop() {
            match part {
                Part::Bare(text) => end.push_str(text),
                Part::Quoted(text) => {
                    is_quoted = true;
                    end.push_str(text);
                }
                Part::DoubleQuoted(inner) => {
                    is_quoted = true;
                    parts.extend(inner.iter().rev());
                }
                _ => return Err(self.unread("the end word of a here-document with a dollar or backquote")),
            }
        }
        if end.contains('\n') {
            return Err(self.unread("the end word of a here-document over several lines"));
        }
        Ok((end, is_quoted))
    }

    /// Reads the texts of the here-documents on the line that has just ended.
    pub(super) fn here_documents(&mut self) -> Result<()> {
        for pending in std::mem::take(&mut self.pending) {
            let word = self.nested(|parser| parser.here_text(&pending))?;
            self.here_texts.push_back(word);
        }
        Ok(())
    }

    fn here_text(&mut self, pending: &Pending) -> Result<Word> {
        let first_line = self.reader.line();
        let mut text = String::new();
        loop {
            let line = self.here_line(pending)?;
            let content = if pending.drops_tabs { line.trim_start_matches('\t') } else { line };
            let behind = content.strip_prefix(&pending.end);
            let is_end = matches!(behind, Some("" | "\n"));
            if is_end || line.is_empty() {
                break;
            }
            text.push_str(content);
            if pending.drops_tabs && !pending.is_quoted && content.starts_with("\\\n") {
                self.differs("nothing but tabs before a backslash at the end of a line")?;
            }
            if self.is_in_substitution && behind.is_some_and(|behind| behind.contains(')')) {
                self.differs("a line that bash takes for the end of a here-document and of its substitution")?;
            }
        }
        if text.is_empty() {
            return Ok(Word::default());
        }
        if pending.is_quoted {
            return Ok(Word { parts: vec![Part::Quoted(text)] });
        }
        self.read_apart(&text, first_line, |apart| {
            let mut parts = Vec::new();
            while apart.reader.peek().is_some() {
                apart.piece(super::quotes::Quoting::Here, &mut parts)?;
            }
            Ok(Word { parts })
        })
    }

    /// The next line with its line break; in a text with expansions the next one too behind a backslash.
    fn here_line(&mut self, pending: &Pending) -> Result<&'a str> {
        let start = self.reader.at();
        let mut is_joined = false;
        loop {
            let rest = self.reader.rest();
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            self.reader.skip_raw(line.len());
            let content = line.strip_suffix('\n').unwrap_or(line);
            let backslashes = content.len() - content.trim_end_matches('\\').len();
            if pending.is_quoted || backslashes.is_multiple_of(2) || content.len() == line.len() {
                break;
            }
            is_joined = true;
        }
        if is_joined && is_joined_end(self.reader.since(start), pending) {
            self.differs("the end of a here-document over several lines")?;
        }
        Ok(self.reader.since(start))
    }

    /// Puts the texts of here-documents into the commands of a list, which stand in the same order.
    pub(super) fn place_here_documents(&mut self, list: &mut List) {
        if self.here_texts.is_empty() {
            return;
        }
        for item in list {
            let rest = item.rest.iter_mut().map(|(_, pipeline)| pipeline);
            for pipeline in std::iter::once(&mut item.first).chain(rest) {
                for command in &mut pipeline.commands {
                    self.place_in_command(command);
                }
            }
        }
    }

    fn place_in_command(&mut self, command: &mut Command) {
        match &mut command.kind {
            CommandKind::Simple { .. }
            | CommandKind::Declare { .. }
            | CommandKind::Condition(_)
            | CommandKind::Arithmetic(_) => {}
            CommandKind::Group(list) | CommandKind::Subshell(list) => self.place_here_documents(list),
            CommandKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.place_here_documents(condition);
                    self.place_here_documents(body);
                }
                self.place_here_documents(otherwise.as_mut().unwrap_or(&mut List::new()));
            }
            CommandKind::Loop { condition, body, .. } => {
                self.place_here_documents(condition);
                self.place_here_documents(body);
            }
            CommandKind::For { body, .. } | CommandKind::ArithmeticFor { body, .. } => self.place_here_documents(body),
            CommandKind::Case { arms, .. } => {
                for arm in arms {
                    self.place_here_documents(&mut arm.body);
                }
            }
            CommandKind::Function { body, .. } => {
                if let Some(body) = std::sync::Arc::get_mut(body) {
                    self.place_in_command(body);
                }
            }
        }
        for redirect in &mut command.redirects {
            if let RedirectKind::Here(word) = &mut redirect.kind {
                *word = self.here_texts.pop_front().unwrap_or_default();
            }
        }
    }
}

/// Whether the lines, joined, are the line that ends the here-document.
fn is_joined_end(lines: &str, pending: &Pending) -> bool {
    let joined = lines.replace("\\\n", "");
    let joined = if pending.drops_tabs { joined.trim_start_matches('\t') } else { &joined };
    joined.strip_suffix('\n').unwrap_or(joined) == pending.end
}
