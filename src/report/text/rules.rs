//! The table of all rules.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};

use crate::policy::{Action, Policies, Target};
use crate::report::format::ToText;
use crate::report::page::Page;
use crate::report::rule_table::RuleTable;
use crate::rules::{RuleInfo, Severity};

/// What the short words of the table stand for.
const LEGEND: &str = "\
fix      S safe, S¹ safe on CREATE or where the value is ours,
         U unsafe, D a human must choose
doors    A admission (a: warns at most), F files, C cluster
actions  M mutate, otherwise deny; m mutate, otherwise warn; d deny; w warn;
         a audit; – off; in brackets: that of findings below the severity
b p c    baseline, production, cache";

/// Narrower terminals see neither doors nor summaries: they would be columns of syllables.
const WIDE: usize = 140;

impl ToText for RuleTable {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(page.out, "{}", format_table(&self.rules, &self.profiles, page.width))
    }
}

/// The rules as a table with its legend; `width` is that of the terminal, nothing where there is none.
fn format_table(rules: &[RuleInfo], profiles: &[(&str, Policies)], width: Option<usize>) -> String {
    let is_wide = width.is_none_or(|width| width >= WIDE);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width.and_then(|width| u16::try_from(width).ok()) {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    let head = ["rule", "severity", "fix", "b p c"]
        .into_iter()
        .chain(is_wide.then_some(["doors", "what is wrong"]).into_iter().flatten());
    table.set_header(head);
    for rule in rules {
        let actions: Vec<String> = profiles.iter().map(|(_, policies)| actions(rule, policies)).collect();
        let known = [rule.id, rule.severity.name(), rule.fix.symbol(), &actions.join(" ")].map(str::to_owned);
        let more = is_wide.then(|| [rule.doors.to_string(), rule.summary.trim().to_owned()]);
        table.add_row(known.into_iter().chain(more.into_iter().flatten()));
    }
    format!("{}\n\n{LEGEND}", table.trim_fmt())
}

/// The action at the rule's severity, and at a lower one where it differs: `M(w)`.
fn actions(rule: &RuleInfo, policies: &Policies) -> String {
    let action = |severity| policies.of(&Target::namespace("")).action(rule.id, severity);
    let first = letter(action(rule.severity));
    let lower = Severity::ALL.into_iter().filter(|severity| *severity < rule.severity);
    let other = lower.map(action).map(letter).find(|other| *other != first);
    other.map_or_else(|| first.to_owned(), |other| format!("{first}({other})"))
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

#[cfg(test)]
mod tests {
    use crate::policy::{PROFILE_NAMES, Policies};

    #[test]
    fn a_narrow_terminal_breaks_no_rule_id() {
        let profiles: Vec<_> = PROFILE_NAMES.iter().map(|name| (*name, Policies::profile(name).unwrap())).collect();
        for width in [80, 100, 160] {
            let table = super::format_table(&crate::rules::all(), &profiles, Some(width));
            assert!(table.lines().all(|line| line.chars().count() <= width), "{table}");
            for rule in crate::rules::all() {
                assert!(table.contains(rule.id), "{} at {width}:\n{table}", rule.id);
            }
        }
    }
}
