//! The model of an object that differs only in memory and probes from one that was read: nothing else is read again.

use serde_json::{Map, Value};

use super::model::Workload;
use super::pod_memory::share_pod_limit;
use super::unknown::unknown_facts;
use super::{probes, resources};
use crate::kubernetes::{Pointer, json, list};

/// The fields of a container that say nothing of what it runs.
const AMOUNTS: [&str; 4] = ["resources", "livenessProbe", "readinessProbe", "startupProbe"];

/// The fields of an object's metadata that an API server changes with every update.
const BOOKKEEPING: [&str; 3] = ["generation", "managedFields", "resourceVersion"];

impl Workload {
    /// The model of `after`, where that differs from `before`, which this was read from, only in the resources and probes
    /// of containers, or in what is never read; else nothing.
    #[must_use]
    pub fn renewed(&self, before: &Value, after: &Value) -> Option<Self> {
        if !are_alike(before, after, Level::Object) {
            return None;
        }
        let mut renewed = self.clone();
        renewed.renew(after).then_some(renewed)
    }

    /// Whether a place is in the resources or probes of one of its containers.
    #[must_use]
    pub fn is_amount(&self, at: &Pointer) -> bool {
        self.containers.iter().any(|container| {
            at.is_within(&container.at) && AMOUNTS.iter().any(|field| at.is_within(&container.at.key(field)))
        })
    }

    /// Makes this the model of `after`, which differs from what it was read from only at places that
    /// [are amounts](Workload::is_amount). Where that can't be done `after` has to be read: then this is of no use any more.
    #[must_use]
    pub fn renew(&mut self, after: &Value) -> bool {
        for container in &mut self.containers {
            let Some(value) = container.at.find(after) else { return false };
            if has_resource_field(value) {
                return false; // What it starts with hangs on the limit.
            }
            let mut memory = resources::read_memory(value, &container.at);
            if memory.limit.is_none() && container.memory.limit.is_some() {
                return false; // Now a LimitRange may give one.
            }
            memory.keep_defaults(std::mem::take(&mut container.memory));
            container.memory = memory;
            container.probes = probes::read_probes(value, &container.at, std::mem::take(&mut container.probes));
        }
        share_pod_limit(&mut self.containers, &self.pod_memory);
        self.unknown = unknown_facts(self);
        true
    }
}

/// Whether an environment variable holds an amount of the container.
fn has_resource_field(container: &Value) -> bool {
    let of_resource = |entry: &Value| json::at(entry, "/valueFrom/resourceFieldRef").is_some();
    list(container, "/env").iter().any(of_resource)
}

/// Where in an object two values stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Object,
    Metadata,
    Container,
    Below,
}

impl Level {
    /// Whether the model says the same whatever stands in a field.
    fn leaves_out(self, key: &str) -> bool {
        match self {
            Self::Object => key == "status",
            Self::Metadata => BOOKKEEPING.contains(&key),
            Self::Container => AMOUNTS.contains(&key),
            Self::Below => false,
        }
    }

    /// How many of the fields matter.
    fn count_read(self, fields: &Map<String, Value>) -> usize {
        match self {
            Self::Below => fields.len(),
            _ => fields.keys().filter(|key| !self.leaves_out(key)).count(),
        }
    }

    /// The level of what a field holds.
    fn of_field(self, key: &str, value: &Value) -> Self {
        match key {
            "metadata" if self == Self::Object => Self::Metadata,
            "containers" | "initContainers" if value.is_array() => Self::Container,
            _ => Self::Below,
        }
    }
}

fn are_alike(before: &Value, after: &Value, level: Level) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => are_maps_alike(before, after, level),
        (Value::Array(before), Value::Array(after)) => {
            let mut pairs = before.iter().zip(after);
            before.len() == after.len() && pairs.all(|(before, after)| are_alike(before, after, level))
        }
        _ => before == after,
    }
}

fn are_maps_alike(before: &Map<String, Value>, after: &Map<String, Value>, level: Level) -> bool {
    if level.count_read(before) != level.count_read(after) {
        return false;
    }
    for (key, value, other) in json::pairs(before, after) {
        if level.leaves_out(key) {
            continue;
        }
        if !other.is_some_and(|other| are_alike(value, other, level.of_field(key, value))) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kubernetes::{Pointer, Snapshot};
    use crate::workload::model::Workload;

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
        assert!(model.is_amount(&Pointer::new("/spec/template/spec/containers/0/resources/limits/memory")));
        for other in
            ["/spec/template/spec/containers/0/args/1", "/spec/template/spec/containers/00/resources", "/spec/replicas"]
        {
            assert!(!model.is_amount(&Pointer::new(other)), "{other}");
        }
        after["spec"]["template"]["spec"]["containers"][0]["args"][1] = json!("2gb");
        assert!(model.renewed(&before, &after).is_none());
        after = before.clone();
        after["spec"]["replicas"] = json!(2);
        assert!(model.renewed(&before, &after).is_none());
    }

    #[test]
    fn what_an_api_server_counts_is_never_read() {
        let before = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a", "generation": 1}, "spec": {"template": {
            "metadata": {"annotations": {"generation": "x"}}, "spec": {"containers": [{"name": "redis", "image": "redis:7"}]},
        }}});
        let model = Workload::read(&before, &Snapshot::new()).unwrap();
        let mut after = before.clone();
        after["metadata"]["generation"] = json!(2);
        after["metadata"]["managedFields"] = json!([{"manager": "kubectl"}]);
        after["status"] = json!({"readyReplicas": 1});
        let renewed = model.renewed(&before, &after).unwrap();
        assert_eq!(renewed.to_json(), Workload::read(&after, &Snapshot::new()).unwrap().to_json());
        after["metadata"]["labels"] = json!({"helm.toolkit.fluxcd.io/name": "a"});
        assert!(model.renewed(&before, &after).is_none());
        after = before.clone();
        after["spec"]["template"]["metadata"]["annotations"]["generation"] = json!("y");
        assert!(model.renewed(&before, &after).is_none());
    }
}
