//! Operators and functions: what each takes and gives.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::narrow::set_where;
use super::{CheckError, Checked, Checker, RESULT, Scope, refuse};
use crate::cel::functions::{FORMAT_QUANTITY, QUANTITY};
use crate::cel::types::Type;

/// How many digits a number has at most, its sign and point among them.
const DIGITS: u64 = 32;

impl Checker<'_> {
    pub(super) fn call(&mut self, node: &IdedExpr, call: &CallExpr, scope: &Scope) -> Result<Checked, CheckError> {
        if call.target.is_some() {
            return self.member(node, call, scope);
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [one, other]) => self.logical(one, other, true, scope),
            (operators::LOGICAL_OR, [one, other]) => self.logical(one, other, false, scope),
            (operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE, [of]) => {
                let of = self.typed(of, &Type::Bool, scope)?;
                Ok(Checked { ty: Type::Bool, cost: of.cost + 1 })
            }
            (operators::CONDITIONAL, [condition, one, other]) => self.conditional(node, condition, one, other, scope),
            (operators::EQUALS | operators::NOT_EQUALS, [one, other]) => self.equality(node, one, other, scope),
            (
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
                [one, other],
            ) => self.order(node, one, other, scope),
            (operators::IN, [one, list]) => self.contained(node, one, list, scope),
            (operators::ADD, [one, other]) => self.addition(node, one, other, scope),
            (operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE, [one, other]) => {
                self.arithmetic(node, one, other, scope)
            }
            (operators::MODULO, [one, other]) => {
                let (one, other) = (self.typed(one, &Type::Int, scope)?, self.typed(other, &Type::Int, scope)?);
                Ok(Checked { ty: Type::Int, cost: one.cost + other.cost + 1 })
            }
            (operators::NEGATE, [of]) => {
                let number = self.number(of, scope)?;
                Ok(Checked { cost: number.cost + 1, ..number })
            }
            (operators::INDEX, [list, index]) => self.index(list, index, scope),
            (name, arguments) => self.function(node, name, arguments, scope),
        }
    }

    fn logical(&mut self, one: &IdedExpr, other: &IdedExpr, truth: bool, scope: &Scope) -> Result<Checked, CheckError> {
        let left = self.typed(one, &Type::Bool, scope)?;
        let right = self.typed(other, &Type::Bool, &narrowed(scope, one, truth))?;
        Ok(Checked { ty: Type::Bool, cost: left.cost.saturating_add(right.cost) + 1 })
    }

    fn conditional(
        &mut self,
        node: &IdedExpr,
        condition: &IdedExpr,
        one: &IdedExpr,
        other: &IdedExpr,
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let asked = self.typed(condition, &Type::Bool, scope)?;
        let one = self.expression(one, &narrowed(scope, condition, true))?;
        let other = self.expression(other, &narrowed(scope, condition, false))?;
        let cost = asked.cost.saturating_add(one.cost.max(other.cost)) + 1;
        let found = format!("{} and {}", one.ty, other.ty);
        match one.ty.join(other.ty) {
            Some(ty) => Ok(Checked { ty, cost }),
            None => refuse(node.id, format!("both branches have the same type, found {found}")),
        }
    }

    fn equality(
        &mut self,
        node: &IdedExpr,
        one: &IdedExpr,
        other: &IdedExpr,
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let (left, right) = (self.expression(one, scope)?, self.expression(other, scope)?);
        let always = |ty: &Type| matches!(ty, Type::Object(_));
        if always(&left.ty) || always(&right.ty) {
            return refuse(node.id, "an object is always there and never equals another; compare its fields");
        }
        if !left.ty.is_comparable(&right.ty) {
            return refuse(node.id, format!("{} never equals {}", left.ty, right.ty));
        }
        self.is_one_of(one, other, scope)?;
        self.is_one_of(other, one, scope)?;
        let weight = left.ty.weight().min(right.ty.weight());
        Ok(Checked { ty: Type::Bool, cost: left.cost.saturating_add(right.cost).saturating_add(weight) })
    }

    /// A field that holds one of a few words is never another one.
    fn is_one_of(&mut self, field: &IdedExpr, literal: &IdedExpr, scope: &Scope) -> Result<(), CheckError> {
        let (Expr::Select(select), Some(word)) = (&field.expr, text(literal)) else { return Ok(()) };
        if select.test {
            return Ok(());
        }
        let Type::Object(fields) = self.expression(&select.operand, scope)?.ty else { return Ok(()) };
        let words = fields.iter().find(|field| field.name == select.field).map_or(&[] as &[&str], |field| field.words);
        if words.is_empty() || words.contains(&word) {
            return Ok(());
        }
        refuse(literal.id, format!("`{}` is never '{word}'{}", select.field, (self.language.schema.hint)(word, words)))
    }

    fn order(
        &mut self,
        node: &IdedExpr,
        one: &IdedExpr,
        other: &IdedExpr,
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let (left, right) = (self.known(one, scope)?, self.known(other, scope)?);
        let texts = matches!((&left.ty, &right.ty), (Type::Text(_), Type::Text(_)));
        let numbers = left.ty.is_number() && right.ty.is_number();
        if !texts && !numbers {
            let found = format!("{} and {}", left.ty, right.ty);
            let amount = self.amount(one).or_else(|| self.amount(other));
            let amount = amount.map_or(String::new(), |text| format!("; write quantity('{text}')"));
            return refuse(node.id, format!("two numbers or two strings have an order, found {found}{amount}"));
        }
        let weight = left.ty.weight().min(right.ty.weight());
        Ok(Checked { ty: Type::Bool, cost: left.cost.saturating_add(right.cost).saturating_add(weight) })
    }

    fn contained(
        &mut self,
        node: &IdedExpr,
        one: &IdedExpr,
        list: &IdedExpr,
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let (left, right) = (self.expression(one, scope)?, self.known(list, scope)?);
        let Type::List(of, most) = right.ty else {
            return refuse(list.id, format!("`in` takes a list, found {}", right.ty));
        };
        if !left.ty.is_comparable(&of) {
            return refuse(node.id, format!("{} is never in a list of {of}", left.ty));
        }
        if let Expr::List(list) = &list.expr {
            list.elements.iter().try_for_each(|literal| self.is_one_of(one, literal, scope))?;
        }
        let looks = most.saturating_mul(left.ty.weight().min(of.weight()));
        Ok(Checked { ty: Type::Bool, cost: left.cost.saturating_add(right.cost).saturating_add(looks) })
    }

    fn addition(
        &mut self,
        node: &IdedExpr,
        one: &IdedExpr,
        other: &IdedExpr,
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let (left, right) = (self.known(one, scope)?, self.known(other, scope)?);
        // The loops of `map` and `filter` append in place.
        let appends = matches!(&one.expr, Expr::Ident(name) if name == RESULT);
        let copied = if appends { right.ty.weight() } else { left.ty.weight().saturating_add(right.ty.weight()) };
        let cost = left.cost.saturating_add(right.cost).saturating_add(copied);
        let found = format!("{} and {}", left.ty, right.ty);
        let ty = match (left.ty, right.ty) {
            (Type::Text(one), Type::Text(other)) => Some(Type::Text(one.saturating_add(other))),
            (Type::List(one, most), Type::List(other, more)) => {
                one.join(*other).map(|of| Type::List(Box::new(of), most.saturating_add(more)))
            }
            (one, other) if one.is_number() && one == other => Some(one),
            _ => None,
        };
        match ty {
            Some(ty) => Ok(Checked { ty, cost }),
            None => refuse(node.id, format!("two of the same kind can be added, found {found}")),
        }
    }

    fn arithmetic(
        &mut self,
        node: &IdedExpr,
        one: &IdedExpr,
        other: &IdedExpr,
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let (left, right) = (self.number(one, scope)?, self.number(other, scope)?);
        if left.ty != right.ty {
            let what = format!("two of the same kind can be reckoned with, found {} and {}", left.ty, right.ty);
            return refuse(node.id, format!("{what}; write double(…) or int(…)"));
        }
        Ok(Checked { ty: left.ty, cost: left.cost.saturating_add(right.cost) + 1 })
    }

    fn number(&mut self, node: &IdedExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let checked = self.known(node, scope)?;
        if checked.ty.is_number() {
            Ok(checked)
        } else {
            refuse(node.id, format!("this takes a number, found {}", checked.ty))
        }
    }

    fn index(&mut self, list: &IdedExpr, index: &IdedExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let checked = self.known(list, scope)?;
        let Type::List(of, _) = checked.ty else {
            return refuse(list.id, format!("only a list has entries by number, found {}; write .field", checked.ty));
        };
        let number = self.typed(index, &Type::Int, scope)?;
        Ok(Checked { cost: checked.cost.saturating_add(number.cost).saturating_add(of.weight()), ty: *of })
    }

    fn member(&mut self, node: &IdedExpr, call: &CallExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let Some(target) = call.target.as_deref() else { return refuse(node.id, "this is no call") };
        let text = Type::Text(0);
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("size", []) => self.size(target, scope),
            ("startsWith" | "endsWith" | "contains", [part]) => {
                let (whole, part) = (self.typed(target, &text, scope)?, self.typed(part, &text, scope)?);
                let looks = whole.ty.weight().saturating_add(part.ty.weight());
                Ok(Checked { ty: Type::Bool, cost: whole.cost.saturating_add(part.cost).saturating_add(looks) })
            }
            (name, arguments) => refuse(node.id, self.wrong_call(name, arguments.len(), true)),
        }
    }

    fn size(&mut self, of: &IdedExpr, scope: &Scope) -> Result<Checked, CheckError> {
        let checked = self.known(of, scope)?;
        match checked.ty {
            Type::List(_, _) => Ok(Checked { ty: Type::Int, cost: checked.cost + 1 }),
            Type::Text(_) => Ok(Checked { ty: Type::Int, cost: checked.cost.saturating_add(checked.ty.weight()) }),
            ty => refuse(of.id, format!("a list or a string has a size, found {ty}")),
        }
    }

    fn function(
        &mut self,
        node: &IdedExpr,
        name: &str,
        arguments: &[IdedExpr],
        scope: &Scope,
    ) -> Result<Checked, CheckError> {
        let [argument] = arguments else { return refuse(node.id, self.wrong_call(name, arguments.len(), false)) };
        if name == "size" {
            return self.size(argument, scope);
        }
        if ![QUANTITY, FORMAT_QUANTITY, "int", "double", "string"].contains(&name) {
            return refuse(node.id, self.wrong_call(name, 1, false));
        }
        let checked = self.known(argument, scope)?;
        let cost = checked.cost.saturating_add(checked.ty.weight());
        let ty = match (name, &checked.ty) {
            (QUANTITY, Type::Text(_)) => {
                self.check_amount(argument)?;
                Type::Int
            }
            ("int", Type::Int | Type::Double | Type::Text(_)) => Type::Int,
            ("double", Type::Int | Type::Double | Type::Text(_)) => Type::Double,
            (FORMAT_QUANTITY, Type::Int) | ("string", Type::Bool | Type::Int) => Type::Text(DIGITS),
            // The largest number that is written out has 309 digits before its point.
            ("string", Type::Double) => Type::Text(10 * DIGITS + 80),
            ("string", Type::Text(most)) => Type::Text(*most),
            (QUANTITY, ty) => return refuse(argument.id, format!("`{name}` takes a text such as '8Gi', found {ty}")),
            (_, ty) => return refuse(argument.id, format!("`{name}` takes no {ty}")),
        };
        Ok(Checked { ty, cost })
    }

    /// A text that is an amount.
    fn amount<'n>(&self, node: &'n IdedExpr) -> Option<&'n str> {
        text(node).filter(|text| (self.language.parse_amount)(text).is_some())
    }

    /// An amount that is written out has to be one.
    fn check_amount(&self, node: &IdedExpr) -> Result<(), CheckError> {
        match text(node).filter(|text| (self.language.parse_amount)(text).is_none()) {
            Some(text) => refuse(node.id, format!("`{text}` is no amount; write it as '512Mi' or '2Gi'")),
            None => Ok(()),
        }
    }

    /// What is wrong with a call of no function of ours.
    fn wrong_call(&self, name: &str, arguments: usize, has_target: bool) -> String {
        const OF_VALUE: [&str; 6] = [QUANTITY, FORMAT_QUANTITY, "int", "double", "string", "size"];
        const OF_TEXT: [&str; 3] = ["startsWith", "endsWith", "contains"];
        const LOOPS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];
        let right = match name {
            _ if OF_VALUE.contains(&name) => format!("`{name}` takes one argument: {name}(x)"),
            _ if OF_TEXT.contains(&name) => format!("`{name}` is asked of a text, with one argument: text.{name}('x')"),
            _ if LOOPS.contains(&name) => {
                format!("`{name}` is asked of a list, with a variable and an expression: list.{name}(x, …)")
            }
            "has" => format!("`has` takes one field: has({})", self.language.schema.example),
            "matches" => {
                "there is no function `matches`: no pattern is taken; write startsWith, endsWith or contains".to_owned()
            }
            "len" | "length" | "count" => format!("there is no function `{name}`; write size(x)"),
            _ => format!(
                "there is no function `{name}`; there are size, startsWith, endsWith, contains, int, double, string, \
                 {QUANTITY}, {FORMAT_QUANTITY}, has, all, exists, exists_one, filter and map"
            ),
        };
        let is_known = OF_VALUE.contains(&name) || OF_TEXT.contains(&name) || LOOPS.contains(&name) || name == "has";
        if !is_known || has_target && OF_VALUE.contains(&name) && arguments == 0 {
            return right;
        }
        format!("{right}, found {arguments}")
    }
}

fn text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn narrowed(scope: &Scope, condition: &IdedExpr, truth: bool) -> Scope {
    let mut scope = scope.clone();
    scope.set.extend(set_where(condition, truth));
    scope
}
