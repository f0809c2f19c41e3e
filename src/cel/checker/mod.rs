//! The type checker: what an expression's parts are, what could be null where it must not be, and what a run can cost at
//! most. It follows `x != null && …` and `has(x) && …`, so that a comparison with null never happens at run time.

mod call;
mod narrow;

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue, SelectExpr};

pub(crate) use self::narrow::{path, set_where};
use super::language::Language;
use super::types::Type;

/// Loops within loops.
const LOOPS: usize = 3;
/// Steps of nesting in the parsed expression: each is a call on the stack of the interpreter.
const DEPTH: usize = 64;
/// What the macros call their running result: no text of a user's can name it.
pub(crate) const RESULT: &str = "@result";

/// What the checker refuses, and the node of the expression that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckError {
    pub(crate) node: u64,
    what: String,
    unset: Option<Unset>,
}

/// A value that may be null where it must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unset {
    /// The way to it.
    null: String,
    /// The way that the expression goes on from there.
    way: String,
    /// What `has` should ask for: as far down that way as it can.
    ask: String,
}

impl CheckError {
    /// What is wrong, with what helps an expression of this use.
    pub(crate) fn message(&self, used_for: Use) -> String {
        match (&self.unset, used_for) {
            (None, _) => self.what.clone(),
            (Some(Unset { null, ask, .. }), Use::Condition) => {
                format!("`{null}` can be null here; write `has({ask}) && …` before it")
            }
            (Some(Unset { null, ask, .. }), Use::Message) => {
                format!("`{null}` can be null here; write `has({ask}) ? … : ''` around it")
            }
        }
    }
}

/// What is known of a checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    pub(crate) ty: Type,
    /// The most steps that a run takes.
    pub(crate) cost: u64,
}

/// What an expression is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Condition,
    /// It ends up before people's eyes: nothing secret may get into it.
    Message,
}

/// The variables in reach, and what is known not to be null.
#[derive(Debug, Clone)]
struct Scope {
    variables: Vec<(String, Type)>,
    set: BTreeSet<String>,
    loops: usize,
    depth: usize,
}

/// Checks one expression.
pub(crate) struct Checker<'a> {
    language: &'a Language,
    used_for: Use,
    /// The names under which the model may say that it could not see what the expression reads.
    pub(crate) facts: BTreeSet<&'static str>,
}

pub(crate) fn refuse<T>(node: u64, what: impl Into<String>) -> Result<T, CheckError> {
    Err(CheckError { node, what: what.into(), unset: None })
}

impl<'a> Checker<'a> {
    pub(crate) fn new(language: &'a Language, used_for: Use) -> Self {
        Self { language, used_for, facts: BTreeSet::new() }
    }

    /// Checks a whole expression in which `set` is known not to be null.
    pub(crate) fn check(&mut self, expression: &IdedExpr, set: BTreeSet<String>) -> Result<Checked, CheckError> {
        let schema = self.language.schema;
        let variables = vec![(schema.variable.to_owned(), Type::Object(schema.fields))];
        self.expression(expression, &Scope { variables, set, loops: 0, depth: 0 })
    }
}

impl Checker<'_> {
    fn expression(&mut self, node: &IdedExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let scope = &Scope { depth: scope.depth + 1, ..scope.clone() };
        if scope.depth > DEPTH {
            return refuse(node.id, format!("it is nested more than {DEPTH} deep"));
        }
        match &node.expr {
            Expr::Literal(literal) => literal_type(node.id, literal).map(|ty| Checked { ty, cost: 1 }),
            Expr::Ident(name) => self.variable(node.id, name, scope),
            Expr::Select(select) => self.select(node, select, scope),
            Expr::Call(call) => self.call(node, call, scope),
            Expr::List(list) => self.list(&list.elements, scope),
            Expr::Comprehension(comprehension) => self.comprehension(node.id, comprehension, scope),
            Expr::Map(_) => refuse(node.id, "maps are not taken; the model has none"),
            Expr::Struct(_) => refuse(node.id, "messages are not taken; the model has none"),
            Expr::Unspecified => refuse(node.id, "this is no expression"),
        }
    }

    /// An expression that must not be null here.
    fn known(&mut self, node: &IdedExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let checked = self.expression(node, scope)?;
        if !matches!(checked.ty, Type::Nullable(_) | Type::Null) {
            return Ok(checked);
        }
        let unset = path(node).map(|path| Unset { null: path.clone(), way: path.clone(), ask: path });
        Err(CheckError { node: node.id, what: "this can be null here".to_owned(), unset })
    }

    fn typed(&mut self, node: &IdedExpr, expected: &Type, scope: &Scope) -> Result<Checked, CheckError> {
        let checked = self.known(node, scope)?;
        if std::mem::discriminant(&checked.ty) == std::mem::discriminant(expected) {
            return Ok(checked);
        }
        refuse(node.id, format!("this takes {}, found {}", name(expected), checked.ty))
    }

    fn select(&mut self, node: &IdedExpr, select: &SelectExpr, scope: &Scope) -> Result<Checked, CheckError> {
        if select.test {
            return self.has(node, select, scope);
        }
        let operand = self.known(&select.operand, scope).map_err(|error| self.further(error, select, scope))?;
        let ty = self.field(node.id, &operand.ty, &select.field)?;
        let set = path(node).is_some_and(|path| scope.set.contains(&path));
        // A list is made anew whenever it is read.
        let made = if let Type::List(_, most) = ty.clone().known() { most } else { 0 };
        Ok(Checked { ty: if set { ty.known() } else { ty }, cost: operand.cost + made + 1 })
    }

    /// Of `a.b.c` where `a` may be null: what is asked for is the whole way.
    fn further(&mut self, mut error: CheckError, select: &SelectExpr, scope: &Scope) -> CheckError {
        let Some(unset) = error.unset.as_mut().filter(|unset| path(&select.operand).as_ref() == Some(&unset.way))
        else {
            return error;
        };
        let way = format!("{}.{}", unset.way, select.field);
        let operand = self.operand_of_has(&select.operand, scope);
        let field = operand.and_then(|operand| self.field(error.node, &operand.ty.known(), &select.field));
        if field.is_ok_and(|field| !matches!(field, Type::Object(_))) {
            unset.ask.clone_from(&way);
        }
        unset.way = way;
        error
    }

    /// `has(a.b.c)` is false where `a.b` is null already: the evaluated form asks for each on the way.
    fn has(&mut self, node: &IdedExpr, select: &SelectExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let operand = self.operand_of_has(&select.operand, scope)?;
        let ty = self.field(node.id, &operand.ty, &select.field)?;
        if matches!(ty, Type::Object(_)) {
            return refuse(node.id, format!("`{}` is always there; ask for one of its fields", select.field));
        }
        let made = if let Type::List(_, most) = ty.known() { most } else { 0 };
        Ok(Checked { ty: Type::Bool, cost: operand.cost.saturating_mul(2) + made + 4 })
    }

    fn operand_of_has(&mut self, node: &IdedExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let Expr::Select(select) = &node.expr else { return self.known(node, scope) };
        let operand = self.operand_of_has(&select.operand, scope)?;
        let ty = self.field(node.id, &operand.ty, &select.field)?.known();
        Ok(Checked { ty, cost: operand.cost.saturating_mul(2) + 4 })
    }

    fn field(&mut self, node: u64, of: &Type, name: &str) -> Result<Type, CheckError> {
        let Type::Object(fields) = of else { return refuse(node, format!("{of} has no field `{name}`")) };
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            return refuse(node, format!("there is no field `{name}`{}", (self.language.schema.hint)(name, &names)));
        };
        if field.secret && self.used_for == Use::Message {
            return refuse(node, format!("`{name}` may hold a password: no message may quote it"));
        }
        self.facts.insert(field.fact());
        Ok(Type::of_field(field))
    }

    fn variable(&self, node: u64, name: &str, scope: &Scope) -> Result<Checked, CheckError> {
        match scope.variables.iter().rev().find(|(known, _)| known == name) {
            Some((_, ty)) => {
                let ty = if scope.set.contains(name) { ty.clone().known() } else { ty.clone() };
                Ok(Checked { ty, cost: 1 })
            }
            None => {
                refuse(node, format!("there is no `{name}`; the one variable is `{}`", self.language.schema.variable))
            }
        }
    }

    fn list(&mut self, elements: &[IdedExpr], scope: &Scope) -> Result<Checked, CheckError> {
        let (mut of, mut cost) = (Type::Nothing, 1u64);
        for element in elements {
            let checked = self.expression(element, scope)?;
            cost = cost.saturating_add(checked.cost).saturating_add(checked.ty.weight());
            let Some(joined) = of.clone().join(checked.ty.clone()) else {
                return refuse(element.id, format!("a list of {of} takes no {}", checked.ty));
            };
            of = joined;
        }
        let most = u64::try_from(elements.len()).unwrap_or(u64::MAX);
        Ok(Checked { ty: Type::List(Box::new(of), most), cost })
    }

    fn comprehension(&mut self, node: u64, loops: &ComprehensionExpr, scope: &Scope) -> Result<Checked, CheckError> {
        if scope.loops >= LOOPS {
            return refuse(node, format!("loops are nested more than {LOOPS} deep"));
        }
        let variable = self.language.schema.variable;
        if loops.iter_var == variable || loops.iter_var2.is_some() {
            return refuse(node, format!("a loop takes one variable of its own name, not `{variable}`"));
        }
        let range = self.known(&loops.iter_range, scope)?;
        let Type::List(of, most) = range.ty else {
            return refuse(loops.iter_range.id, format!("a loop takes a list, found {}", range.ty));
        };
        let start = self.expression(&loops.accu_init, scope)?;
        let mut inner = scope.clone();
        inner.loops += 1;
        inner.set.retain(|path| path.split('.').next() != Some(&loops.iter_var));
        inner.variables.push((loops.iter_var.clone(), (*of).clone()));
        inner.variables.push((RESULT.to_owned(), start.ty.clone()));
        let condition = self.expression(&loops.loop_cond, &inner)?;
        let step = self.expression(&loops.loop_step, &inner)?;
        let ty = match (start.ty, step.ty) {
            (Type::List(_, _), Type::List(of, _)) => Type::List(of, most),
            (start, _) => start,
        };
        inner.variables.push((RESULT.to_owned(), ty));
        let result = self.expression(&loops.result, &inner)?;
        let round = condition.cost.saturating_add(step.cost).saturating_add(of.weight()).saturating_add(1);
        let cost = most.saturating_mul(round).saturating_add(range.cost + start.cost + result.cost);
        Ok(Checked { ty: result.ty, cost })
    }
}

fn literal_type(node: u64, literal: &LiteralValue) -> Result<Type, CheckError> {
    Ok(match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Int(_) => Type::Int,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::String(text) => Type::Text(u64::try_from(text.inner().len()).unwrap_or(u64::MAX)),
        LiteralValue::Null => Type::Null,
        LiteralValue::UInt(_) => return refuse(node, "numbers are written without `u`"),
        LiteralValue::Bytes(_) => return refuse(node, "bytes are not taken; the model has none"),
    })
}

/// The name of a type without its bounds.
fn name(ty: &Type) -> String {
    match ty {
        Type::List(_, _) => "list".to_owned(),
        ty => ty.to_string(),
    }
}
