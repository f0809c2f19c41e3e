//! Reads an arithmetic expression and evaluates it as it goes.

use super::token::{Token, plain_number, read_tokens};
use super::variables::{MAX_LENGTH, Value, Variables};
use crate::workload::start::shell::dialect::Dialect;

/// How deep parentheses, `? :` and values that are expressions may be nested.
const MAX_DEPTH: usize = 40;

/// Tokens that an evaluation may read, those of values that are expressions included.
const MAX_STEPS: usize = 1 << 14;

/// A number, or one that is unknown.
type Number = Option<i64>;

/// Whether what is read takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Takes,
    MayTake,
    Skipped,
}

pub(super) struct Evaluator<'v> {
    variables: &'v mut dyn Variables,
    dialect: Dialect,
    depth: usize,
    steps: usize,
}

impl<'v> Evaluator<'v> {
    pub(super) fn new(variables: &'v mut dyn Variables, dialect: Dialect) -> Self {
        Self { variables, dialect, depth: 0, steps: 0 }
    }

    /// What an expression comes to; none where it is a mistake or the shells read it differently.
    pub(super) fn evaluate(&mut self, expression: &str) -> Option<Number> {
        self.evaluate_with(expression, Effect::Takes)
    }

    fn evaluate_with(&mut self, expression: &str, effect: Effect) -> Option<Number> {
        let tokens = read_tokens(expression, self.dialect)?;
        self.steps += tokens.len() + 1;
        if self.steps > MAX_STEPS {
            return None;
        }
        if self.dialect == Dialect::Posix && hangs_on_order(&tokens) {
            return None;
        }
        if tokens.is_empty() {
            return (self.dialect == Dialect::Bash).then_some(Some(0));
        }
        let mut reader = Reader { evaluator: self, rest: &tokens, effect };
        let value = reader.list()?;
        reader.rest.is_empty().then_some(value)
    }

    /// The number that a variable holds.
    fn variable(&mut self, name: &str, effect: Effect) -> Option<Number> {
        if effect == Effect::Skipped {
            return Some(None);
        }
        let text = match self.variables.get(name) {
            Value::Unset => return Some(Some(0)),
            Value::Unknown => return Some(None),
            Value::Set(text) => text,
        };
        let Some(known) = text.known() else { return Some(None) };
        let (is_negative, digits) = known.strip_prefix('-').map_or((false, known), |digits| (true, digits));
        if known.is_empty() {
            return Some(Some(0));
        }
        if digits.starts_with(|letter: char| letter.is_ascii_digit())
            && let Some(number) = plain_number(digits)
        {
            return Some(Some(if is_negative { -number } else { number }));
        }
        if self.dialect == Dialect::Posix || known.len() > MAX_LENGTH {
            return None;
        }
        self.deeper(|evaluator| evaluator.evaluate_with(known, effect))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn assign(&mut self, name: &str, value: Number, effect: Effect) {
        match effect {
            Effect::Takes => self.variables.set(name, value),
            Effect::MayTake => self.variables.set(name, None),
            Effect::Skipped => {}
        }
    }
}

/// Whether a variable is assigned and used elsewhere in the same expression, but for one assignment of the whole: when
/// busybox reads a variable is another time than in the other shells.
fn hangs_on_order(tokens: &[Token]) -> bool {
    let assigned = |index: usize| match tokens.get(index..index + 2) {
        Some([Token::Name(name), Token::Operator(operator)]) => is_assignment(operator).then_some(*name),
        _ => None,
    };
    let uses = |name: &str| tokens.iter().filter(|token| **token == Token::Name(name)).count();
    let mut names = (1..tokens.len()).filter_map(assigned).peekable();
    let is_whole_alone = names.peek().is_none();
    names.chain(assigned(0).filter(|_| !is_whole_alone)).any(|name| uses(name) > 1)
}

fn is_assignment(operator: &str) -> bool {
    operator.ends_with('=') && !matches!(operator, "==" | "<=" | ">=" | "!=")
}

/// Where in an expression reading stands.
struct Reader<'r, 't, 'v> {
    evaluator: &'r mut Evaluator<'v>,
    rest: &'t [Token<'t>],
    effect: Effect,
}

impl Reader<'_, '_, '_> {
    /// Expressions with commas between them.
    fn list(&mut self) -> Option<Number> {
        let mut value = self.assignment()?;
        while self.take(",") {
            if self.evaluator.dialect == Dialect::Posix {
                return None;
            }
            value = self.assignment()?;
        }
        Some(value)
    }

    fn assignment(&mut self) -> Option<Number> {
        if let [Token::Name(name), Token::Operator(operator), rest @ ..] = self.rest
            && let Some(arithmetic) = operator.strip_suffix('=').filter(|_| is_assignment(operator))
        {
            self.rest = rest;
            let before = if arithmetic.is_empty() { None } else { Some(self.evaluator.variable(name, self.effect)?) };
            let value = self.nested(Self::assignment)?;
            let value = match before {
                None => value,
                Some(before) => self.apply(arithmetic, before, value)?,
            };
            self.evaluator.assign(name, value, self.effect);
            return Some(value);
        }
        self.choice()
    }

    /// `condition ? one : two`
    fn choice(&mut self) -> Option<Number> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Some(condition);
        }
        let holds = condition.map(|condition| condition != 0);
        let one = self.with_effect(holds, |reader| reader.nested(Self::list))?;
        if !self.take(":") {
            return None;
        }
        let two = self.with_effect(holds.map(|holds| !holds), |reader| reader.nested(Self::choice))?;
        Some(match holds {
            Some(true) => one,
            Some(false) => two,
            None => one.filter(|_| one == two),
        })
    }

    /// Operators of this rank and of those that bind tighter.
    fn binary(&mut self, rank: usize) -> Option<Number> {
        let Some(operators) = RANKS.get(rank) else { return self.power() };
        let mut one = self.binary(rank + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let skips = match *operator {
                "&&" => one.map(|one| one == 0),
                "||" => one.map(|one| one != 0),
                _ => Some(false),
            };
            let two = self.with_effect(skips.map(|skips| !skips), |reader| reader.binary(rank + 1))?;
            one = match (*operator, skips) {
                ("&&", Some(true)) => Some(0),
                ("||", Some(true)) => Some(1),
                ("&&" | "||", Some(false)) => two.map(|two| i64::from(two != 0)),
                ("&&" | "||", None) => None,
                (operator, _) => self.apply(operator, one, two)?,
            };
        }
        Some(one)
    }

    /// `**` of bash, which binds to the right.
    fn power(&mut self) -> Option<Number> {
        let base = self.unary()?;
        if !self.take("**") {
            return Some(base);
        }
        if self.evaluator.dialect == Dialect::Posix {
            return None;
        }
        let exponent = self.nested(Self::power)?;
        self.apply("**", base, exponent)
    }

    fn unary(&mut self) -> Option<Number> {
        if self.take("++") {
            return self.step_before(1);
        }
        if self.take("--") {
            return self.step_before(-1);
        }
        let Some(operator) = ["!", "~", "-", "+"].into_iter().find(|operator| self.take(operator)) else {
            return self.primary();
        };
        let value = self.nested(Self::unary)?;
        Some(match operator {
            "!" => value.map(|value| i64::from(value == 0)),
            "~" => value.map(|value| !value),
            "-" => value.and_then(i64::checked_neg),
            _ => value,
        })
    }

    /// `++NAME`, `--NAME` of bash.
    fn step_before(&mut self, step: i64) -> Option<Number> {
        let [Token::Name(name), rest @ ..] = self.rest else { return None };
        self.rest = rest;
        self.step(name, step)
    }

    fn step(&mut self, name: &str, step: i64) -> Option<Number> {
        if self.evaluator.dialect == Dialect::Posix {
            return None;
        }
        let value = self.evaluator.variable(name, self.effect)?.and_then(|value| value.checked_add(step));
        self.evaluator.assign(name, value, self.effect);
        Some(value)
    }

    fn primary(&mut self) -> Option<Number> {
        let (token, rest) = self.rest.split_first()?;
        self.rest = rest;
        match token {
            Token::Number(number) => Some(Some(*number)),
            Token::Name(name) => {
                let before = self.evaluator.variable(name, self.effect)?;
                if self.take("++") {
                    self.step(name, 1)?;
                } else if self.take("--") {
                    self.step(name, -1)?;
                }
                Some(before)
            }
            Token::Operator("(") => {
                let value = self.nested(Self::list)?;
                self.take(")").then_some(value)
            }
            Token::Operator(_) => None,
        }
    }

    fn take(&mut self, operator: &str) -> bool {
        match self.rest {
            [Token::Operator(own), rest @ ..] if *own == operator => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Number>) -> Option<Number> {
        if self.evaluator.depth >= MAX_DEPTH {
            return None;
        }
        self.evaluator.depth += 1;
        let value = read(self);
        self.evaluator.depth -= 1;
        value
    }

    /// Reads what takes effect only if something holds.
    fn with_effect(&mut self, holds: Option<bool>, read: impl FnOnce(&mut Self) -> Option<Number>) -> Option<Number> {
        let before = self.effect;
        self.effect = match (before, holds) {
            // Busybox assigns there all the same.
            (Effect::Skipped, _) | (_, Some(false)) if self.evaluator.dialect == Dialect::Posix => Effect::MayTake,
            (Effect::Skipped, _) | (_, Some(false)) => Effect::Skipped,
            (_, None) => Effect::MayTake,
            (before, Some(true)) => before,
        };
        let value = read(self);
        self.effect = before;
        value
    }

    /// What an operator makes of two numbers; an unknown one where it is a mistake that is not reached.
    fn apply(&self, operator: &str, one: Number, two: Number) -> Option<Number> {
        let (Some(one), Some(two)) = (one, two) else { return Some(None) };
        let value = calculate(operator, one, two);
        // A mistake ends the evaluation; with busybox, even where it is skipped.
        let ends = self.effect == Effect::Takes || self.evaluator.dialect == Dialect::Posix;
        if value.is_none() && ends { None } else { Some(value) }
    }
}

/// The operators by rank, the ones that bind least first.
const RANKS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

fn calculate(operator: &str, one: i64, two: i64) -> Option<i64> {
    Some(match operator {
        "|" => one | two,
        "^" => one ^ two,
        "&" => one & two,
        "==" => i64::from(one == two),
        "!=" => i64::from(one != two),
        "<=" => i64::from(one <= two),
        ">=" => i64::from(one >= two),
        "<" => i64::from(one < two),
        ">" => i64::from(one > two),
        "<<" => {
            let shift = u32::try_from(two).ok().filter(|shift| *shift < 63)?;
            one.checked_mul(1_i64.checked_shl(shift)?)?
        }
        ">>" => one.checked_shr(u32::try_from(two).ok()?)?,
        "+" => one.checked_add(two)?,
        "-" => one.checked_sub(two)?,
        "*" => one.checked_mul(two)?,
        "/" => one.checked_div(two)?,
        "%" => one.checked_rem(two)?,
        "**" => one.checked_pow(u32::try_from(two).ok()?)?,
        _ => return None,
    })
}
