//! All rules of a policy over one workload.

use super::delivery::adapt_fix_to_delivery;
use crate::kubernetes::Place;
use crate::policy::{Action, Facts, Policy};
use crate::rules::{Context, Finding, Identity, Severity, UNKNOWN_FACT};
use crate::workload::Workload;

/// Everything wrong with a workload, and what could not be seen, most severe first.
pub(crate) fn evaluate(policy: &Policy, context: &Context, workload: &Workload) -> Vec<Finding> {
    let mut findings: Vec<Finding> = builtin_findings(policy, context, workload)
        .into_iter()
        .map(|finding| adapt_fix_to_delivery(policy, context, finding))
        .collect();
    let mut active = policy.custom.iter().filter(|rule| rule.action() != Action::Off).peekable();
    if active.peek().is_some() {
        let facts = Facts::of(workload);
        let context = facts.context();
        active.for_each(|rule| rule.check(&context, &mut findings, workload));
    }
    unknown_facts(&mut findings, workload);
    sort(&mut findings);
    findings
}

/// What our own rules find: custom rules have no fixes, and what could not be seen neither.
pub(crate) fn builtin_findings(policy: &Policy, context: &Context, workload: &Workload) -> Vec<Finding> {
    let mut findings = Vec::new();
    for setting in policy.active_at(context.door) {
        setting.check.check(context, &mut findings, workload);
    }
    sort(&mut findings);
    findings
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        other.severity.cmp(&one.severity).then_with(|| (&one.rule, &one.subject).cmp(&(&other.rule, &other.subject)))
    });
}

fn unknown_facts(findings: &mut Vec<Finding>, workload: &Workload) {
    for unknown in &workload.unknown {
        let message = format!("{} could not be seen: it needs {}", unknown.fact, unknown.needs);
        let finding = unknown_fact(workload, unknown.fact, workload.place(unknown.at.clone()), message);
        findings.push(finding.needs(unknown.needs.clone()));
    }
    for redis in workload.redis_containers() {
        let problems = redis.config.iter().flat_map(|config| &config.problems);
        for problem in problems.filter(|problem| !problem.certain) {
            let directive = problem.directive.as_deref().unwrap_or("configuration");
            let subject = format!("{}/{directive}", redis.name);
            let message = format!("container {}: {}", redis.name, problem.message);
            let needs = format!("the redis-server version and the final text of {directive}");
            findings.push(unknown_fact(workload, &subject, problem.place.clone(), message).needs(needs));
        }
    }
}

fn unknown_fact(workload: &Workload, subject: &str, at: Place, message: String) -> Finding {
    let identity =
        Identity { rule: UNKNOWN_FACT.into(), workload: workload.object.clone(), subject: subject.to_owned() };
    Finding::new(identity, Severity::Info, at, message)
}
