//! `test` and `[`.
//!
//! With up to four words their number says what they mean, as POSIX has it; with more only what can be read in one way.

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::Text;
pub(crate) use crate::workload::start::shell::tools::truth::Truth;

/// What is known of files. A path is as the script writes it: it may be relative.
pub(crate) trait FileTests {
    /// `-e`
    fn exists(&self, path: &str) -> Option<bool>;
    /// `-f`
    fn is_file(&self, path: &str) -> Option<bool>;
    /// `-d`
    fn is_folder(&self, path: &str) -> Option<bool>;
    /// `-s`: it is there and not empty.
    fn is_filled(&self, path: &str) -> Option<bool>;
    /// `-r`
    fn is_readable(&self, path: &str) -> Option<bool>;
    /// `-w`
    fn is_writable(&self, path: &str) -> Option<bool>;
    /// `-x`
    fn is_executable(&self, path: &str) -> Option<bool>;
    /// `-L` and `-h`
    fn is_link(&self, path: &str) -> Option<bool>;
}

/// What `test` or `[` comes to with these arguments; those of `[` end in `]`.
pub(crate) fn evaluate_test(name: &str, arguments: &[Text], dialect: Dialect, files: &dyn FileTests) -> Truth {
    let words = match (name, arguments) {
        ("[", [words @ .., last]) if last.known() == Some("]") => words,
        ("[", [.., last]) if last.may_be("]") => return Truth::Unknown,
        ("[", _) => return Truth::Error,
        _ => arguments,
    };
    Test { dialect, files }.evaluate(words)
}

/// What an operator of two operands compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Equal,
    Differs,
    Number(NumberOrder),
    /// `-a` and `-o` between single words.
    And,
    Or,
    /// Known as an operator, but not what it comes to.
    Other,
}

/// `-eq`, `-ne`, `-lt`, `-le`, `-gt`, `-ge`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberOrder {
    Equal,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl NumberOrder {
    pub(super) fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "-eq" => Self::Equal,
            "-ne" => Self::Differs,
            "-lt" => Self::Less,
            "-le" => Self::LessOrEqual,
            "-gt" => Self::Greater,
            "-ge" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub(super) fn holds(self, one: i64, two: i64) -> bool {
        match self {
            Self::Equal => one == two,
            Self::Differs => one != two,
            Self::Less => one < two,
            Self::LessOrEqual => one <= two,
            Self::Greater => one > two,
            Self::GreaterOrEqual => one >= two,
        }
    }
}

/// Whether a word may be an operator of one operand: `-f`.
fn may_be_unary(word: &str) -> bool {
    word.len() == 2 && word.starts_with('-')
}

/// Whether a text is certainly one of two things: empty or not.
pub(super) fn filled(text: &Text) -> Truth {
    if text.is_filled() {
        Truth::True
    } else if text.is_empty() {
        Truth::False
    } else {
        Truth::Unknown
    }
}

/// `one = two`
pub(super) fn equal(one: &Text, two: &Text) -> Truth {
    match (one.known(), two.known()) {
        (Some(one), Some(two)) => (one == two).into(),
        _ if one.certainly_differs_from(two) => Truth::False,
        _ => Truth::Unknown,
    }
}

/// What an operator of one operand comes to; nothing where it is none that all shells have.
pub(super) fn unary(operator: &str, operand: &Text, files: &dyn FileTests) -> Option<Truth> {
    let test = match operator {
        "-n" => return Some(filled(operand)),
        "-z" => return Some(filled(operand).not()),
        "-e" => FileTests::exists,
        "-f" => FileTests::is_file,
        "-d" => FileTests::is_folder,
        "-s" => FileTests::is_filled,
        "-r" => FileTests::is_readable,
        "-w" => FileTests::is_writable,
        "-x" => FileTests::is_executable,
        "-L" | "-h" => FileTests::is_link,
        _ => return None,
    };
    Some(match operand.known() {
        Some("") => Truth::False,
        Some(path) => test(files, path).into(),
        None => Truth::Unknown,
    })
}

struct Test<'f> {
    dialect: Dialect,
    files: &'f dyn FileTests,
}

impl Test<'_> {
    fn evaluate(&self, words: &[Text]) -> Truth {
        match words {
            [] => Truth::False,
            [word] => filled(word),
            [operator, word] => self.two(operator, word),
            [one, operator, two] => self.three(one, operator, two),
            [first, rest @ ..] if words.len() == 4 && first.known() == Some("!") => match rest {
                [_, operator, _] if matches!(self.binary_of(operator), Some(Binary::And | Binary::Or)) => {
                    Truth::Unknown
                }
                _ => self.evaluate(rest).not(),
            },
            _ => self.many(words),
        }
    }

    fn two(&self, operator: &Text, word: &Text) -> Truth {
        match operator.known() {
            Some("!") => filled(word).not(),
            Some("(" | ")") | None => Truth::Unknown,
            Some(operator) => match unary(operator, word, self.files) {
                Some(truth) => truth,
                None if may_be_unary(operator) || !is_operand(word) => Truth::Unknown,
                None => Truth::Error,
            },
        }
    }

    fn three(&self, one: &Text, operator: &Text, two: &Text) -> Truth {
        if let Some(binary) = self.binary_of(operator) {
            let is_joint = matches!(binary, Binary::And | Binary::Or);
            if is_joint && !(is_operand(one) && is_operand(two)) {
                return Truth::Unknown;
            }
            return compare(one, binary, two);
        }
        match (one.known(), operator.known()) {
            (Some("!"), Some(_)) => self.two(operator, two).not(),
            (Some("("), Some(_)) if two.known() == Some(")") => filled(operator),
            (Some(first), Some(second)) if !matches!(first, "(" | ")") && is_plain(second) && is_operand(two) => {
                Truth::Error
            }
            _ => Truth::Unknown,
        }
    }

    fn binary_of(&self, operator: &Text) -> Option<Binary> {
        let operator = operator.known()?;
        Some(match operator {
            "=" => Binary::Equal,
            "==" if self.dialect == Dialect::Bash => Binary::Equal,
            "!=" => Binary::Differs,
            "-a" => Binary::And,
            "-o" => Binary::Or,
            "==" | "=~" | "<" | ">" | "-nt" | "-ot" | "-ef" => Binary::Other,
            _ => Binary::Number(NumberOrder::of(operator)?),
        })
    }

    /// Five words and more, joined by `-a` and `-o`.
    fn many(&self, words: &[Text]) -> Truth {
        let mut rest = words;
        let mut any: Option<Truth> = None;
        let mut all: Option<Truth> = None;
        loop {
            let Some((truth, behind)) = self.primary(rest) else { return Truth::Unknown };
            let joined = all.map_or(truth, |all| all.and(truth));
            let Some((connector, behind)) = behind.split_first() else {
                return any.map_or(joined, |any| any.or(joined));
            };
            match connector.known() {
                Some("-a") => all = Some(joined),
                Some("-o") => {
                    any = Some(any.map_or(joined, |any| any.or(joined)));
                    all = None;
                }
                _ => return Truth::Unknown,
            }
            rest = behind;
        }
    }

    /// A comparison, and the words behind it; none where it can be read in more than one way.
    fn primary<'w>(&self, words: &'w [Text]) -> Option<(Truth, &'w [Text])> {
        match words {
            [first, rest @ ..] if first.known() == Some("!") => {
                let (truth, behind) = self.primary(rest)?;
                Some((truth.not(), behind))
            }
            [one, operator, two, behind @ ..] if is_operand(one) => {
                let binary = self.binary_of(operator)?;
                let is_joint = matches!(binary, Binary::And | Binary::Or);
                let truth = compare(one, binary, two);
                // Of the whole nothing is certain where a number is or may be none.
                let is_sound = !matches!((binary, truth), (Binary::Number(_), Truth::Error | Truth::Unknown));
                (!is_joint && is_operand(two) && is_sound).then_some((truth, behind))
            }
            [operator, operand, behind @ ..] if is_operand(operand) => {
                Some((unary(operator.known()?, operand, self.files)?, behind))
            }
            _ => None,
        }
    }
}

/// What an operator of two operands comes to.
fn compare(one: &Text, binary: Binary, two: &Text) -> Truth {
    match binary {
        Binary::Equal => equal(one, two),
        Binary::Differs => equal(one, two).not(),
        Binary::And => filled(one).and(filled(two)),
        Binary::Or => filled(one).or(filled(two)),
        Binary::Other => Truth::Unknown,
        Binary::Number(order) => match (integer(one), integer(two)) {
            (Integer::Bad, _) | (_, Integer::Bad) => Truth::Error,
            (Integer::Is(one), Integer::Is(two)) => order.holds(one, two).into(),
            _ => Truth::Unknown,
        },
    }
}

/// Whether a word is certainly no operator, hence an operand wherever it stands.
fn is_operand(word: &Text) -> bool {
    match word.known() {
        Some(known) => is_plain(known),
        None => {
            !word.may_begin_with('-')
                && !["!", "(", ")", "=", "==", "!=", "=~", "<", ">"].iter().any(|own| word.may_be(own))
        }
    }
}

fn is_plain(word: &str) -> bool {
    let is_operator = matches!(word, "!" | "(" | ")" | "=" | "==" | "!=" | "<" | ">" | "=~");
    let is_option = word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|it: char| it.is_ascii_alphabetic()));
    !is_operator && !is_option
}

enum Integer {
    Is(i64),
    Bad,
    Unknown,
}

fn integer(text: &Text) -> Integer {
    let Some(known) = text.known() else {
        let is_bad = text.pieces().len() > 1 && text.known_start().starts_with(|it: char| it.is_ascii_alphabetic());
        return if is_bad { Integer::Bad } else { Integer::Unknown };
    };
    let digits = known.strip_prefix(['-', '+']).unwrap_or(known);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return known.parse().map_or(Integer::Unknown, Integer::Is);
    }
    if known.contains(|letter: char| letter.is_whitespace() || !letter.is_ascii()) {
        Integer::Unknown
    } else {
        Integer::Bad
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::workload::start::shell::text::{Shape, Unknown};

    /// `/there` is a file with content, nothing else is.
    pub(in crate::workload::start::shell::tools) struct Files;

    impl FileTests for Files {
        fn exists(&self, path: &str) -> Option<bool> {
            (path != "/unknown").then_some(path == "/there")
        }
        fn is_file(&self, path: &str) -> Option<bool> {
            self.exists(path)
        }
        fn is_folder(&self, path: &str) -> Option<bool> {
            self.exists(path).map(|_| false)
        }
        fn is_filled(&self, path: &str) -> Option<bool> {
            self.exists(path)
        }
        fn is_readable(&self, path: &str) -> Option<bool> {
            self.exists(path)
        }
        fn is_writable(&self, path: &str) -> Option<bool> {
            self.exists(path)
        }
        fn is_executable(&self, path: &str) -> Option<bool> {
            self.is_folder(path)
        }
        fn is_link(&self, path: &str) -> Option<bool> {
            self.is_folder(path)
        }
    }

    #[track_caller]
    fn tests(words: &[&str], expected: Truth) {
        let words: Vec<Text> = words
            .iter()
            .map(|word| match *word {
                "<Word>" => Unknown::new(Shape::Word, "x").into(),
                "<Line>" => Unknown::new(Shape::Line, "x").into(),
                word => word.into(),
            })
            .collect();
        assert_eq!(evaluate_test("test", &words, Dialect::Posix, &Files), expected, "{words:?}");
    }

    #[test]
    fn goes_by_the_number_of_words() {
        tests(&[], Truth::False);
        tests(&["-f"], Truth::True);
        tests(&["!", ""], Truth::True);
        tests(&["-f", "/there"], Truth::True);
        tests(&["!", "-f", "/there"], Truth::False);
        tests(&["!", "=", "!"], Truth::True);
        tests(&["(", "", ")"], Truth::False);
        tests(&["!", "a", "=", "b"], Truth::True);
        tests(&["a", "b"], Truth::Error);
        tests(&["a", "b", "c"], Truth::Error);
        tests(&["a", "=", "a", "-a", "b", "=", "c"], Truth::False);
        tests(&["a", "=", "a", "-o", "b", "=", "c", "-a", "-z", "x"], Truth::True);
        tests(&["-z", "", "-a", "!", "-e", "/there"], Truth::False);
    }

    #[test]
    fn needs_the_bracket() {
        let test = |words: &[Text]| evaluate_test("[", words, Dialect::Posix, &Files);
        assert_eq!(test(&["a".into(), "]".into()]), Truth::True);
        assert_eq!(test(&["a".into()]), Truth::Error);
        assert_eq!(test(&[Text::any("x")]), Truth::Unknown);
    }

    #[test]
    fn compares_numbers() {
        tests(&["5", "-gt", "3"], Truth::True);
        tests(&["-5", "-lt", "+3"], Truth::True);
        tests(&["", "-eq", "0"], Truth::Error);
        tests(&["<Word>", "-eq", "0"], Truth::Unknown);
    }

    #[test]
    fn is_certain_of_what_hangs_on_nothing_unknown() {
        tests(&["-n", "<Word>"], Truth::True);
        tests(&["-z", "<Word>"], Truth::False);
        tests(&["-z", "<Line>"], Truth::Unknown);
        tests(&["<Word>", "=", "a b"], Truth::False);
        tests(&["<Word>", "!=", ""], Truth::True);
        tests(&["<Word>", "=", "a"], Truth::Unknown);
        tests(&["<Word>", "=", "", "-o", "a", "=", "a"], Truth::True);
        tests(&["<Line>", "=", "", "-o", "a", "=", "a"], Truth::Unknown);
        tests(&["-f", "/unknown"], Truth::Unknown);
        tests(&["-f", "<Line>"], Truth::Unknown);
    }
}
