//! Reads regular expressions as POSIX writes them.

use super::Syntax;
use super::node::{MAX_REPEATS, Node, Set};
use crate::workload::start::shell::tools::pattern::named_ranges;

/// The longest expression that is read, in bytes, and the deepest nesting of groups.
const MAX_LENGTH: usize = 1 << 12;
const MAX_DEPTH: usize = 20;

/// The tree of an expression and the number of its groups.
pub(super) fn parse(expression: &str, syntax: Syntax) -> Option<(Node, usize)> {
    if expression.is_empty() || expression.len() > MAX_LENGTH || expression.contains('\0') {
        return None;
    }
    let mut parser = Parser { rest: expression, syntax, groups: 0, depth: 0 };
    let node = parser.alternatives()?;
    parser.rest.is_empty().then_some((node, parser.groups))
}

struct Parser<'e> {
    rest: &'e str,
    syntax: Syntax,
    groups: usize,
    depth: usize,
}

/// How many times a part is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    least: usize,
    most: Option<usize>,
}

impl Times {
    const ONCE: Self = Self { least: 1, most: Some(1) };
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Node> {
        let mut nodes = vec![self.row(0)?];
        while self.take_operator("|") {
            nodes.push(self.row(nodes.len())?);
        }
        if nodes.len() == 1 {
            return nodes.pop();
        }
        // An empty alternative is undefined.
        let is_empty = |node: &Node| matches!(node, Node::Concat(nodes) if nodes.is_empty());
        (!nodes.iter().any(is_empty)).then_some(Node::Alternate(nodes))
    }

    /// One of several alternatives, of which so many come before it.
    fn row(&mut self, alternatives: usize) -> Option<Node> {
        let mut nodes = Vec::new();
        while !self.is_at_end_of_row() {
            let is_start = self.depth == 0 && alternatives == 0 && nodes.iter().all(|node| *node == Node::Start);
            let node = self.part(nodes.is_empty(), is_start)?;
            nodes.push(self.repeated(node)?);
        }
        Some(Node::Concat(nodes))
    }

    fn is_at_end_of_row(&self) -> bool {
        self.rest.is_empty()
            || self.is_at("|")
            || (self.is_at(")") && (self.depth > 0 || self.syntax == Syntax::Extended))
    }

    /// What one of `( ) | { } + ?` is written as where it means something.
    fn operator(&self, sign: &str) -> String {
        if self.syntax == Syntax::Basic { format!("\\{sign}") } else { sign.to_owned() }
    }

    fn is_at(&self, sign: &str) -> bool {
        self.rest.starts_with(&self.operator(sign))
    }

    fn take_operator(&mut self, sign: &str) -> bool {
        let operator = self.operator(sign);
        self.take(&operator)
    }

    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = self.rest.get(letter.len_utf8()..)?;
        Some(letter)
    }

    /// `is_start` where nothing but `^` is before it in the whole expression.
    fn part(&mut self, is_first: bool, is_start: bool) -> Option<Node> {
        if self.take_operator("(") {
            return self.group();
        }
        let letter = self.next()?;
        let is_basic = self.syntax == Syntax::Basic;
        Some(match letter {
            '[' => Node::Set(self.bracket()?),
            '.' => Node::Set(Set::all()),
            '\\' => Node::Set(self.escaped()?),
            '^' if is_first || !is_basic => Node::Start,
            '$' if !is_basic || self.is_at_end_of_row() => Node::End,
            '*' if is_basic && is_start => Node::Set(Set::one('*')),
            '*' => return None,
            '+' | '?' | '{' if !is_basic => return None,
            letter => Node::Set(Set::one(letter)),
        })
    }

    fn group(&mut self) -> Option<Node> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.groups += 1;
        let number = self.groups;
        self.depth += 1;
        let node = self.alternatives()?;
        self.depth -= 1;
        let is_filled = !matches!(&node, Node::Concat(nodes) if nodes.is_empty());
        (self.take_operator(")") && is_filled).then(|| Node::Group(number, Box::new(node)))
    }

    /// What a backslash and a character stand for.
    fn escaped(&mut self) -> Option<Set> {
        let word = || vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
        let space = || vec![('\t', '\r'), (' ', ' ')];
        let (is_negated, ranges) = match self.next()? {
            'w' => (false, word()),
            'W' => (true, word()),
            's' => (false, space()),
            'S' => (true, space()),
            letter @ ('\\' | '.' | '*' | '[' | ']' | '^' | '$' | '/' | '-' | '#' | '@' | '%' | ',' | ':' | '"'
            | '&' | '=' | '!' | '~' | ';') => (false, vec![(letter, letter)]),
            letter @ ('(' | ')' | '{' | '}' | '|' | '+' | '?') if self.syntax == Syntax::Extended => {
                (false, vec![(letter, letter)])
            }
            _ => return None,
        };
        // The ranges of a class hang on the locale.
        let hangs_on_locale = ranges.len() > 1;
        Some(Set { is_negated, ranges, hangs_on_locale })
    }

    fn repeated(&mut self, node: Node) -> Option<Node> {
        let times = self.times()?;
        if times == Times::ONCE {
            return Some(node);
        }
        let may_repeat = match &node {
            Node::Start | Node::End => false,
            // By bytes the last byte of it alone would be repeated.
            Node::Set(set) => set.ranges.iter().all(|(first, last)| first.is_ascii() && last.is_ascii()),
            Node::Group(_, inner) => !holds_anchor(inner),
            _ => true,
        };
        // One behind another is undefined.
        if !may_repeat || self.times()? != Times::ONCE {
            return None;
        }
        Some(Node::Repeat { node: Box::new(node), least: times.least, most: times.most })
    }

    /// `*`, `+`, `?`, `{…}` or nothing.
    fn times(&mut self) -> Option<Times> {
        if self.take("*") {
            return Some(Times { least: 0, most: None });
        }
        if self.take_operator("+") {
            return Some(Times { least: 1, most: None });
        }
        if self.take_operator("?") {
            return Some(Times { least: 0, most: Some(1) });
        }
        if !self.take_operator("{") {
            return Some(Times::ONCE);
        }
        let end = self.operator("}");
        let (inside, behind) = self.rest.split_once(&end)?;
        self.rest = behind;
        let number = |digits: &str| -> Option<usize> {
            let number = digits.parse().ok()?;
            (digits.bytes().all(|byte| byte.is_ascii_digit()) && number <= MAX_REPEATS).then_some(number)
        };
        let (least, most) = match inside.split_once(',') {
            None => (number(inside)?, Some(number(inside)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        most.is_none_or(|most| most >= least && most > 0).then_some(Times { least, most })
    }

    /// Reads what stands behind `[`.
    fn bracket(&mut self) -> Option<Set> {
        let mut set = Set { is_negated: self.take("^"), ranges: Vec::new(), hangs_on_locale: false };
        loop {
            if !set.ranges.is_empty() && self.take("]") {
                return Some(set);
            }
            if self.take("[:") {
                let (name, behind) = self.rest.split_once(":]")?;
                set.ranges.extend_from_slice(named_ranges(name)?);
                set.hangs_on_locale |= !matches!(name, "digit" | "xdigit");
                self.rest = behind;
                continue;
            }
            let first = self.member()?;
            let last = if !self.rest.starts_with("-]") && self.take("-") { self.member()? } else { first };
            if first > last || (first != last && first == '-') {
                return None;
            }
            set.ranges.push((first, last));
        }
    }

    fn member(&mut self) -> Option<char> {
        if self.rest.starts_with("[.") || self.rest.starts_with("[=") || self.rest.starts_with("[:") {
            return None;
        }
        self.next().filter(char::is_ascii)
    }
}

fn holds_anchor(node: &Node) -> bool {
    match node {
        Node::Start | Node::End => true,
        Node::Set(_) => false,
        Node::Group(_, node) | Node::Repeat { node, .. } => holds_anchor(node),
        Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().any(holds_anchor),
    }
}
