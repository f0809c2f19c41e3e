//! What README.md and docs/ say is so: commands are run, manifests are read, links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll::policy::Policies;
use serde_json::Value;

use crate::support::command::root;
use crate::support::renewal::is_blessing;

/// Stands in a page for any lines of an output.
const ELISION: &str = "...\n";

/// One block between three backticks.
struct Block {
    page: String,
    line: usize,
    language: String,
    text: String,
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    pages.sort();
    pages
}

fn blocks() -> Vec<Block> {
    let folders = ["", "deploy", "certs", "docs", "docs/rules"];
    let pages = folders.iter().flat_map(|folder| markdown(&root().join(folder)));
    pages.flat_map(|page| blocks_of(&page)).collect()
}

fn blocks_of(path: &Path) -> Vec<Block> {
    let page = path.strip_prefix(root()).unwrap().display().to_string();
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (index, line) in fs::read_to_string(path).unwrap().lines().enumerate() {
        match (line.strip_prefix("```"), inside) {
            (Some(language), false) => {
                let (page, language) = (page.clone(), language.to_owned());
                blocks.push(Block { page, line: index + 1, language, text: String::new() });
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!inside, "{page}: a block has no end");
    blocks
}

#[test]
fn commands_print_what_the_pages_show() {
    let blocks: Vec<Block> = blocks().into_iter().filter(|block| block.language == "console").collect();
    let mut commands = 0;
    for block in &blocks {
        let mut parts = block.text.split("$ ");
        assert_eq!(parts.next(), Some(""), "{}:{}: starts with no command", block.page, block.line);
        for part in parts {
            let (command, expected) = part.split_once('\n').unwrap();
            commands += 1;
            let found = output(command);
            if shows(&found, expected) {
                continue;
            }
            let place = format!("{}:{}: $ {command}", block.page, block.line);
            assert!(is_blessing(), "{place}\nis said to print\n{expected}\nand prints\n{found}");
            rewrite(block, part, &format!("{command}\n{}", renewed(expected, &found)));
        }
    }
    assert!(commands >= 6, "{commands}");
}

/// What a command of a page prints.
fn output(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(root()).env_clear().env("PATH", path).stdin(Stdio::null());
    let output = shell.output().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

/// Puts other text where a page shows a command and its output.
fn rewrite(block: &Block, part: &str, instead: &str) {
    let file = root().join(&block.page);
    let page = fs::read_to_string(&file).unwrap();
    fs::write(file, page.replacen(&format!("$ {part}"), &format!("$ {instead}"), 1)).unwrap();
}

/// What a page is to show now: what it left out before stays left out.
fn renewed(expected: &str, found: &str) -> String {
    let diff = similar::TextDiff::from_lines(expected, found);
    let mut text = String::new();
    for operation in diff.ops() {
        let old = &diff.old_slices()[operation.old_range()];
        let new = &diff.new_slices()[operation.new_range()];
        let first = old.iter().position(|line| *line == ELISION);
        let last = old.iter().rposition(|line| *line == ELISION);
        // As many lines as were shown before the first elision, and behind the last one.
        let shown = first.zip(last).map(|(first, last)| (first, old.len() - last - 1));
        match shown {
            Some((before, behind)) if before + behind <= new.len() => {
                text.push_str(&new[..before].concat());
                text.push_str(ELISION);
                text.push_str(&new[new.len() - behind..].concat());
            }
            _ => text.push_str(&new.concat()),
        }
    }
    text
}

#[test]
fn a_renewed_block_leaves_out_what_it_left_out() {
    let found = "one\ntwo\nthree\nfour\nfive\n";
    for (expected, renewed_to) in [
        ("one\n...\nfive\n", "one\n...\nfive\n"),
        ("one\n2\n...\nfive\n", "one\ntwo\n...\nfive\n"),
        ("one\n...\n4\nfive\n", "one\n...\nfour\nfive\n"),
        ("one\n2\nthree\n...\n", "one\ntwo\nthree\n...\n"),
        ("one\nfive\n", found),
    ] {
        let text = renewed(expected, found);
        assert_eq!(text, renewed_to, "{expected}");
        assert!(shows(found, &text), "{text}");
    }
}

/// Whether a text is what a page shows of it: `...` stands for any lines.
fn shows(found: &str, expected: &str) -> bool {
    let mut rest: Vec<&str> = found.lines().map(str::trim_end).collect();
    let parts: Vec<Vec<&str>> =
        expected.lines().collect::<Vec<_>>().split(|line| *line == "...").map(<[&str]>::to_vec).collect();
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate() {
        let at = match (index, index == last) {
            (0, true) => (rest == *part).then_some(0),
            (0, false) => rest.starts_with(part).then_some(0),
            (_, true) => rest.ends_with(part).then(|| rest.len() - part.len()),
            (_, false) if part.is_empty() => Some(0),
            (_, false) => rest.windows(part.len()).position(|lines| lines == part.as_slice()),
        };
        let Some(at) = at else { return false };
        rest.drain(..at + part.len());
    }
    true
}

#[test]
fn a_block_shows_all_but_what_it_leaves_out() {
    let found = "one\ntwo\nthree\nfour\n";
    for good in ["one\ntwo\nthree\nfour\n", "one\n...\n", "...\nthree\n...\n", "one\n...\nthree\nfour\n", "...\n"] {
        assert!(shows(found, good), "{good}");
    }
    for bad in ["one\n", "two\n...\n", "...\nthree\n", "one\n...\nfive\n...\n", "...\nthree\n...\ntwo\n...\n", ""] {
        assert!(!shows(found, bad), "{bad}");
    }
}

#[test]
fn manifests_and_policies_can_be_read() {
    let (mut policies, mut objects) = (0, 0);
    for Block { page, line, language, text } in blocks() {
        let place = format!("{page}:{line}");
        match language.as_str() {
            "yaml" if text.contains("kind: RedisPolicy") => {
                policies += 1;
                Policies::parse(&[(place, text)]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
            }
            "yaml" => {
                objects += 1;
                let read: Result<Vec<Value>, _> = serde_saphyr::from_multiple(&text);
                assert!(read.is_ok(), "{place}: {:?}", read.err());
            }
            "json" => drop(serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{place}: {error}"))),
            _ => {}
        }
    }
    assert!(policies >= 3 && objects >= 20, "{policies} {objects}");
}

/// Links to files of the project lead somewhere.
#[test]
fn links_lead_somewhere() {
    for page in ["", "deploy", "certs", "docs", "docs/rules"].iter().flat_map(|folder| markdown(&root().join(folder))) {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !link.contains("://") && !file.is_empty() {
                assert!(page.with_file_name(file).exists(), "{}: {link}", page.display());
            }
        }
    }
}

/// The commands of the table in README.md are those that there are, in the order of `plimsoll --help`.
#[test]
fn the_readme_lists_all_commands() {
    let help = crate::support::command::plimsoll(&["--help"]).out;
    let list = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let commands = list.lines().map(|line| line.split_whitespace().next().unwrap());
    let commands: Vec<&str> = commands.filter(|command| *command != "help").collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut listed: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `plimsoll ")?.split([' ', '`']).next()).collect();
    listed.dedup();
    assert_eq!(listed, commands);
}
