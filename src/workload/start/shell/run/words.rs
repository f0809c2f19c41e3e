//! From words as they are written to the words that a command gets: expansion, field splitting, path names.

use std::sync::Arc;

use super::field::Field;
use super::interpreter::Interpreter;
use super::state::{State, Value};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Part, Word};
use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};
use crate::workload::start::shell::tools::pattern::{self, Pattern};

/// A piece of a word after its expansions.
#[derive(Debug, Clone)]
pub(super) enum Fragment {
    /// Characters that stay together.
    Kept {
        text: Text,
        /// Quoted ones are no pattern, and make a word even where they are none.
        is_quoted: bool,
    },
    /// What an unquoted expansion gives.
    Split(Text),
    /// A word ends here and another begins.
    Break,
    /// All of these words or none.
    Maybe(Arc<[Text]>),
    /// Any number of words, each like this.
    Any(Unknown),
}

impl Interpreter<'_> {
    /// The words that a command gets. Nothing where an expansion ends the script.
    pub(super) fn expand_words(&mut self, words: &[Word], state: &mut State) -> Option<Vec<Field>> {
        let mut fields = Vec::new();
        for word in words {
            if self.dialect == Dialect::Bash && has_braces(word) {
                match expand_braces(word) {
                    Some(words) => {
                        for word in &words {
                            self.expand_word(word, state, &mut fields)?;
                        }
                    }
                    None => fields.push(any("what bash makes of braces")),
                }
                continue;
            }
            self.expand_word(word, state, &mut fields)?;
        }
        Some(fields)
    }

    fn expand_word(&mut self, word: &Word, state: &mut State, fields: &mut Vec<Field>) -> Option<()> {
        // Most words are plain ones.
        if let [Part::Quoted(text)] = word.parts.as_slice() {
            fields.push(Field::One(Text::from(text.as_str())));
            return Some(());
        }
        let fragments = self.fragments(&word.parts, state)?;
        let Value::Text(ifs) = state.value("IFS", self.world) else {
            fields.push(any("the value of IFS"));
            return Some(());
        };
        let mut splitter = Splitter { fields: Vec::new(), current: None, has_pattern: false, is_open: false };
        for fragment in &fragments {
            splitter.add(fragment, ifs.known());
        }
        for (field, has_pattern) in splitter.finish() {
            match field {
                Field::One(text) if has_pattern && !state.options.expands_no_paths => {
                    self.expand_path(text, fields);
                }
                field => fields.push(field),
            }
        }
        Some(())
    }

    /// The files that a pattern names, where they are listed; a pattern that names none stays.
    fn expand_path(&mut self, text: Text, fields: &mut Vec<Field>) {
        let pattern = text.known().map(str::to_owned);
        let Some(pattern) = pattern.filter(|pattern| pattern.starts_with('/')) else {
            fields.push(any("the files that a pattern names"));
            return;
        };
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
        let names = self.world.list(folder).filter(|_| !folder.contains(['*', '?', '[']));
        let Some(names) = names else {
            fields.push(any(format!("the files that {pattern} names")));
            return;
        };
        let matcher = Pattern::new(&[pattern::Fragment::bare(name)], self.dialect);
        let mut found = Vec::new();
        for candidate in names {
            match matcher.matches(&Text::from(candidate.as_str())) {
                Some(true) if !candidate.starts_with('.') => found.push(candidate),
                Some(_) => {}
                None => {
                    fields.push(any(format!("the files that {pattern} names")));
                    return;
                }
            }
        }
        found.sort();
        if found.is_empty() {
            fields.push(Field::One(text));
        }
        fields.extend(found.into_iter().map(|name| Field::One(Text::from(format!("{folder}/{name}")))));
    }

    /// One text of a word, without splitting: the value of an assignment, the target of a redirection, a here-document.
    pub(super) fn expand_text(&mut self, word: &Word, state: &mut State) -> Option<Text> {
        let fragments = self.fragments(&word.parts, state)?;
        let mut whole = Text::default();
        for fragment in fragments {
            match fragment {
                Fragment::Kept { text, .. } | Fragment::Split(text) => whole.push(&text),
                Fragment::Break => whole.push_str(" "),
                Fragment::Maybe(_) => whole.push(&Text::any("the elements of an array")),
                Fragment::Any(unknown) => whole.push(&Text::any(unknown.needs)),
            }
        }
        Some(whole)
    }

    /// The pieces of a word after its expansions.
    pub(super) fn fragments(&mut self, parts: &[Part], state: &mut State) -> Option<Vec<Fragment>> {
        let mut fragments = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Bare(text) => fragments.push(self.bare(text, at == 0, state)),
                Part::Quoted(text) => {
                    fragments.push(Fragment::Kept { text: Text::from(text.as_str()), is_quoted: true });
                }
                Part::AnsiQuoted(text) => {
                    let text = match self.dialect {
                        Dialect::Bash => Text::from(text.as_str()),
                        Dialect::Posix => Text::any("what `sh` makes of $'…'"),
                    };
                    fragments.push(Fragment::Kept { text, is_quoted: true });
                }
                Part::DoubleQuoted(inner) => self.double_quoted(inner, state, &mut fragments)?,
                Part::Parameter(parameter) => self.parameter(parameter, false, state, &mut fragments)?,
                Part::Substitution(list) => {
                    let text = self.substitute(list, state)?;
                    fragments.push(Fragment::Split(text));
                }
                Part::Arithmetic(word) => {
                    let text = self.arithmetic_text(word, state)?;
                    fragments.push(Fragment::Split(text));
                }
                Part::Process(list) => {
                    let inner = self.fork(state);
                    let end = self.run_subshell(inner, |runner, inner| runner.run_list(list, inner));
                    if let Some(end) = end {
                        state.files = end.files;
                    }
                    fragments.push(Fragment::Kept { text: Text::any("the output of a command"), is_quoted: true });
                }
            }
        }
        Some(fragments)
    }

    fn bare(&self, text: &str, is_first: bool, state: &State) -> Fragment {
        if is_first && text.starts_with('~') {
            let home = match (text.strip_prefix('~'), state.value("HOME", self.world)) {
                (Some(rest), Value::Text(mut home)) if rest.is_empty() || rest.starts_with('/') => {
                    home.push_str(rest);
                    home
                }
                _ => Unknown::new(Shape::Field, "a home directory").into(),
            };
            return Fragment::Kept { text: home, is_quoted: true };
        }
        Fragment::Kept { text: Text::from(text), is_quoted: false }
    }

    fn double_quoted(&mut self, inner: &[Part], state: &mut State, fragments: &mut Vec<Fragment>) -> Option<()> {
        // `"$@"` alone may be no word at all.
        if inner.len() != 1 || !matches!(inner.first(), Some(Part::Parameter(parameter)) if parameter.is_list()) {
            fragments.push(Fragment::Kept { text: Text::default(), is_quoted: true });
        }
        for part in inner {
            match part {
                Part::Parameter(parameter) => self.parameter(parameter, true, state, fragments)?,
                Part::Substitution(list) => {
                    let text = self.substitute(list, state)?;
                    fragments.push(Fragment::Kept { text, is_quoted: true });
                }
                Part::Arithmetic(word) => {
                    let text = self.arithmetic_text(word, state)?;
                    fragments.push(Fragment::Kept { text, is_quoted: true });
                }
                Part::Quoted(text) | Part::Bare(text) | Part::AnsiQuoted(text) => {
                    fragments.push(Fragment::Kept { text: Text::from(text.as_str()), is_quoted: true });
                }
                Part::DoubleQuoted(inner) => self.double_quoted(inner, state, fragments)?,
                Part::Process(_) => {}
            }
        }
        Some(())
    }

    /// The output of a command substitution.
    pub(super) fn substitute(
        &mut self,
        list: &crate::workload::start::shell::syntax::List,
        state: &mut State,
    ) -> Option<Text> {
        let mut inner = self.fork(state);
        inner.streams.captured.push(Text::default());
        inner.streams.open.insert(1, super::streams::Stream::Captured(inner.streams.captured.len() - 1));
        // bash takes `set -e` off in it, dash does not: the script goes on or ends, as far as the status is known.
        inner.options.ends_on_failure = false;
        let starts = self.outcome.starts.len();
        let end = self.run_subshell(inner, |runner, inner| runner.run_list(list, inner));
        let Some(mut end) = end else {
            if self.outcome.starts.len() > starts {
                return None;
            }
            return Some(Text::any("the output of a command that does not end"));
        };
        let output = end.streams.captured.pop().unwrap_or_default();
        let before = state.status;
        Self::leave_subshell(state, end);
        state.substituted = Some(std::mem::replace(&mut state.status, before));
        Some(output.without_final_newlines())
    }
}

/// Puts fragments together to words.
struct Splitter {
    fields: Vec<(Field, bool)>,
    current: Option<Text>,
    /// Whether the current word holds an unquoted pattern.
    has_pattern: bool,
    /// Whether what comes next belongs to any number of words that came before.
    is_open: bool,
}

impl Splitter {
    fn add(&mut self, fragment: &Fragment, ifs: Option<&str>) {
        match fragment {
            Fragment::Kept { text, is_quoted } => {
                if !is_quoted && text.known().is_some_and(is_pattern) {
                    self.has_pattern = true;
                }
                if *is_quoted || !text.is_empty() {
                    self.push(text);
                }
            }
            Fragment::Break => {
                self.flush();
                self.is_open = false;
                // Of `"$@"` each parameter is a word, an empty one too.
                self.current.get_or_insert_with(Text::default);
            }
            Fragment::Any(unknown) => self.add_any(unknown.clone()),
            Fragment::Maybe(words) => self.add_maybe(words),
            Fragment::Split(text) => match ifs {
                Some(ifs) => self.split(text, ifs),
                None if text.is_empty() => {}
                None => self.add_any(Unknown::new(Shape::Any, "the value of IFS")),
            },
        }
    }

    fn push(&mut self, text: &Text) {
        if !self.is_open {
            self.current.get_or_insert_with(Text::default).push(text);
        }
    }

    fn add_any(&mut self, unknown: Unknown) {
        self.current = None;
        self.has_pattern = false;
        self.is_open = true;
        self.fields.push((Field::Any(unknown), false));
    }

    fn add_maybe(&mut self, words: &Arc<[Text]>) {
        if self.current.as_ref().is_some_and(|text| !text.is_empty()) || self.is_open {
            return self.add_any(Unknown::new(Shape::Any, "the elements of an array"));
        }
        self.current = None;
        self.fields.push((Field::Maybe(Arc::clone(words)), false));
    }

    fn flush(&mut self) {
        if let Some(text) = self.current.take() {
            self.fields.push((Field::One(text), self.has_pattern));
        }
        self.has_pattern = false;
    }

    fn split(&mut self, text: &Text, ifs: &str) {
        let is_default = ifs == " \t\n";
        for piece in text.pieces() {
            match piece {
                Piece::Known(known) if is_default => self.split_known(known),
                Piece::Known(known) if ifs.is_empty() || !known.contains(|letter| ifs.contains(letter)) => {
                    self.has_pattern |= is_pattern(known);
                    self.push(&Text::from(known.as_str()));
                }
                Piece::Unknown(unknown) if unknown.shape == Shape::Word && !ifs.contains(word_letter) => {
                    self.push(&unknown.clone().into());
                }
                // Where blanks split, no word holds one.
                Piece::Unknown(unknown) if is_default => {
                    self.add_any(Unknown::new(Shape::Field, Arc::clone(&unknown.needs)));
                }
                Piece::Unknown(unknown) => self.add_any(Unknown::new(Shape::Any, Arc::clone(&unknown.needs))),
                Piece::Known(_) => self.add_any(Unknown::new(Shape::Any, "the value of IFS")),
            }
        }
    }

    fn split_known(&mut self, known: &str) {
        let is_blank = |letter: char| matches!(letter, ' ' | '\t' | '\n');
        for (at, part) in known.split(is_blank).enumerate() {
            if at > 0 {
                self.flush();
                self.is_open = false;
            }
            if !part.is_empty() {
                self.has_pattern |= is_pattern(part);
                self.push(&Text::from(part));
            }
        }
    }

    fn finish(mut self) -> Vec<(Field, bool)> {
        self.flush();
        self.fields
    }
}

/// Any number of words of which nothing is certain.
fn any(needs: impl Into<Arc<str>>) -> Field {
    Field::Any(Unknown::new(Shape::Any, needs))
}

fn word_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._:/-".contains(letter)
}

/// Whether unquoted characters are a pattern of path names.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?']) || text.find('[').is_some_and(|at| text.get(at..).is_some_and(|rest| rest.contains(']')))
}

/// Whether a word has braces that bash may expand.
fn has_braces(word: &Word) -> bool {
    let bare = word.parts.iter().filter_map(|part| match part {
        Part::Bare(text) => Some(text.as_str()),
        _ => None,
    });
    let bare: String = bare.collect();
    bare.find('{').is_some_and(|at| bare.get(at..).is_some_and(|rest| rest.contains('}') && rest.contains([',', '.'])))
}

/// `a{b,c}d` of a word that is nothing but bare characters and holds one pair of braces.
fn expand_braces(word: &Word) -> Option<Vec<Word>> {
    let [Part::Bare(text)] = word.parts.as_slice() else { return None };
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    if inside.contains(['{', '\\']) || after.contains(['{', '}']) || !inside.contains(',') {
        return None;
    }
    let mut words = Vec::new();
    for choice in inside.split(',') {
        words.push(Word { parts: vec![Part::Bare(format!("{before}{choice}{after}"))] });
    }
    Some(words)
}
