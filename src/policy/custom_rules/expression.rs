//! One CEL expression: bounded before it is parsed, checked before it is kept, and run on a model.

use std::collections::BTreeSet;
use std::{fmt, thread};

use cel::common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::common::types::{CelBool, CelString};
use cel::common::value::CowVal;
use cel::{Context, ExecutionError, IdedExpr, Value};

use super::check::{self, Use};
use super::types::Type;
use super::{functions, samples, syntax};

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

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: Option<Place>,
    pub(crate) what: String,
}

/// A place in the text of an expression, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// How many characters stand before it.
    pub(crate) characters: usize,
    /// From 1.
    line: usize,
    /// From 1.
    column: usize,
}

impl Place {
    fn after(text: &str, characters: usize) -> Self {
        let before: String = text.chars().take(characters).collect();
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        Self { characters, line: before.matches('\n').count() + 1, column }
    }

    /// Nothing where the text has no such line.
    pub(crate) fn of_line(text: &str, line: usize, column: usize) -> Option<Self> {
        if line > text.lines().count().max(1) {
            return None;
        }
        let before = text.split_inclusive('\n').take(line.saturating_sub(1)).flat_map(str::chars).count();
        Some(Self { characters: before + column.saturating_sub(1), line, column })
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Place { line: 1, column, .. }) => write!(formatter, "column {column}: {}", self.what),
            Some(Place { line, column, .. }) => write!(formatter, "line {line}, column {column}: {}", self.what),
            None => formatter.write_str(&self.what),
        }
    }
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
    pub(crate) fn condition(text: &str) -> Result<Self, Mistake> {
        Self::compile(text, Use::Condition, None)
    }

    /// Reads and checks a message, which is asked for only where `condition` is false.
    pub(crate) fn message(text: &str, condition: &Self) -> Result<Self, Mistake> {
        Self::compile(text, Use::Message, Some(condition))
    }

    /// The parser goes down the stack with every mark, and is not ours: it gets a thread with a stack of its own, and where
    /// it panics that is a mistake of the expression.
    fn compile(text: &str, used_for: Use, condition: Option<&Self>) -> Result<Self, Mistake> {
        bounded(text)?;
        let failed = || Mistake { at: None, what: "it can't be read".to_owned() };
        thread::scope(|scope| {
            let parser = thread::Builder::new().stack_size(STACK);
            let reading =
                parser.spawn_scoped(scope, || Self::parse(text, used_for, condition)).map_err(|_| failed())?;
            reading.join().map_err(|_| failed())?
        })
    }

    fn parse(text: &str, used_for: Use, condition: Option<&Self>) -> Result<Self, Mistake> {
        let parsed = functions::parser().parse_with_source_info(text);
        let (mut node, source) = parsed.map_err(|errors| syntax::mistake(text, &errors))?;
        let mut facts = BTreeSet::new();
        let set = condition.map(|condition| condition.set_where_false.clone()).unwrap_or_default();
        let checked = check::check(&node, used_for, set, &mut facts)
            .map_err(|mistake| Mistake { at: place(text, &source, mistake.node), what: mistake.told(used_for) })?;
        let whole = |what: String| Mistake { at: None, what };
        match (used_for, &checked.ty) {
            (Use::Condition, Type::Bool) | (Use::Message, Type::Text(_)) => {}
            (Use::Condition, ty) => return Err(whole(format!("it has to be true or false, this is {ty}"))),
            (Use::Message, ty) => return Err(whole(format!("a message is a string, this is {ty}"))),
        }
        if checked.cost > COST {
            let what = format!(
                "it could take {} steps on a large workload; at most {COST} are allowed: put fewer loops within one \
                 another, where each over containers counts 64 rounds, or make several rules of it",
                checked.cost
            );
            return Err(whole(what));
        }
        let set_where_false = check::set_where(&node, false);
        rewrite(&mut node);
        let expression = Self { node, cost: checked.cost, facts, set_where_false };
        samples::run(&expression, condition).map_err(whole)?;
        Ok(expression)
    }

    /// Whether the workload passes. The error says why it can't be told.
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
        Value::resolve_val(&self.node, context).map_err(|error| why(&error))
    }

    /// The error itself, for the samples.
    pub(crate) fn error(&self, context: &Context) -> Option<ExecutionError> {
        Value::resolve_val(&self.node, context).err()
    }
}

fn bounded(text: &str) -> Result<(), Mistake> {
    let refuse = |what: String| Err(Mistake { at: None, what });
    if text.trim().is_empty() {
        return refuse("it is empty; write what has to hold, such as has(workload.quorum)".to_owned());
    }
    if text.len() > LENGTH {
        return refuse(format!("it has {} bytes; at most {LENGTH} are allowed", text.len()));
    }
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let goes_on = |before: char, letter: char| is_word(before) && is_word(letter);
    let starts = |(before, letter): (char, char)| !letter.is_whitespace() && !goes_on(before, letter);
    let tokens = std::iter::once(' ').chain(text.chars()).zip(text.chars()).filter(|pair| starts(*pair)).count();
    if tokens > TOKENS {
        return refuse(format!("it has {tokens} words and marks; at most {TOKENS} are allowed"));
    }
    Ok(())
}

/// The place of a node.
fn place(text: &str, source: &SourceInfo, node: u64) -> Option<Place> {
    let start = usize::try_from(source.offset_for(node)?.0).ok()?;
    Some(Place::after(text, start))
}

/// `has(a.b.c)` as it runs: `a.b != null && a.b.c != null`, since the model says null where nothing is set.
fn rewrite(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Select(select) if select.test => {
            select.test = false;
            let select = node.clone();
            node.expr = asked(&select).expr;
        }
        Expr::Select(SelectExpr { operand, .. }) => rewrite(operand),
        Expr::Call(call) => call.target.iter_mut().map(|target| &mut **target).chain(&mut call.args).for_each(rewrite),
        Expr::List(list) => list.elements.iter_mut().for_each(rewrite),
        Expr::Comprehension(loops) => {
            for part in [
                &mut loops.iter_range,
                &mut loops.accu_init,
                &mut loops.loop_cond,
                &mut loops.loop_step,
                &mut loops.result,
            ] {
                rewrite(part);
            }
        }
        // The checker takes neither of these.
        Expr::Map(_) | Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

fn asked(node: &IdedExpr) -> IdedExpr {
    let null = IdedExpr { id: node.id, expr: Expr::Literal(LiteralValue::Null) };
    let asked = operator(node.id, operators::NOT_EQUALS, node.clone(), null);
    match &node.expr {
        Expr::Select(select) if matches!(select.operand.expr, Expr::Select(_)) => {
            operator(node.id, operators::LOGICAL_AND, self::asked(&select.operand), asked)
        }
        _ => asked,
    }
}

fn operator(id: u64, name: &str, one: IdedExpr, other: IdedExpr) -> IdedExpr {
    let call = CallExpr { func_name: name.to_owned(), target: None, args: vec![one, other] };
    IdedExpr { id, expr: Expr::Call(call) }
}

/// What went wrong, without any value: it might be a secret.
fn why(error: &ExecutionError) -> String {
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
pub(crate) fn is_of_types(error: &ExecutionError) -> bool {
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
