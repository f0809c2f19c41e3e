//! What `CONFIG GET *` would answer, as far as a configuration differs from the defaults: for the oracle, and for
//! directives that add up instead of replacing each other.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::loaded::{Applied, Loaded, Origin};
use super::memory::Bytes;
use super::value::client_class;
use super::versions::{directive_name, usual_kind};

const DEFAULT_SAVE: &str = "3600 1 300 100 60 10000";
const CLASSES: [&str; 3] = ["normal", "slave", "pubsub"];
const DEFAULT_BUFFERS: [[u64; 3]; 3] = [[0, 0, 0], [268_435_456, 67_108_864, 60], [33_554_432, 8_388_608, 60]];

/// The save points in force, as `CONFIG GET save` writes them; empty where there are none.
pub(crate) fn save_points(loaded: &Loaded) -> String {
    let mut points = DEFAULT_SAVE.to_owned();
    let mut first = true;
    for applied in loaded.all("save") {
        let words: Vec<String> =
            applied.words.iter().map(|word| String::from_utf8_lossy(word.bytes()).into_owned()).collect();
        // The first line clears the defaults; `save ""` clears all that stands.
        if first || matches!(words.as_slice(), [one] if one.is_empty()) {
            points.clear();
        }
        first = false;
        for pair in words.chunks(2).filter(|pair| pair.len() == 2) {
            let numbers: Vec<String> =
                pair.iter().map(|word| super::value::leading_number(word.as_bytes()).0.to_string()).collect();
            if !points.is_empty() {
                points.push(' ');
            }
            points.push_str(&numbers.join(" "));
        }
    }
    points
}

impl Loaded {
    /// Every directive that is set, with the value that the server would show. Passwords are left out.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        for applied in &self.applied {
            if let Some(value) = shown(applied) {
                settings.insert(applied.name.to_string(), value);
            }
        }
        if settings.contains_key("save") {
            settings.insert("save".to_owned(), save_points(self));
        }
        if let Some(directory) = &self.directory {
            settings.insert("dir".to_owned(), directory.clone());
        }
        if settings.contains_key("client-output-buffer-limit") {
            settings.insert("client-output-buffer-limit".to_owned(), buffers(self));
        }
        settings
    }
}

impl Loaded {
    /// The value of a directive as redis.conf would write it, and the line that gives it last; nothing where nobody sets
    /// it. An alias is as good as the name. A password reads `(redacted)`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<(String, &Origin)> {
        let applied = self.last(directive_name(name))?;
        let kind = usual_kind(&applied.name);
        let value = match (&*applied.name, kind) {
            ("save", _) => save_points(self),
            ("client-output-buffer-limit", _) => buffers(self),
            ("dir", _) => self.directory.clone()?,
            (_, Some(Kind::Bool | Kind::OneOf(_))) => written(applied).to_ascii_lowercase(),
            (_, Some(Kind::Memory(..) | Kind::LaxMemory(..))) => {
                Bytes::parse(applied.words.first()?.bytes()).ok()?.to_string()
            }
            _ => written(applied),
        };
        Some((value, &applied.origin))
    }
}

fn written(applied: &Applied) -> String {
    let words: Vec<String> = applied.words.iter().map(ToString::to_string).collect();
    words.join(" ")
}

fn shown(applied: &Applied) -> Option<String> {
    let kind = usual_kind(&applied.name)?;
    let words: Vec<String> =
        applied.words.iter().map(|word| String::from_utf8_lossy(word.bytes()).into_owned()).collect();
    let first = applied.words.first().map_or(&[] as &[u8], |word| word.bytes());
    // CONFIG GET does not list these.
    let hidden =
        matches!(&*applied.name, "key-load-delay" | "rdb-key-save-delay" | "use-exit-on-panic" | "watchdog-period");
    if hidden || super::redacted::is_secret_directive(&applied.name) {
        return None;
    }
    Some(match kind {
        Kind::OneOf(_) if applied.name == "oom-score-adj" && first.eq_ignore_ascii_case(b"relative") => {
            "yes".to_owned()
        }
        Kind::Int(..) if applied.name == "hz" => words.join(" ").parse::<i64>().unwrap_or(0).clamp(1, 500).to_string(),
        Kind::Bool | Kind::OneOf(_) => words.join(" ").to_ascii_lowercase(),
        Kind::Memory(..) | Kind::LaxMemory(..) => Bytes::parse(first).ok()?.0.to_string(),
        Kind::MemoryOrPercent if first == b"0%" => "0".to_owned(),
        Kind::MemoryOrPercent if !first.ends_with(b"%") => Bytes::parse(first).ok()?.0.to_string(),
        Kind::Octal(_) => words.join(" ").trim_start_matches('0').to_owned(),
        Kind::Replicaof if first.eq_ignore_ascii_case(b"no") => String::new(),
        _ => words.join(" "),
    })
}

/// The hard limit of a replica's output buffer.
pub(crate) fn replica_output_buffer(loaded: &Loaded) -> Bytes {
    let [_, [hard, ..], _] = buffer_limits(loaded);
    Bytes(hard)
}

fn buffers(loaded: &Loaded) -> String {
    let written = CLASSES
        .iter()
        .zip(buffer_limits(loaded))
        .map(|(class, [hard, soft, seconds])| format!("{class} {hard} {soft} {seconds}"));
    written.collect::<Vec<_>>().join(" ")
}

/// Hard limit, soft limit and seconds of each class.
fn buffer_limits(loaded: &Loaded) -> [[u64; 3]; 3] {
    let mut limits = DEFAULT_BUFFERS;
    for applied in loaded.all("client-output-buffer-limit") {
        for limit in applied.words.chunks(4) {
            let [class, hard, soft, seconds] = limit else { continue };
            let Some(class) = client_class(class.bytes()).and_then(|class| limits.get_mut(class)) else { continue };
            let size = |word: &super::word::Word| Bytes::parse(word.bytes()).map_or(0, |bytes| bytes.0);
            *class = [size(hard), size(soft), seconds.text().and_then(|text| text.parse().ok()).unwrap_or(0)];
        }
    }
    limits
}
