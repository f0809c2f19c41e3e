//! `user` directives, as far as a wrong one keeps a server from starting.

use super::line::split_line;

/// The users that are declared.
#[derive(Debug, Default)]
pub(crate) struct Users {
    names: Vec<Vec<u8>>,
}

impl Users {
    /// Takes a `user` line; the text says what is wrong with it. Passwords are never quoted.
    pub(crate) fn user(&mut self, words: &[Vec<u8>]) -> Result<(), String> {
        let (name, rules) = words.split_first().ok_or("it takes a name")?;
        if self.names.contains(name) {
            return Err("a user is declared once only".to_owned());
        }
        self.names.push(name.clone());
        let mut all_keys = false;
        let mut all_channels = false;
        for rule in merged(rules)? {
            check(&rule, &mut all_keys, &mut all_channels)?;
        }
        Ok(())
    }
}

/// Checks an ACL file: `user` lines only, no comments, each user once. The text says what is wrong.
pub(crate) fn check_file(text: &[u8]) -> Result<(), String> {
    let mut users = Users::default();
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let number = index + 1;
        let words = split_line(line).map_err(|_| format!("line {number} has unbalanced quotes"))?;
        match words.split_first() {
            Some((keyword, rest)) if keyword == b"user" && !rest.is_empty() => {
                users.user(rest).map_err(|message| format!("line {number}: {message}"))?;
            }
            _ => return Err(format!("line {number} does not start with `user` and a name; comments are not allowed")),
        }
    }
    Ok(())
}

const CATEGORIES: [&str; 22] = [
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
    "all",
];

/// Whether a rule allows or forbids a category that redis-server 7.0 does not have.
pub(crate) fn is_unknown_category(rule: &[u8]) -> bool {
    let name = rule.strip_prefix(b"+@").or_else(|| rule.strip_prefix(b"-@"));
    name.is_some_and(|name| !CATEGORIES.iter().any(|category| category.as_bytes().eq_ignore_ascii_case(name)))
}

/// Selectors in parentheses may be several words; they become one.
fn merged(rules: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> {
    let mut merged: Vec<Vec<u8>> = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    for rule in rules {
        match &mut open {
            Some(selector) => {
                selector.push(b' ');
                selector.extend(rule);
            }
            None if rule.first() == Some(&b'(') => open = Some(rule.clone()),
            None => merged.push(rule.clone()),
        }
        if open.as_ref().is_some_and(|selector| selector.ends_with(b")")) {
            merged.extend(open.take());
        }
    }
    if open.is_some() { Err("a selector without its closing parenthesis".to_owned()) } else { Ok(merged) }
}

fn check(rule: &[u8], all_keys: &mut bool, all_channels: &mut bool) -> Result<(), String> {
    const SYNTAX: &str = "a rule that is no rule of an ACL";
    let lower = rule.to_ascii_lowercase();
    match lower.as_slice() {
        b"on"
        | b"off"
        | b"nopass"
        | b"resetpass"
        | b"allcommands"
        | b"nocommands"
        | b"sanitize-payload"
        | b"skip-sanitize-payload"
        | b"clearselectors" => Ok(()),
        b"reset" | b"resetkeys" | b"resetchannels" => {
            *all_keys &= lower == b"resetchannels";
            *all_channels &= lower == b"resetkeys";
            Ok(())
        }
        b"allkeys" | b"~*" => {
            *all_keys = true;
            Ok(())
        }
        b"allchannels" | b"&*" => {
            *all_channels = true;
            Ok(())
        }
        _ => match rule.split_first() {
            Some((b'#' | b'!', hash)) => {
                let hex = hash.len() == 64 && hash.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                if hex { Ok(()) } else { Err("a password's hash has 64 lower-case hex digits".to_owned()) }
            }
            Some((b'~' | b'%', _)) if *all_keys => Err("a pattern behind `~*` has no effect".to_owned()),
            Some((b'&', _)) if *all_channels => Err("a pattern behind `&*` has no effect".to_owned()),
            Some((b'%', pattern)) => {
                let flags = pattern.split(|byte| *byte == b'~').next().unwrap_or_default();
                let fits =
                    pattern.contains(&b'~') && !flags.is_empty() && flags.iter().all(|flag| b"rwRW".contains(flag));
                if fits { Ok(()) } else { Err(SYNTAX.to_owned()) }
            }
            Some((b'>' | b'<' | b'~' | b'&' | b'+' | b'-' | b'(', _)) => Ok(()),
            _ => Err(SYNTAX.to_owned()),
        },
    }
}
