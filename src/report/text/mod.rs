//! Reports for people, one file a report; here is the text of the models, with places that editors and terminals open.

mod cases;
mod findings;
mod impact;
mod marks;
mod object_diff;
mod policy_check;
mod rule_page;
mod rules;
mod storage;
mod trial;
mod wrapping;
mod yaml_lines;

use std::io;

pub use self::rule_page::{notice_page, page};

use crate::kubernetes::{ObjectRef, Place, Quantity};
use crate::report::Model;
use crate::report::format::ToText;
use crate::report::page::{BOLD, DIM, Page, fill, printable};
use crate::workload::{
    Config, Container, Delivery, Fact, GoverningService, Memory, Persistence, Probe, Role, Setting, Storage, Strategy,
};
use crate::yaml::Location;

impl ToText for [Model] {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for model in self {
            page.title(&model.workload.object, model.spot.as_ref())?;
            page.workload(model)?;
            writeln!(page.out)?;
        }
        if self.is_empty() {
            writeln!(page.out, "No Redis workload.")?;
        }
        Ok(())
    }
}

impl Page<'_> {
    /// The line above what is said of an object.
    fn title(&mut self, object: &ObjectRef, spot: Option<&Location>) -> io::Result<()> {
        let spot = spot.map_or(String::new(), |spot| format!("  {DIM}{}{DIM:#}", printable(&spot.to_string())));
        writeln!(self.out, "{BOLD}{}{BOLD:#}{spot}", printable(&object.to_string()))
    }
}

/// A place whose object is in no file.
fn place(place: &Place) -> String {
    let line = place.line.map_or(String::new(), |line| format!(" line {line}"));
    printable(&format!("{} {}{line}", place.object, place.at))
}

/// The model of one workload.
impl Page<'_> {
    fn workload(&mut self, model: &Model) -> io::Result<()> {
        let workload = &model.workload;
        self.line(1, "flavour", workload.flavour.name())?;
        let replicas =
            workload.replicas.value().map_or(String::new(), |replicas| format!(", {}", replicas_text(*replicas)));
        self.line(1, "topology", &format!("{}{replicas}", workload.topology.name()))?;
        if let Some(sentinels) = &workload.sentinels {
            let quorum = model.show(&sentinels.quorum, |quorum| format!("quorum {quorum}"), "no quorum");
            let count = sentinels.count.map_or("unknown".to_owned(), |count| count.to_string());
            self.line(1, "sentinels", &format!("{count}; {quorum}"))?;
        }
        if let Some(watcher) = &workload.watched_by {
            self.line(1, "sentinels", &format!("those of {watcher}"))?;
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
        let name = if name.is_empty() { String::new() } else { format!(" {BOLD}{}{BOLD:#}", printable(name)) };
        writeln!(self.out, "  {what}{name}{DIM}{}{DIM:#}", printable(more))
    }

    fn line(&mut self, depth: usize, key: &str, value: &str) -> io::Result<()> {
        let start = format!("{}{key:<14}", "  ".repeat(depth));
        let value = printable(value);
        let Some(width) = self.width else { return writeln!(self.out, "{start}  {value}") };
        let text = fill(&value, width, &" ".repeat(start.len() + 2));
        writeln!(self.out, "{start}  {}", text.trim_start())
    }

    fn container(&mut self, model: &Model, container: &Container) -> io::Result<()> {
        self.head("container", &container.name, &format!("  {}, {}", container.role.name(), container.image))?;
        let is_redis = matches!(container.role, Role::Server | Role::Sentinel | Role::Unknown);
        if !is_redis {
            return Ok(());
        }
        self.line(2, "memory", &memory(&container.memory))?;
        if let Some(from) = &container.memory.defaults_from {
            self.line(2, "given", &format!("{}, from {}", defaults(&container.memory), model.origin(from)))?;
        }
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
        Fact::Unset => "not found".to_owned(),
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
    let own = match (memory.request.as_ref().map(|amount| amount.text.as_str()), limit) {
        (Some(request), Some(limit)) => format!("request {request}, limit {limit}"),
        (None, Some(limit)) => format!("limit {limit}, which is the request too"),
        (Some(request), None) => format!("request {request}, no limit"),
        (None, None) => "neither request nor limit".to_owned(),
    };
    match &memory.pod_limit {
        Some(pod) => format!("{own}; the limit of the Pod is {}", pod.amount.text),
        None => own,
    }
}

/// What a LimitRange gives.
fn defaults(memory: &Memory) -> String {
    let amount = |bytes: u64| Quantity::of_bytes(bytes).to_string();
    let limit = memory.default_limit.map(|bytes| format!("limit {}", amount(bytes)));
    let request = memory.default_request.map(|bytes| format!("request {}", amount(bytes)));
    request.into_iter().chain(limit).collect::<Vec<_>>().join(", ")
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
