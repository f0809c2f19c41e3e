//! The values of directives: whether a server takes them.

use std::net::IpAddr;

use super::kind::Kind;
use super::memory::Bytes;

/// Whether the words are a value of this kind; the text says what it takes, never what it found.
pub(crate) fn check(kind: &Kind, words: &[Vec<u8>]) -> Result<(), String> {
    let first = words.first().map_or(&[] as &[u8], Vec::as_slice);
    match kind {
        Kind::Bool => one_of(first, &["yes", "no"]),
        Kind::OneOf(names) => one_of(first, names),
        Kind::SomeOf(names) => words.iter().try_for_each(|word| one_of(word, names)),
        Kind::Int(least, most) => integer(first, *least, *most),
        Kind::Octal(most) => octal(first, *most),
        Kind::Memory(least, most) => memory(first, *least, *most),
        Kind::LaxMemory(least, most) => memory(without_sign_of_zero(first), *least, *most),
        Kind::MemoryOrPercent => memory_or_percent(first),
        Kind::SignedMemory(least) => signed_memory(first, *least),
        Kind::SetText => set(first),
        Kind::FileName => file_name(first),
        Kind::SetFileName => set(first).and_then(|()| file_name(first)),
        Kind::SomeWords if words.is_empty() => Err("it takes at least one value".to_owned()),
        Kind::Save => save(words),
        Kind::LaxSave => lax_save(words),
        Kind::OutputBuffer => output_buffer(words),
        Kind::LaxOutputBuffer => lax_output_buffer(words),
        Kind::OomScores => oom_scores(words),
        Kind::Events(letters) => events(first, letters),
        Kind::Replicaof => replicaof(words),
        Kind::Percentiles => percentiles(words),
        Kind::Template => template(first),
        Kind::HostName => host_name(first),
        Kind::Address => address(first),
        Kind::Text | Kind::Words | Kind::SomeWords | Kind::Dir | Kind::Ignored | Kind::Lax | Kind::Unsure => Ok(()),
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

fn integer(word: &[u8], least: i128, most: i128) -> Result<(), String> {
    match number(word).map(i128::from) {
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

fn memory(word: &[u8], least: u64, most: u64) -> Result<(), String> {
    let size =
        Bytes::parse(word).map_err(|_| "it takes a memory size such as `768mb` (b, k, kb, m, mb, g, gb)".to_owned())?;
    if (least..=most).contains(&size.0) { Ok(()) } else { Err(format!("it takes a memory size from {least} bytes up")) }
}

fn without_sign_of_zero(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"-").filter(|size| Bytes::parse(size) == Ok(Bytes(0))).unwrap_or(word)
}

fn signed_memory(word: &[u8], least: i128) -> Result<(), String> {
    match number(word).map(i128::from) {
        Some(number) if number < 0 && number >= least => Ok(()),
        _ => memory(word, 0, i64::MAX.unsigned_abs()),
    }
}

fn memory_or_percent(word: &[u8]) -> Result<(), String> {
    match word.strip_suffix(b"%") {
        Some(percent) => match number(percent) {
            Some(0..=100) => Ok(()),
            _ => Err("it takes a memory size, or a percentage from 0% to 100%".to_owned()),
        },
        None => memory(word, 0, i64::MAX.unsigned_abs()),
    }
}

fn set(word: &[u8]) -> Result<(), String> {
    if word.is_empty() { Err("it takes a value that is not empty".to_owned()) } else { Ok(()) }
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

/// As before Redis 7.0: a pair counts, and any other number of words is nothing.
fn lax_save(words: &[Vec<u8>]) -> Result<(), String> {
    let [seconds, changes] = words else { return Ok(()) };
    let fits = leading_number(seconds).0 >= 1 && leading_number(changes).0 >= 0;
    if fits { Ok(()) } else { Err("it takes seconds (from 1) and changes (from 0)".to_owned()) }
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

/// As before Redis 7.0: sizes that are none read as 0.
fn lax_output_buffer(words: &[Vec<u8>]) -> Result<(), String> {
    let [class, _, _, seconds] = words else {
        return Err("it takes a class, a hard limit, a soft limit and seconds".to_owned());
    };
    if client_class(class).is_none() {
        return Err("its classes are normal, replica and pubsub".to_owned());
    }
    if leading_number(seconds).0 < 0 { Err("its seconds start at 0".to_owned()) } else { Ok(()) }
}

fn oom_scores(words: &[Vec<u8>]) -> Result<(), String> {
    // A later class must not be protected better than an earlier one is only a warning of the server's.
    if words.len() == 3 && words.iter().all(|word| matches!(leading_number(word), (-2000..=2000, true))) {
        Ok(())
    } else {
        Err("it takes three numbers from -2000 to 2000".to_owned())
    }
}

fn events(word: &[u8], letters: &str) -> Result<(), String> {
    if word.iter().all(|letter| letters.as_bytes().contains(letter)) {
        return Ok(());
    }
    Err(format!("it takes letters of {letters}"))
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

fn address(word: &[u8]) -> Result<(), String> {
    let is_address = std::str::from_utf8(word).is_ok_and(|text| text.parse::<IpAddr>().is_ok());
    if word.is_empty() || is_address { Ok(()) } else { Err("it takes an IP address".to_owned()) }
}
