//! Whether what a real shell did is one of the things that are believed possible.

use regex::Regex;

use crate::workload::start::shell::run::content::Content;
use crate::workload::start::shell::run::start::Start;
use crate::workload::start::shell::text::{Piece, Shape, Text};

/// Whether a server with these words is this start.
pub(super) fn allows_words(start: &Start, words: &[String]) -> bool {
    let mut pattern = String::from("^");
    for at in 0..=start.words.len() {
        for (_, run) in start.optional.iter().filter(|(before, _)| *before == at) {
            let run: String = run.iter().map(|word| format!("{}\0", pattern_of(word))).collect();
            pattern.extend(["(", &run, ")?"]);
        }
        if let Some(word) = start.words.get(at) {
            pattern.extend([&pattern_of(word), "\0"]);
        }
    }
    pattern.push_str(if start.rest.is_some() { "(?s:.*)$" } else { "$" });
    let said: String = words.iter().map(|word| format!("{word}\0")).collect();
    Regex::new(&pattern).unwrap().is_match(&said)
}

/// Whether a file with this text is one that this content allows. Where lines may not be there, empty ones do not count.
pub(super) fn allows_text(content: &Content, text: &str) -> bool {
    if content.parts().iter().all(|part| part.is_certain) {
        let whole = content.text().unwrap();
        return Regex::new(&format!("^{}$", pattern_of(&whole))).unwrap().is_match(text);
    }
    let text = format!("\n{text}");
    let mut pattern = String::from("^\n*");
    for part in content.parts() {
        if part.is_certain {
            pattern.push_str(&pattern_of(&part.text));
            continue;
        }
        for line in part.text.lines().unwrap() {
            pattern.extend(["(", &pattern_of(&line), ")?"]);
        }
    }
    let pattern = format!("{}\n*$", pattern.replace('\n', "\n+").replace("^\n+*", "^\n*"));
    Regex::new(&pattern).unwrap().is_match(&text)
}

fn pattern_of(text: &Text) -> String {
    let mut pattern = String::new();
    for piece in text.pieces() {
        match piece {
            Piece::Known(known) => pattern.push_str(&regex::escape(known)),
            Piece::Unknown(unknown) => pattern.push_str(match unknown.shape {
                Shape::Word => "[A-Za-z0-9._:/][A-Za-z0-9._:/-]*",
                Shape::Field => r"[^ \t\n\x00]*",
                Shape::Line => r"[^\n\x00]*",
                Shape::Any => r"(?s:[^\x00]*)",
            }),
        }
    }
    pattern
}
