//! What the rules that are active at a hook need looked up. Nothing is asked of which no answer depends.

use super::request_kind::RequestKind;
use super::verdict::{Hook, Operation, Request};
use crate::kubernetes::{Kind, KindRole, Lookup, has_controller};
use crate::patch::{self, ownership};
use crate::policy::{Action, Mode, Policies, Policy, Replaces, custom_rules};
use crate::rules::{Door, FixSafety, RuleInfo};

/// What the active rules of a policy need beyond a workload and its configuration.
pub(crate) struct Needs {
    /// The names of kinds.
    kinds: Vec<&'static str>,
    /// Custom rules may read all that the model shows.
    custom_rules: bool,
    /// Whether it matters that a data set may be running.
    pub(crate) lifecycle: bool,
}

impl Needs {
    /// What a hook needs under a policy for a workload, or for one that the object under review belongs to.
    pub(crate) fn of_hook(hook: Hook, policies: &Policies, policy: &Policy, request: &Request) -> Self {
        match hook {
            Hook::Mutate => Self::of_fixes(policy, request),
            Hook::Validate => Self::of_findings(policy, policies.mode(policy)),
        }
    }

    /// For a mutation: what the fixes need that may be applied.
    fn of_fixes(policy: &Policy, request: &Request) -> Self {
        let mut needs = Self { kinds: Vec::new(), custom_rules: false, lifecycle: false };
        for setting in policy.active_at(Door::Admission) {
            if !setting.may_respond(|response| response.action == Action::Mutate) {
                continue;
            }
            needs.lifecycle |= depends_on_lifecycle(setting.info);
            if setting.info.fixes_kind.is_none() {
                needs.kinds.extend(setting.info.needs);
            }
        }
        // What a mark says is ours counts only on a workload that is new.
        needs.lifecycle |= !ownership::still_owned(&request.object).entries.is_empty();
        needs
    }

    /// For a validation: what the findings need. Whether data may be running matters to denials alone.
    fn of_findings(policy: &Policy, mode: Mode) -> Self {
        let mut needs = Self { kinds: Vec::new(), custom_rules: false, lifecycle: false };
        for setting in policy.active_at(Door::Admission) {
            if setting.may_respond(|response| response.action != Action::Off) {
                needs.kinds.extend(setting.info.needs);
            }
            needs.lifecycle |= setting.may_respond(|response| match response.action {
                Action::Mutate => response.otherwise == Action::Deny,
                action => action == Action::Deny,
            });
        }
        needs.custom_rules = policy.custom.iter().any(|rule| rule.action() != Action::Off);
        needs.lifecycle |= policy.custom.iter().any(|rule| rule.action() == Action::Deny);
        needs.lifecycle |= policy.replaces == Replaces::Deny;
        needs.lifecycle &= mode.cap() == Action::Deny;
        needs
    }

    /// Whether a look-up that the model names is needed: the configuration always is, since it says what runs.
    pub(crate) fn include(&self, lookup: &Lookup) -> bool {
        lookup.kind().is_none_or(|kind| self.include_kind(kind))
    }

    /// Whether something that could not be seen matters. Where that is an object, what it takes to see it begins with its
    /// kind.
    pub(crate) fn include_unseen(&self, takes: &str) -> bool {
        let word = takes.split(' ').next().unwrap_or_default();
        let mut kinds = Kind::all().iter().filter(|kind| kind.name == word);
        kinds.all(|kind| self.include_kind(kind))
    }

    fn include_kind(&self, kind: &Kind) -> bool {
        let is_asked = self.custom_rules && custom_rules::can_read(kind);
        is_asked || kind.role == KindRole::Configuration || self.kinds.contains(&kind.name)
    }
}

/// Whether a mutation may change the object under review at all: else nothing is looked up for it.
pub(crate) fn may_be_patched(kind: RequestKind, request: &Request, policies: &Policies) -> bool {
    match kind {
        // The template of a Pod that exists can't be changed.
        RequestKind::Workload if request.target.kind == "Pod" => request.operation == Operation::Create,
        RequestKind::Workload => !has_controller(&request.object),
        RequestKind::Child => request.operation == Operation::Create,
        RequestKind::ConfigMap => may_get_line(request, policies),
        RequestKind::Service => request.operation == Operation::Create && policies.any(fixes_other_objects),
        RequestKind::Claim | RequestKind::Resize | RequestKind::Scale | RequestKind::Other => false,
    }
}

/// Whether a ConfigMap may get or lose a line of ours.
fn may_get_line(request: &Request, policies: &Policies) -> bool {
    let is_created = request.operation == Operation::Create;
    let stored = request.old.as_deref().unwrap_or(&request.object);
    !patch::lines(stored).is_empty() || (is_created && policies.any(|policy| policy.adds_to_config_map("maxmemory")))
}

/// Whether a policy fixes another object than the workload on which a rule found something, such as its Service.
fn fixes_other_objects(policy: &Policy) -> bool {
    let mut fixing = policy.active_at(Door::Admission).filter(|setting| setting.info.fixes_kind.is_some());
    fixing.any(|setting| setting.may_respond(|response| response.action == Action::Mutate))
}

/// Whether a rule's fix is Safe only on CREATE, or where the value is ours.
fn depends_on_lifecycle(info: &RuleInfo) -> bool {
    info.fix == FixSafety::SafeOnCreate && info.fixes_kind.is_none()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules;

    /// Whether admission lists a kind that belongs to a workload: where a rule that it checks needs the kind.
    fn is_listed_at_admission(kind: &Kind) -> bool {
        kind.listed && (kind.role != KindRole::Neighbour || is_needed_at_admission(kind))
    }

    /// Whether admission asks for a kind by name: for all that a workload names, belongs to, or makes.
    fn is_looked_up_by_name(kind: &Kind) -> bool {
        match kind.role {
            KindRole::Workload => true,
            // Of owners only those in group `apps` are asked for.
            KindRole::Controller => kind.group() == "apps",
            KindRole::Configuration | KindRole::Neighbour => !kind.listed,
            KindRole::Surroundings | KindRole::Policy => false,
        }
    }

    fn is_needed_at_admission(kind: &Kind) -> bool {
        let mut rules = rules::entries().filter(|entry| entry.info.doors.include(Door::Admission));
        rules.any(|entry| entry.info.needs.contains(&kind.name))
    }

    /// The texts of a list.
    fn words(list: &serde_json::Value) -> Vec<&str> {
        list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
    }

    #[test]
    fn the_rights_are_those_that_admission_takes() {
        let manifest = include_str!("../../deploy/manifests/rbac.yaml");
        let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(manifest).unwrap();
        let role = documents.iter().find(|document| document["kind"] == "ClusterRole").unwrap();
        let mut granted = BTreeSet::new();
        for rule in role["rules"].as_array().unwrap() {
            let group = rule["apiGroups"][0].as_str().unwrap();
            for resource in words(&rule["resources"]) {
                granted.extend(words(&rule["verbs"]).into_iter().map(|verb| (group, resource, verb)));
            }
        }
        for kind in Kind::all() {
            let is_granted = |verb| granted.contains(&(kind.group(), kind.plural, verb));
            let is_followed = kind.role == KindRole::Policy || kind.name == "Namespace";
            assert_eq!(is_granted("list"), is_listed_at_admission(kind) || is_followed, "list {}", kind.plural);
            assert_eq!(is_granted("watch"), is_followed, "watch {}", kind.plural);
            assert_eq!(is_granted("get"), is_looked_up_by_name(kind), "get {}", kind.plural);
        }
        for (group, resource, verb) in granted {
            let plural = resource.strip_suffix("/status").unwrap_or(resource);
            let mut kinds = Kind::all().iter();
            assert!(kinds.any(|kind| kind.group() == group && kind.plural == plural), "{verb} {resource}");
        }
    }

    #[test]
    fn what_rules_need_is_in_the_table_of_kinds() {
        for entry in rules::entries() {
            for name in entry.info.needs {
                assert!(Kind::all().iter().any(|kind| kind.name == *name), "{}: {name}", entry.info.id);
            }
        }
    }
}
