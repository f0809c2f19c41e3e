//! The model after a change of memory or probes alone: nothing else is read again.

use serde_json::{Map, Value};

use super::{Workload, amounts, probes};

/// The fields of a container that say nothing of what it runs.
const AMOUNTS: [&str; 4] = ["resources", "livenessProbe", "readinessProbe", "startupProbe"];

impl Workload {
    /// The model of `after`, where that differs from `before`, which this was read from, only in the resources and probes
    /// of containers; else nothing.
    #[must_use]
    pub fn renewed(&self, before: &Value, after: &Value) -> Option<Self> {
        if !alike(before, after, false) {
            return None;
        }
        let mut renewed = self.clone();
        for container in &mut renewed.containers {
            let value = after.pointer(container.at.as_str())?;
            let mut memory = amounts::memory(value, &container.at);
            if memory.limit.is_none() && container.memory.limit.is_some() {
                return None; // Now a LimitRange may give one.
            }
            memory.default_limit = container.memory.default_limit.filter(|_| memory.limit.is_none());
            container.memory = memory;
            container.probes = probes::probes(value, &container.at);
        }
        Some(renewed)
    }
}

fn alike(before: &Value, after: &Value, in_container: bool) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => maps_alike(before, after, in_container),
        (Value::Array(before), Value::Array(after)) => {
            let mut pairs = before.iter().zip(after);
            before.len() == after.len() && pairs.all(|(before, after)| alike(before, after, in_container))
        }
        _ => before == after,
    }
}

fn maps_alike(before: &Map<String, Value>, after: &Map<String, Value>, in_container: bool) -> bool {
    let counts = |key: &&String| !(in_container && AMOUNTS.contains(&key.as_str()));
    let same = |key: &String| {
        let is_list = matches!(key.as_str(), "containers" | "initContainers");
        let pair = before.get(key).zip(after.get(key));
        pair.is_some_and(|(before, after)| alike(before, after, is_list && before.is_array()))
    };
    before.keys().filter(counts).count() == after.keys().filter(counts).count()
        && before.keys().filter(counts).all(same)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::inventory::Snapshot;
    use crate::workload::Workload;

    #[test]
    fn a_renewed_model_is_the_model_read_again() {
        let before = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {"template": {"spec": {
            "containers": [{"name": "redis", "image": "redis:7", "args": ["--maxmemory", "1gb"]}],
        }}}});
        let model = Workload::read(&before, &Snapshot::new()).unwrap();
        let mut after = before.clone();
        let container = &mut after["spec"]["template"]["spec"]["containers"][0];
        container["resources"] = json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}});
        container["livenessProbe"] = json!({"tcpSocket": {"port": 6379}, "timeoutSeconds": 5});
        let renewed = model.renewed(&before, &after).unwrap();
        let read = Workload::read(&after, &Snapshot::new()).unwrap();
        assert_eq!(renewed.to_json(), read.to_json());
        after["spec"]["template"]["spec"]["containers"][0]["args"][1] = json!("2gb");
        assert!(model.renewed(&before, &after).is_none());
        after = before.clone();
        after["spec"]["replicas"] = json!(2);
        assert!(model.renewed(&before, &after).is_none());
    }
}
