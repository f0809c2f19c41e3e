//! Probes as declared, with the API server's defaults, and the time limit that a known probe script carries itself.

use serde_json::Value;

use super::model::{InnerTimeout, Probe, Probes};
use super::start::script::base_name;
use crate::kubernetes::{Pointer, json, member, words};

/// The probes of a container at a place. Those that are declared as they were `before`, at the same place, stay.
pub(crate) fn probes(container: &Value, at: &Pointer, before: Probes) -> Probes {
    let of = |name: &str, before: Option<Probe>| {
        let declared = member(container, name).filter(|probe| probe.is_object())?;
        let same = before.filter(|before| json::equal(&before.declared, declared));
        same.or_else(|| Some(probe(declared, &at.key(name))))
    };
    Probes {
        liveness: of("livenessProbe", before.liveness),
        readiness: of("readinessProbe", before.readiness),
        startup: of("startupProbe", before.startup),
    }
}

fn probe(declared: &Value, at: &Pointer) -> Probe {
    // 0 means unset to the API server, except for the delay, whose default it is.
    let number = |field: &str, default: i64| {
        member(declared, field).and_then(Value::as_i64).filter(|value| *value != 0).unwrap_or(default)
    };
    let command = words(declared, "/exec/command");
    let inner = inner_timeout(&command, &at.join("exec/command"));
    let script_unknown = inner.is_none() && runs_unknown_script(&command);
    Probe {
        at: at.clone(),
        initial_delay_seconds: number("initialDelaySeconds", 0),
        timeout_seconds: number("timeoutSeconds", 1),
        period_seconds: number("periodSeconds", 10),
        failure_threshold: number("failureThreshold", 3),
        inner,
        script_unknown,
        declared: declared.clone(),
    }
}

/// Bitnami's scripts take their time limit as the one argument: `/health/ping_readiness_local.sh 1`. `timeout 3 redis-cli
/// ping` says it as plainly.
fn inner_timeout(command: &[String], at: &Pointer) -> Option<InnerTimeout> {
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
    let client =
        |word: &String| word.split_whitespace().any(|word| matches!(base_name(word), "redis-cli" | "valkey-cli"));
    !command.is_empty() && !command.iter().any(client)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(declared: &Value) -> Probe {
        probe(declared, &Pointer::new("/livenessProbe"))
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
