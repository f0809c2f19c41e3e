//! What the model could not see.

use super::model::{Container, UnknownFact, Workload};
use super::role::Role;
use super::storage::Storage;
use super::topology::Topology;
use crate::kubernetes::Pointer;

/// The facts that could not be seen, by the field names of the model's JSON, each once.
pub(crate) fn unknown_facts(workload: &Workload) -> Vec<UnknownFact> {
    let mut facts = Facts(Vec::new());
    for container in &workload.containers {
        add_container(&mut facts, container);
    }
    let root = Pointer::root();
    add_memory(&mut facts, workload);
    facts.add("replicas", workload.replicas.needs(), &Pointer::new("/spec/replicas"));
    if let Some(sentinels) = &workload.sentinels {
        facts.add("quorum", sentinels.quorum.needs(), &root);
        if sentinels.count.is_none() {
            facts.add("sentinels", Some("how many Pods like this there are"), &root);
        }
    }
    if let Some(governing) = &workload.governing {
        facts.add("governing_service_headless", governing.service.needs(), &Pointer::new("/spec/serviceName"));
    }
    facts.add("disruption_budgets", workload.disruption_budgets.needs(), &root);
    if workload.topology == Topology::Unknown {
        facts.add("topology", Some("the configuration of its servers"), &root);
    }
    facts.0
}

fn add_container(facts: &mut Facts, container: &Container) {
    if container.role == Role::Unknown {
        facts.add("role", Some("to know whether this image runs a Redis server"), &container.at);
    }
    let Some(config) = container.config.as_ref().filter(|_| container.role == Role::Server) else { return };
    facts.add("maxmemory_bytes", config.maxmemory.needs(), &container.at);
    facts.add("maxmemory_policy", config.maxmemory_policy.needs(), &container.at);
    facts.add("persistence", config.persistence.needs(), &container.at);
    facts.add("storage", container.storage.as_ref().and_then(Storage::needs), &container.at);
}

/// What stands where an amount belongs and is none, and a limit of the whole Pod that nobody knows how it is shared.
fn add_memory(facts: &mut Facts, workload: &Workload) {
    let containers = workload.redis_containers().flat_map(|redis| &redis.memory.malformed);
    if let Some(malformed) = containers.chain(&workload.pod_memory.malformed).next() {
        facts.add("memory", Some("an amount of memory that Kubernetes takes"), &malformed.at);
    }
    for redis in workload.redis_containers().filter(|redis| redis.memory.limit_bytes().is_none()) {
        facts.add("memory", redis.memory.default_unseen.as_deref(), &redis.at);
        let needs = redis.memory.pod_limit.as_ref().map(|_| "the memory limits of the containers that share the Pod's");
        facts.add("memory", needs, &redis.at);
    }
}

struct Facts(Vec<UnknownFact>);

impl Facts {
    /// Adds a fact that needs something, if it is not there yet.
    fn add(&mut self, fact: &'static str, needs: Option<&str>, at: &Pointer) {
        let Some(needs) = needs else { return };
        if !self.0.iter().any(|known| known.fact == fact) {
            self.0.push(UnknownFact { fact, needs: needs.to_owned(), at: at.clone() });
        }
    }
}
