//! All rules of a policy over one workload.

use super::delivery::as_delivered;
use crate::kubernetes::Pointer;
use crate::policy::{Action, Facts, Policy};
use crate::rules::{Context, Finding, Severity, UNKNOWN_FACT};
use crate::workload::Workload;

/// Everything wrong with a workload, and what could not be seen, most severe first.
pub(crate) fn evaluate(policy: &Policy, context: &Context, workload: &Workload) -> Vec<Finding> {
    let mendable = mendable(policy, context, workload).into_iter();
    let mut findings: Vec<Finding> = mendable.map(|finding| as_delivered(policy, context, finding)).collect();
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
pub(crate) fn mendable(policy: &Policy, context: &Context, workload: &Workload) -> Vec<Finding> {
    let mut findings = Vec::new();
    for setting in policy.active() {
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
        push_unknown(findings, workload, unknown.fact, unknown.at.clone(), message, unknown.needs.clone());
    }
    for redis in workload.redis_containers() {
        let problems = redis.config.iter().flat_map(|config| &config.problems);
        for problem in problems.filter(|problem| !problem.certain) {
            let directive = problem.directive.as_deref().unwrap_or("configuration");
            let subject = format!("{}/{directive}", redis.name);
            let message = format!("container {}: {}", redis.name, problem.message);
            let needs = format!("the redis-server version and the final text of {directive}");
            push_unknown(findings, workload, &subject, problem.place.at.clone(), message, needs);
            if let Some(finding) = findings.last_mut() {
                finding.at = problem.place.clone();
            }
        }
    }
}

fn push_unknown(
    findings: &mut Vec<Finding>,
    workload: &Workload,
    subject: &str,
    at: Pointer,
    message: String,
    needs: String,
) {
    findings.push(Finding {
        rule: UNKNOWN_FACT.into(),
        severity: Severity::Info,
        message,
        workload: workload.object.clone(),
        subject: subject.to_owned(),
        at: workload.place(at),
        related: Vec::new(),
        fix: None,
        gap: 0.0,
        needs: Some(needs),
    });
}
