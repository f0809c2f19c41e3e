//! The table of all rules.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};

use crate::policy::{Action, Policies, Target};
use crate::rules::{RuleInfo, Severity};

/// What the short words of the table stand for.
const LEGEND: &str = "\
fix      S safe, S¹ safe on CREATE or where the value is ours, U unsafe, D a human must choose
doors    A admission (a: warns at most), F files, C cluster
actions  M mutate, otherwise deny; m mutate, otherwise warn; d deny; w warn; a audit; – off";

/// Narrower terminals see no summaries: they would be columns of syllables.
const WIDE: usize = 120;

/// The rules as a table with its legend; `width` is that of the terminal, nothing where there is none.
#[must_use]
pub fn rules(rules: &[RuleInfo], profiles: &[(&str, Policies)], width: Option<usize>) -> String {
    let with_summary = width.is_none_or(|width| width >= WIDE);
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    match width.and_then(|width| u16::try_from(width).ok()) {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    let names = profiles.iter().map(|(name, _)| (*name).to_owned());
    let head = ["rule", "severity", "fix", "doors"].map(str::to_owned).into_iter().chain(names);
    table.set_header(head.chain(with_summary.then(|| "what is wrong".to_owned())));
    for rule in rules {
        let known = [rule.id, rule.severity.name(), rule.fix, rule.doors].map(str::to_owned).into_iter();
        let known = known.chain(profiles.iter().map(|(_, policies)| actions(rule, policies)));
        table.add_row(known.chain(with_summary.then(|| rule.summary.trim().to_owned())));
    }
    format!("{}\n{LEGEND}", table.trim_fmt())
}

/// The action at the rule's severity, and at a lower one where it differs.
fn actions(rule: &RuleInfo, policies: &Policies) -> String {
    let action = |severity| policies.of(&Target::namespace("")).action(rule.id, severity);
    let first = letter(action(rule.severity));
    let lower = Severity::ALL.into_iter().filter(|severity| *severity < rule.severity);
    let mut text = first.to_owned();
    if let Some(other) = lower.map(action).map(letter).find(|other| *other != first) {
        let _ = write!(text, ", lower {other}");
    }
    text
}

fn letter((action, otherwise): (Action, Action)) -> &'static str {
    match (action, otherwise) {
        (Action::Mutate, Action::Deny) => "M",
        (Action::Mutate, _) => "m",
        (Action::Deny, _) => "d",
        (Action::Warn, _) => "w",
        (Action::Audit, _) => "a",
        (Action::Off, _) => "–",
    }
}
