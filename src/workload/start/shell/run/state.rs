//! What is known of a running shell at one point of its script.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arrays::{self, Element};
use super::files::Files;
use super::shared::Shared;
use super::streams::Streams;
use super::world::World;
use crate::workload::start::shell::syntax::Command;
use crate::workload::start::shell::text::{Shape, Text, Unknown};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Failure,
    Unknown,
}

impl Status {
    pub(crate) fn of(is_success: Option<bool>) -> Self {
        match is_success {
            Some(true) => Self::Success,
            Some(false) => Self::Failure,
            None => Self::Unknown,
        }
    }

    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Success => Self::Failure,
            Self::Failure => Self::Success,
            Self::Unknown => Self::Unknown,
        }
    }

    pub(super) fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Unset,
    Text(Text),
    /// An array of bash; nothing behind the last element is set.
    Array(Vec<Element>),
    /// An array whose elements are not known.
    AnyArray(Arc<str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) value: Value,
    /// Whether the programs that the shell runs see it.
    pub(crate) is_exported: bool,
}

/// `$0` and the positional parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) zero: Text,
    pub(crate) list: Vec<Text>,
    /// Any number of others that may come behind those, each like this.
    pub(crate) rest: Option<Unknown>,
}

impl Parameters {
    /// Those of a shell that is given no words.
    pub(super) fn of_shell() -> Self {
        Self { zero: Text::from("sh"), list: Vec::new(), rest: None }
    }
}

/// What `set` sets; nothing where that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// `set -e`
    pub(crate) ends_on_failure: Option<bool>,
    /// `set -f`
    pub(crate) expands_no_paths: Option<bool>,
    /// `set -o pipefail`
    pub(crate) fails_with_any: Option<bool>,
    /// `set -C`
    pub(crate) keeps_files: Option<bool>,
}

impl Options {
    /// Sets an option by its long name.
    pub(super) fn set(&mut self, name: &str, is_on: bool) {
        match name {
            "errexit" => self.ends_on_failure = Some(is_on),
            "noglob" => self.expands_no_paths = Some(is_on),
            "noclobber" => self.keeps_files = Some(is_on),
            "pipefail" => self.fails_with_any = Some(is_on),
            _ => {}
        }
    }

    fn join(self, other: Self) -> Self {
        let joined = |one: Option<bool>, two: Option<bool>| one.filter(|_| one == two);
        Self {
            ends_on_failure: joined(self.ends_on_failure, other.ends_on_failure),
            expands_no_paths: joined(self.expands_no_paths, other.expands_no_paths),
            fails_with_any: joined(self.fails_with_any, other.fails_with_any),
            keeps_files: joined(self.keeps_files, other.keeps_files),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        let off = Some(false);
        Self { ends_on_failure: off, expands_no_paths: off, fails_with_any: off, keeps_files: off }
    }
}

type Variables = BTreeMap<String, Variable>;
type Functions = BTreeMap<String, Option<Arc<Command>>>;

/// What is known of a running shell at one point of its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// The variables that differ from those that the container starts with.
    pub(crate) variables: Shared<Variables>,
    /// Why all other variables are unknown; nothing where they are those of the container.
    pub(crate) hidden_variables: Option<Arc<str>>,
    /// Functions; one that is defined on some paths only, or twice, is there without its body.
    pub(crate) functions: Shared<Functions>,
    pub(crate) parameters: Parameters,
    /// The working directory, where it is known.
    pub(crate) directory: Option<String>,
    pub(crate) files: Shared<Files>,
    pub(crate) streams: Shared<Streams>,
    pub(crate) options: Options,
    pub(crate) status: Status,
    /// How the last command substitution of the words that are being expanded ended.
    pub(crate) substituted: Option<Status>,
    /// What the variables of each running function were before it made them its own.
    pub(crate) shadowed: Vec<BTreeMap<String, Option<Variable>>>,
    /// Whether a server that was started before still runs.
    pub(crate) has_server: bool,
}

impl State {
    pub(crate) fn new(directory: Option<String>, files: Shared<Files>) -> Self {
        Self {
            variables: Shared::default(),
            hidden_variables: None,
            functions: Shared::default(),
            parameters: Parameters::of_shell(),
            directory,
            files,
            streams: Shared::default(),
            options: Options::default(),
            status: Status::Success,
            substituted: None,
            shadowed: Vec::new(),
            has_server: false,
        }
    }

    /// The value of a variable.
    pub(crate) fn value(&self, name: &str, world: &dyn World) -> Value {
        let value = match (self.variables.get(name), &self.hidden_variables) {
            (Some(variable), _) => variable.value.clone(),
            (None, None) if name == "IFS" => Value::Text(Text::from(" \t\n")),
            (None, None) => Value::Text(world.variable(name)),
            (None, Some(needs)) => Value::Text(Text::any(format!("the value of {name} after {needs}"))),
        };
        match value {
            Value::Text(text) => Value::Text(text.within(world.shape_of_variable(name))),
            value => value,
        }
    }

    /// Gives a variable a value; it stays exported where it was.
    pub(crate) fn set(&mut self, name: &str, value: Value, world: &dyn World) {
        if name == "GLOBIGNORE" {
            self.options.expands_no_paths = None;
        }
        let is_exported = match self.variables.get(name) {
            Some(variable) => variable.is_exported,
            // A variable of the container's is exported; one that nobody knows of may be.
            None => world.variable(name).known().is_some() || self.hidden_variables.is_some(),
        };
        self.variables.insert(name.to_owned(), Variable { value, is_exported });
    }

    /// Makes a variable one of the function that runs.
    pub(crate) fn make_local(&mut self, name: &str) {
        let before = self.variables.get(name).cloned();
        if let Some(shadowed) = self.shadowed.last_mut() {
            shadowed.entry(name.to_owned()).or_insert(before);
        }
    }

    /// Gives the variables of the function that ends their values from before.
    pub(crate) fn leave_function(&mut self) {
        for (name, before) in self.shadowed.pop().unwrap_or_default() {
            match before {
                Some(variable) => drop(self.variables.insert(name, variable)),
                None => drop(self.variables.remove(&name)),
            }
        }
    }

    /// What stands on the standard input is unknown.
    pub(crate) fn hide_input(&mut self) {
        self.streams.open.insert(0, super::streams::Stream::Unknown("what stands on standard input".into()));
    }

    /// The values of all variables are unknown.
    pub(crate) fn hide_values(&mut self, needs: &str) {
        self.variables.clear();
        self.hidden_variables = Some(needs.into());
    }

    /// All variables but those set from now on are unknown, and so is what else a script sets.
    pub(crate) fn hide_variables(&mut self, needs: &str) {
        self.variables.clear();
        self.functions.clear();
        self.hidden_variables = Some(needs.into());
        self.parameters =
            Parameters { zero: Text::any(needs), list: Vec::new(), rest: Some(Unknown::new(Shape::Any, needs)) };
        self.directory = None;
    }

    /// What it costs to make a second one of it, both of which change later.
    pub(crate) fn weight(&self) -> usize {
        256 + 64 * (self.variables.len() + self.functions.len() + self.files.count()) + self.streams.size()
    }

    /// What it costs to keep.
    pub(crate) fn size(&self) -> usize {
        let mut size = self.files.size() + self.streams.size();
        for (name, variable) in self.variables.iter() {
            size += name.len() + 64; // What a map keeps beside it.
            size += match &variable.value {
                Value::Text(text) => text.size(),
                Value::Array(list) => list.iter().map(size_of).sum(),
                Value::Unset | Value::AnyArray(_) => 1,
            };
        }
        size
    }

    /// What is known where one of two paths was taken.
    pub(crate) fn join(mut self, other: Self, world: &dyn World) -> Self {
        if self == other {
            return self;
        }
        if self.variables != other.variables || self.hidden_variables != other.hidden_variables {
            self.variables = join_variables(&self, &other, world).into();
        }
        self.hidden_variables = self.hidden_variables.or(other.hidden_variables);
        if self.functions != other.functions {
            self.functions = join_functions(&self.functions, &other.functions).into();
        }
        self.parameters = join_parameters(self.parameters, &other.parameters);
        if self.directory != other.directory {
            self.directory = None;
        }
        if self.files != other.files {
            self.files = self.files.join(&other.files, world).into();
        }
        if self.streams != other.streams {
            self.streams.join(&other.streams);
        }
        self.options = self.options.join(other.options);
        self.status = self.status.join(other.status);
        if self.substituted != other.substituted {
            self.substituted = Some(Status::Unknown);
        }
        self.shadowed = join_shadowed(self.shadowed, &other.shadowed);
        self.has_server |= other.has_server;
        self
    }
}

fn size_of(element: &Element) -> usize {
    match element {
        Element::One(text) => text.size() + 1,
        Element::Maybe(texts) => texts.iter().map(Text::size).sum::<usize>() + 1,
    }
}

fn join_variables(one: &State, two: &State, world: &dyn World) -> Variables {
    let mut joined = Variables::new();
    for name in one.variables.keys().chain(two.variables.keys()) {
        if joined.contains_key(name) {
            continue;
        }
        let (first, second) = (one.value(name, world), two.value(name, world));
        let value = join_values(name, first, &second);
        let is_exported = |state: &State| {
            state.variables.get(name).map_or_else(|| world.variable(name).known().is_some(), |found| found.is_exported)
        };
        let exported = is_exported(one) || is_exported(two);
        joined.insert(name.clone(), Variable { value, is_exported: exported });
    }
    joined
}

fn join_values(name: &str, one: Value, two: &Value) -> Value {
    if one == *two {
        return one;
    }
    let needs = format!("the value of {name} after the start script's branches");
    match (one, two) {
        (Value::Text(one), Value::Text(two)) => Value::Text(one.join(two, &needs)),
        (Value::Array(one), Value::Array(two)) => Value::Array(arrays::join(&one, two)),
        (Value::Unset, Value::Text(text)) => Value::Text(Unknown::new(text.shape().max(Shape::Field), needs).into()),
        (Value::Text(text), Value::Unset) => Value::Text(Unknown::new(text.shape().max(Shape::Field), needs).into()),
        _ => Value::AnyArray(needs.into()),
    }
}

fn join_functions(one: &Functions, two: &Functions) -> Functions {
    let mut joined: Functions = two.keys().map(|name| (name.clone(), None)).collect();
    for (name, body) in one {
        let is_alike = two.get(name) == Some(body);
        joined.insert(name.clone(), body.clone().filter(|_| is_alike));
    }
    joined
}

fn join_parameters(one: Parameters, two: &Parameters) -> Parameters {
    if one == *two {
        return one;
    }
    let needs = "the words that the start script was given, after its branches";
    let alike = one.list.iter().zip(&two.list).take_while(|(one, two)| one == two).count();
    let mut list = one.list;
    list.truncate(alike);
    Parameters { zero: one.zero.join(&two.zero, needs), list, rest: Some(Unknown::new(Shape::Any, needs)) }
}

fn join_shadowed(
    one: Vec<BTreeMap<String, Option<Variable>>>,
    two: &[BTreeMap<String, Option<Variable>>],
) -> Vec<BTreeMap<String, Option<Variable>>> {
    let mut joined = one;
    for (frame, other) in joined.iter_mut().zip(two) {
        for (name, before) in other {
            frame.entry(name.clone()).or_insert_with(|| before.clone());
        }
    }
    joined
}
