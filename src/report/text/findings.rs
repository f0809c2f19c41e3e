//! Findings for people: grouped by workload, the worst first.

use std::io;

use anstyle::{AnsiColor, Style};

use super::place;
use crate::policy::Action;
use crate::report::format::ToText;
use crate::report::page::{BOLD, DIM, Page, counted, printable};
use crate::report::{Found, Report, Reported};
use crate::rules::{Applicability, Fix, Severity};

/// The indentation of what belongs to a finding: that of its rule id.
const INDENT: usize = 10;

impl ToText for Report {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for reported in &self.workloads {
            let shown = reported.findings.iter().filter(|found| found.counts() && !found.is_unknown());
            let shown: Vec<&Found> = shown.collect();
            if !shown.is_empty() {
                page.title(&reported.workload.object, reported.spot.as_ref())?;
                for found in shown {
                    page.finding(found)?;
                }
            }
        }
        for found in &self.exceptions {
            page.title(&found.judged.finding.at.object, None)?;
            page.finding(found)?;
        }
        page.quiet_section("Not seen", self, |found| found.counts() && found.is_unknown())?;
        page.quiet_section("Suppressed", self, |found| !found.counts())?;
        page.summary(self)
    }
}

impl Page<'_> {
    fn finding(&mut self, found: &Found) -> io::Result<()> {
        let finding = &found.judged.finding;
        let style = color(finding.severity);
        let spot = found.spot.as_ref().map_or_else(|| place(&finding.at), |spot| printable(&spot.to_string()));
        let severity = finding.severity.name();
        let action = found.judged.action;
        let strong = if action == Action::Deny { BOLD } else { DIM };
        write!(self.out, "  {style}{severity:<6}{style:#}  {BOLD}{}{BOLD:#}  {DIM}{spot}{DIM:#}", finding.rule)?;
        writeln!(self.out, "  {strong}{}{strong:#}", action.name())?;
        self.wrapped(&finding.message, INDENT)?;
        if let Some(fix) = &finding.fix {
            self.wrapped(&describe_fix(fix), INDENT)?;
        }
        if let Some(why) = &found.judged.unapplied {
            self.wrapped(&format!("not applied at admission: {why}"), INDENT)?;
        }
        writeln!(self.out)
    }

    /// A section for what is not at fault.
    fn quiet_section(&mut self, title: &str, report: &Report, belongs: fn(&Found) -> bool) -> io::Result<()> {
        let mut is_empty = true;
        for reported in &report.workloads {
            let mut found = reported.findings.iter().filter(|found| belongs(found)).peekable();
            if found.peek().is_none() {
                continue;
            }
            if is_empty {
                writeln!(self.out, "{DIM}{title}{DIM:#}")?;
            }
            is_empty = false;
            self.quiet_title(reported)?;
            for found in found {
                self.wrapped(&quiet_line(found), 4)?;
            }
        }
        if is_empty { Ok(()) } else { writeln!(self.out) }
    }

    fn quiet_title(&mut self, reported: &Reported) -> io::Result<()> {
        let spot = reported.spot.as_ref().map_or(String::new(), |spot| format!("  {spot}"));
        let object = printable(&reported.workload.object.to_string());
        writeln!(self.out, "  {DIM}{object}{}{DIM:#}", printable(&spot))
    }

    fn summary(&mut self, report: &Report) -> io::Result<()> {
        let mut parts = Vec::new();
        for severity in Severity::ALL.into_iter().rev() {
            let known = report.counted().filter(|found| !found.is_unknown());
            let count = known.filter(|found| found.judged.finding.severity == severity).count();
            if count > 0 {
                parts.push(format!("{0}{count} {severity}{0:#}", color(severity)));
            }
        }
        if parts.is_empty() && !report.workloads.is_empty() && report.unreadable == 0 {
            parts.push("nothing wrong".to_owned());
        }
        let others = [
            (report.unknown(), "unknown"),
            (report.suppressed(), "suppressed"),
            (report.passed_over, "not judged"),
            (report.unreadable, "unreadable"),
        ];
        for (count, name) in others {
            if count > 0 {
                parts.push(format!("{count} {name}"));
            }
        }
        let workloads = counted(report.workloads.len(), "Redis workload");
        let found = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        writeln!(self.out, "{BOLD}{workloads}{BOLD:#} in {}{found}", counted(report.objects, "object"))?;
        if report.counted().any(|found| !found.is_unknown()) {
            writeln!(self.out, "{DIM}`plimsoll explain RULE` says why a rule matters and how to fix it.{DIM:#}")?;
        }
        Ok(())
    }
}

/// One line of a quiet section.
fn quiet_line(found: &Found) -> String {
    let finding = &found.judged.finding;
    match (&found.judged.suppressed_by, &found.spot) {
        (Some(by), _) => format!("{} {} by {by}: {}", finding.severity, finding.rule, finding.message),
        (None, Some(spot)) if finding.at.line.is_some() => format!("{} ({spot})", finding.message),
        (None, _) => finding.message.clone(),
    }
}

fn describe_fix(fix: &Fix) -> String {
    match fix.applicability {
        Applicability::Safe => format!("fix (safe): {}", fix.description),
        Applicability::Unsafe => format!("fix (unsafe): {}", fix.description),
        Applicability::Display => format!("to fix it: {}", fix.description),
    }
}

fn color(severity: Severity) -> Style {
    match severity {
        Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => DIM,
    }
}
