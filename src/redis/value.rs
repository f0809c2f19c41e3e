//! The values of directives: whether redis-server takes them, and how it would show them.

use super::directives::{Directive, Kind};
use super::memory::Bytes;

/// Whether the words are a value of this directive; the text says what it takes, never what it found.
pub(crate) fn check(directive: &Directive, words: &[Vec<u8>]) -> Result<(), String> {
    let first = words.first().map_or(&[] as &[u8], Vec::as_slice);
    match directive.kind {
        Kind::Bool => one_of(first, &["yes", "no"]),
        Kind::Enum(names) => one_of(first, names),
        Kind::Flags(names) => words.iter().try_for_each(|word| one_of(word, names)),
        Kind::Int(least, most) => integer(first, least, most),
        Kind::Octal(most) => octal(first, most),
        Kind::Memory(least) => memory(first, least, directive.name == "maxmemory"),
        Kind::MemoryOrPercent => memory_or_percent(first),
        Kind::Text | Kind::Words | Kind::Dir => Ok(()),
        Kind::FileName => file_name(first),
        Kind::Save => save(words),
        Kind::OutputBuffer => output_buffer(words),
        Kind::OomScores => oom_scores(words),
        Kind::Events => events(first),
        Kind::Replicaof => replicaof(words),
        Kind::Percentiles => percentiles(words),
        Kind::Template => template(first),
        Kind::HostName => host_name(first),
    }
}

fn one_of(word: &[u8], names: &[&str]) -> Result<(), String> {
    if names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    Err(format!("must be one of {}", names.join(", ")))
}

/// A number as redis-server's `string2ll` takes it: no blank, `+`, leading zero or `-0`.
pub(crate) fn number(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let leading = digits.starts_with('0') && (digits.len() > 1 || text.starts_with('-'));
    if plain && !leading { text.parse().ok() } else { None }
}

fn integer(word: &[u8], least: i64, most: i64) -> Result<(), String> {
    match number(word) {
        Some(number) if (least..=most).contains(&number) => Ok(()),
        Some(_) => Err(format!("it takes a number from {least} to {most}")),
        None => Err(format!("it takes a plain number from {least} to {most}, without sign, unit or leading zero")),
    }
}

fn octal(word: &[u8], most: u32) -> Result<(), String> {
    let number = std::str::from_utf8(word).ok().and_then(|text| i64::from_str_radix(text.trim_start(), 8).ok());
    match number {
        Some(number) if (0..=i64::from(most)).contains(&number) => Ok(()),
        _ => Err(format!("it takes an octal number from 0 to {most:o}")),
    }
}

fn memory(word: &[u8], least: u64, unsigned: bool) -> Result<(), String> {
    let size =
        Bytes::parse(word).map_err(|_| "it takes a memory size such as `768mb` (b, k, kb, m, mb, g, gb)".to_owned())?;
    let most = if unsigned { u64::MAX } else { i64::MAX.unsigned_abs() };
    if (least..=most).contains(&size.0) { Ok(()) } else { Err(format!("it takes a memory size from {least} bytes up")) }
}

fn memory_or_percent(word: &[u8]) -> Result<(), String> {
    match word.strip_suffix(b"%") {
        Some(percent) => match number(percent) {
            Some(0..=100) => Ok(()),
            _ => Err("it takes a memory size, or a percentage from 0% to 100%".to_owned()),
        },
        None => memory(word, 0, false),
    }
}

fn file_name(word: &[u8]) -> Result<(), String> {
    if word.contains(&b'/') { Err("it takes a file's name, not a path".to_owned()) } else { Ok(()) }
}

/// As C's `strtoll`: leading blanks and a sign are taken, what follows the digits is left; `None` where no digit is.
pub(crate) fn leading_number(word: &[u8]) -> (i64, bool) {
    let text = String::from_utf8_lossy(word);
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    let value = digits.get(..end).and_then(|digits| digits.parse::<i64>().ok());
    let value = value.unwrap_or(if end == 0 { 0 } else { i64::MAX });
    (if negative { -value } else { value }, end == digits.len() && end > 0)
}

fn save(words: &[Vec<u8>]) -> Result<(), String> {
    const TAKES: &str =
        "it takes pairs of seconds (from 1) and changes (from 0), or \"\"; a comment behind it is an error too";
    if words.is_empty() || matches!(words, [one] if one.is_empty()) {
        return Ok(());
    }
    if words.len() % 2 == 1 {
        return Err(TAKES.to_owned());
    }
    for (index, word) in words.iter().enumerate() {
        let (number, whole) = leading_number(word);
        if !whole || (index % 2 == 0 && number < 1) || number < 0 {
            return Err(TAKES.to_owned());
        }
    }
    Ok(())
}

/// The classes of clients in `client-output-buffer-limit`.
pub(crate) fn client_class(word: &[u8]) -> Option<usize> {
    let class = word.to_ascii_lowercase();
    match class.as_slice() {
        b"normal" => Some(0),
        b"slave" | b"replica" => Some(1),
        b"pubsub" => Some(2),
        _ => None,
    }
}

fn output_buffer(words: &[Vec<u8>]) -> Result<(), String> {
    if !words.len().is_multiple_of(4) {
        return Err("it takes a class, a hard limit, a soft limit and seconds".to_owned());
    }
    for limit in words.chunks(4) {
        let [class, hard, soft, seconds] = limit else { continue };
        if client_class(class).is_none() {
            return Err("its classes are normal, replica and pubsub".to_owned());
        }
        let (seconds, whole) = leading_number(seconds);
        if Bytes::parse(hard).is_err() || Bytes::parse(soft).is_err() || seconds < 0 || !whole {
            return Err("its limits are memory sizes such as `256mb`, and then whole seconds".to_owned());
        }
    }
    Ok(())
}

fn oom_scores(words: &[Vec<u8>]) -> Result<(), String> {
    // A later class must not be protected better than an earlier one is only a warning of the server's.
    if words.len() == 3 && words.iter().all(|word| matches!(leading_number(word), (-2000..=2000, true))) {
        Ok(())
    } else {
        Err("it takes three numbers from -2000 to 2000".to_owned())
    }
}

fn events(word: &[u8]) -> Result<(), String> {
    if word.iter().all(|letter| b"AKEg$lshzxetdmn".contains(letter)) {
        return Ok(());
    }
    Err("it takes letters of K E g $ l s h z x e t d m n A".to_owned())
}

fn replicaof(words: &[Vec<u8>]) -> Result<(), String> {
    let [host, port] = words else { return Err("it takes a host and a port, or `no one`".to_owned()) };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(());
    }
    let (number, whole) = leading_number(port);
    if whole && (0..=65535).contains(&number) { Ok(()) } else { Err("it takes a port from 0 to 65535".to_owned()) }
}

fn percentiles(words: &[Vec<u8>]) -> Result<(), String> {
    if matches!(words, [one] if one.is_empty()) {
        return Ok(());
    }
    if words.iter().all(|word| is_percentile(word)) { Ok(()) } else { Err("it takes numbers from 0 to 100".to_owned()) }
}

fn is_percentile(word: &[u8]) -> bool {
    let number = std::str::from_utf8(word).ok().and_then(|text| text.parse::<f64>().ok());
    number.is_some_and(|number| (0.0..=100.0).contains(&number))
}

fn template(word: &[u8]) -> Result<(), String> {
    const NAMES: [&str; 7] = ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];
    let text = String::from_utf8_lossy(word);
    let mut rest = text.as_ref();
    while let Some((_, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else { break };
        if !NAMES.contains(&name) {
            return Err(format!("its parts are {{{}}}", NAMES.join("}, {")));
        }
        rest = after;
    }
    Ok(())
}

fn host_name(word: &[u8]) -> Result<(), String> {
    if word.len() < 256 && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        Ok(())
    } else {
        Err("it takes letters, digits, hyphens and dots".to_owned())
    }
}
