//! The model as JSON: what `inspect -o json` prints, a contract (`docs/schemas/inspect.schema.json`).

use serde_json::{Map, Value, json};

use super::{Container, Known, Persistence, Probes, Role, Setting, Workload};
use crate::inventory::Place;

impl Workload {
    /// One element of `workloads` in the JSON of `inspect`: null where unset, and named under `unknown` where unseen.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let main =
            self.servers().next().or_else(|| self.containers.iter().find(|container| container.role == Role::Sentinel));
        let config = main.and_then(|main| main.config.as_ref());
        let maxmemory = config.and_then(|config| setting(&config.maxmemory)).filter(|setting| setting.value > 0);
        let policy = config.and_then(|config| setting(&config.maxmemory_policy));
        let governing = self.governing.as_ref();
        let service = governing.and_then(|governing| governing.service.known()).and_then(Option::as_ref);
        let quorum = self.sentinels.as_ref().and_then(|sentinels| setting(&sentinels.quorum));
        json!({
            "apiVersion": self.object.api_version,
            "kind": self.object.kind,
            "namespace": self.object.namespace,
            "name": self.object.name,
            "flavour": self.flavour.name(),
            "topology": self.topology.name(),
            "replicas": self.replicas,
            "containers": self.containers.iter().map(container).collect::<Vec<_>>(),
            "memory": main.map(memory),
            "maxmemory_bytes": maxmemory.map(|setting| setting.value),
            "maxmemory_origin": maxmemory.map(|setting| origin(&setting.origin)),
            "maxmemory_policy": policy.map(|setting| setting.value.clone()),
            "persistence": config.and_then(|config| config.persistence.known()).map_or("unknown", |found| Persistence::name(*found)),
            "sentinels": self.sentinels.as_ref().map(|sentinels| sentinels.count),
            "quorum": quorum.map(|setting| setting.value),
            "governing_service": governing.map(|governing| governing.name.clone()).filter(|name| !name.is_empty()),
            "governing_service_headless": service.map(|service| service.headless),
            "probes": main.map(|main| probes(&main.probes)),
            "unknown": self.unknown.iter().map(|unknown| json!({"fact": unknown.fact, "needs": unknown.needs})).collect::<Vec<_>>(),
        })
    }
}

fn setting<T>(known: &Known<Option<Setting<T>>>) -> Option<&Setting<T>> {
    known.known().and_then(Option::as_ref)
}

fn container(container: &Container) -> Value {
    json!({
        "name": container.name,
        "role": container.role.name(),
        "memory": memory(container),
        "probes": probes(&container.probes),
    })
}

fn memory(container: &Container) -> Value {
    json!({
        "request_bytes": container.memory.request.as_ref().map(|amount| amount.bytes),
        "limit_bytes": container.memory.limit.as_ref().map(|amount| amount.bytes),
    })
}

fn probes(probes: &Probes) -> Value {
    let declared: Map<String, Value> =
        [("liveness", &probes.liveness), ("readiness", &probes.readiness), ("startup", &probes.startup)]
            .into_iter()
            .map(|(name, probe)| {
                (name.to_owned(), probe.as_ref().map_or(Value::Null, |probe| without_secrets(&probe.declared)))
            })
            .collect();
    Value::Object(declared)
}

/// Options of redis-cli that a password, or an address that may hold one, follows.
const SECRET_OPTIONS: [&str; 4] = ["-a", "--pass", "-u", "--user"];
const HIDDEN: &str = "(redacted)";

/// A probe as declared, but for the passwords in its command and the values of its headers. A variable is no secret.
fn without_secrets(declared: &Value) -> Value {
    let mut declared = declared.clone();
    let command = declared.pointer_mut("/exec/command").and_then(Value::as_array_mut);
    let mut hide_next = false;
    for word in command.into_iter().flatten() {
        let Value::String(text) = word else { continue };
        *text = hide(text, &mut hide_next);
    }
    let headers = declared.pointer_mut("/httpGet/httpHeaders").and_then(Value::as_array_mut);
    for header in headers.into_iter().flatten().filter_map(Value::as_object_mut) {
        header.insert("value".to_owned(), HIDDEN.into());
    }
    declared
}

/// One word of a command, which may be a whole script; `hide_next` carries an option on to the word behind it.
fn hide(text: &str, hide_next: &mut bool) -> String {
    let hide = |piece: &str| {
        let bare = piece.trim();
        let is_literal = !bare.is_empty() && !bare.trim_start_matches(['"', '\'']).starts_with('$');
        let is_secret = is_literal && (*hide_next || bare.starts_with("REDISCLI_AUTH="));
        if !bare.is_empty() {
            *hide_next = SECRET_OPTIONS.contains(&bare);
        }
        if is_secret { piece.replace(bare, HIDDEN) } else { piece.to_owned() }
    };
    text.split_inclusive(char::is_whitespace).map(hide).collect()
}

fn origin(place: &Place) -> Value {
    json!({"object": place.object, "at": place.at, "line": place.line})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_probes_are_hidden() {
        for (command, expected) in [
            (json!(["redis-cli", "-a", "hunter2", "ping"]), json!(["redis-cli", "-a", "(redacted)", "ping"])),
            (
                json!(["sh", "-c", "redis-cli -a  hunter2\n ping"]),
                json!(["sh", "-c", "redis-cli -a  (redacted)\n ping"]),
            ),
            (json!(["sh", "-c", "redis-cli -a \"$PASS\" ping"]), json!(["sh", "-c", "redis-cli -a \"$PASS\" ping"])),
            (json!(["sh", "-c", "REDISCLI_AUTH=hunter2 x"]), json!(["sh", "-c", "(redacted) x"])),
            (json!([1, null]), json!([1, null])),
        ] {
            assert_eq!(without_secrets(&json!({"exec": {"command": command}})), json!({"exec": {"command": expected}}));
        }
        let http = without_secrets(&json!({"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "x"}]}}));
        assert_eq!(http["httpGet"]["httpHeaders"][0]["value"], HIDDEN);
    }
}
