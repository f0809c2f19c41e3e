//! One CEL expression: bounded before it is parsed, checked before it is kept, and run on a model.

use std::collections::BTreeSet;
use std::{fmt, thread};

use cel::common::ast::SourceInfo;
use cel::common::types::{CelBool, CelString};
use cel::common::value::CowVal;
use cel::{Context, ExecutionError, IdedExpr, Value};

use super::checker::{Checker, Use, set_where};
use super::diagnostic::{Diagnostic, Place};
use super::language::Language;
use super::rewrite::rewrite_has;
use super::syntax::explain_syntax_error;
use super::types::Type;

/// The longest expression, in bytes.
const LENGTH: usize = 2048;
/// The most words and marks: each is a step of nesting at worst, which the parser takes on its stack.
const TOKENS: usize = 600;
/// Ten times what the deepest expression of so many tokens took in a debug build.
const STACK: usize = 32 << 20;
/// The most steps that a run may take.
pub(crate) const COST: u64 = 100_000;

/// A checked expression.
pub(crate) struct Expression {
    node: IdedExpr,
    /// The most steps that a run takes.
    pub(crate) cost: u64,
    /// The names under which the model may say that it could not see what this reads.
    facts: BTreeSet<&'static str>,
    /// What is certainly not null where it is false.
    set_where_false: BTreeSet<String>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Expression")
            .field("cost", &self.cost)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl Expression {
    /// Reads and checks a condition.
    pub(crate) fn condition(language: &Language, text: &str) -> Result<Self, Diagnostic> {
        Self::compile(language, text, Use::Condition, None)
    }

    /// Reads and checks a message, which is asked for only where `condition` is false.
    pub(crate) fn message(language: &Language, text: &str, condition: &Self) -> Result<Self, Diagnostic> {
        Self::compile(language, text, Use::Message, Some(condition))
    }

    /// The parser goes down the stack with every mark, and is not ours: it gets a thread with a stack of its own, and where
    /// it panics that is an error of the expression.
    fn compile(language: &Language, text: &str, used_for: Use, condition: Option<&Self>) -> Result<Self, Diagnostic> {
        check_size(language, text)?;
        let failed = || Diagnostic::whole("it can't be read");
        thread::scope(|scope| {
            let parser = thread::Builder::new().stack_size(STACK);
            let reading = parser
                .spawn_scoped(scope, || Self::parse(language, text, used_for, condition))
                .map_err(|_| failed())?;
            reading.join().map_err(|_| failed())?
        })
    }

    fn parse(language: &Language, text: &str, used_for: Use, condition: Option<&Self>) -> Result<Self, Diagnostic> {
        let parsed = language.parser().parse_with_source_info(text);
        let (mut node, source) =
            parsed.map_err(|errors| explain_syntax_error(text, &errors, language.schema.example))?;
        let set = condition.map(|condition| condition.set_where_false.clone()).unwrap_or_default();
        let mut checker = Checker::new(language, used_for);
        let checked = checker
            .check(&node, set)
            .map_err(|error| Diagnostic { at: find_place(text, &source, error.node), what: error.message(used_for) })?;
        match (used_for, &checked.ty) {
            (Use::Condition, Type::Bool) | (Use::Message, Type::Text(_)) => {}
            (Use::Condition, ty) => {
                return Err(Diagnostic::whole(format!("must be a bool, found {ty}")));
            }
            (Use::Message, ty) => return Err(Diagnostic::whole(format!("a message is a string, this is {ty}"))),
        }
        if checked.cost > COST {
            return Err(explain_cost(language, checked.cost));
        }
        let set_where_false = set_where(&node, false);
        rewrite_has(&mut node);
        let expression = Self { node, cost: checked.cost, facts: checker.facts, set_where_false };
        expression.try_on_samples(language, condition)?;
        Ok(expression)
    }

    /// Runs it on the samples: it may not fail over the types of its values. A message is asked for only where its
    /// condition is false.
    fn try_on_samples(&self, language: &Language, condition: Option<&Self>) -> Result<(), Diagnostic> {
        for sample in (language.schema.samples)() {
            let context = language.context(&sample.model, &sample.unseen);
            let is_asked = condition.is_none_or(|condition| condition.holds(&context) == Ok(false));
            if is_asked && self.error(&context).is_some_and(|error| is_of_types(&error)) {
                let variable = language.schema.variable;
                let what = format!("its values don't fit together on a {variable} {}", sample.name);
                return Err(Diagnostic::whole(what));
            }
        }
        Ok(())
    }

    /// Whether the model passes. The error says why it can't be told.
    pub(crate) fn holds(&self, context: &Context) -> Result<bool, String> {
        let value = self.run(context)?;
        value
            .downcast_ref::<CelBool>()
            .map(|bool| *bool.inner())
            .ok_or_else(|| "it is neither true nor false".to_owned())
    }

    /// The text that it makes.
    pub(crate) fn text(&self, context: &Context) -> Result<String, String> {
        let value = self.run(context)?;
        value.downcast_ref::<CelString>().map(|text| text.inner().to_owned()).ok_or_else(|| "it is no text".to_owned())
    }

    /// Whether it reads what could not be seen under this name.
    pub(crate) fn reads(&self, fact: &str) -> bool {
        self.facts.contains(fact)
    }

    fn run<'a, 'v>(&'a self, context: &'a Context<'_, 'v>) -> Result<CowVal<'a, 'v>, String> {
        Value::resolve_val(&self.node, context).map_err(|error| explain_run_error(&error))
    }

    fn error(&self, context: &Context) -> Option<ExecutionError> {
        Value::resolve_val(&self.node, context).err()
    }
}

fn explain_cost(language: &Language, cost: u64) -> Diagnostic {
    let variable = language.schema.variable;
    let rounds = match language.schema.list_of_objects() {
        Some((name, most)) => format!(", where each over {name} counts {most} rounds,"),
        None => String::new(),
    };
    Diagnostic::whole(format!(
        "it could take {cost} steps on a large {variable}; at most {COST} are allowed: put fewer loops within one \
         another{rounds} or make several rules of it"
    ))
}

fn check_size(language: &Language, text: &str) -> Result<(), Diagnostic> {
    let refuse = |what: String| Err(Diagnostic::whole(what));
    if text.trim().is_empty() {
        let example = language.schema.example;
        return refuse(format!("it is empty; write what has to hold, such as has({example})"));
    }
    if text.len() > LENGTH {
        return refuse(format!("it has {} bytes; at most {LENGTH} are allowed", text.len()));
    }
    let pairs = std::iter::once(' ').chain(text.chars()).zip(text.chars());
    let tokens = pairs.filter(|(before, letter)| starts_token(*before, *letter)).count();
    if tokens > TOKENS {
        return refuse(format!("it has {tokens} words and marks; at most {TOKENS} are allowed"));
    }
    Ok(())
}

/// Whether a letter starts a word or a mark behind another letter.
fn starts_token(before: char, letter: char) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let goes_on = is_word(before) && is_word(letter);
    !letter.is_whitespace() && !goes_on
}

/// The place of a node.
fn find_place(text: &str, source: &SourceInfo, node: u64) -> Option<Place> {
    let start = usize::try_from(source.offset_for(node)?.0).ok()?;
    Some(Place::after(text, start))
}

/// What went wrong, without any value: it might be a secret.
fn explain_run_error(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(field) => format!("{field} could not be seen"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "it divides by zero".to_owned(),
        ExecutionError::Overflow(_, _, _) => "a number is too large".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "a list has no such entry".to_owned(),
        ExecutionError::FunctionError { function, .. } => format!("`{function}` can't read its argument"),
        _ => "its values don't fit together".to_owned(),
    }
}

/// Whether an error is one of types, which the checker should have found.
fn is_of_types(error: &ExecutionError) -> bool {
    !matches!(
        error,
        ExecutionError::NoSuchKey(_)
            | ExecutionError::DivisionByZero(_)
            | ExecutionError::RemainderByZero(_)
            | ExecutionError::Overflow(_, _, _)
            | ExecutionError::IndexOutOfBounds(_)
            | ExecutionError::FunctionError { .. }
    )
}
