//! `$NAME` and `${…}`.

use std::sync::Arc;

use super::arrays::{self, Element};
use super::interpreter::Interpreter;
use super::state::{State, Status, Value};
use super::words::Fragment;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Index, Operation, Parameter, ReplacePlace, Word};
use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};
use crate::workload::start::shell::tools::pattern::{self, End, Length, Pattern};

impl Parameter {
    /// Whether it gives several words even in quotes.
    pub(super) fn is_list(&self) -> bool {
        self.name == "@" || self.index == Some(Index::Each)
    }
}

/// What a parameter stands for, before what its braces do.
enum Stored {
    One(Option<Text>),
    /// Each is a word in quotes; `rest` says why others may follow.
    Many {
        list: Vec<Text>,
        rest: Option<Arc<str>>,
    },
    /// Elements of which some may not be there.
    Elements(Vec<Element>),
}

impl Interpreter<'_> {
    /// Adds what a parameter gives.
    pub(super) fn parameter(
        &mut self,
        parameter: &Parameter,
        is_quoted: bool,
        state: &mut State,
        fragments: &mut Vec<Fragment>,
    ) -> Option<()> {
        let is_joined = parameter.name == "*" || parameter.index == Some(Index::Joined);
        let stored = self.stored(parameter, state)?;
        let value = match stored {
            Stored::Many { list, rest } => {
                return self.many(parameter, Many { list, rest, is_quoted, is_joined }, state, fragments);
            }
            Stored::Elements(elements) => {
                self.elements(parameter, elements, is_joined || !is_quoted, fragments);
                return Some(());
            }
            Stored::One(value) => value,
        };
        match &parameter.operation {
            Operation::Default { with_colon, word } => {
                return self.default_value((value, *with_colon, word), is_quoted, state, fragments);
            }
            Operation::Alternative { with_colon, word } => {
                return self.alternative((value, *with_colon, word), is_quoted, state, fragments);
            }
            _ => {}
        }
        let text = self.operate(parameter, value, state)?;
        fragments.push(fragment(text, is_quoted));
        Some(())
    }

    /// What a parameter stands for.
    fn stored(&mut self, parameter: &Parameter, state: &mut State) -> Option<Stored> {
        let name = parameter.name.as_str();
        if matches!(name, "@" | "*") {
            let list = state.parameters.list.clone();
            return Some(Stored::Many { list, rest: state.parameters.rest.clone() });
        }
        let value = match special(name, state) {
            Some(text) => return Some(Stored::One(text)),
            None => state.value(name, self.world),
        };
        let stored = match (value, &parameter.index) {
            (Value::Unset, Some(Index::Each | Index::Joined)) => Stored::Many { list: Vec::new(), rest: None },
            (Value::Unset, _) => Stored::One(None),
            (Value::Text(text), None) => Stored::One(Some(text)),
            (Value::Text(text), Some(Index::Each | Index::Joined)) => match text.known() {
                // A variable that is not set by the script may be there or not.
                Some(_) => Stored::Many { list: vec![text], rest: None },
                None => Stored::Many { list: Vec::new(), rest: Some(needs_of(&text)) },
            },
            (Value::Array(list), Some(Index::Each | Index::Joined)) => match arrays::certain(&list) {
                Some(list) => Stored::Many { list, rest: None },
                None => Stored::Elements(list),
            },
            (Value::AnyArray(needs), Some(Index::Each | Index::Joined)) => {
                Stored::Many { list: Vec::new(), rest: Some(needs) }
            }
            (Value::Array(list), None) => Stored::One(element_at(&list, Some(0), name)),
            (Value::AnyArray(needs), _) => Stored::One(Some(element_of(needs, name, self))),
            (Value::Array(list), Some(Index::At(index))) => {
                let index = self.index(index, list.len(), state)?;
                Stored::One(element_at(&list, index, name))
            }
            (Value::Text(text), Some(Index::At(index))) => match self.index(index, 1, state)? {
                Some(0) => Stored::One(Some(text)),
                Some(_) => Stored::One(None),
                None => Stored::One(Some(Text::any(format!("an element of {name}")))),
            },
        };
        Some(stored)
    }

    /// An index of an array of this length; one below 0 counts from the end.
    pub(super) fn index(&mut self, word: &Word, length: usize, state: &mut State) -> Option<Option<usize>> {
        let text = self.expand_text(word, state)?;
        let Some(number) = self.evaluate(&text, state) else { return Some(None) };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let number = if number < 0 { number + length } else { number };
        Some(usize::try_from(number).ok())
    }

    /// What `"${LIST[@]}"` gives of elements of which some may not be there.
    fn elements(
        &mut self,
        parameter: &Parameter,
        elements: Vec<Element>,
        is_joined: bool,
        fragments: &mut Vec<Fragment>,
    ) {
        if is_joined || parameter.operation != Operation::Value {
            fragments.push(Fragment::Any(format!("the elements of {}", parameter.name).into()));
            return;
        }
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                fragments.push(Fragment::Break);
            }
            fragments.push(match element {
                Element::One(text) => Fragment::Kept { text, is_quoted: true },
                Element::Maybe(words) => Fragment::Maybe(words),
            });
        }
    }

    fn many(
        &mut self,
        parameter: &Parameter,
        many: Many,
        state: &mut State,
        fragments: &mut Vec<Fragment>,
    ) -> Option<()> {
        let Many { list, rest, is_quoted, is_joined } = many;
        let (list, rest) = match &parameter.operation {
            Operation::Value => (list, rest),
            Operation::Length => {
                let count = match rest {
                    None => Text::from(list.len().to_string()),
                    Some(needs) => Unknown::new(Shape::Word, needs).into(),
                };
                fragments.push(fragment(count, is_quoted));
                return Some(());
            }
            Operation::Substring { offset, length } if rest.is_none() => {
                match self.slice(parameter, &list, (offset, length.as_ref()), state)? {
                    Some(list) => (list, None),
                    None => (Vec::new(), Some("a part of a list".into())),
                }
            }
            Operation::Default { with_colon, word } if list.is_empty() && rest.is_none() => {
                return self.default_value((None, *with_colon, word), is_quoted, state, fragments);
            }
            Operation::Alternative { with_colon: false, word } if rest.is_none() => {
                let value = list.first().cloned();
                return self.alternative((value, false, word), is_quoted, state, fragments);
            }
            Operation::Default { .. } if rest.is_none() && list.iter().any(|text| text.is_filled()) => (list, None),
            _ => (Vec::new(), Some("what braces make of a list".into())),
        };
        if is_joined && is_quoted {
            fragments.push(Fragment::Kept { text: joined(&list, rest.as_ref()), is_quoted: true });
            return Some(());
        }
        for (at, text) in list.into_iter().enumerate() {
            if at > 0 {
                fragments.push(Fragment::Break);
            }
            fragments.push(fragment(text, is_quoted));
        }
        fragments.extend(rest.map(Fragment::Any));
        Some(())
    }

    /// `${LIST[@]:offset:length}`.
    fn slice(
        &mut self,
        parameter: &Parameter,
        list: &[Text],
        (offset, length): (&Word, Option<&Word>),
        state: &mut State,
    ) -> Option<Option<Vec<Text>>> {
        let mut whole = list.to_vec();
        if parameter.name == "@" || parameter.name == "*" {
            whole.insert(0, state.parameters.zero.clone());
        }
        let Some(start) = self.index(offset, whole.len(), state)? else { return Some(None) };
        let count = match length {
            None => whole.len(),
            Some(length) => {
                let text = self.expand_text(length, state)?;
                match self.evaluate(&text, state).and_then(|count| usize::try_from(count).ok()) {
                    Some(count) => count,
                    None => return Some(None),
                }
            }
        };
        Some(Some(whole.into_iter().skip(start).take(count).collect()))
    }

    /// `${NAME:-word}`
    fn default_value(
        &mut self,
        (value, with_colon, word): (Option<Text>, bool, &Word),
        is_quoted: bool,
        state: &mut State,
        fragments: &mut Vec<Fragment>,
    ) -> Option<()> {
        match is_given(value.as_ref(), with_colon) {
            Some(true) => fragments.push(fragment(value.unwrap_or_default(), is_quoted)),
            Some(false) => self.word_in_braces(word, is_quoted, state, fragments)?,
            None => {
                let value = value.unwrap_or_default();
                let mut other = self.fork(state);
                let default = self.expand_text(word, &mut other)?;
                let text = value.join(&default, &needs_of(&value));
                fragments.push(fragment(text, is_quoted));
            }
        }
        Some(())
    }

    /// `${NAME:+word}`
    fn alternative(
        &mut self,
        (value, with_colon, word): (Option<Text>, bool, &Word),
        is_quoted: bool,
        state: &mut State,
        fragments: &mut Vec<Fragment>,
    ) -> Option<()> {
        match is_given(value.as_ref(), with_colon) {
            Some(true) => self.word_in_braces(word, is_quoted, state, fragments)?,
            Some(false) => fragments.push(fragment(Text::default(), is_quoted)),
            None => {
                let mut other = self.fork(state);
                let alternative = self.expand_text(word, &mut other)?;
                let needs = needs_of(&value.unwrap_or_default());
                let text = alternative.join(&Text::default(), &needs);
                fragments.push(fragment(text, is_quoted));
            }
        }
        Some(())
    }

    /// The word behind `:-` and `:+`, which is split and quoted as if it stood there itself.
    fn word_in_braces(
        &mut self,
        word: &Word,
        is_quoted: bool,
        state: &mut State,
        fragments: &mut Vec<Fragment>,
    ) -> Option<()> {
        if is_quoted {
            let text = self.expand_text(word, state)?;
            fragments.push(Fragment::Kept { text, is_quoted: true });
            return Some(());
        }
        for fragment in self.fragments(&word.parts, state)? {
            // Its bare characters are split as the result of an expansion is.
            fragments.push(match fragment {
                Fragment::Kept { text, is_quoted: false } => Fragment::Split(text),
                other => other,
            });
        }
        Some(())
    }

    /// What the braces make of one value.
    fn operate(&mut self, parameter: &Parameter, value: Option<Text>, state: &mut State) -> Option<Text> {
        let is_bash = self.dialect == Dialect::Bash;
        match &parameter.operation {
            Operation::Value => Some(value.unwrap_or_default()),
            Operation::Length => Some(match value.unwrap_or_default() {
                text if text.known().is_some_and(str::is_ascii) => Text::from(text.size().to_string()),
                _ => Unknown::new(Shape::Word, format!("the length of {}", parameter.name)).into(),
            }),
            Operation::Assign { with_colon, word } => {
                self.assign_default(&parameter.name, (value, *with_colon, word), state)
            }
            Operation::Require { with_colon, .. } => match is_given(value.as_ref(), *with_colon) {
                Some(false) => {
                    let ended = self.fork(state);
                    self.exit(State { status: Status::Failure, ..ended })?;
                    None
                }
                _ => Some(value.unwrap_or_default()),
            },
            Operation::RemovePrefix { pattern, is_longest } => {
                let pattern = self.pattern(pattern, state)?;
                Some(pattern.remove(&value.unwrap_or_default(), End::Start, length_of(*is_longest)))
            }
            Operation::RemoveSuffix { pattern, is_longest } => {
                let pattern = self.pattern(pattern, state)?;
                Some(pattern.remove(&value.unwrap_or_default(), End::Finish, length_of(*is_longest)))
            }
            Operation::Replace { place, pattern, with } if is_bash => {
                let pattern = self.pattern(pattern, state)?;
                let with = self.expand_text(with, state)?;
                Some(replace(&pattern, &value.unwrap_or_default(), *place, &with))
            }
            Operation::Substring { offset, length } if is_bash => {
                self.substring(&parameter.name, value.unwrap_or_default(), (offset, length.as_ref()), state)
            }
            Operation::Case { is_upper, is_all } if is_bash => {
                Some(change_case(&parameter.name, value.unwrap_or_default(), *is_upper, *is_all))
            }
            Operation::Indirect if is_bash => {
                let named = value.unwrap_or_default();
                match named.known() {
                    Some(name) if !name.is_empty() => {
                        let value = match special(name, state) {
                            Some(text) => text,
                            None => match state.value(name, self.world) {
                                Value::Text(text) => Some(text),
                                Value::Unset => None,
                                Value::Array(list) => element_at(&list, Some(0), name),
                                Value::AnyArray(needs) => Some(Text::any(needs)),
                            },
                        };
                        Some(value.unwrap_or_default())
                    }
                    _ => Some(
                        Unknown::new(shape_of_named(&named), format!("the variable that {} names", parameter.name))
                            .into(),
                    ),
                }
            }
            _ => Some(Text::any(format!("what braces make of {}", parameter.name))),
        }
    }

    fn assign_default(
        &mut self,
        name: &str,
        (value, with_colon, word): (Option<Text>, bool, &Word),
        state: &mut State,
    ) -> Option<Text> {
        let text = match is_given(value.as_ref(), with_colon) {
            Some(true) => return Some(value.unwrap_or_default()),
            Some(false) => self.expand_text(word, state)?,
            None => {
                let value = value.unwrap_or_default();
                let default = self.expand_text(word, state)?;
                value.join(&default, &needs_of(&value))
            }
        };
        state.set(name, Value::Text(text.clone()), self.world);
        Some(text)
    }

    fn substring(
        &mut self,
        name: &str,
        value: Text,
        (offset, length): (&Word, Option<&Word>),
        state: &mut State,
    ) -> Option<Text> {
        let offset = self.expand_text(offset, state)?;
        let offset = self.evaluate(&offset, state);
        let length = match length {
            Some(word) => {
                let text = self.expand_text(word, state)?;
                Some(self.evaluate(&text, state))
            }
            None => None,
        };
        Some(edit(name, Some(value), |text| cut(text, offset?, length)))
    }

    /// The pattern that a word is.
    pub(super) fn pattern(&mut self, word: &Word, state: &mut State) -> Option<Pattern> {
        Some(Pattern::new(&self.pattern_fragments(word, state)?, self.dialect))
    }

    /// A word that is neither split nor taken for names of files.
    pub(super) fn pattern_fragments(&mut self, word: &Word, state: &mut State) -> Option<Vec<pattern::Fragment>> {
        let mut parts = Vec::new();
        for fragment in self.fragments(&word.parts, state)? {
            parts.push(match fragment {
                Fragment::Kept { text, is_quoted: true } => pattern::Fragment::quoted(text),
                Fragment::Kept { text, is_quoted: false } => pattern::Fragment::bare(text),
                Fragment::Split(text) => pattern::Fragment::expanded(text),
                Fragment::Break => pattern::Fragment::quoted(" "),
                Fragment::Maybe(_) => pattern::Fragment::expanded(Text::any("the elements of an array")),
                Fragment::Any(needs) => pattern::Fragment::expanded(Text::any(needs)),
            });
        }
        Some(parts)
    }
}

/// `${NAME/pattern/with}`. A character that no unknown piece can hold is replaced in the known ones alone.
fn replace(pattern: &Pattern, value: &Text, place: ReplacePlace, with: &Text) -> Text {
    let letter = pattern.literal().filter(|literal| literal.chars().count() == 1);
    let Some(letter) = letter.and_then(|literal| literal.chars().next()) else {
        return pattern.replace(value, place, with);
    };
    let can_hold = |piece: &Piece| matches!(piece, Piece::Unknown(unknown) if unknown.shape.may_hold(letter));
    if place != ReplacePlace::All || value.pieces().iter().any(can_hold) {
        return pattern.replace(value, place, with);
    }
    let mut replaced = Text::default();
    for piece in value.pieces() {
        match piece {
            Piece::Known(known) if known.contains(letter) => {
                replaced.push(&pattern.replace(&Text::from(known.as_str()), place, with))
            }
            piece => replaced.push_piece(piece),
        }
    }
    replaced
}

fn length_of(is_longest: bool) -> Length {
    if is_longest { Length::Longest } else { Length::Shortest }
}

/// Several values, and how they are put into words.
struct Many {
    list: Vec<Text>,
    rest: Option<Arc<str>>,
    is_quoted: bool,
    is_joined: bool,
}

fn fragment(text: Text, is_quoted: bool) -> Fragment {
    if is_quoted { Fragment::Kept { text, is_quoted: true } } else { Fragment::Split(text) }
}

fn joined(list: &[Text], rest: Option<&Arc<str>>) -> Text {
    let mut whole = Text::default();
    for (at, text) in list.iter().enumerate() {
        if at > 0 {
            whole.push_str(" ");
        }
        whole.push(text);
    }
    if let Some(needs) = rest {
        whole.push(&Text::any(Arc::clone(needs)));
    }
    whole
}

/// The value of a parameter that is no variable; nothing for a variable.
fn special(name: &str, state: &State) -> Option<Option<Text>> {
    let number = |needs: &str| Some(Some(Unknown::new(Shape::Word, needs).into()));
    match name {
        "0" => Some(Some(state.parameters.zero.clone())),
        "#" if state.parameters.rest.is_none() => Some(Some(Text::from(state.parameters.list.len().to_string()))),
        "#" => number("the number of words that the start script was given"),
        "?" if state.status == Status::Success => Some(Some(Text::from("0"))),
        "?" | "$" | "PPID" => number("a number"),
        "-" | "!" => Some(Some(Text::any("what the shell knows of itself"))),
        _ if name.bytes().all(|byte| byte.is_ascii_digit()) => {
            let at = name.parse::<usize>().ok()?.checked_sub(1)?;
            Some(match (state.parameters.list.get(at), &state.parameters.rest) {
                (Some(text), _) => Some(text.clone()),
                (None, None) => None,
                (None, Some(needs)) => Some(Text::any(Arc::clone(needs))),
            })
        }
        _ => None,
    }
}

/// Whether a value counts as given; nothing where that is not known.
fn is_given(value: Option<&Text>, with_colon: bool) -> Option<bool> {
    let Some(text) = value else { return Some(false) };
    if text.known().is_some() {
        return Some(!with_colon || !text.is_empty());
    }
    text.is_filled().then_some(true)
}

pub(super) fn needs_of(text: &Text) -> Arc<str> {
    text.unknown().map_or_else(|| "its value".into(), |unknown| Arc::clone(&unknown.needs))
}

/// What is certain of a variable whose name is known in part: the kubelet sets those of Services to names and numbers.
fn shape_of_named(name: &Text) -> Shape {
    let is_of_service = |piece: &Piece| matches!(piece, Piece::Known(known) if known.contains("_SERVICE_PORT") || known.contains("_SERVICE_HOST"));
    if name.pieces().iter().any(is_of_service) { Shape::Field } else { Shape::Any }
}

/// An element; one behind others that may not be there is not known.
fn element_at(list: &[Element], index: Option<usize>, name: &str) -> Option<Text> {
    let leading = arrays::leading(list);
    match index {
        Some(index) if index < leading.len() => leading.into_iter().nth(index),
        Some(_) if leading.len() == list.len() => None,
        _ => Some(Text::any(format!("an element of {name}"))),
    }
}

fn element_of(needs: Arc<str>, name: &str, runner: &Interpreter) -> Text {
    Text::from(Unknown::new(Shape::Any, needs)).within(runner.world.shape_of_variable(name))
}

/// A known value after an edit; one that is not known, or an edit that can't be made, gives an unknown.
fn edit(name: &str, value: Option<Text>, edit: impl Fn(&str) -> Option<String>) -> Text {
    let value = value.unwrap_or_default();
    if let Some(edited) = value.known().and_then(edit) {
        return Text::from(edited);
    }
    let shape = value.shape().max(Shape::Line);
    Unknown::new(shape, format!("a part of the value of {name}")).into()
}

fn cut(text: &str, offset: i64, length: Option<Option<i64>>) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let size = i64::try_from(text.len()).ok()?;
    let start = if offset < 0 { size + offset } else { offset };
    if start < 0 || start > size {
        return Some(String::new());
    }
    let end = match length {
        None => size,
        Some(None) => return None,
        Some(Some(length)) if length < 0 => size + length,
        Some(Some(length)) => (start + length).min(size),
    };
    if end < start {
        return None;
    }
    let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
    text.get(range).map(str::to_owned)
}

fn change_case(name: &str, value: Text, is_upper: bool, is_all: bool) -> Text {
    match value.known() {
        Some(text) if text.is_ascii() => {
            let mut text = text.to_owned();
            let end = if is_all { text.len() } else { text.len().min(1) };
            if let Some(part) = text.get_mut(..end) {
                if is_upper { part.make_ascii_uppercase() } else { part.make_ascii_lowercase() }
            }
            Text::from(text)
        }
        _ => Unknown::new(value.shape(), format!("the value of {name} in another case")).into(),
    }
}
