//! The kinds of objects that we know: one table for the model, the look-ups, the manifests that are kept, and the names
//! that people type.

use super::object::ObjectRef;

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Its name, as in `kind: StatefulSet`.
    pub name: &'static str,
    /// The group and version that we read.
    pub api_version: &'static str,
    /// The resource, as in the path of an API server.
    pub plural: &'static str,
    /// What kubectl calls it for short; empty where it has no such name.
    short: &'static str,
    /// What it is to a workload.
    pub role: KindRole,
    /// Where its Pod template is: the root for a Pod itself, nothing for kinds without one.
    pub template: Option<&'static str>,
    /// Whether it has a scale.
    pub scales: bool,
    /// Whether a model or a review asks for all objects of this kind in a namespace.
    pub listed: bool,
}

/// What a kind of object is to a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KindRole {
    /// It is a workload, and what admission is asked about.
    Workload,
    /// It stands between a workload and its Pods. Without a controller of its own it is a workload; admission is not asked
    /// about it.
    Controller,
    /// It holds what the containers of a workload start with: their configuration, their default limits.
    Configuration,
    /// It belongs to a workload, which names it or whose Pods it selects.
    Neighbour,
    /// It says something of a whole namespace or cluster.
    Surroundings,
    /// It is a policy of ours, or an exception from one.
    Policy,
}

const POD_TEMPLATE: Option<&str> = Some("/spec/template");

/// All kinds that we know.
static KINDS: [Kind; 16] = [
    Kind {
        short: "sts",
        template: POD_TEMPLATE,
        scales: true,
        listed: true,
        ..Kind::new("apps/v1", "StatefulSet", "statefulsets", KindRole::Workload)
    },
    Kind {
        short: "deploy",
        template: POD_TEMPLATE,
        scales: true,
        listed: true,
        ..Kind::new("apps/v1", "Deployment", "deployments", KindRole::Workload)
    },
    Kind {
        short: "ds",
        template: POD_TEMPLATE,
        listed: true,
        ..Kind::new("apps/v1", "DaemonSet", "daemonsets", KindRole::Workload)
    },
    Kind { short: "po", template: Some(""), listed: true, ..Kind::new("v1", "Pod", "pods", KindRole::Workload) },
    Kind {
        short: "rs",
        template: POD_TEMPLATE,
        scales: true,
        ..Kind::new("apps/v1", "ReplicaSet", "replicasets", KindRole::Controller)
    },
    Kind {
        short: "rc",
        template: POD_TEMPLATE,
        scales: true,
        ..Kind::new("v1", "ReplicationController", "replicationcontrollers", KindRole::Controller)
    },
    Kind { short: "cm", ..Kind::new("v1", "ConfigMap", "configmaps", KindRole::Configuration) },
    Kind::LIMIT_RANGE,
    Kind { short: "svc", ..Kind::new("v1", "Service", "services", KindRole::Neighbour) },
    Kind { short: "pvc", ..Kind::new("v1", "PersistentVolumeClaim", "persistentvolumeclaims", KindRole::Neighbour) },
    Kind::POD_DISRUPTION_BUDGET,
    Kind { short: "ns", ..Kind::new("v1", "Namespace", "namespaces", KindRole::Surroundings) },
    Kind { short: "quota", ..Kind::new("v1", "ResourceQuota", "resourcequotas", KindRole::Surroundings) },
    Kind {
        short: "pc",
        ..Kind::new("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", KindRole::Surroundings)
    },
    Kind::new("plimsoll.dev/v1alpha1", "RedisPolicy", "redispolicies", KindRole::Policy),
    Kind::new("plimsoll.dev/v1alpha1", "RedisPolicyException", "redispolicyexceptions", KindRole::Policy),
];

impl Kind {
    /// `LimitRange`, which gives containers their default limits.
    pub const LIMIT_RANGE: Self =
        Self { short: "limits", listed: true, ..Self::new("v1", "LimitRange", "limitranges", KindRole::Configuration) };

    /// `PodDisruptionBudget`, which says how many Pods a drain may evict at once.
    pub const POD_DISRUPTION_BUDGET: Self = Self {
        short: "pdb",
        listed: true,
        ..Self::new("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", KindRole::Neighbour)
    };

    const fn new(api_version: &'static str, name: &'static str, plural: &'static str, role: KindRole) -> Self {
        Self { name, api_version, plural, short: "", role, template: None, scales: false, listed: false }
    }

    /// All kinds that we know.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &KINDS
    }

    /// The kinds of workloads that are judged.
    pub fn workloads() -> impl Iterator<Item = &'static Self> {
        KINDS.iter().filter(|kind| kind.template.is_some())
    }

    /// The kinds of workloads that have a Pod template, which a ConfigMap, Service or claim under review may belong to.
    pub fn with_template() -> impl Iterator<Item = &'static Self> {
        Self::workloads().filter(|kind| kind.listed && kind.template == POD_TEMPLATE)
    }

    /// The version that took the place of one which no API server serves any more (since Kubernetes 1.16: kubernetes.io,
    /// "Deprecated API Migration Guide").
    #[must_use]
    pub fn successor(api_version: &str, kind: &str) -> Option<&'static str> {
        let is_former = matches!(api_version, "apps/v1beta1" | "apps/v1beta2" | "extensions/v1beta1");
        Self::find("apps", kind).filter(|_| is_former).map(|kind| kind.api_version)
    }

    /// The kind of this group (empty for the core group) and name.
    #[must_use]
    pub fn find(group: &str, name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name && kind.group() == group)
    }

    /// The kind of an object, in any version.
    #[must_use]
    pub fn of(object: &ObjectRef) -> Option<&'static Self> {
        Self::find(object.group(), &object.kind)
    }

    /// The kind of workload that somebody means by `sts`, `statefulsets.apps` or `STATEFULSET`.
    #[must_use]
    pub fn named(text: &str) -> Option<&'static Self> {
        let text = text.to_ascii_lowercase();
        let word = text.strip_suffix(".apps").unwrap_or(&text);
        let is_called =
            |kind: &&Self| word == kind.short || word == kind.plural || word == kind.name.to_ascii_lowercase();
        Self::workloads().find(is_called)
    }

    /// Its group: empty for the core group.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it is of this group, in any version.
    #[must_use]
    pub fn is_of(&self, api_version: &str) -> bool {
        match api_version.split_once('/') {
            Some((group, _)) => group == self.group(),
            None => api_version == self.api_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kubernetes::snapshot::Snapshot;
    use crate::workload::Workload;

    #[test]
    fn kinds_are_known_by_every_name_that_kubectl_takes() {
        for text in ["sts", "STS", "statefulset", "StatefulSets", "statefulsets.apps", "sts.apps"] {
            assert_eq!(Kind::named(text).map(|kind| kind.name), Some("StatefulSet"), "{text}");
        }
        assert_eq!(Kind::named("po").map(|kind| kind.api_version), Some("v1"));
        assert_eq!(Kind::named("CronJob"), None);
        assert_eq!(Kind::named("cm"), None, "it is no workload");
    }

    #[test]
    fn workloads_are_the_kinds_that_are_read() {
        for kind in Kind::all() {
            let spec = json!({"containers": [{"name": "redis", "image": "redis:7.4"}]});
            let spec = if kind.name == "Pod" { spec } else { json!({"template": {"spec": spec}}) };
            let object = json!({
                "apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "a"}, "spec": spec,
            });
            let is_read = |object: &Value| Workload::read(object, &Snapshot::new()).is_some();
            assert_eq!(is_read(&object), kind.template.is_some(), "{kind:?}");
            let mut child = object;
            child["metadata"]["ownerReferences"] = json!([{"kind": "Deployment", "name": "a", "controller": true}]);
            assert_eq!(is_read(&child), kind.role == KindRole::Workload, "a controller's {kind:?}");
        }
    }

    #[test]
    fn what_is_no_longer_served_has_a_successor() {
        for version in ["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"] {
            assert_eq!(Kind::successor(version, "Deployment"), Some("apps/v1"));
            assert_eq!(Kind::successor(version, "Ingress"), None);
        }
        assert_eq!(Kind::successor("apps/v1", "Deployment"), None);
    }

    #[test]
    fn a_group_without_its_version_is_none() {
        let [set, pod] = ["sts", "po"].map(|name| Kind::named(name).unwrap());
        assert!(set.is_of("apps/v1") && set.is_of("apps/v1beta2") && pod.is_of("v1"));
        assert!(!set.is_of("apps") && !set.is_of("v1") && !pod.is_of("apps/v1") && !pod.is_of("v2"));
    }

    /// The documents of a manifest that `deploy/` ships.
    fn documents(manifest: &str) -> Vec<serde_json::Value> {
        serde_saphyr::from_multiple(manifest).unwrap()
    }

    /// The texts of a list.
    fn words(list: &serde_json::Value) -> Vec<&str> {
        list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
    }

    #[test]
    fn every_registered_resource_is_in_the_table() {
        for document in documents(include_str!("../../deploy/manifests/webhooks.yaml")) {
            let hooks = document["webhooks"].as_array().unwrap();
            for rule in hooks.iter().flat_map(|hook| hook["rules"].as_array().unwrap()) {
                for resource in words(&rule["resources"]) {
                    let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                    let group = rule["apiGroups"][0].as_str().unwrap();
                    let kind = KINDS.iter().find(|kind| kind.group() == group && kind.plural == plural);
                    let kind = kind.unwrap_or_else(|| panic!("{resource} is not in the table"));
                    assert!(subresource != "scale" || kind.scales, "{resource}");
                    let version = kind.api_version.rsplit('/').next().unwrap();
                    assert!(words(&rule["apiVersions"]).iter().any(|it| [version, "*"].contains(it)), "{resource}");
                }
            }
        }
    }
}
