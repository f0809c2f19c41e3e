//! The Pods of an object, and what the API server counts of them against a quota: `PodRequests` and `PodUsageFunc` of
//! Kubernetes 1.34, with the amounts that its LimitRanges and defaults give before quotas are asked.

use serde_json::Value;

use crate::kubernetes::{ObjectRef, Quantity};
use crate::manifests::ManifestSet;

/// The Pods that a controller makes, all alike, or a bare one.
#[derive(Debug)]
pub(crate) struct Pods<'a> {
    spec: Option<&'a Value>,
    /// How many; of a DaemonSet that no cluster has scheduled yet, one.
    pub(crate) number: u64,
    /// Whether each node gets one, and nobody knows how many nodes there are.
    pub(crate) each_node: bool,
    defaults: Defaults,
    class: Class<'a>,
}

/// The `PriorityClass` of Pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class<'a> {
    Named(&'a str),
    /// A Pod of a cluster, which has none.
    None,
    /// None is written, and none among the manifests is the default; of a cluster's default nothing is known.
    Unwritten,
}

/// What the LimitRanges of a namespace give containers that say nothing themselves.
#[derive(Debug, Clone, Copy, Default)]
struct Defaults {
    /// The memory request in bytes.
    memory: Option<u64>,
    /// Whether they give anything that ends `BestEffort`.
    any: bool,
}

impl<'a> Pods<'a> {
    pub(crate) fn read(object: &'a Value, manifests: &'a ManifestSet) -> Self {
        let name = ObjectRef::of(object);
        let spec = object.pointer("/spec/template/spec").or_else(|| object.get("spec"));
        let scheduled = object.pointer("/status/desiredNumberScheduled").and_then(Value::as_u64);
        let (number, each_node) = match name.kind.as_str() {
            "DaemonSet" => (scheduled.unwrap_or(1), scheduled.is_none()),
            "Pod" if has_ended(object) => (0, false),
            "Pod" => (1, false),
            _ => (object.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1), false),
        };
        let written = spec.and_then(|spec| text(spec, "/priorityClassName")).filter(|class| !class.is_empty());
        // Admission writes the default class into a Pod, so that of a stored one is final.
        let is_stored = name.kind == "Pod" && object.pointer("/metadata/uid").is_some();
        let class = match written.or_else(|| default_class(manifests).filter(|_| !is_stored)) {
            Some(class) => Class::Named(class),
            None if is_stored => Class::None,
            None => Class::Unwritten,
        };
        Self { spec, number, each_node, defaults: Defaults::read(&name.namespace, manifests), class }
    }

    pub(crate) fn class(&self) -> Class<'a> {
        self.class
    }

    /// What one Pod asks for, in bytes: what its containers and sidecars ask for together, or an init container with the
    /// sidecars started before it where that is more; else what the Pod itself asks for; and its overhead.
    pub(crate) fn request(&self) -> u64 {
        let (mut sidecars, mut starting) = (0_u64, 0);
        for container in self.containers("initContainers") {
            let request = self.request_of(container);
            if text(container, "/restartPolicy") == Some("Always") {
                sidecars = sidecars.saturating_add(request);
                starting = starting.max(sidecars);
            } else {
                starting = starting.max(sidecars.saturating_add(request));
            }
        }
        let running = self.containers("containers").map(|container| self.request_of(container));
        let containers = running.fold(sidecars, u64::saturating_add).max(starting);
        let pod = match (self.spec.and_then(memory_request), self.spec.and_then(memory_limit)) {
            (Some(request), _) => request,
            (None, Some(limit)) if containers == 0 => limit,
            _ => containers,
        };
        let overhead = self.spec.and_then(|spec| bytes(spec.pointer("/overhead/memory")?));
        pod.saturating_add(overhead.unwrap_or(0))
    }

    /// Whether its class of quality of service is `BestEffort`: no memory and no CPU is asked for or limited anywhere.
    pub(crate) fn is_best_effort(&self) -> bool {
        let all = self.containers("containers").chain(self.containers("initContainers"));
        let containers: Vec<&Value> = all.collect();
        let has_defaults = self.defaults.any && !containers.is_empty();
        let has_amounts =
            self.spec.is_some_and(names_amounts) || containers.iter().any(|container| names_amounts(container));
        !has_defaults && !has_amounts
    }

    /// Whether it has a deadline.
    pub(crate) fn is_terminating(&self) -> bool {
        let deadline = self.spec.and_then(|spec| spec.get("activeDeadlineSeconds")).and_then(Value::as_i64);
        deadline.is_some_and(|seconds| seconds >= 0)
    }

    /// Whether a term of its affinity or anti-affinity to Pods names other namespaces.
    pub(crate) fn crosses_namespaces(&self) -> bool {
        let Some(affinity) = self.spec.and_then(|spec| spec.get("affinity")) else { return false };
        ["podAffinity", "podAntiAffinity"].iter().filter_map(|kind| affinity.get(kind)).any(|terms| {
            let required = list(terms, "requiredDuringSchedulingIgnoredDuringExecution");
            let preferred = list(terms, "preferredDuringSchedulingIgnoredDuringExecution");
            required.chain(preferred.filter_map(|term| term.get("podAffinityTerm"))).any(names_namespaces)
        })
    }

    fn containers(&self, key: &'a str) -> impl Iterator<Item = &'a Value> {
        self.spec.into_iter().flat_map(move |spec| list(spec, key))
    }

    /// The request; where none is written, the API server takes the limit, and then what a LimitRange gives.
    fn request_of(&self, container: &Value) -> u64 {
        memory_request(container).or_else(|| memory_limit(container)).or(self.defaults.memory).unwrap_or(0)
    }
}

impl Defaults {
    /// Of several LimitRanges, the first that says something. As the API server has it, a default request is the default
    /// limit where unset, that the largest limit, and without all of these the smallest amount.
    fn read(namespace: &str, manifests: &ManifestSet) -> Self {
        let here = manifests.of_kind("LimitRange").filter(|range| ObjectRef::of(range).namespace == namespace);
        let limits = here.filter_map(|range| range.get("spec")).flat_map(|spec| list(spec, "limits"));
        let mut defaults = Self::default();
        for limit in limits.filter(|limit| text(limit, "/type") == Some("Container")) {
            let (memory, cpu) = (default_request(limit, "memory"), default_request(limit, "cpu"));
            defaults.memory = defaults.memory.or_else(|| bytes(memory?));
            defaults.any |= memory.is_some() || cpu.is_some();
        }
        defaults
    }
}

/// The request that a limit of a LimitRange gives where none is written.
fn default_request<'a>(limit: &'a Value, resource: &str) -> Option<&'a Value> {
    let kinds = ["defaultRequest", "default", "max", "min"];
    kinds.iter().find_map(|kind| limit.pointer(&format!("/{kind}/{resource}")))
}

/// The memory that a container or a Pod asks for, in bytes.
fn memory_request(requester: &Value) -> Option<u64> {
    bytes(requester.pointer("/resources/requests/memory")?)
}

/// The memory that a container or a Pod is limited to, in bytes.
fn memory_limit(requester: &Value) -> Option<u64> {
    bytes(requester.pointer("/resources/limits/memory")?)
}

/// Whether a container or a Pod asks for memory or CPU, or limits it.
fn names_amounts(requester: &Value) -> bool {
    ["requests/memory", "requests/cpu", "limits/memory", "limits/cpu"].iter().any(|at| {
        let amount = requester.pointer(&format!("/resources/{at}")).and_then(quantity);
        amount.is_some_and(|amount| amount > Quantity::of_bytes(0))
    })
}

/// Whether a term of an affinity names other namespaces.
fn names_namespaces(term: &Value) -> bool {
    let names = term.get("namespaces").and_then(Value::as_array);
    names.is_some_and(|names| !names.is_empty())
        || term.get("namespaceSelector").is_some_and(|selector| !selector.is_null())
}

/// The `PriorityClass` among the manifests that Pods get which name none.
fn default_class(manifests: &ManifestSet) -> Option<&str> {
    let mut classes = manifests.of_kind("PriorityClass");
    text(classes.find(|class| class.get("globalDefault") == Some(&Value::Bool(true)))?, "/metadata/name")
}

/// A Pod that is over counts against no quota.
fn has_ended(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), Some("Succeeded" | "Failed"))
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, at: &str) -> Option<&'a str> {
    value.pointer(at)?.as_str()
}

fn quantity(amount: &Value) -> Option<Quantity> {
    match amount {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}

/// An amount in bytes; nothing where it is none, or a negative one.
pub(crate) fn bytes(amount: &Value) -> Option<u64> {
    quantity(amount)?.bytes()
}
