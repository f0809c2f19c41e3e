//! `has(…)` in the form in which it runs.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, operators};

/// `has(a.b.c)` as it runs: `a.b != null && a.b.c != null`, since the model says null where nothing is set.
pub(crate) fn rewrite_has(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Select(select) if select.test => {
            select.test = false;
            let select = node.clone();
            node.expr = asked(&select).expr;
        }
        Expr::Select(SelectExpr { operand, .. }) => rewrite_has(operand),
        Expr::Call(call) => {
            call.target.iter_mut().map(|target| &mut **target).chain(&mut call.args).for_each(rewrite_has);
        }
        Expr::List(list) => list.elements.iter_mut().for_each(rewrite_has),
        Expr::Comprehension(loops) => {
            for part in [
                &mut loops.iter_range,
                &mut loops.accu_init,
                &mut loops.loop_cond,
                &mut loops.loop_step,
                &mut loops.result,
            ] {
                rewrite_has(part);
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
