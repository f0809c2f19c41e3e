//! What a condition says of nulls: behind `x != null &&` and `has(x) &&`, `x` is set.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

/// The way to a value from a variable: `workload.memory.limit_bytes`.
pub(crate) fn path(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", path(&select.operand)?, select.field)),
        _ => None,
    }
}

/// The paths that are certainly set where `condition` is `truth`.
pub(crate) fn set_where(condition: &IdedExpr, truth: bool) -> BTreeSet<String> {
    match &condition.expr {
        Expr::Select(select) if select.test && truth => {
            let last = path(&select.operand).map(|path| format!("{path}.{}", select.field));
            last.map(|last| prefixes(&last)).unwrap_or_default()
        }
        Expr::Call(call) => of_call(call, truth),
        _ => BTreeSet::new(),
    }
}

/// `a.b.c`: `a.b` and `a.b.c`.
fn prefixes(path: &str) -> BTreeSet<String> {
    let ends = path.match_indices('.').map(|(end, _)| end).skip(1).chain([path.len()]);
    ends.filter_map(|end| path.get(..end)).map(str::to_owned).collect()
}

fn of_call(call: &CallExpr, truth: bool) -> BTreeSet<String> {
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_NOT, [of]) => set_where(of, !truth),
        (operators::LOGICAL_AND, [one, other]) => both(one, other, truth, truth),
        (operators::LOGICAL_OR, [one, other]) => both(one, other, truth, !truth),
        (operators::NOT_EQUALS, [one, other]) if is_null(one) || is_null(other) => {
            if truth {
                compared(one, other)
            } else {
                BTreeSet::new()
            }
        }
        (operators::EQUALS, [one, other]) if is_null(one) || is_null(other) => {
            if truth {
                BTreeSet::new()
            } else {
                compared(one, other)
            }
        }
        // What equals a number or a text is not null.
        (operators::EQUALS, [one, other]) if truth && (is_set_literal(one) || is_set_literal(other)) => {
            compared(one, other)
        }
        (operators::IN, [one, list]) if truth => match &list.expr {
            Expr::List(list) if list.elements.iter().all(is_set_literal) => path(one).into_iter().collect(),
            _ => BTreeSet::new(),
        },
        _ => BTreeSet::new(),
    }
}

/// What two conditions say together: of both where `all` of them hold, else only what each says.
fn both(one: &IdedExpr, other: &IdedExpr, truth: bool, all: bool) -> BTreeSet<String> {
    let (one, other) = (set_where(one, truth), set_where(other, truth));
    if all { one.union(&other).cloned().collect() } else { one.intersection(&other).cloned().collect() }
}

fn compared(one: &IdedExpr, other: &IdedExpr) -> BTreeSet<String> {
    [one, other].into_iter().filter_map(path).collect()
}

fn is_null(node: &IdedExpr) -> bool {
    matches!(node.expr, Expr::Literal(LiteralValue::Null))
}

fn is_set_literal(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(literal) if *literal != LiteralValue::Null)
}
