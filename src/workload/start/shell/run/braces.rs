//! What `${…}` makes of one value.

use super::interpreter::Interpreter;
use super::parameters::{element_at, fragment, is_given, special};
use super::splitting::Fragment;
use super::state::{State, Status, Value};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Operation, Parameter, ReplacePlace, Word};
use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};
use crate::workload::start::shell::tools::pattern::{End, Length, Pattern};

impl Interpreter<'_> {
    /// `${NAME:-word}` and `${NAME:+word}`
    pub(super) fn choose(
        &mut self,
        value: Option<Text>,
        operation: &Operation,
        is_quoted: bool,
        state: &mut State,
    ) -> Option<Vec<Fragment>> {
        let (word, with_colon, is_alternative) = match operation {
            Operation::Default { word, with_colon } => (word, *with_colon, false),
            Operation::Alternative { word, with_colon } => (word, *with_colon, true),
            _ => return Some(vec![fragment(value.unwrap_or_default(), is_quoted)]),
        };
        let is_given = is_given(value.as_ref(), with_colon);
        let mut fragments = Vec::new();
        if is_given == Some(is_alternative) {
            self.word_in_braces(word, is_quoted, state, &mut fragments)?;
            return Some(fragments);
        }
        let value = value.unwrap_or_default();
        let needs = value.needs();
        let mut text = if is_alternative { Text::default() } else { value };
        if is_given.is_none() {
            let mut other = self.fork(state);
            let word = self.expand_text(word, &mut other)?;
            // What the word runs is run or not.
            *state = state.clone().join(other, self.world);
            text = text.join(&word, &needs);
        }
        fragments.push(fragment(text, is_quoted));
        Some(fragments)
    }

    /// The word behind `:-` and `:+`, which is split and quoted as if it stood there itself.
    pub(super) fn word_in_braces(
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
    pub(super) fn operate(&mut self, parameter: &Parameter, value: Option<Text>, state: &mut State) -> Option<Text> {
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
                Some(change_case(&parameter.name, &value.unwrap_or_default(), *is_upper, *is_all))
            }
            Operation::Indirect if is_bash => {
                let named = value.unwrap_or_default();
                match named.known() {
                    Some(name) if !name.is_empty() => {
                        let value = match special(name, state, self.dialect) {
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

    pub(super) fn assign_default(
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
                value.join(&default, &value.needs())
            }
        };
        state.set(name, Value::Text(text.clone()), self.world);
        Some(text)
    }

    pub(super) fn substring(
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
                replaced.push(&pattern.replace(&Text::from(known.as_str()), place, with));
            }
            piece => replaced.push_piece(piece),
        }
    }
    replaced
}

fn length_of(is_longest: bool) -> Length {
    if is_longest { Length::Longest } else { Length::Shortest }
}

/// What is certain of a variable whose name is known in part: the kubelet sets those of Services to names and numbers.
fn shape_of_named(name: &Text) -> Shape {
    let is_of_service = |piece: &Piece| matches!(piece, Piece::Known(known) if known.contains("_SERVICE_PORT") || known.contains("_SERVICE_HOST"));
    if name.pieces().iter().any(is_of_service) { Shape::Field } else { Shape::Any }
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

fn change_case(name: &str, value: &Text, is_upper: bool, is_all: bool) -> Text {
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
