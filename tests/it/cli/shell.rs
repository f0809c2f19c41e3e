//! What shells and `man` are given, and that every `--help` is fit to be read.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::command::plimsoll;
use crate::support::left_out::left_out;

/// Runs a program on a text; nothing where it is not installed.
fn run(program: &str, arguments: &[&str], stdin: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().ok();
    child.map(|mut child| {
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    })
}

/// The names of all commands, from the outside in; the program itself is the empty one.
fn commands() -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut next = 0;
    while let Some(path) = all.get(next).cloned() {
        next += 1;
        let help = help(&path, 100);
        let Some((_, rest)) = help.split_once("\nCommands:\n") else { continue };
        for line in rest.lines().take_while(|line| !line.is_empty()) {
            let name = line.strip_prefix("  ").unwrap().split(' ').next().unwrap();
            if !name.is_empty() && name != "help" {
                all.push([path.clone(), vec![name.to_owned()]].concat());
            }
        }
    }
    all
}

fn help(path: &[String], columns: usize) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env_clear().env("COLUMNS", columns.to_string()).args(path).arg("--help");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{path:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_takes_the_completions() {
    let answer = plimsoll(&["completions", "bash"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    for word in ["policy", "impact", "--threshold", "completions"] {
        assert!(answer.out.contains(word), "{word}");
    }
    let Some(output) = run("bash", &["-n"], &answer.out) else {
        return left_out("bash_takes_the_completions", "no bash");
    };
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    // Pressing the tab key after `plimsoll policy im`.
    let press = format!(
        "{}\nCOMP_WORDS=(plimsoll policy im) COMP_CWORD=2\n_plimsoll plimsoll im policy\necho \"${{COMPREPLY[*]}}\"\n",
        answer.out
    );
    let output = run("bash", &["--norc"], &press).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "impact", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn other_shells_have_completions_too() {
    for shell in ["elvish", "fish", "powershell", "zsh"] {
        let answer = plimsoll(&["completions", shell]);
        assert!(answer.code == 0 && answer.out.contains("inspect"), "{shell}: {}", answer.err);
    }
    assert_eq!(plimsoll(&["completions", "tcsh"]).code, 2);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("man1");
    let answer = plimsoll(&["man", "--dir", folder.to_str().unwrap()]);
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (0, "", ""));
    let all = commands();
    assert!(all.contains(&vec!["policy".to_owned(), "impact".to_owned()]), "{all:?}");
    for path in &all {
        let name = [&["plimsoll".to_owned()], path.as_slice()].concat().join("-");
        let page = std::fs::read_to_string(folder.join(format!("{name}.1"))).expect(&name);
        let words: Vec<&str> = ["man"].into_iter().chain(path.iter().map(String::as_str)).collect();
        assert_eq!(plimsoll(&words).out, page, "{name}: printed as it is written");
        assert!(page.contains(&format!("\n.TH {name} 1 \"\" \"plimsoll ")), "{page}");
        renders(&name, &page);
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), all.len());
}

/// groff finds nothing to warn of.
fn renders(name: &str, page: &str) {
    let Some(output) = run("groff", &["-man", "-Tutf8", "-ww", "-"], page) else {
        return left_out("every_command_has_a_manual_page", "no groff: the text alone was checked");
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{name}: {errors}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Print help"), "{name}");
}

#[test]
fn a_page_that_nobody_has_is_named() {
    let answer = plimsoll(&["man", "policy", "impacts"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.err.contains("`plimsoll policy` has no command `impacts`: one of check, test, impact"),
        "{}",
        answer.err
    );
    assert_eq!(plimsoll(&["man", "check", "--dir", "x"]).code, 2);
    let taken = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert_eq!(plimsoll(&["man", "--dir", taken.to_str().unwrap()]).code, 1, "a file is no folder");
}
