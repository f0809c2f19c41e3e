//! From words as they are written to the words that a command gets: expansion, field splitting, path names.

use std::sync::Arc;

use super::field::Field;
use super::interpreter::{Interpreter, MAX_STATE_BYTES};
use super::paths::Path;
use super::splitting::{Fragment, Splitter};
use super::state::{State, Status, Value};
use super::streams::Stream;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{CommandKind, List, Part, RedirectKind, Word};
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools::pattern::{self, Pattern};

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
        let mut splitter = Splitter::default();
        for fragment in &fragments {
            splitter.add(fragment, ifs.known());
        }
        for (field, has_pattern) in splitter.finish() {
            if let Field::One(text) = &field
                && !self.take(text.size())
            {
                return None;
            }
            match field {
                Field::One(text) if has_pattern => match state.options.expands_no_paths {
                    Some(true) => fields.push(Field::One(text)),
                    Some(false) => self.expand_path(text, fields),
                    None => fields.push(any("the files that a pattern may name")),
                },
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
            if whole.size() > MAX_STATE_BYTES {
                return Some(Text::any("a text of this size"));
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
                    let mut inner = self.fork(state);
                    // `<(…)` and `>(…)` alike: one of the two goes to the command, the other is not looked at.
                    for descriptor in [0, 1] {
                        let stream = Stream::Unknown("a command that runs beside another".into());
                        if let Some(Stream::File(path)) = inner.streams.open.insert(descriptor, stream) {
                            self.forget_file(&Path::Known(path), "a command that runs beside another", &mut inner);
                        }
                    }
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
    pub(super) fn substitute(&mut self, list: &List, state: &mut State) -> Option<Text> {
        if let Some(word) = file_of(list) {
            return self.substitute_file(word, state);
        }
        let mut inner = self.fork(state);
        inner.streams.capture();
        // bash takes `set -e` off in it, dash does not.
        inner.options.ends_on_failure = match (self.dialect, state.options.ends_on_failure) {
            (Dialect::Bash, _) | (_, Some(false)) => Some(false),
            _ => None,
        };
        let starts = self.outcome.starts.len();
        // Left of `||` dash minds `set -e` in it, bash does not.
        let conditions = self.conditions;
        let unsure = self.unsure;
        if self.dialect == Dialect::Posix && conditions > 0 {
            self.conditions = 0;
            self.unsure = true;
        }
        let end = self.run_subshell(inner, |runner, inner| runner.run_list(list, inner));
        self.conditions = conditions;
        self.unsure = unsure;
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

    /// `$(< FILE)`: bash reads the file, dash opens it only.
    fn substitute_file(&mut self, word: &Word, state: &mut State) -> Option<Text> {
        let text = self.expand_text(word, state)?;
        let content = self.read_operand(&text, state);
        state.substituted = Some(match &content {
            Some(content) if content.known().is_some() => Status::Success,
            Some(_) => Status::Unknown,
            None => Status::Failure,
        });
        let content = content.unwrap_or_default().without_final_newlines();
        Some(match self.dialect {
            Dialect::Bash => content,
            Dialect::Posix => content.join(&Text::default(), "what `$(< FILE)` gives in this shell"),
        })
    }
}

/// The file that a command substitution holds nothing but a redirection from.
fn file_of(list: &List) -> Option<&Word> {
    let [item] = list.as_slice() else { return None };
    let [command] = item.first.commands.as_slice() else { return None };
    let is_alone = item.rest.is_empty() && !item.is_background && !item.first.is_negated;
    match (&command.kind, command.redirects.as_slice()) {
        (CommandKind::Simple { assignments, words }, [redirect]) if is_alone => match &redirect.kind {
            RedirectKind::Read(word) if assignments.is_empty() && words.is_empty() => Some(word),
            _ => None,
        },
        _ => None,
    }
}

/// Any number of words of which nothing is certain.
fn any(needs: impl Into<Arc<str>>) -> Field {
    Field::Any(Unknown::new(Shape::Any, needs))
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
