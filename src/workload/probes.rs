//! Probes as declared, with the API server's defaults, and the time limit that a known probe script carries itself.

use serde_json::Value;

use super::start::base_name;
use crate::kubernetes::{Pointer, json, member, words};

/// The probes of a container.
#[derive(Debug, Clone, Default)]
pub struct Probes {
    /// Restarts the container when it fails.
    pub liveness: Option<Probe>,
    /// Takes the Pod out of its Services when it fails.
    pub readiness: Option<Probe>,
    /// Holds the others back until it succeeds.
    pub startup: Option<Probe>,
}

impl Probes {
    /// The probes that are declared, with their field names.
    pub fn declared(&self) -> impl Iterator<Item = (&'static str, &Probe)> {
        [("livenessProbe", &self.liveness), ("readinessProbe", &self.readiness), ("startupProbe", &self.startup)]
            .into_iter()
            .filter_map(|(name, probe)| probe.as_ref().map(|probe| (name, probe)))
    }
}

/// One probe, with the API server's defaults filled in.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Where it is.
    pub at: Pointer,
    /// Seconds before the first try; 0 where unset.
    pub initial_delay_seconds: i64,
    /// Seconds that one try may take; 1 where unset.
    pub timeout_seconds: i64,
    /// Seconds between tries; 10 where unset.
    pub period_seconds: i64,
    /// Tries until it counts as failed; 3 where unset.
    pub failure_threshold: i64,
    /// The time limit that the probe's own command carries, where the script is known.
    pub inner: Option<InnerTimeout>,
    /// Whether it runs a command whose own time limit we can't see.
    pub script_unknown: bool,
    /// The probe as declared.
    pub declared: Value,
}

/// The time limit inside a probe's command: `…/ping_readiness_local.sh 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerTimeout {
    /// In seconds.
    pub seconds: i64,
    /// The command word that holds it, as a pointer.
    pub at: Pointer,
    /// That word before the number.
    pub before: String,
    /// That word behind the number.
    pub after: String,
}

impl InnerTimeout {
    /// The command word with another number of seconds in it.
    #[must_use]
    pub fn raised(&self, seconds: i64) -> String {
        format!("{}{seconds}{}", self.before, self.after)
    }
}

/// The probes of a container at a place. Those that are declared as they were `before`, at the same place, stay.
pub(crate) fn read_probes(container: &Value, at: &Pointer, before: Probes) -> Probes {
    let read = |field: &str, before| read_field(container, field, at, before);
    Probes {
        liveness: read("livenessProbe", before.liveness),
        readiness: read("readinessProbe", before.readiness),
        startup: read("startupProbe", before.startup),
    }
}

fn read_field(container: &Value, field: &str, at: &Pointer, before: Option<Probe>) -> Option<Probe> {
    let declared = member(container, field).filter(|probe| probe.is_object())?;
    match before {
        Some(before) if json::equal(&before.declared, declared) => Some(before),
        _ => Some(read_probe(declared, &at.key(field))),
    }
}

fn read_probe(declared: &Value, at: &Pointer) -> Probe {
    let command = words(declared, "/exec/command");
    let inner = find_inner_timeout(&command, &at.join("exec/command"));
    let script_unknown = inner.is_none() && runs_unknown_script(&command);
    Probe {
        at: at.clone(),
        initial_delay_seconds: read_number(declared, "initialDelaySeconds", 0),
        timeout_seconds: read_number(declared, "timeoutSeconds", 1),
        period_seconds: read_number(declared, "periodSeconds", 10),
        failure_threshold: read_number(declared, "failureThreshold", 3),
        inner,
        script_unknown,
        declared: declared.clone(),
    }
}

/// 0 means unset to the API server, except for the delay, whose default it is.
fn read_number(declared: &Value, field: &str, default: i64) -> i64 {
    member(declared, field).and_then(Value::as_i64).filter(|value| *value != 0).unwrap_or(default)
}

/// Bitnami's scripts take their time limit as the one argument: `/health/ping_readiness_local.sh 1`. `timeout 3 redis-cli
/// ping` says it as plainly.
fn find_inner_timeout(command: &[String], at: &Pointer) -> Option<InnerTimeout> {
    for (index, word) in command.iter().enumerate() {
        let trimmed = word.trim();
        if let Some((script, seconds)) = trimmed.split_once(' ').filter(|(script, _)| is_ping_script(script)) {
            let seconds = seconds.trim();
            let number = seconds.parse().ok()?;
            let (before, after) = word.split_at(word.rfind(seconds)?);
            debug_assert!(before.contains(script));
            let after = after.get(seconds.len()..)?.to_owned();
            return Some(InnerTimeout { seconds: number, at: at.key(index), before: before.to_owned(), after });
        }
        if is_ping_script(trimmed) || base_name(trimmed) == "timeout" {
            let next = command.get(index + 1)?;
            let number = next.trim_end_matches('s').parse().ok()?;
            let after = if next.ends_with('s') { "s" } else { "" };
            let at = at.key(index + 1);
            return Some(InnerTimeout { seconds: number, at, before: String::new(), after: after.to_owned() });
        }
    }
    None
}

fn is_ping_script(path: &str) -> bool {
    let name = base_name(path);
    name.starts_with("ping_") && name.ends_with(".sh") && !name.contains(' ')
}

/// A shell or a script whose own time limit we can't see. Redis' client has none.
fn runs_unknown_script(command: &[String]) -> bool {
    let mut words = command.iter().flat_map(|word| word.split_whitespace());
    !command.is_empty() && !words.any(|word| matches!(base_name(word), "redis-cli" | "valkey-cli"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(declared: &Value) -> Probe {
        read_probe(declared, &Pointer::new("/livenessProbe"))
    }

    #[test]
    fn fills_in_the_defaults() {
        let probe = read(&json!({"tcpSocket": {"port": 6379}, "timeoutSeconds": null}));
        let numbers =
            [probe.initial_delay_seconds, probe.timeout_seconds, probe.period_seconds, probe.failure_threshold];
        assert_eq!(numbers, [0, 1, 10, 3]);
        assert!(!probe.script_unknown);
    }

    #[test]
    fn sees_the_limit_inside_a_known_script() {
        let probe = read(&json!({"exec": {"command": ["/bin/bash", "-ec", "/health/ping_readiness_local.sh 1"]}}));
        let inner = probe.inner.unwrap();
        assert_eq!((inner.seconds, inner.at.as_str()), (1, "/livenessProbe/exec/command/2"));
        assert_eq!(inner.raised(5), "/health/ping_readiness_local.sh 5");
        let probe = read(&json!({"exec": {"command": ["timeout", "3s", "redis-cli", "ping"]}}));
        assert_eq!(probe.inner.unwrap().raised(5), "5s");
    }

    #[test]
    fn a_plain_ping_has_none_and_other_scripts_are_unknown() {
        let probe = read(&json!({"exec": {"command": ["sh", "-c", "redis-cli -h 127.0.0.1 ping"]}}));
        assert!(probe.inner.is_none() && !probe.script_unknown);
        assert!(read(&json!({"exec": {"command": ["/check.sh"]}})).script_unknown);
        assert!(!read(&json!({"exec": "nonsense"})).script_unknown);
    }
}
