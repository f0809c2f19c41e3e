//! Manifests of our own for the tests of the webhook.

use serde_json::{Value, json};

use crate::support::releases::documents;
use crate::support::statefulset::{headless_service, statefulset};

/// A standalone Redis of the official image, its governing Service with it; `request` below `limit` is what we fix.
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
        let set =
            statefulset(self.name).label("app", self.name).image(self.image).limit(self.limit).request(self.request);
        let set = set.container("args", self.args.clone());
        let mut set = set.container("ports", json!([{"name": "redis", "containerPort": 6379}])).build();
        set["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(0);
        set
    }

    pub(crate) fn service(&self) -> Value {
        headless_service(self.name)
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
