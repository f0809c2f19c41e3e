//! `plimsoll why`: the last decision on a workload, read off its mark: which values are ours, what stood there before,
//! where they come from, and what holds now.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Failure;
use crate::kubernetes::{Inventory, Kind, Lookup, ObjectRef, Seen};
use crate::manifests::{Document, Manifests};
use crate::patch::{AppliedValue, Key, MARK_ANNOTATION, applied_values};
use crate::workload::{Fact, Workload};

/// The exit code where there is nothing to speak of.
const NOTHING: u8 = 3;

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The workload, such as `sts/redis-node` (then --file says where it is), or `-` for all on standard input.
    #[arg(value_name = "KIND/NAME")]
    target: String,
    /// A file or folder with the workload as it is stored, and the objects around it, or `-`; may be repeated.
    #[arg(short, long, value_name = "PATH")]
    file: Vec<PathBuf>,
    /// The namespace of the workload, where the name alone does not tell.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// How the answer is printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Why {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut paths = self.file.clone();
        if self.target == "-" {
            paths.push(PathBuf::from("-"));
        }
        if paths.is_empty() {
            let what = "give the object: `kubectl get sts NAME -o yaml | plimsoll why -`, or -f FILE";
            return Err(Failure::Usage(what.to_owned()));
        }
        let wanted = if self.target == "-" { None } else { Some(Target::parse(&self.target)?) };
        let manifests = Manifests::read(&paths);
        for mistake in &manifests.diagnostics {
            let _ = writeln!(io::stderr().lock(), "plimsoll: {mistake}");
        }
        let given = Given(manifests.documents.into_iter().map(Document::into_value).collect());
        let is_meant = |object: &ObjectRef| {
            wanted.as_ref().is_none_or(|target| target.names(object))
                && self.namespace.as_ref().is_none_or(|namespace| *namespace == object.namespace)
        };
        let answers: Vec<Answer> = given
            .0
            .iter()
            .filter(|object| is_meant(&ObjectRef::of(object)))
            .filter_map(|object| given.answer(object))
            .collect();
        if answers.is_empty() {
            let _ = writeln!(io::stderr().lock(), "plimsoll: no Redis workload of that name was given");
            return Ok(ExitCode::from(NOTHING));
        }
        self.write(&answers).map_err(|error| Failure::Run(error.to_string()))?;
        let is_answered = answers.iter().all(|answer| !answer.unreadable);
        Ok(if is_answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn write(&self, answers: &[Answer]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.output == Format::Json {
            let workloads: Vec<Value> = answers.iter().map(Answer::json).collect();
            return writeln!(stdout, "{:#}", json!({"version": 1, "workloads": workloads}));
        }
        answers.iter().flat_map(Answer::lines).try_for_each(|line| writeln!(stdout, "{line}"))
    }
}

/// `sts/redis-node`.
struct Target {
    kind: &'static str,
    name: String,
}

impl Target {
    fn parse(text: &str) -> Result<Self, Failure> {
        let wrong =
            || Failure::Usage(format!("`{text}` is no workload; write sts/NAME, deploy/NAME, ds/NAME or pod/NAME"));
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        let kind = Kind::named(kind).ok_or_else(wrong)?.name;
        Ok(Self { kind, name: name.to_owned() })
    }

    fn names(&self, object: &ObjectRef) -> bool {
        object.kind == self.kind && object.name == self.name
    }
}

/// The objects that were given; whatever else there is can't be seen.
struct Given(Vec<Arc<Value>>);

impl Inventory for Given {
    fn look(&self, reference: &Lookup) -> Seen<&[Arc<Value>]> {
        let found = match reference {
            Lookup::Object(name) => self.0.iter().find(|object| ObjectRef::of(object) == *name),
            _ => None,
        };
        found.map_or_else(
            || Seen::Unknown("the objects around it".to_owned()),
            |found| Seen::Found(std::slice::from_ref(found)),
        )
    }
}

impl Given {
    fn answer(&self, object: &Value) -> Option<Answer> {
        let workload = Workload::read(object, self)?;
        let annotation = object.pointer("/metadata/annotations").and_then(|all| all.get(MARK_ANNOTATION));
        let applied = applied_values(object);
        let unreadable = annotation.is_some() && applied.is_empty();
        Some(Answer { workload, applied, unreadable })
    }
}

/// What there is to say of one workload.
struct Answer {
    workload: Workload,
    applied: Vec<AppliedValue>,
    /// Whether there is a mark that says nothing.
    unreadable: bool,
}

impl Answer {
    fn lines(&self) -> Vec<String> {
        let name = &self.workload.object;
        if self.unreadable {
            return vec![format!(
                "{name}: its annotation {MARK_ANNOTATION} can't be read, so nothing in it counts as ours"
            )];
        }
        if self.applied.is_empty() {
            return vec![format!("{name}: nothing of it was written by Plimsoll")];
        }
        let mut lines = vec![format!("{name}: written by Plimsoll:")];
        for applied in &self.applied {
            lines.push(format!(
                "  container {}: {} = {}",
                applied.key.container,
                applied.key.path,
                shown(&applied.key, &applied.entry.set)
            ));
            lines.push(format!("    before: {}", before(applied)));
            lines.extend(source(applied).map(|source| format!("    from:   {source}")));
            lines.push(format!("    now:    {}", self.now(applied)));
        }
        lines
    }

    fn now(&self, applied: &AppliedValue) -> String {
        let changed = applied.limit_changed().map_or(String::new(), |limit| {
            format!("; the limit is {limit} now, and {} follows it at the next rollout", applied.key.path)
        });
        if applied.holds {
            return format!("holds{changed}");
        }
        let found = match (&applied.entry.via, &applied.now) {
            (Some(_), _) => self.directive(&applied.key),
            (None, Some(value)) => shown(&applied.key, value),
            (None, None) => "nothing".to_owned(),
        };
        format!("drifted: {found} stands there, which is the user's")
    }

    /// The directive that a container runs with now, as far as it can be seen.
    fn directive(&self, key: &Key) -> String {
        let server = self.workload.containers.iter().find(|server| server.name == key.container);
        let name = &key.path;
        match server.and_then(|server| server.config.as_ref()).map(|config| config.directive(name)) {
            Some(Fact::Set(setting)) => {
                format!("{name} {} at {} {}", setting.value, setting.origin.object, setting.origin.at)
            }
            Some(Fact::Unset) => format!("no {name}"),
            Some(Fact::Unknown(needs)) => format!("something that can't be seen without {needs}"),
            None => "no such container".to_owned(),
        }
    }

    fn json(&self) -> Value {
        let value = |applied: &AppliedValue| {
            json!({
                "container": applied.key.container,
                "path": applied.key.path,
                "set": shown(&applied.key, &applied.entry.set),
                "was": applied.entry.was.as_ref().map(|_| before(applied)),
                "via": applied.entry.via,
                "limit": applied.entry.limit,
                "derive": applied.entry.derive,
                "holds": applied.holds,
                "now": self.now(applied),
            })
        };
        json!({
            "workload": self.workload.object,
            "unreadable": self.unreadable,
            "ours": self.applied.iter().map(value).collect::<Vec<_>>(),
        })
    }
}

fn before(applied: &AppliedValue) -> String {
    match (&applied.entry.was, applied.entry.via.is_some()) {
        (Some(_), true) => "the user's own value, which ours was added to".to_owned(),
        (Some(was), false) => format!("{}, which the user wrote", shown(&applied.key, was)),
        (None, _) => "nothing; it was added".to_owned(),
    }
}

/// A value, where it can't hold a password: commands and variables may.
fn shown(key: &Key, value: &Value) -> String {
    if may_hold_a_secret(key) {
        return "(a word of a command)".to_owned();
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn may_hold_a_secret(key: &Key) -> bool {
    key.path.split('.').any(|part| matches!(part, "command" | "args" | "env"))
}

/// Where a directive comes from, and how it gets there.
fn source(applied: &AppliedValue) -> Option<String> {
    let via = applied.entry.via.as_deref()?;
    let way = match via.split_once(':') {
        Some(("env", name)) => format!("the environment variable {name}"),
        Some(("overlay", place)) => format!("the overlay of {}", place.replacen(':', ", key ", 1)),
        _ => "the container's args".to_owned(),
    };
    if applied.entry.limit.is_none() && applied.entry.derive.is_none() {
        return Some(format!("a rule's own value, through {way}"));
    }
    let limit = applied.entry.limit.as_deref().unwrap_or("an unknown limit");
    let derive = applied.entry.derive.as_deref().unwrap_or("an unknown derivation");
    Some(format!("the limit {limit} by {derive}, through {way}"))
}
