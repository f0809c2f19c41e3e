//! Scripts made up at random. They run without harm: they write words and set variables.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A command: its text, and the texts of its here-documents, which belong behind the line.
type Piece = (String, String);

/// Which language the script is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// What all shells should read alike.
    Posix,
    Bash,
}

/// A script that is mostly right.
pub(super) fn script(language: Language) -> BoxedStrategy<String> {
    let commands = vec((command(2, language), any::<bool>()), 1..5);
    let script = commands.prop_map(|commands| {
        let mut text = "x='a b' y= z=zz\nset -- 1 '2 3'\n".to_owned();
        for (piece, _) in commands {
            text.push_str(&line(&piece));
        }
        without_doubled_dollars(&text)
    });
    script.boxed()
}

/// The number of the process differs from run to run, and the tests can't write a dollar before an expansion.
fn without_doubled_dollars(text: &str) -> String {
    let mut kept = String::new();
    for character in text.chars() {
        let before = kept.trim_end_matches(['\\', '\n']);
        if before.ends_with('$') && matches!(character, '$' | '`') {
            continue;
        }
        kept.push(character);
    }
    kept
}

/// Words, operators and quotes in any order, mostly wrong.
pub(super) fn soup() -> BoxedStrategy<String> {
    let tokens = vec![
        "a", "b", "if", "then", "else", "elif", "fi", "for", "in", "do", "done", "case", "esac", "while", "until", "{",
        "}", "!", "(", ")", ";", ";;", "&", "&&", "|", "||", "\n", "\n", "<", ">", ">>", "<<E", "E\n", "\nE\n", "'",
        "\"", "`", "$", "$(", "${", "$((", "))", "((", "${x:-", "x=", "x", "1", "#", "\\", "\\\n", "=", "2>&1", "f()",
        "[[", "]]", "A=(", "*", "~", "$x", "\"$x\"", "'q'", ":-", "%", "function", "==", "-n", "<(", "&>", ";&",
        "in x)",
    ];
    let separators = vec!["", " ", " ", " "];
    let soup = vec((select(tokens), select(separators)), 1..14);
    soup.prop_map(|tokens| tokens.into_iter().flat_map(|(token, separator)| [token, separator]).collect()).boxed()
}

/// A script that is mostly right, of which a piece is missing, doubled or replaced.
pub(super) fn damaged(language: Language) -> BoxedStrategy<String> {
    (script(language), any::<[prop::sample::Index; 2]>(), soup(), 0..3)
        .prop_map(|(script, [from, length], soup, kind)| {
            let characters: Vec<char> = script.chars().collect();
            let from = from.index(characters.len());
            let to = (from + 1 + length.index(6)).min(characters.len());
            let middle: String = match kind {
                0 => String::new(),
                1 => characters[from..to].iter().chain(&characters[from..to]).collect(),
                _ => soup,
            };
            let (start, end) = (characters[..from].iter(), characters[to..].iter());
            start.collect::<String>() + &middle + &end.collect::<String>()
        })
        .boxed()
}

fn line((text, here): &Piece) -> String {
    format!("{text}\n{here}")
}

fn command(depth: u32, language: Language) -> BoxedStrategy<Piece> {
    let simple = simple(depth, language);
    if depth == 0 {
        return simple;
    }
    let inner = command(depth - 1, language);
    let word = word(depth - 1, language);
    let two = (inner.clone(), inner.clone());
    let joined = (two.clone(), select(vec![" && ", " || ", "; ", " | "]))
        .prop_map(|((a, b), operator)| (format!("{}{operator}{}", a.0, b.0), a.1 + &b.1));
    let block = (two.clone(), select(vec![("{ ", "}"), ("( ", ")"), ("if ", "fi"), ("while ", "done"), ("! { ", "}")]))
        .prop_map(|((a, b), (opening, end))| {
            let middle = match end {
                "fi" => "then ",
                "done" => "false; do ",
                _ => "",
            };
            (format!("{opening}{}{middle}{}{end}", line(&a), line(&b)), String::new())
        });
    let in_one_line = two.clone().prop_map(|(a, b)| (format!("if {}; then :; else {}; fi", a.0, b.0), a.1 + &b.1));
    let each =
        (inner.clone(), vec(word.clone(), 0..3), select(vec!["; ", "\n"])).prop_map(|(body, words, separator)| {
            (format!("for x in {}{separator}do {}done", words.join(" "), line(&body)), String::new())
        });
    let function = (inner.clone(), select(vec!["f", "g"])).prop_map(move |(body, name)| {
        (format!("{name}{depth}() {{ {}}} </dev/null; {name}{depth} arg", line(&body)), String::new())
    });
    let choice = (two, word.clone(), word.clone(), any::<bool>()).prop_map(|((a, b), subject, pattern, is_ended)| {
        let end = if is_ended { ";;\n" } else { "" };
        (format!("case {subject} in {pattern}|q) {};;\n(*) {}{end}esac", line(&a), line(&b)), String::new())
    });
    let common =
        prop_oneof![3 => simple, 2 => joined, 3 => block, 1 => in_one_line, 2 => each, 2 => function, 2 => choice];
    if language == Language::Posix {
        return common.boxed();
    }
    let condition = (word.clone(), word.clone(), select(vec!["==", "!=", "=", "<", "-nt"]), inner).prop_map(
        |(a, b, operator, (text, here))| {
            (format!("[[ ! ( -n {a} && {a} {operator} {b} ) ||\n -z {b} ]] && {text}"), here)
        },
    );
    let expression = (word, select(vec!["1+2", "x=3", "(1)", "z>1", "1 && (2)"]))
        .prop_map(|(word, expression)| (format!("(({expression})) && printf '<%s>' {word}"), String::new()));
    prop_oneof![6 => common, 1 => condition, 1 => expression].boxed()
}

fn simple(depth: u32, language: Language) -> BoxedStrategy<Piece> {
    let depth = depth.saturating_sub(1);
    let word = word(depth, language);
    let printed = (vec(word.clone(), 1..4), select(vec!["", " 2>&1", " >&1", " 2>/dev/null </dev/null"]))
        .prop_map(|(words, redirect)| (format!("printf '<%s>' {}{redirect}", words.join(" ")), String::new()));
    let assigned =
        (select(vec!["x", "y"]), word.clone()).prop_map(|(name, value)| (format!("{name}={value}"), String::new()));
    let exported = (select(vec!["x", "y"]), quoted(depth, language))
        .prop_map(|(name, value)| (format!("export {name}={value}"), String::new()));
    let set = vec(word.clone(), 0..3)
        .prop_map(|words| (format!("set -- {}; printf '<%s>' \"$@\"", words.join(" ")), String::new()));
    let here = (vec(in_here(depth, language), 0..5), select(vec!["E", "'E'", "-E", "- \\E"]))
        .prop_map(|(pieces, end)| (format!("cat <<{end}"), format!("{}\nE\n", pieces.concat())));
    let common = prop_oneof![4 => printed, 2 => assigned, 1 => exported, 1 => set, 2 => here];
    if language == Language::Posix {
        return common.boxed();
    }
    let array = vec(word.clone(), 0..3).prop_map(|words| {
        (format!("A=({} # c\n x); printf '<%s>' \"${{A[@]}}\" ${{#A[*]}}", words.join(" ")), String::new())
    });
    let declared = (word.clone(), select(vec!["declare", "export", "typeset -x"])).prop_map(|(word, program)| {
        (format!("{program} x={word} y+={word} A=({word}); printf '<%s>' \"$x\" \"$y\"; unset A"), String::new())
    });
    let fed = word.prop_map(|word| (format!("cat <<<{word} |& cat &>/dev/stdout"), String::new()));
    prop_oneof![6 => common, 1 => array, 1 => declared, 1 => fed].boxed()
}

/// A word outside of quotes.
fn word(depth: u32, language: Language) -> BoxedStrategy<String> {
    let mut bare = vec![
        "a", "b", "1", "-", "=", "%", "+", ".", "/", ":", "{", "}", "a#b", "[", "]", "*", "?", "!", "@", "if", "in",
        "\\\\", "\\$", "\\ ", "\\'", "\\\"", "\\`", "\\a", "\\\n", "$", "''", "\"\"", "\\#",
    ];
    if language == Language::Bash {
        bare.extend(["{a,b}", "{1..3}", "$'a\\tb\\'\\x41'", "$\"a b\"", ",", "é"]);
    }
    let atom = prop_oneof![3 => select(bare).prop_map(str::to_owned), 4 => quoted(depth, language), 2 => expansion(depth, language, false)];
    vec(atom, 1..4).prop_map(|atoms| atoms.concat()).boxed()
}

/// A word in quotes.
fn quoted(depth: u32, language: Language) -> BoxedStrategy<String> {
    let single = "[a $`\"\\\\*}{#;\n]{0,5}".prop_map(|text| format!("'{text}'"));
    let double = vec(in_double(depth, language), 0..4).prop_map(|atoms| format!("\"{}\"", atoms.concat()));
    prop_oneof![1 => single, 2 => double].boxed()
}

fn in_double(depth: u32, language: Language) -> BoxedStrategy<String> {
    let plain = vec![
        "a", " ", "  ", "$", "\\$", "\\\\", "\\\"", "\\`", "\\a", "\\\n", "'", "}", "{", "#", "\n", "*", "(", ")", ";",
    ];
    prop_oneof![3 => select(plain).prop_map(str::to_owned), 2 => expansion(depth, language, true)].boxed()
}

fn in_here(depth: u32, language: Language) -> BoxedStrategy<String> {
    let plain = vec!["a", " ", "\"", "'", "\\$", "\\\\", "\\\"", "\\a", "\\\n", "}", "#", "\n", "\n\t", "(", "E "];
    prop_oneof![3 => select(plain).prop_map(str::to_owned), 2 => expansion(depth, language, true)].boxed()
}

/// What begins with a dollar or a backquote.
fn expansion(depth: u32, language: Language, is_quoted: bool) -> BoxedStrategy<String> {
    let mut plain =
        vec!["$x", "$y", "${z}", "$1", "$#", "${x}a", "$@", "$*", "${#x}", "$?", "$((1+2))", "$(( (1) + z0 ))", "${9}"];
    if language == Language::Bash {
        plain.extend([
            "${x^^}",
            "${z,}",
            "${x: -1}",
            "${x:1:$((1))}",
            "${x:z?1:2:1}",
            "${!z}",
            "$[1+1]",
            "${A[0]}",
            "${A[@]:0:1}",
        ]);
    }
    let plain = select(plain).prop_map(str::to_owned);
    if depth == 0 {
        return plain.boxed();
    }
    let value = vec(in_parameter(depth - 1, language, is_quoted), 0..3).prop_map(|atoms| atoms.concat());
    let operators = select(vec![":-", "-", ":+", "+", ":="]);
    let default = (select(vec!["x", "y", "9", "u"]), operators, value).prop_map(|(name, operator, word)| {
        let operator = if name == "9" { operator.replace('=', "-") } else { operator.to_owned() };
        format!("${{{name}{operator}{word}}}")
    });
    let pattern = word(depth - 1, language);
    let mut operators = vec!["#", "##", "%", "%%"];
    if language == Language::Bash {
        operators.extend(["/", "//", "/#", "/a/", "//b/", "/%"]);
    }
    let cut = (select(vec!["x", "z"]), select(operators), pattern)
        .prop_map(|(name, operator, pattern)| format!("${{{name}{operator}{pattern}}}"));
    let commands = command(depth - 1, language);
    let substitution = commands.clone().prop_map(|piece| format!("$({})", line(&piece)));
    let backquotes = commands.prop_map(|piece| {
        let text = line(&piece).replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$");
        format!("`{text}`")
    });
    prop_oneof![4 => plain, 2 => default, 2 => cut, 1 => substitution, 1 => backquotes].boxed()
}

/// A piece of the word behind `${NAME:-`.
fn in_parameter(depth: u32, language: Language, is_quoted: bool) -> BoxedStrategy<String> {
    let plain =
        vec!["a", " ", "{", "\\}", "#", "\\\\", "\\$", "*", "(", ";", "\n", "$", "\\a", "'", "''", "\"a  b\"", "\"}\""];
    let plain = select(plain).prop_map(str::to_owned);
    prop_oneof![3 => plain, 1 => quoted(depth, language), 1 => expansion(depth, language, is_quoted)].boxed()
}
