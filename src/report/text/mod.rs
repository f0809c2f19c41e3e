//! Findings and models for people: grouped by workload, with places that editors and terminals open.

mod storage;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Found, Model, Report, Reported};
use crate::kubernetes::{ObjectRef, Place};
use crate::policy::Action;
use crate::rules::{Applicability, Fix, Severity};
use crate::workload::{
    Config, Container, Delivery, Fact, GoverningService, Memory, Persistence, Probe, Role, Setting, Storage, Strategy,
};
use crate::yaml::Location;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Prints findings. `width` is that of the terminal; nothing where there is none: then no line is broken.
///
/// # Errors
/// When `out` can't be written to.
pub fn findings(out: &mut dyn Write, report: &Report, width: Option<usize>) -> io::Result<()> {
    let mut page = Page { out, width };
    for reported in &report.workloads {
        let shown: Vec<&Found> =
            reported.findings.iter().filter(|found| found.counts() && !found.is_unknown()).collect();
        if !shown.is_empty() {
            page.title(&reported.workload.object, reported.spot.as_ref())?;
            for found in shown {
                page.finding(found)?;
            }
        }
    }
    for found in &report.exceptions {
        page.title(&found.judged.finding.at.object, None)?;
        page.finding(found)?;
    }
    page.quiet("Not seen", report, |found| found.counts() && found.is_unknown())?;
    page.quiet("Suppressed", report, |found| !found.counts())?;
    page.summary(report)
}

/// Prints models.
///
/// # Errors
/// When `out` can't be written to.
pub fn models(out: &mut dyn Write, models: &[Model], width: Option<usize>) -> io::Result<()> {
    let mut page = Page { out, width };
    for model in models {
        page.title(&model.workload.object, model.spot.as_ref())?;
        page.workload(model)?;
        writeln!(page.out)?;
    }
    if models.is_empty() {
        writeln!(page.out, "No Redis workload.")?;
    }
    Ok(())
}

struct Page<'a> {
    out: &'a mut dyn Write,
    width: Option<usize>,
}

/// The indentation of what belongs to a finding: that of its rule id.
const INDENT: usize = 10;
/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 110;

impl Page<'_> {
    fn title(&mut self, object: &ObjectRef, spot: Option<&Location>) -> io::Result<()> {
        let spot = spot.map_or(String::new(), |spot| format!("  {DIM}{}{DIM:#}", plain(&spot.to_string())));
        writeln!(self.out, "{BOLD}{}{BOLD:#}{spot}", plain(&object.to_string()))
    }

    fn finding(&mut self, found: &Found) -> io::Result<()> {
        let finding = &found.judged.finding;
        let style = color(finding.severity);
        let spot = found.spot.as_ref().map_or_else(|| place(&finding.at), |spot| plain(&spot.to_string()));
        let severity = finding.severity.name();
        let action = found.judged.action;
        let strong = if action == Action::Deny { BOLD } else { DIM };
        write!(self.out, "  {style}{severity:<6}{style:#}  {BOLD}{}{BOLD:#}  {DIM}{spot}{DIM:#}", finding.rule)?;
        writeln!(self.out, "  {strong}{}{strong:#}", action.name())?;
        self.wrapped(&finding.message, INDENT)?;
        if let Some(fix) = &finding.fix {
            self.wrapped(&mend(fix), INDENT)?;
        }
        writeln!(self.out)
    }

    /// A section for what is not at fault.
    fn quiet(&mut self, title: &str, report: &Report, belongs: fn(&Found) -> bool) -> io::Result<()> {
        let all = report.workloads.iter().flat_map(|reported| {
            reported.findings.iter().filter(|found| belongs(found)).map(move |found| (reported, found))
        });
        let mut workload: Option<&Reported> = None;
        for (reported, found) in all {
            if workload.is_none() {
                writeln!(self.out, "{DIM}{title}{DIM:#}")?;
            }
            if workload.is_none_or(|workload| !std::ptr::eq(workload, reported)) {
                let spot = reported.spot.as_ref().map_or(String::new(), |spot| format!("  {spot}"));
                writeln!(self.out, "  {DIM}{}{}{DIM:#}", plain(&reported.workload.object.to_string()), plain(&spot))?;
            }
            workload = Some(reported);
            self.wrapped(&quiet(found), 4)?;
        }
        if workload.is_some() { writeln!(self.out) } else { Ok(()) }
    }

    fn summary(&mut self, report: &Report) -> io::Result<()> {
        let count = |severity| {
            let of = |found: &&Found| found.judged.finding.severity == severity && !found.is_unknown();
            report.counted().filter(of).count()
        };
        let mut parts: Vec<String> = Severity::ALL
            .iter()
            .rev()
            .map(|severity| (count(*severity), *severity))
            .filter(|(count, _)| *count > 0)
            .map(|(count, severity)| format!("{0}{count} {severity}{0:#}", color(severity)))
            .collect();
        if parts.is_empty() && !report.workloads.is_empty() && report.unreadable == 0 {
            parts.push("nothing wrong".to_owned());
        }
        let others =
            [(report.unknown(), "unknown"), (report.suppressed(), "suppressed"), (report.unreadable, "unreadable")];
        for (count, name) in others {
            if count > 0 {
                parts.push(format!("{count} {name}"));
            }
        }
        let workloads = many(report.workloads.len(), "Redis workload");
        let found = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        writeln!(self.out, "{BOLD}{workloads}{BOLD:#} in {}{found}", many(report.objects, "object"))?;
        if report.counted().any(|found| !found.is_unknown()) {
            writeln!(self.out, "{DIM}`plimsoll explain RULE` says why a rule matters and what mends it.{DIM:#}")?;
        }
        Ok(())
    }

    /// A text, broken at the width of the terminal.
    fn wrapped(&mut self, text: &str, indent: usize) -> io::Result<()> {
        let blank = " ".repeat(indent);
        let text = plain(text);
        let Some(width) = self.width else { return writeln!(self.out, "{blank}{text}") };
        let options = textwrap::Options::new(width.clamp(40, WIDEST)).initial_indent(&blank).subsequent_indent(&blank);
        let options = options.break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
        writeln!(self.out, "{}", textwrap::fill(&text, options))
    }
}

/// One line of a quiet section.
fn quiet(found: &Found) -> String {
    let finding = &found.judged.finding;
    match (&found.judged.suppressed_by, &found.spot) {
        (Some(by), _) => format!("{} {} by {by}: {}", finding.severity, finding.rule, finding.message),
        (None, Some(spot)) if finding.at.line.is_some() => format!("{} ({spot})", finding.message),
        (None, _) => finding.message.clone(),
    }
}

fn mend(fix: &Fix) -> String {
    match fix.applicability {
        Applicability::Safe => format!("fix (safe): {}", fix.description),
        Applicability::Unsafe => format!("fix (unsafe): {}", fix.description),
        Applicability::Display => format!("to mend it: {}", fix.description),
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

fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Names in manifests may hold anything, escape sequences included.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A place whose object is in no file.
fn place(place: &Place) -> String {
    let line = place.line.map_or(String::new(), |line| format!(" line {line}"));
    plain(&format!("{} {}{line}", place.object, place.at))
}

/// The model of one workload.
impl Page<'_> {
    fn workload(&mut self, model: &Model) -> io::Result<()> {
        let workload = &model.workload;
        self.line(1, "flavour", workload.flavour.name())?;
        let replicas = workload.replicas.map_or(String::new(), |replicas| format!(", {}", replicas_text(replicas)));
        self.line(1, "topology", &format!("{}{replicas}", workload.topology.name()))?;
        if let Some(sentinels) = &workload.sentinels {
            let quorum = model.show(&sentinels.quorum, |quorum| format!("quorum {quorum}"), "no quorum");
            let count = sentinels.count.map_or("unknown".to_owned(), |count| count.to_string());
            self.line(1, "sentinels", &format!("{count}; {quorum}"))?;
        }
        if let Some(strategy) = workload.strategy {
            self.line(1, "strategy", self::strategy(strategy))?;
        }
        if let Some(governing) = &workload.governing {
            self.line(1, "service", &service(governing))?;
        }
        if let Some(tool) = workload.gitops {
            self.line(1, "tracked by", tool)?;
        }
        if let Some(operator) = &workload.operator {
            self.line(1, "made by", &format!("an operator, from a {operator}"))?;
        }
        for container in &workload.containers {
            self.container(model, container)?;
        }
        if !workload.unknown.is_empty() {
            self.head("unknown", "", "")?;
            for unknown in &workload.unknown {
                self.line(2, unknown.fact, &format!("needs {}", unknown.needs))?;
            }
        }
        Ok(())
    }

    fn head(&mut self, what: &str, name: &str, more: &str) -> io::Result<()> {
        let name = if name.is_empty() { String::new() } else { format!(" {BOLD}{}{BOLD:#}", plain(name)) };
        writeln!(self.out, "  {what}{name}{DIM}{}{DIM:#}", plain(more))
    }

    fn line(&mut self, depth: usize, key: &str, value: &str) -> io::Result<()> {
        let start = format!("{}{key:<14}", "  ".repeat(depth));
        let value = plain(value);
        let Some(width) = self.width else { return writeln!(self.out, "{start}  {value}") };
        let blank = " ".repeat(start.len() + 2);
        let options = textwrap::Options::new(width.clamp(40, WIDEST)).initial_indent(&blank).subsequent_indent(&blank);
        let options = options.break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = textwrap::fill(&value, options);
        writeln!(self.out, "{start}  {}", text.trim_start())
    }

    fn container(&mut self, model: &Model, container: &Container) -> io::Result<()> {
        self.head("container", &container.name, &format!("  {}, {}", container.role.name(), container.image))?;
        let is_redis = matches!(container.role, Role::Server | Role::Sentinel | Role::Unknown);
        if !is_redis {
            return Ok(());
        }
        self.line(2, "memory", &memory(&container.memory))?;
        if let Some(config) = container.config.as_ref().filter(|_| container.role == Role::Server) {
            self.config(model, config, container.storage.as_ref())?;
            self.line(2, "delivery", &delivery(&container.delivery_of("maxmemory")))?;
        }
        let probes = [
            ("liveness", &container.probes.liveness),
            ("readiness", &container.probes.readiness),
            ("startup", &container.probes.startup),
        ];
        for (name, declared) in probes {
            self.line(2, name, &declared.as_ref().map_or_else(|| "none".to_owned(), probe))?;
        }
        Ok(())
    }

    fn config(&mut self, model: &Model, config: &Config, stored: Option<&Storage>) -> io::Result<()> {
        let bytes = |bytes: &u64| if *bytes == 0 { "0, which is no limit".to_owned() } else { size(*bytes) };
        self.line(2, "maxmemory", &model.show(&config.maxmemory, bytes, "unset"))?;
        self.line(2, "policy", &model.show(&config.maxmemory_policy, Clone::clone, "unset, so noeviction"))?;
        let persistence = match &config.persistence {
            Fact::Set(persistence) => persistence.name().to_owned(),
            Fact::Unset => Persistence::None.name().to_owned(),
            Fact::Unknown(needs) => format!("unknown, needs {needs}"),
        };
        self.line(2, "persistence", &persistence)?;
        if let Some(found) = stored {
            self.line(2, "storage", &storage::storage(found))?;
        }
        for problem in &config.problems {
            let certainty = if problem.certain { "refused" } else { "maybe refused" };
            let at = model.origins.get(&problem.place).map_or_else(|| place(&problem.place), ToString::to_string);
            self.line(2, "problem", &format!("{certainty}: {}, at {at}", problem.message))?;
        }
        Ok(())
    }
}

impl Model {
    /// A value with its origin, or why there is none.
    fn show<T>(&self, fact: &Fact<Setting<T>>, show: impl Fn(&T) -> String, unset: &str) -> String {
        match fact {
            Fact::Set(setting) => format!("{}, from {}", show(&setting.value), self.origin(&setting.origin)),
            Fact::Unset => unset.to_owned(),
            Fact::Unknown(needs) => format!("unknown, needs {needs}"),
        }
    }

    fn origin(&self, origin: &Place) -> String {
        let spot = self.origins.get(origin).map_or(String::new(), |spot| format!(" ({spot})"));
        format!("{}{spot}", place(origin))
    }
}

fn replicas_text(replicas: u64) -> String {
    if replicas == 1 { "1 replica".to_owned() } else { format!("{replicas} replicas") }
}

fn service(governing: &GoverningService) -> String {
    if governing.name.is_empty() {
        return "none named".to_owned();
    }
    let what = match &governing.service {
        Fact::Set(service) if service.headless => "headless".to_owned(),
        Fact::Set(_) => "not headless".to_owned(),
        Fact::Unset => "which is not there".to_owned(),
        Fact::Unknown(needs) => format!("unknown, needs {needs}"),
    };
    format!("{}, {what}", governing.name)
}

fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Recreate => "Recreate: the old Pods end before new ones start",
        Strategy::Rolling { surges: true } => "RollingUpdate: new Pods start before old ones end",
        Strategy::Rolling { surges: false } => "RollingUpdate: new Pods start while old ones end",
    }
}

fn memory(memory: &Memory) -> String {
    let limit = memory.limit.as_ref().map(|amount| amount.text.as_str());
    match (memory.request.as_ref().map(|amount| amount.text.as_str()), limit) {
        (Some(request), Some(limit)) => format!("request {request}, limit {limit}"),
        (None, Some(limit)) => format!("limit {limit}, which is the request too"),
        (Some(request), None) => format!("request {request}, no limit"),
        (None, None) => "neither request nor limit".to_owned(),
    }
}

fn delivery(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Args => "a maxmemory would go to the end of args".to_owned(),
        Delivery::Env(name) => format!("a maxmemory would go into the variable {name}"),
        Delivery::Overlay(overlay) => {
            format!(
                "a maxmemory would be a line at the end of {}/{}, over ConfigMap {}",
                overlay.mount_path, overlay.key, overlay.config_map
            )
        }
        Delivery::Display(why) => format!("by hand: {why}"),
        Delivery::Unknown(needs) => format!("unknown, needs {needs}"),
    }
}

fn probe(probe: &Probe) -> String {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc"];
    let kind = kinds.iter().find(|kind| probe.declared.get(**kind).is_some()).unwrap_or(&"empty");
    let inner = match (&probe.inner, probe.script_unknown) {
        (Some(inner), _) => format!(" ({} s in its command)", inner.seconds),
        (None, true) => " (its command may have its own)".to_owned(),
        (None, false) => String::new(),
    };
    format!(
        "{kind} after {} s, every {} s, timeout {} s{inner}, {}",
        probe.initial_delay_seconds,
        probe.period_seconds,
        probe.timeout_seconds,
        if probe.failure_threshold == 1 { "1 try".to_owned() } else { format!("{} tries", probe.failure_threshold) },
    )
}

/// Bytes as redis.conf writes them.
fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 && bytes % (1 << 20) == 0 => format!("{}mb", bytes >> 20),
        bytes => format!("{bytes} bytes"),
    }
}
