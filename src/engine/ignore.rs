//! The annotation by which whoever writes a workload keeps findings out of `check` and of reports. Never honoured at
//! admission: else every developer would exempt himself.

use serde_json::Value;

use super::verdict::Judged;
use crate::kubernetes::Pointer;
use crate::policy::Action;
use crate::rules::{self, Finding, IGNORE_UNUSED, Identity, Severity, UNKNOWN_FACT};
use crate::workload::Workload;

/// The annotation: rule ids, separated by commas, or `*` for all.
pub const IGNORE: &str = "plimsoll.dev/ignore";
const ALL: &str = "*";

/// Marks the findings that the annotation of `object` suppresses, and adds one for each of its words that suppresses none.
pub fn suppress(judged: &mut Vec<Judged>, workload: &Workload, object: &Value) {
    let mut unused = Vec::new();
    for word in words(object).filter(|word| is_known(word)) {
        let mut is_used = false;
        for judged in judged.iter_mut().filter(|judged| word == ALL || judged.finding.rule == *word) {
            judged.suppressed_by = Some(format!("annotation {IGNORE}"));
            is_used = true;
        }
        if !is_used {
            let finding = unused_word(word, workload);
            unused.push(Judged::new(finding, Action::Audit, None));
        }
    }
    judged.append(&mut unused);
}

fn unused_word(word: &str, workload: &Workload) -> Finding {
    let at = Pointer::new("/metadata/annotations").key(IGNORE);
    let message = format!("annotation {IGNORE}: there is nothing of {word} to suppress; take it out");
    let identity = Identity { rule: IGNORE_UNUSED.into(), workload: workload.object.clone(), subject: word.to_owned() };
    Finding::new(identity, Severity::Info, workload.place(at), message)
}

/// The words of the annotation that are no rule's id: a typo would suppress nothing, silently.
pub fn unknown_words(object: &Value) -> impl Iterator<Item = &str> {
    words(object).filter(|word| !is_known(word))
}

fn is_known(word: &str) -> bool {
    word == ALL || word == UNKNOWN_FACT || word.starts_with("custom/") || rules::entry(word).is_some()
}

fn words(object: &Value) -> impl Iterator<Item = &str> {
    let text = object.pointer("/metadata/annotations").and_then(|annotations| annotations.get(IGNORE)?.as_str());
    text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty())
}
