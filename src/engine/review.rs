//! One request with all that it touches, each read once: what has to be looked up, and the verdict.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::caps::is_being_deleted;
use super::lifecycle::{existence_lookups, lifecycle};
use super::needs::{self, Needs};
use super::related::{self, RelatedWorkload};
use super::request_kind::RequestKind;
use super::verdict::{Hook, Request};
use crate::kubernetes::{Inventory, Lookup, ObjectRef, Seen, json};
use crate::patch::ownership::{self, Update};
use crate::policy::{Policies, Target};
use crate::rules::Lifecycle;
use crate::workload::{Reading, Workload};

/// One request with all that it touches, as far as an inventory holds it.
pub struct Review<'a> {
    pub(crate) hook: Hook,
    pub(crate) request: &'a Request,
    pub(crate) inventory: &'a dyn Inventory,
    pub(crate) kind: RequestKind,
    /// The model of the object under review; nothing where it is no Redis workload.
    pub(crate) new: Option<Workload>,
    /// The model of the stored object. A patch depends on that object, but not on what it means: only a validation reads it.
    pub(crate) old: Option<Workload>,
    /// The workloads that a ConfigMap, Service or claim belongs to.
    pub(crate) related: Vec<RelatedWorkload>,
    /// The controllers of a Pod, the nearest first.
    pub(crate) owners: Vec<ObjectRef>,
    /// Whether a data set may be running behind the object under review.
    pub(crate) lifecycle: Lifecycle,
    /// For a mutation, what an update does to values of ours.
    pub(crate) update: Option<Update>,
    /// What has to be seen to know whether the objects are Redis workloads.
    undecided: Vec<Lookup>,
    /// Whether nothing that could be seen changes the verdict: it passes.
    pub(crate) passes: bool,
}

/// What is known of a request from an earlier reading, and does not change by what is looked up.
pub(crate) struct Earlier<'a> {
    /// The workloads that say the name of a ConfigMap, Service or claim.
    pub(crate) candidates: Option<&'a [Arc<Value>]>,
    /// For a mutation, what an update does to values of ours.
    pub(crate) update: Option<Update>,
}

impl<'a> Review<'a> {
    /// Reads all that the request touches, as far as the inventory holds it.
    #[must_use]
    pub fn read(hook: Hook, request: &'a Request, inventory: &'a dyn Inventory) -> Self {
        let kind = RequestKind::of(request);
        let candidates =
            if kind.is_judged_by_workloads() { related::candidates(kind, request, inventory) } else { None };
        Self::read_after(hook, request, inventory, Earlier { candidates: candidates.as_deref(), update: None })
    }

    /// Reads a request of which this is known from an earlier reading.
    pub(crate) fn read_after(
        hook: Hook,
        request: &'a Request,
        inventory: &'a dyn Inventory,
        earlier: Earlier<'_>,
    ) -> Self {
        let mut review = Self::before_reading(hook, request, inventory, earlier.update);
        if review.passes {
            return review;
        }
        if review.kind.is_workload() {
            review.new = review.read_workload(&request.object);
            if hook == Hook::Validate {
                review.old = review.read_old();
            }
        } else if let Some(candidates) = earlier.candidates {
            review.related = related::related(review.kind, request, inventory, candidates);
        }
        if review.kind == RequestKind::Child {
            review.owners = related::owners(request, inventory);
        }
        review
    }

    /// A request with the model of its object, which was read from this inventory.
    pub(crate) fn with_model(hook: Hook, request: &'a Request, inventory: &'a dyn Inventory, model: Workload) -> Self {
        Self { new: Some(model), ..Self::before_reading(hook, request, inventory, None) }
    }

    /// Before any model was read.
    fn before_reading(hook: Hook, request: &'a Request, inventory: &'a dyn Inventory, update: Option<Update>) -> Self {
        let kind = RequestKind::of(request);
        let update = match (update, &request.old) {
            (None, Some(old)) if hook == Hook::Mutate && kind == RequestKind::Workload => {
                Some(ownership::update(old, &request.object))
            }
            (known, _) => known,
        };
        // Most updates leave the Pod template alone, and all that is ours where it is.
        let is_kept = matches!(&update, Some(Update::Unchanged(kept)) if json::equal(kept, &request.object));
        Self {
            hook,
            request,
            inventory,
            kind,
            new: None,
            old: None,
            related: Vec::new(),
            owners: Vec::new(),
            lifecycle: lifecycle(request, inventory),
            update,
            undecided: Vec::new(),
            passes: is_kept || is_being_deleted(request),
        }
    }

    fn read_workload(&mut self, object: &Value) -> Option<Workload> {
        match Reading::of_object(object, self.inventory) {
            Reading::Workload(workload) => Some(*workload),
            Reading::NotRedis => None,
            Reading::Undecided(needed) => {
                self.undecided.extend(needed);
                None
            }
        }
    }

    /// The model of the stored object. Most updates change little: then it need not be read.
    fn read_old(&mut self) -> Option<Workload> {
        let old = self.request.old.as_deref()?;
        let renewed = self.new.as_ref().and_then(|new| new.renewed(&self.request.object, old));
        renewed.or_else(|| self.read_workload(old))
    }

    /// What has to be looked up before this can be decided, all at once: nothing on which the verdict of this hook under
    /// these policies does not depend. What that tells may ask for more.
    #[must_use]
    pub fn missing(&self, policies: &Policies) -> Vec<Lookup> {
        let is_idle = self.hook == Hook::Mutate && !needs::may_be_patched(self.kind, self.request, policies);
        if self.passes || is_idle {
            return Vec::new();
        }
        let mut wanted: BTreeSet<Lookup> = self.undecided.iter().cloned().collect();
        if self.kind.is_workload() {
            self.workload_lookups(policies, &mut wanted);
        } else if self.kind.is_judged_by_workloads() {
            self.neighbour_lookups(policies, &mut wanted);
        }
        wanted.remove(&Lookup::Object(ObjectRef::of(&self.request.object)));
        wanted.retain(|lookup| matches!(self.inventory.look(lookup), Seen::Unknown(_)));
        wanted.into_iter().collect()
    }

    fn workload_lookups(&self, policies: &Policies, wanted: &mut BTreeSet<Lookup>) {
        let Some(new) = &self.new else { return };
        let policy = policies.of(&Target::workload(new, &self.request.object));
        let needs = Needs::of_hook(self.hook, policies, policy, self.request);
        for model in [Some(new), self.old.as_ref()].into_iter().flatten() {
            wanted.extend(model.references.iter().filter(|lookup| needs.include(lookup)).cloned());
        }
        if needs.lifecycle && self.kind == RequestKind::Workload {
            wanted.extend(existence_lookups(self.request));
        }
        if self.hook == Hook::Mutate {
            wanted.extend(self.owners.iter().cloned().map(Lookup::Object));
        }
    }

    fn neighbour_lookups(&self, policies: &Policies, wanted: &mut BTreeSet<Lookup>) {
        wanted.extend(related::workload_lookups(&self.request.target.namespace));
        for RelatedWorkload { workload, object } in &self.related {
            let policy = policies.of(&Target::workload(workload, object));
            let needs = Needs::of_hook(self.hook, policies, policy, self.request);
            wanted.extend(workload.references.iter().filter(|lookup| needs.include(lookup)).cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::verdict::Operation;
    use crate::kubernetes::Snapshot;

    fn set() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a", "namespace": "shop"},
            "spec": {"replicas": 3, "serviceName": "other", "selector": {"matchLabels": {"app": "a"}}, "template": {"spec": {
                "containers": [{
                    "name": "redis", "image": "redis:7", "args": ["/conf/redis.conf"],
                    "volumeMounts": [{"name": "conf", "mountPath": "/conf"}, {"name": "data", "mountPath": "/data"}],
                    "resources": {"limits": {"memory": "1Gi"}},
                }],
                "volumes": [{"name": "conf", "configMap": {"name": "ours"}}],
            }}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
        })
    }

    fn request(object: &Value, old: Option<&Value>) -> Request {
        Request {
            operation: if old.is_some() { Operation::Update } else { Operation::Create },
            subresource: None,
            target: ObjectRef::of(object),
            object: Arc::new(object.clone()),
            old: old.map(|old| Arc::new(old.clone())),
            user: String::new(),
        }
    }

    #[test]
    fn the_stored_object_is_understood_as_if_it_were_read() {
        let new = set();
        let mut other = new.clone();
        other["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"memory": "2Gi"}});
        other["metadata"]["resourceVersion"] = json!("7");
        let mut more = other.clone();
        more["spec"]["replicas"] = json!(3);
        for old in [new.clone(), other, more] {
            let request = request(&new, Some(&old));
            let read = Workload::read(&old, &Snapshot::new()).unwrap().to_json();
            let review = Review::read(Hook::Validate, &request, &Snapshot::new()).old;
            assert_eq!(review.map(|model| model.to_json()), Some(read));
            assert!(Review::read(Hook::Mutate, &request, &Snapshot::new()).old.is_none());
        }
    }

    /// The kinds of what is looked up for a new set, sorted.
    fn asked(hook: Hook, policy: &str, object: &Value, old: Option<&Value>) -> Vec<String> {
        let spec =
            format!("apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: mine}}\nspec: {policy}\n");
        let policies = Policies::parse(&[("mine.yaml".to_owned(), spec)]).unwrap();
        let request = request(object, old);
        let mut asked: Vec<String> = Review::read(hook, &request, &Snapshot::new())
            .missing(&policies)
            .iter()
            .map(|lookup| lookup.kind().unwrap().name.to_owned())
            .collect();
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    #[test]
    fn nothing_is_looked_up_of_which_no_answer_depends() {
        let quiet = "{rules: {memory-limit-missing: off, memory-request-missing: off, maxmemory-missing: off, \
                     maxmemory-above-ratio: off, maxmemory-fixed-while-limit-changes: off}}";
        let all = ["ConfigMap", "PersistentVolumeClaim", "Pod", "Service"];
        let new = set();
        let mut changed = set();
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = json!("redis:8");
        assert_eq!(asked(Hook::Mutate, "{}", &new, None), ["ConfigMap", "PersistentVolumeClaim", "Pod"]);
        assert_eq!(asked(Hook::Mutate, quiet, &new, None), ["ConfigMap"], "no fix is safe only on CREATE");
        assert_eq!(asked(Hook::Mutate, "{}", &changed, Some(&new)), ["ConfigMap"]);
        assert_eq!(asked(Hook::Mutate, "{}", &new, Some(&new)), [""; 0], "nothing is put back");
        assert_eq!(asked(Hook::Validate, "{}", &new, None), all);
        assert_eq!(
            asked(Hook::Validate, "{mode: warn}", &new, None),
            ["ConfigMap", "PersistentVolumeClaim", "Service"]
        );
        let only_memory = "{mode: warn, rules: {governing-service-missing: off, governing-service-not-headless: off, \
                           deployment-shares-claim: off, storage-ephemeral: off, dir-off-volume: off, \
                           volume-too-small: off}}";
        assert_eq!(asked(Hook::Validate, only_memory, &new, None), ["ConfigMap"]);
    }

    #[test]
    fn a_neighbour_is_looked_around_only_where_it_may_be_patched_or_judged() {
        let config_map =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}});
        let workloads = ["DaemonSet", "Deployment", "StatefulSet"];
        assert_eq!(asked(Hook::Mutate, "{}", &config_map, None), [""; 0]);
        assert_eq!(asked(Hook::Mutate, "{delivery: configmap}", &config_map, None), workloads);
        assert_eq!(asked(Hook::Validate, "{}", &config_map, None), workloads);
        let mut claim = config_map.clone();
        claim["kind"] = json!("PersistentVolumeClaim");
        assert_eq!(asked(Hook::Mutate, "{}", &claim, None), [""; 0]);
        assert_eq!(asked(Hook::Validate, "{}", &claim, None), workloads);
    }
}
