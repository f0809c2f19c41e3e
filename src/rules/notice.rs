//! Findings that no rule makes: what could not be seen, and what has become of exceptions and annotations. No policy sets
//! an action for them: they are reported and never deny.

use super::finding::Severity;
use super::info::Doors;

/// The id of a finding about what could not be seen.
pub const UNKNOWN_FACT: &str = "unknown-fact";
/// The id of a finding about an exception whose time is over.
pub const EXCEPTION_EXPIRED: &str = "exception-expired";
/// The id of a finding about an exception whose time is over in a week.
pub const EXCEPTION_EXPIRING: &str = "exception-expiring";
/// The id of a finding about an exception that lets nothing through.
pub const EXCEPTION_UNUSED: &str = "exception-unused";
/// The id of a finding about an annotation that suppresses nothing.
pub const IGNORE_UNUSED: &str = "ignore-unused";

/// What `explain` prints of such a finding.
#[derive(Debug, Clone, Copy)]
pub struct Notice {
    /// The id, in kebab-case.
    pub id: &'static str,
    /// The highest severity.
    pub severity: Severity,
    /// Where it is reported.
    pub doors: Doors,
    /// One line: what it says.
    pub summary: &'static str,
    /// The whole page in Markdown.
    pub page: &'static str,
}

/// All of them.
pub const NOTICES: [Notice; 5] = [
    Notice {
        id: UNKNOWN_FACT,
        severity: Severity::Info,
        doors: Doors::WARN_AT_ADMISSION,
        summary: "Something could not be seen",
        page: "\
## What it says
A rule had to know something that is not there to see: a ConfigMap that was not given or does not exist yet, a start
script that can't be followed, a directive that only some versions of Redis know. The finding names what it would take.

## Why it matters
What was not seen is neither right nor wrong. It is never a silent pass and never a denial, and no fix that depends on
it is applied.

## What to do
Give the missing object too (`helm template` prints all of them), or apply it before the workload. `plimsoll inspect`
shows what was understood. `check --strict` ends with 1 where anything could not be seen.
",
    },
    Notice {
        id: EXCEPTION_EXPIRED,
        severity: Severity::Low,
        doors: Doors::FILES_AND_CLUSTER,
        summary: "The time of a RedisPolicyException is over",
        page: "\
## What it says
The exception's day has come, or the days that a policy allows (`spec.exceptions.maxDays`) are over.

## Why it matters
The findings that it let through count again: the next change of the workload may be denied for them.

## What to do
Fix the workload, then delete the exception. `plimsoll exception create` writes a new one with a reason of its own.
",
    },
    Notice {
        id: EXCEPTION_EXPIRING,
        severity: Severity::Info,
        doors: Doors::FILES_AND_CLUSTER,
        summary: "The time of a RedisPolicyException is over within a week",
        page: "\
## What it says
The exception still lets findings through, for seven days at most.

## Why it matters
From then on these findings count again: a change of the workload may be denied for them.

## What to do
Fix the workload in time. `plimsoll check` without the exception shows what it lets through.
",
    },
    Notice {
        id: EXCEPTION_UNUSED,
        severity: Severity::Low,
        doors: Doors::FILES_AND_CLUSTER,
        summary: "A RedisPolicyException lets nothing through",
        page: "\
## What it says
The workload breaks none of the rules that the exception names, or no policy honours exceptions of its namespace
(`spec.exceptions.namespaces`). `check` says the first only of workloads that it was given.

## Why it matters
It would let a later error through that nobody has thought of.

## What to do
Delete it; or, where it ought to count, put it into a namespace that a policy names.
",
    },
    Notice {
        id: IGNORE_UNUSED,
        severity: Severity::Info,
        doors: Doors::FILES_AND_CLUSTER,
        summary: "The annotation plimsoll.dev/ignore suppresses nothing",
        page: "\
## What it says
The annotation `plimsoll.dev/ignore` of a workload names a rule of which there is no finding on it.

## Why it matters
It would hide a later error that nobody has thought of.

## What to do
Take the rule's id out of the annotation.
",
    },
];

/// The notice of this id.
#[must_use]
pub fn notice(id: &str) -> Option<&'static Notice> {
    NOTICES.iter().find(|notice| notice.id == id)
}
