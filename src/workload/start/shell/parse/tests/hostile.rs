//! Texts made to take long, or to overflow the stack.

use super::super::{Parsed, parse};
use crate::workload::start::shell::dialect::Dialect;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Reads a text on a thread with a small stack, within a time that no slow machine needs.
#[track_caller]
fn read(text: &str) -> Parsed {
    let start = Instant::now();
    let parsed = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1024 * 1024);
        thread.spawn_scoped(scope, || parse(text, Dialect::Bash)).unwrap().join().unwrap()
    });
    let shown: String = text.chars().take(40).collect();
    assert!(start.elapsed() < Duration::from_secs(20), "{shown}… takes {:?}", start.elapsed());
    parsed
}

#[test]
fn long_texts_take_little_time() {
    let pieces = [
        "$(((((",
        "$((",
        "((",
        "(",
        "{ ",
        "\"${",
        "${x:-",
        "\"$(",
        "`",
        "\\`",
        "\\\\`",
        "\"",
        "'",
        "$(",
        "<(",
        "a[",
        "a[;",
        "A=(",
        "A=([",
        "${A[",
        "if ",
        "if :; then ",
        "case x in x) ",
        "while ",
        "for x in ",
        "f() ",
        "[[ ( ",
        "[[ ! ",
        "! ",
        "time ",
        "<<E ",
        "cat <<E\n",
        "cat <<E; ",
        "$((a);",
        "$((a) (",
        "((a);",
        "((a) ",
        "$'",
        "\\\n",
        "#",
        "\n",
        ";",
        "&",
        "1",
        "{x",
        "x=",
        "$[",
        "${x/",
        "${x:",
        "${x:(",
        "é",
        "@(",
        "$(cat <<E\n",
        "$(( $(cat <<E\n",
        "cat <<E\n$((`",
        "\"${x:-'",
        "}",
        "]",
    ];
    for piece in pieces {
        read(&piece.repeat(100_000 / piece.len()));
        read(&format!("{}x{}", piece.repeat(20), "a ".repeat(40_000)));
    }
}

#[test]
fn closed_constructs_take_little_time() {
    for (opening, closing) in [
        ("$((", ") )"),
        ("((", ") )"),
        ("$(( $(cat <<E\n", "\nE\n) )"),
        ("`echo $((", ") )`"),
        ("a[", "]"),
        ("A=([$(", ")])"),
        ("\"${x:-'", "'}\""),
        ("$(", ")"),
        ("${x/", "/}"),
        ("${A[", "]}"),
        ("@(", ")"),
        ("[[ (", ") ]]"),
    ] {
        for depth in [5, 31, 63, 1000] {
            let middle = "a ".repeat(20_000);
            read(&format!("{}{middle}{}", opening.repeat(depth), closing.repeat(depth)));
            read(&format!("x={}a{}", opening.repeat(depth), closing.repeat(depth)).repeat(10));
        }
    }
}

#[test]
fn here_documents_take_little_time() {
    let parsed = read(&format!("{}a\n", "cat <<E\na\nE\n".repeat(10_000)));
    assert_eq!((parsed.broken, parsed.list.len()), (None, 10_001));
    let broken = read(&format!("cat {}\n", "<<E ".repeat(10_000))).broken.unwrap();
    assert_eq!(broken.message, "more than 16 here-documents on one line");
    let ends: String = (0..9_000).map(|number| format!("cat <<E{number}\n")).collect();
    assert_eq!(read(&ends).broken, None);
}

#[test]
fn depth_has_a_bound() {
    for (start, opening, closing) in [
        (": ", "$(: ", ")"),
        (": ", "\"$(: ", ")\""),
        (": ", "${x:-", "}"),
        ("", "( ", ")"),
        ("", "{ ", "; }"),
        ("", "if ", "; then :; fi"),
        ("", "f() { ", "; }"),
        ("[[ ", "( ", ") "),
    ] {
        let end = if start == "[[ " { "]]" } else { "" };
        let nested = |depth| format!("a\n{start}{}b{}{end}\n", opening.repeat(depth), closing.repeat(depth));
        assert_eq!(read(&nested(15)).broken, None, "{}", nested(15));
        let parsed = read(&nested(65));
        let broken = parsed.broken.unwrap();
        assert_eq!((broken.message.as_str(), broken.is_certain, broken.line), ("nested deeper than 64", false, 2));
        assert_eq!(parsed.list.len(), 1, "the line before is read");
    }
}

#[test]
fn length_has_a_bound() {
    let parsed = read(&"a\n".repeat(128 * 1024 + 1));
    assert_eq!((parsed.list.len(), parsed.broken.unwrap().to_string()), (0, "line 1: longer than 256 KiB".to_owned()));
    assert_eq!(read(&"a\n".repeat(128 * 1024)).broken, None);
}

proptest! {
    #[test]
    fn any_text_comes_to_an_end(text in any::<String>()) {
        parse(&text, Dialect::Bash);
        parse(&text, Dialect::Posix);
    }

    #[test]
    fn any_soup_comes_to_an_end(text in "([a-c \n\t;&|<>(){}\\[\\]$`'\"\\\\#!=~*?@+:-]|if|do|done|case|esac|<<E|é){0,400}") {
        parse(&text, Dialect::Bash);
        parse(&text, Dialect::Posix);
    }
}
