//! Whom a policy exempts: a request of such a user passes as if nobody had been asked.

use super::related::RelatedWorkload;
use super::review::Review;
use crate::policy::{Policies, Policy, Target};

/// Whether the policy that holds for the workload of a request, or for all workloads around a ConfigMap, Service or claim,
/// exempts the user.
pub(crate) fn is_exempt(policies: &Policies, review: &Review) -> bool {
    let request = review.request;
    let exempts = |policy: &Policy| policy.exempts(&request.user);
    if !policies.any(exempts) {
        return false;
    }
    if !review.kind.is_judged_by_workloads() {
        let target = review.new.as_ref().map(|workload| Target::workload(workload, &request.object));
        return target.is_some_and(|target| exempts(policies.of(&target)));
    }
    if review.related.is_empty() {
        return exempts(policies.of(&Target::namespace(&request.target.namespace)));
    }
    let mut related = review.related.iter();
    related.all(|RelatedWorkload { workload, object }| exempts(policies.of(&Target::workload(workload, object))))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use crate::engine::decide;
    use crate::engine::verdict::{Hook, Operation, Request, Verdict};
    use crate::kubernetes::{ObjectRef, Seen, Snapshot};
    use crate::policy::Policies;

    const POLICY: &str = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: mine}\nspec:\n  extends: production\n  \
                          match: {selector: {matchLabels: {app: ledger}}}\n  exemptUsers: ['system:serviceaccount:platform:*']";
    const EXEMPT: &str = "system:serviceaccount:platform:flux";

    fn set(name: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"replicas": 1, "serviceName": name, "template": {"spec": {
                "containers": [{
                    "name": "redis", "image": "redis:7.4", "args": ["/conf/redis.conf", "--maxmemory", "1gb"],
                    "resources": {"requests": {"memory": "64Mi"}, "limits": {"memory": "1Gi"}},
                    "volumeMounts": [{"name": "conf", "mountPath": "/conf"}],
                }],
                "volumes": [{"name": "conf", "configMap": {"name": "conf"}}],
            }}},
        })
    }

    fn config_map() -> Value {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "shop"},
            "data": {"redis.conf": "maxmemory 512Mi"},
        })
    }

    /// The verdicts of both hooks on a CREATE, with these workloads in the namespace.
    fn both(object: &Value, user: &str, around: &[Value]) -> [Verdict; 2] {
        let policies = Policies::parse(&[("mine.yaml".to_owned(), POLICY.to_owned())]).unwrap();
        let mut snapshot = Snapshot::complete([]);
        let around = around.iter().map(|object| Arc::new(object.clone())).collect();
        snapshot.insert_workloads("shop", &Seen::Found(around));
        let request = Request {
            operation: Operation::Create,
            subresource: None,
            target: ObjectRef::of(object),
            object: Arc::new(object.clone()),
            old: None,
            user: user.to_owned(),
        };
        [Hook::Mutate, Hook::Validate].map(|hook| decide(&policies, hook, &request, &snapshot))
    }

    fn is_silent(verdicts: &[Verdict; 2]) -> bool {
        verdicts
            .iter()
            .all(|verdict| verdict.patch.is_empty() && verdict.denial.is_none() && verdict.warnings.is_empty())
    }

    #[test]
    fn an_exempt_user_is_neither_patched_nor_denied_nor_warned() {
        let [mutated, validated] = both(&set("ledger"), "jane", &[]);
        assert!(!mutated.patch.is_empty() && validated.denial.is_some());
        assert!(is_silent(&both(&set("ledger"), EXEMPT, &[])));
    }

    #[test]
    fn only_the_policy_that_matches_the_workload_exempts() {
        let [mutated, validated] = both(&set("cart"), EXEMPT, &[]);
        assert!(!mutated.patch.is_empty() && !validated.warnings.is_empty());
    }

    #[test]
    fn what_is_around_a_config_map_decides_of_it() {
        assert!(both(&config_map(), "jane", &[set("ledger")])[1].denial.is_some());
        assert!(is_silent(&both(&config_map(), EXEMPT, &[set("ledger")])));
        assert!(both(&config_map(), EXEMPT, &[set("ledger"), set("cart")])[1].denial.is_some(), "not of all");
    }
}
