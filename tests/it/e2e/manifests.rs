//! Manifests of our own for the tests of the webhook.

use serde_json::{Value, json};

use super::webhook::documents;

/// A standalone Redis of the official image, its governing Service with it; `request` below `limit` is what we mend.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) name: &'static str,
    pub(crate) image: &'static str,
    pub(crate) args: Value,
    pub(crate) request: &'static str,
    pub(crate) limit: &'static str,
}

impl Release {
    /// Nothing about it is wrong but the request and that no maxmemory is set.
    pub(crate) fn new(name: &'static str) -> Self {
        let args = json!(["--appendonly", "no", "--save", ""]);
        Self { name, image: "redis:7.4.1", args, request: "256Mi", limit: "1Gi" }
    }

    pub(crate) fn set(&self) -> Value {
        let labels = json!({"app": self.name});
        json!({
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": self.name, "labels": labels},
            "spec": {
                "replicas": 1,
                "serviceName": self.name,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
                        "name": "redis",
                        "image": self.image,
                        "args": self.args,
                        "ports": [{"name": "redis", "containerPort": 6379}],
                        "resources": {"requests": {"memory": self.request}, "limits": {"memory": self.limit}},
                    }]},
                },
            },
        })
    }

    pub(crate) fn service(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.name},
            "spec": {
                "clusterIP": "None",
                "selector": {"app": self.name},
                "ports": [{"name": "redis", "port": 6379, "targetPort": 6379}],
            },
        })
    }

    /// Both, as one input of `kubectl`.
    pub(crate) fn manifest(&self) -> String {
        list(&[self.service(), self.set()])
    }
}

/// Three Redis with a Sentinel each, after tests/fixtures/releases/two-sentinels.yaml: nothing is wrong with them but
/// what `edit` makes wrong. ConfigMap, Service, StatefulSet.
pub(crate) fn sentinels(edit: impl FnOnce(&mut [Value])) -> Vec<Value> {
    let mut objects = without_namespace(include_str!("../../fixtures/releases/two-sentinels.yaml"));
    objects[1]["spec"]["clusterIP"] = json!("None");
    objects[2]["spec"]["replicas"] = json!(3);
    edit(&mut objects);
    objects
}

/// The objects of a fixture, to be applied to any namespace.
pub(crate) fn without_namespace(text: &str) -> Vec<Value> {
    let mut objects = documents(text);
    for object in &mut objects {
        object["metadata"].as_object_mut().unwrap().remove("namespace");
    }
    objects
}

/// Objects as one input of `kubectl`.
pub(crate) fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}
