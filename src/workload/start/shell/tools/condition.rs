//! `[[ … ]]` of bash.

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::arithmetic::{Value, Variables, evaluate, give_up};
use crate::workload::start::shell::tools::pattern::{Fragment, Pattern, join_fragments};
use crate::workload::start::shell::tools::regex::{Regex, Syntax};
use crate::workload::start::shell::tools::test::{FileTests, NumberOrder, equal, filled, unary};
use crate::workload::start::shell::tools::truth::Truth;

/// How deep parentheses and `!` may be nested.
const MAX_DEPTH: usize = 40;

/// A word between `[[` and `]]` after its expansions, which are neither split nor taken for names of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionWord {
    pub(crate) fragments: Vec<Fragment>,
    /// Whether it is nothing but unquoted characters of the script, hence may be an operator.
    pub(crate) is_bare: bool,
}

impl ConditionWord {
    fn text(&self) -> Text {
        join_fragments(&self.fragments)
    }

    fn is(&self, operator: &str) -> bool {
        self.is_bare && self.text().known() == Some(operator)
    }

    fn operator(&self) -> Option<String> {
        if self.is_bare { self.text().known().map(str::to_owned) } else { None }
    }
}

/// What the words between `[[` and `]]` come to.
pub(crate) fn evaluate_condition(
    words: &[ConditionWord],
    files: &dyn FileTests,
    variables: &mut dyn Variables,
) -> Truth {
    let mut reader = Reader { rest: words, files, variables, depth: 0 };
    match reader.any() {
        Some(truth) if reader.rest.is_empty() => truth,
        _ => Truth::Unknown,
    }
}

struct Reader<'r> {
    rest: &'r [ConditionWord],
    files: &'r dyn FileTests,
    variables: &'r mut dyn Variables,
    depth: usize,
}

impl Reader<'_> {
    /// `one || two`
    fn any(&mut self) -> Option<Truth> {
        let mut truth = self.all()?;
        while self.take("||") {
            let more = self.all()?;
            truth = if truth == Truth::True { truth } else { truth.or(more) };
        }
        Some(truth)
    }

    /// `one && two`
    fn all(&mut self) -> Option<Truth> {
        let mut truth = self.term()?;
        while self.take("&&") {
            let more = self.term()?;
            truth = if truth == Truth::False { truth } else { truth.and(more) };
        }
        Some(truth)
    }

    fn term(&mut self) -> Option<Truth> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let truth = if self.take("!") {
            self.term().map(Truth::not)
        } else if self.take("(") {
            let truth = self.any()?;
            self.take(")").then_some(truth)
        } else {
            self.comparison()
        };
        self.depth -= 1;
        truth
    }

    fn take(&mut self, operator: &str) -> bool {
        match self.rest {
            [first, rest @ ..] if first.is(operator) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn comparison(&mut self) -> Option<Truth> {
        let is_end = |word: &ConditionWord| ["&&", "||", ")"].iter().any(|operator| word.is(operator));
        let (truth, rest) = match self.rest {
            [word, rest @ ..] if rest.first().is_none_or(is_end) => (filled(&word.text()), rest),
            [operator, word, rest @ ..] if rest.first().is_none_or(is_end) => {
                (self.unary(&operator.operator()?, word), rest)
            }
            [one, operator, two, rest @ ..] => (self.binary(one, &operator.operator()?, two)?, rest),
            _ => return None,
        };
        self.rest = rest;
        Some(truth)
    }

    fn unary(&self, operator: &str, word: &ConditionWord) -> Truth {
        let text = word.text();
        if operator != "-v" {
            return unary(operator, &text, self.files).unwrap_or(Truth::Unknown);
        }
        let is_name = |name: &&str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        match text.known().filter(is_name).map(|name| self.variables.get(name)) {
            Some(Value::Set(_)) => Truth::True,
            Some(Value::Unset) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    fn binary(&mut self, one: &ConditionWord, operator: &str, two: &ConditionWord) -> Option<Truth> {
        Some(match operator {
            "=" | "==" => matches(&one.text(), two),
            "!=" => matches(&one.text(), two).not(),
            "=~" => matches_regex(&one.text(), two),
            "<" | ">" | "-nt" | "-ot" | "-ef" => Truth::Unknown,
            _ => self.compare(&one.text(), NumberOrder::of(operator)?, &two.text()),
        })
    }

    /// Compares what two arithmetic expressions come to.
    fn compare(&mut self, one: &Text, order: NumberOrder, two: &Text) -> Truth {
        // It is not known here whether it is reached.
        let assigns =
            |text: &Text| text.may_hold('=') || text.known().is_some_and(|it| it.contains("++") || it.contains("--"));
        if assigns(one) || assigns(two) {
            give_up(one, self.variables);
            give_up(two, self.variables);
            return Truth::Unknown;
        }
        let one = evaluate(one, self.variables, Dialect::Bash);
        let two = evaluate(two, self.variables, Dialect::Bash);
        match (one, two) {
            (Some(one), Some(two)) => order.holds(one, two).into(),
            _ => Truth::Unknown,
        }
    }
}

fn matches(text: &Text, word: &ConditionWord) -> Truth {
    let pattern = Pattern::new(&word.fragments, Dialect::Bash);
    match pattern.literal() {
        Some(literal) => equal(text, &literal.into()),
        None => pattern.matches(text).into(),
    }
}

fn matches_regex(text: &Text, word: &ConditionWord) -> Truth {
    let mut expression = String::new();
    for fragment in &word.fragments {
        let Some(known) = fragment.text.known() else { return Truth::Unknown };
        for letter in known.chars() {
            if fragment.is_quoted && "\\^$.[]|()*+?{}".contains(letter) {
                expression.push('\\');
            }
            expression.push(letter);
        }
    }
    match Regex::new(&expression, Syntax::Extended) {
        Some(regex) => regex.is_match(text).into(),
        None => Truth::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::{Shape, Unknown};
    use crate::workload::start::shell::tools::arithmetic::tests::Set;
    use crate::workload::start::shell::tools::test::tests::Files;

    /// Words between blanks; one in single quotes is quoted, one behind a dollar is an expansion.
    fn words(condition: &str) -> Vec<ConditionWord> {
        let mut words = Vec::new();
        for word in condition.split(' ') {
            let unknown = |shape| Fragment::expanded(Unknown::new(shape, "x"));
            let fragment = match word {
                "$Word" => unknown(Shape::Word),
                "$Line" => unknown(Shape::Line),
                _ => match (word.strip_prefix('\''), word.strip_prefix('$')) {
                    (Some(quoted), _) => Fragment::quoted(quoted.trim_end_matches('\'')),
                    (_, Some(expanded)) => Fragment::expanded(expanded),
                    _ => Fragment::bare(word),
                },
            };
            let is_bare = !fragment.is_quoted && !fragment.is_expanded;
            words.push(ConditionWord { fragments: vec![fragment], is_bare });
        }
        words
    }

    #[track_caller]
    fn comes_to(condition: &str, expected: Truth) {
        let mut variables = Set::default();
        variables.set("FIVE", Some(5));
        assert_eq!(evaluate_condition(&words(condition), &Files, &mut variables), expected, "{condition}");
    }

    #[test]
    fn evaluates_conditions() {
        comes_to("-f /there && ! -d /there", Truth::True);
        comes_to("a == b || ( -n x && -z '' )", Truth::True);
        comes_to("$-f == -f", Truth::True);
        comes_to("redis-0 == redis-*", Truth::True);
        comes_to("redis-0 == 'redis-*'", Truth::False);
        comes_to("abc != a?c", Truth::False);
        comes_to("FIVE -eq 5", Truth::True);
        comes_to("$7 -gt FIVE+1", Truth::True);
        comes_to("-v FIVE", Truth::True);
        comes_to("-v SIX", Truth::False);
        comes_to("redis-12 =~ ^redis-[0-9]+$", Truth::True);
        comes_to("redis-x =~ -([0-9]+)$", Truth::False);
        comes_to("a.b =~ 'a.b'", Truth::True);
        comes_to("axb =~ 'a.b'", Truth::False);
    }

    #[test]
    fn is_certain_of_what_hangs_on_nothing_unknown() {
        comes_to("$Word == '' || a == a", Truth::True);
        comes_to("$Line == '' && a == b", Truth::False);
        comes_to("$Word == ?*", Truth::True);
        comes_to("$Word =~ ,", Truth::False);
        comes_to("$Line -eq 5", Truth::Unknown);
        comes_to("a < b", Truth::Unknown);
        comes_to("a b c d", Truth::Unknown);
    }
}
