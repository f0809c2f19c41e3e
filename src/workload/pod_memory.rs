//! The memory of a whole Pod, `spec.resources`, which Kubernetes has by default since 1.34: its containers share it, and the
//! scheduler plans with it instead of with what they ask for together.
//!
//! Source: Kubernetes, "Assign Pod-level CPU and memory resources"; `PodRequests` and the defaults of Pods in 1.36.

use serde_json::Value;

use super::model::{Container, Workload};
use super::resources::{PodLimit, PodMemory, read_memory, read_pod_memory};
use crate::kubernetes::{Pointer, text};

/// Tells each container what of the Pod's limit the others take.
pub(crate) fn share_pod_limit(containers: &mut [Container], pod: &PodMemory) {
    let Some(limit) = &pod.limit else { return };
    let declared: Vec<Option<u64>> = containers.iter().map(|container| container.memory.own_limit()).collect();
    for (index, container) in containers.iter_mut().enumerate() {
        let mut others = declared.iter().enumerate().filter(|(other, _)| *other != index);
        let others = others.try_fold(0_u64, |sum, (_, limit)| Some(sum.saturating_add((*limit)?)));
        container.memory.pod_limit = Some(PodLimit { amount: limit.clone(), others });
    }
}

/// The memory limit in bytes that holds for a container of an object, as `Memory::limit_bytes` tells it of the model, with
/// nothing looked up.
#[must_use]
pub fn declared_limit(object: &Value, template: &Pointer, container: &str) -> Option<u64> {
    let spec = template.join("spec");
    let mut memory = None;
    let mut others = Some(0_u64);
    for field in ["containers", "initContainers"] {
        let list = spec.key(field);
        let declared = list.find(object).and_then(Value::as_array);
        for (index, value) in declared.into_iter().flatten().enumerate() {
            if field == "initContainers" && text(value, "/restartPolicy") != "Always" {
                continue;
            }
            let read = read_memory(value, &list.key(index));
            if text(value, "/name") == container {
                memory = Some(read);
            } else {
                others = others.zip(read.own_limit()).map(|(sum, limit)| sum.saturating_add(limit));
            }
        }
    }
    let mut memory = memory?;
    let pod = read_pod_memory(object, template);
    memory.pod_limit = pod.limit.map(|amount| PodLimit { amount, others });
    memory.limit_bytes()
}

impl Workload {
    /// What the scheduler plans for a Pod that has memory of its own, in bytes: its request; without one what its
    /// containers ask for together, and where none of them asks its limit. Nothing for any other Pod.
    #[must_use]
    pub fn pod_request_bytes(&self) -> Option<u64> {
        let PodMemory { request, limit, .. } = &self.pod_memory;
        if let Some(request) = request {
            return Some(request.bytes);
        }
        let asked = self.containers.iter().map(|container| {
            let request = container.memory.request.as_ref().map(|request| request.bytes);
            request.or_else(|| container.memory.own_limit()).unwrap_or(0)
        });
        let limit = limit.as_ref()?.bytes;
        let asked = asked.fold(0, u64::saturating_add);
        Some(if asked > 0 { asked } else { limit })
    }

    /// The most that a Pod which has memory of its own can use, in bytes: its limit; without one the limits of its
    /// containers together. Nothing for any other Pod, and where a container has no limit.
    #[must_use]
    pub fn pod_limit_bytes(&self) -> Option<u64> {
        if let Some(limit) = &self.pod_memory.limit {
            return Some(limit.bytes);
        }
        self.pod_memory.request.as_ref()?;
        let mut limits = self.containers.iter().map(|container| container.memory.own_limit());
        limits.try_fold(0_u64, |sum, limit| Some(sum.saturating_add(limit?)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kubernetes::Snapshot;

    const MIB: u64 = 1 << 20;

    /// A Pod with memory of its own and two containers, the server first.
    fn object(resources: &str, server: &str, exporter: &str) -> Value {
        let [resources, server, exporter] = [resources, server, exporter].map(|text| {
            let resources: Value = serde_saphyr::from_str(text).unwrap();
            resources
        });
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
            "resources": resources,
            "containers": [
                {"name": "redis", "image": "redis:8.2", "resources": server},
                {"name": "exporter", "image": "oliver006/redis_exporter:v1.67.0", "resources": exporter},
            ],
        }})
    }

    fn read(object: &Value) -> Workload {
        Workload::read(object, &Snapshot::new()).unwrap()
    }

    #[test]
    fn what_the_other_containers_may_take_comes_off_the_pods_limit() {
        for (server, exporter, limit, most) in [
            ("{}", "{limits: {memory: 128Mi}}", Some(1920), 1920),
            ("{}", "{requests: {memory: 128Mi}}", None, 2048),
            ("{limits: {memory: 1Gi}}", "{}", Some(1024), 1024),
            ("{limits: {memory: 3Gi}}", "{}", Some(2048), 2048),
        ] {
            let object = object("{limits: {memory: 2Gi}}", server, exporter);
            let memory = read(&object).containers.remove(0).memory;
            assert_eq!(memory.limit_bytes(), limit.map(|limit| limit * MIB), "{server} {exporter}");
            assert_eq!(memory.most_bytes(), Some(most * MIB), "{server} {exporter}");
            assert_eq!(declared_limit(&object, &Pointer::root(), "redis"), memory.limit_bytes());
        }
    }

    #[test]
    fn the_scheduler_plans_with_what_the_pod_asks_for() {
        for (resources, server, exporter, request, limit) in [
            ("{}", "{requests: {memory: 1Gi}}", "{}", None, None),
            ("{requests: {memory: 1Gi}}", "{limits: {memory: 2Gi}}", "{}", Some(1024), None),
            ("{requests: {memory: 1Gi}}", "{limits: {memory: 2Gi}}", "{limits: {memory: 1Gi}}", Some(1024), Some(3072)),
            ("{limits: {memory: 2Gi}}", "{}", "{}", Some(2048), Some(2048)),
            ("{limits: {memory: 2Gi}}", "{requests: {memory: 1Gi}}", "{limits: {memory: 1Mi}}", Some(1025), Some(2048)),
        ] {
            let workload = read(&object(resources, server, exporter));
            let found = (workload.pod_request_bytes(), workload.pod_limit_bytes());
            let mib = |amount: Option<u64>| amount.map(|amount| amount * MIB);
            assert_eq!(found, (mib(request), mib(limit)), "{resources} {server} {exporter}");
        }
    }
}
