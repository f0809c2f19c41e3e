//! `expr`.

use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::regex::{Found, Regex, Syntax};

/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 20;

pub(super) fn run(arguments: &[Text]) -> Option<Filtered> {
    let mut words = Vec::new();
    for word in arguments {
        words.push(word.known()?);
    }
    let mut reader = Reader { rest: &words, depth: 0 };
    let value = reader.any()?;
    if !reader.rest.is_empty() {
        return None;
    }
    let status = is_nothing(&value).map(|is_nothing| !is_nothing);
    Some(Filtered { output: format!("{value}\n").into(), status })
}

struct Reader<'w> {
    rest: &'w [&'w str],
    depth: usize,
}

impl Reader<'_> {
    /// `one | two`
    fn any(&mut self) -> Option<String> {
        let mut value = self.all()?;
        while self.take("|") {
            let other = self.all()?;
            if is_nothing(&value)? {
                // GNU makes 0 of nothing, busybox does not.
                if is_nothing(&other)? && other != "0" {
                    return None;
                }
                value = other;
            }
        }
        Some(value)
    }

    /// `one & two`
    fn all(&mut self) -> Option<String> {
        let mut value = self.comparison()?;
        while self.take("&") {
            let other = self.comparison()?;
            if is_nothing(&value)? || is_nothing(&other)? {
                "0".clone_into(&mut value);
            }
        }
        Some(value)
    }

    fn comparison(&mut self) -> Option<String> {
        let mut one = self.sum()?;
        while let Some(operator) = self.take_one_of(&["<=", ">=", "!=", "==", "=", "<", ">"]) {
            let two = self.sum()?;
            let order = match (number(&one), number(&two)) {
                (Some(one), Some(two)) => one.cmp(&two),
                // How strings are ordered is a matter of the locale.
                _ if one == two || matches!(operator, "=" | "==" | "!=") => one.cmp(&two),
                _ => return None,
            };
            let holds = match operator {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                "!=" => order.is_ne(),
                _ => order.is_eq(),
            };
            one = u8::from(holds).to_string();
        }
        Some(one)
    }

    fn sum(&mut self) -> Option<String> {
        let mut one = self.product()?;
        while let Some(operator) = self.take_one_of(&["+", "-"]) {
            let (first, second) = (number(&one)?, number(&self.product()?)?);
            let value = if operator == "+" { first.checked_add(second) } else { first.checked_sub(second) };
            one = value?.to_string();
        }
        Some(one)
    }

    fn product(&mut self) -> Option<String> {
        let mut one = self.matched()?;
        while let Some(operator) = self.take_one_of(&["*", "/", "%"]) {
            let (first, second) = (number(&one)?, number(&self.matched()?)?);
            let value = match operator {
                "*" => first.checked_mul(second),
                "/" => first.checked_div(second),
                _ => first.checked_rem(second),
            };
            one = value?.to_string();
        }
        Some(one)
    }

    /// `string : regex`
    fn matched(&mut self) -> Option<String> {
        let mut one = self.primary()?;
        while self.take(":") {
            one = match_start(&one, &self.primary()?)?;
        }
        Some(one)
    }

    fn primary(&mut self) -> Option<String> {
        let (word, rest) = self.rest.split_first()?;
        match *word {
            "(" => {
                if self.depth >= MAX_DEPTH {
                    return None;
                }
                self.rest = rest;
                self.depth += 1;
                let value = self.any()?;
                self.depth -= 1;
                self.take(")").then_some(value)
            }
            // Functions of GNU and busybox, and words that may be taken for operators.
            "match" | "substr" | "index" | "length" | "+" | "quote" | "--" | ")" | "|" | "&" | "<" | "<=" | "="
            | "==" | "!=" | ">=" | ">" | "-" | "*" | "/" | "%" | ":" => None,
            word => {
                self.rest = rest;
                Some(word.to_owned())
            }
        }
    }

    fn take(&mut self, operator: &str) -> bool {
        self.take_one_of(&[operator]).is_some()
    }

    fn take_one_of<'o>(&mut self, operators: &[&'o str]) -> Option<&'o str> {
        let (word, rest) = self.rest.split_first()?;
        let operator = operators.iter().find(|operator| *operator == word)?;
        self.rest = rest;
        Some(operator)
    }
}

fn number(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| is_number)
}

/// Whether a value is empty or zero; none where the tools differ on it.
fn is_nothing(value: &str) -> Option<bool> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    match value {
        "" | "0" => Some(true),
        _ if digits.bytes().all(|digit| digit == b'0') => None,
        _ => Some(false),
    }
}

/// What a regular expression matches at the start of a string: its first group, or else how much it is.
fn match_start(string: &str, expression: &str) -> Option<String> {
    if expression.starts_with(['^', '*']) || !string.is_ascii() {
        return None;
    }
    // Every branch is held to the start by a group around it.
    let regex = Regex::new(&format!("^\\({expression}\\)"), Syntax::Basic)?;
    let has_group = regex.groups() > 1;
    match regex.find_at(string, 0) {
        Found::Unknown => None,
        Found::Nowhere => Some(if has_group { String::new() } else { "0".to_owned() }),
        Found::At(found) if has_group => {
            let (start, end) = (*found.groups.get(1)?)?;
            string.get(start..end).map(str::to_owned)
        }
        Found::At(found) => Some((found.span.1 - found.span.0).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;

    #[test]
    fn evaluates_expressions() {
        prints(&["expr", "1", "+", "2", "*", "3"], "", "7\n", Some(true));
        prints(&["expr", "(", "1", "+", "2", ")", "*", "3"], "", "9\n", Some(true));
        prints(&["expr", "7", "%", "4"], "", "3\n", Some(true));
        prints(&["expr", "1", "-", "1"], "", "0\n", Some(false));
        prints(&["expr", "10", ">", "9"], "", "1\n", Some(true));
        prints(&["expr", "a", "=", "b"], "", "0\n", Some(false));
        prints(&["expr", "", "|", "b"], "", "b\n", Some(true));
        prints(&["expr", "0", "&", "b"], "", "0\n", Some(false));
        prints(&["expr", "redis-12", ":", "redis-\\([0-9]*\\)"], "", "12\n", Some(true));
        prints(&["expr", "redis-12", ":", ".*"], "", "8\n", Some(true));
        prints(&["expr", "redis", ":", "x"], "", "0\n", Some(false));
        prints(&["expr", "1", "/", "0"], "", "<Any>", None);
        prints(&["expr", "a", "<", "b"], "", "<Any>", None);
        prints(&["expr", "length", "b"], "", "<Any>", None);
    }
}
