//! `$NAME` and `${…}`.

use std::sync::Arc;

use super::arrays::{self, Element};
use super::interpreter::Interpreter;
use super::splitting::Fragment;
use super::state::{State, Status, Value};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Index, Operation, Parameter, Word};
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools::pattern::{self, Pattern};

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
        rest: Option<Unknown>,
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
                Self::elements(parameter, elements, is_joined || !is_quoted, fragments);
                return Some(());
            }
            Stored::One(value) => value,
        };
        match &parameter.operation {
            Operation::Default { .. } | Operation::Alternative { .. } => {
                fragments.extend(self.choose(value, &parameter.operation, is_quoted, state)?);
                return Some(());
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
        let value = match special(name, state, self.dialect) {
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
                None => Stored::Many { list: Vec::new(), rest: Some(Unknown::new(Shape::Any, text.needs())) },
            },
            (Value::Array(list), Some(Index::Each | Index::Joined)) => match arrays::certain(&list) {
                Some(list) => Stored::Many { list, rest: None },
                None => Stored::Elements(list),
            },
            (Value::AnyArray(needs), Some(Index::Each | Index::Joined)) => {
                Stored::Many { list: Vec::new(), rest: Some(Unknown::new(Shape::Any, needs)) }
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
    fn elements(parameter: &Parameter, elements: Vec<Element>, is_joined: bool, fragments: &mut Vec<Fragment>) {
        if is_joined || parameter.operation != Operation::Value {
            fragments.push(Fragment::Any(Unknown::new(Shape::Any, format!("the elements of {}", parameter.name))));
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
                    Some(unknown) => Unknown::new(Shape::Word, unknown.needs).into(),
                };
                fragments.push(fragment(count, is_quoted));
                return Some(());
            }
            Operation::Substring { offset, length } if rest.is_none() => {
                match self.slice(parameter, &list, (offset, length.as_ref()), state)? {
                    Some(list) => (list, None),
                    None => (Vec::new(), Some(Unknown::new(Shape::Any, "a part of a list"))),
                }
            }
            Operation::Default { .. } if list.is_empty() && rest.is_none() => {
                fragments.extend(self.choose(None, &parameter.operation, is_quoted, state)?);
                return Some(());
            }
            Operation::Alternative { with_colon: false, .. } if rest.is_none() => {
                let value = list.first().cloned();
                fragments.extend(self.choose(value, &parameter.operation, is_quoted, state)?);
                return Some(());
            }
            Operation::Default { .. } if rest.is_none() && list.iter().any(Text::is_filled) => (list, None),
            _ => (Vec::new(), Some(Unknown::new(Shape::Any, "what braces make of a list"))),
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
                Fragment::Any(unknown) => pattern::Fragment::expanded(Text::any(unknown.needs)),
            });
        }
        Some(parts)
    }
}

/// Several values, and how they are put into words.
struct Many {
    list: Vec<Text>,
    rest: Option<Unknown>,
    is_quoted: bool,
    is_joined: bool,
}

pub(super) fn fragment(text: Text, is_quoted: bool) -> Fragment {
    if is_quoted { Fragment::Kept { text, is_quoted: true } } else { Fragment::Split(text) }
}

fn joined(list: &[Text], rest: Option<&Unknown>) -> Text {
    let mut whole = Text::default();
    for (at, text) in list.iter().enumerate() {
        if at > 0 {
            whole.push_str(" ");
        }
        whole.push(text);
    }
    if let Some(unknown) = rest {
        whole.push(&Unknown::new(unknown.shape.max(Shape::Line), Arc::clone(&unknown.needs)).into());
    }
    whole
}

/// The value of a parameter that is no variable; nothing for a variable.
pub(super) fn special(name: &str, state: &State, dialect: Dialect) -> Option<Option<Text>> {
    let number = |needs: &str| Some(Some(Unknown::new(Shape::Word, needs).into()));
    match name {
        "0" => Some(Some(state.parameters.zero.clone())),
        "#" if state.parameters.rest.is_none() => Some(Some(Text::from(state.parameters.list.len().to_string()))),
        "#" => number("the number of words that the start script was given"),
        "?" if last_status(state, dialect) == Status::Success => Some(Some(Text::from("0"))),
        "?" | "$" | "PPID" => number("a number"),
        "-" | "!" => Some(Some(Text::any("what the shell knows of itself"))),
        _ if name.bytes().all(|byte| byte.is_ascii_digit()) => {
            let at = name.parse::<usize>().ok()?.checked_sub(1)?;
            Some(match (state.parameters.list.get(at), &state.parameters.rest) {
                (Some(text), _) => Some(text.clone()),
                (None, None) => None,
                (None, Some(unknown)) => Some(Text::from(unknown.clone())),
            })
        }
        _ => None,
    }
}

/// The status that `$?` shows: bash counts the command substitutions before it, dash does not.
fn last_status(state: &State, dialect: Dialect) -> Status {
    match (state.substituted, dialect) {
        (Some(substituted), Dialect::Bash) => substituted,
        (Some(substituted), Dialect::Posix) if substituted != state.status => Status::Unknown,
        _ => state.status,
    }
}

/// Whether a value counts as given; nothing where that is not known.
pub(super) fn is_given(value: Option<&Text>, with_colon: bool) -> Option<bool> {
    let Some(text) = value else { return Some(false) };
    if text.known().is_some() {
        return Some(!with_colon || !text.is_empty());
    }
    text.is_filled().then_some(true)
}

/// An element; one behind others that may not be there is not known.
pub(super) fn element_at(list: &[Element], index: Option<usize>, name: &str) -> Option<Text> {
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
