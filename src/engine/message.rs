//! What a user reads: denials, one line a finding, and warnings, which the API server drops silently when they hold a
//! control character and cuts when they are long.

use crate::kubernetes::ObjectRef;
use crate::rules::{Finding, UNKNOWN_FACT};

/// The API server keeps warnings up to 256 characters whole, whatever their sum.
const WARNING_LENGTH: usize = 256;
/// The sum of all warnings that it passes on.
const WARNINGS_LENGTH: usize = 4096;

/// One line of a denial: rule id, what is wrong and on which line, the fix, where to read more.
pub(crate) fn denial_line(finding: &Finding, target: &ObjectRef) -> String {
    // A custom rule has no page: its message is all that its author says.
    let more = if finding.rule.is_custom() { String::new() } else { format!(" (plimsoll explain {})", finding.rule) };
    plain(&format!("{}{more}", warning(finding, target)))
}

/// Warnings of findings that are left as they are. Facts that wait for the same thing to be seen make one.
pub(crate) fn warnings(findings: &[&Finding], target: &ObjectRef) -> Vec<String> {
    let mut told: Vec<&str> = Vec::new();
    let mut warnings = Vec::new();
    for finding in findings {
        let needs = finding.needs.as_deref().filter(|needs| waits_for(finding, needs));
        match needs {
            Some(needs) if told.contains(&needs) => {}
            Some(needs) => {
                told.push(needs);
                let same = findings.iter().filter(|other| waits_for(other, needs));
                let facts: Vec<&str> = same.map(|other| other.subject.as_str()).collect();
                warnings.push(format!("{UNKNOWN_FACT}: {} could not be seen: it needs {needs}", facts.join(", ")));
            }
            None => warnings.push(warning(finding, target)),
        }
    }
    warnings
}

/// Whether a fact waits for this, and is told together with others that do.
fn waits_for(finding: &Finding, needs: &str) -> bool {
    finding.needs.as_deref() == Some(needs) && !finding.subject.contains('/')
}

/// A warning of a finding that is left as it is.
fn warning(finding: &Finding, target: &ObjectRef) -> String {
    let fix = finding.fix.as_ref().map_or(String::new(), |fix| format!("; {}", fix.description));
    format!("{}: {}{}{}{fix}", finding.rule, whose(finding, target), line(finding, target), finding.message)
}

/// The workload of a finding, where the user is writing something else (a ConfigMap, a Service, a claim).
fn whose(finding: &Finding, target: &ObjectRef) -> String {
    let (workload, kind) = (&finding.workload, &finding.workload.kind);
    if (kind, &workload.name) == (&target.kind, &target.name) {
        return String::new();
    }
    format!("{kind} {}: ", workload.name)
}

/// The line of a configuration file that a finding speaks of. Keys are told only of the object under review: they are
/// free text.
fn line(finding: &Finding, target: &ObjectRef) -> String {
    let place = &finding.at;
    let Some(line) = place.line else { return String::new() };
    let column = place.column.map_or(String::new(), |column| format!(", column {column}"));
    if place.object == *target {
        format!("{}, line {line}{column}: ", place.at)
    } else {
        format!("{} {}, line {line}{column}: ", place.object.kind, place.object.name)
    }
}

/// A warning of a finding that was fixed.
pub(crate) fn fixed_warning(finding: &Finding, gitops: Option<&str>) -> String {
    let what = finding.fix.as_ref().map_or("", |fix| fix.description.as_str());
    let tracked = gitops.map_or(String::new(), |tool| format!(" ({tool}: write it at {})", finding.at.at));
    format!("{}: {}; fixed: {what}{tracked}", finding.rule, finding.message)
}

/// Warnings as the API server passes them on: on one line each, cut where long, most severe first, no repeats.
pub(crate) fn fit(warnings: Vec<String>) -> Vec<String> {
    let mut fitting: Vec<String> = Vec::new();
    let mut sum = 0;
    for warning in warnings {
        let warning = cut(&plain(&warning));
        if sum + warning.len() > WARNINGS_LENGTH {
            break;
        }
        if !fitting.contains(&warning) {
            sum += warning.len();
            fitting.push(warning);
        }
    }
    fitting
}

/// On one line, without control characters.
fn plain(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// At most 256 bytes, which is at most as many characters.
fn cut(text: &str) -> String {
    const MORE: &str = "…";
    if text.len() <= WARNING_LENGTH {
        return text.to_owned();
    }
    let mut end = WARNING_LENGTH - MORE.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{MORE}", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_fit_the_api_server() {
        let long = "ü".repeat(300);
        let warnings = fit(vec!["a\nb\tc".into(), "a b c".into(), long]);
        assert_eq!(warnings.len(), 2);
        assert_eq!(warnings[0], "a b c");
        assert!(warnings[1].len() <= 256 && warnings[1].ends_with('…'));
        let many = (0..100).map(|number| format!("{number:0>100}")).collect();
        assert!(fit(many).iter().map(String::len).sum::<usize>() <= 4096);
    }
}
