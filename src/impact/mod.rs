//! `plimsoll policy impact`: who would be denied, patched, restarted or warned by another policy, and what it costs.
//!
//! The manifests count as stored already, as the old policy would have stored them. Each workload is asked about twice
//! under either policy: created anew, and rolled out (its Pod template changed by somebody, as `kubectl rollout restart`
//! does). No policy restarts anything by itself.

mod memory;
mod pods;
mod scope;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use self::memory::Cost;
use crate::cli::Failure;
use crate::cli::args::diagnostics::print_diagnostics;
use crate::cli::args::manifests::ManifestArgs;
use crate::cli::output::{Output, print, print_json};
use crate::cli::policy::{load, read};
use crate::engine::{Outcome, ask};
use crate::kubernetes::ObjectRef;
use crate::manifests::{ManifestSet, ManifestWorkload, find_labels_to_give};
use crate::patch;
use crate::policy::{PROFILE_NAMES, Policies, Target};

/// A path that was named is not there: whom it would have shown, nobody knows.
const ABSENT: u8 = 2;
/// No Kubernetes object could be read.
const NOTHING: u8 = 3;
/// How `--old` calls a cluster without Plimsoll.
const NONE: &str = "none";
/// What `kubectl rollout restart` changes.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// The arguments of `policy impact`.
#[derive(Debug, Args)]
pub(crate) struct Impact {
    /// The policy to judge: a file with RedisPolicy objects, or a profile: baseline, production or cache.
    #[arg(value_name = "NEW")]
    new: String,
    /// Manifests: files and folders, or `-` for standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The policy in force now: a file, a profile, or `none` where Plimsoll is not installed.
    #[arg(long, value_name = "OLD", default_value = "baseline")]
    old: String,
    /// The namespace of objects that name none, as `kubectl apply -n` would give them.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// How the impact is printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// A policy under its name; without policies nobody is asked.
struct Side {
    title: String,
    policies: Option<Policies>,
}

/// Something under the old policy and under the new one.
struct Both<T> {
    old: T,
    new: T,
}

/// What becomes of one workload.
struct Affected {
    name: ObjectRef,
    /// The names of the policies that hold for it.
    policy: Both<String>,
    /// What happens when it is created anew.
    create: Both<Outcome>,
    /// What happens at its next rollout; nothing for a bare Pod.
    rollout: Option<Both<Outcome>>,
}

impl Impact {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (old, new) = (Side::named(&self.old)?, Side::named(&self.new)?);
        if new.policies.is_none() {
            return Err(Failure::Usage("NEW names a policy; only --old may be `none`".to_owned()));
        }
        let around = ManifestArgs::new(self.paths, self.namespace).read()?;
        let sides = Both { old: old.among(&around), new: new.among(&around) };
        let workloads = around.workloads();
        for policies in [&sides.old, &sides.new].into_iter().filter_map(|side| side.policies.as_ref()) {
            print_diagnostics(&find_labels_to_give(policies, &workloads));
        }
        let affected: Vec<Affected> = workloads.iter().map(|workload| Affected::of(&sides, workload)).collect();
        let costs = Cost::all(&affected, &around);
        match self.output {
            Output::Text => print(|out| show::text(out, &sides, &affected, &costs, around.objects))?,
            Output::Json => print_json(&json(&sides, &affected, &costs))?,
        }
        Ok(match around.objects {
            0 => ExitCode::from(NOTHING),
            _ if around.absent => ExitCode::from(ABSENT),
            _ => ExitCode::SUCCESS,
        })
    }
}

impl Side {
    fn named(name: &str) -> Result<Self, Failure> {
        if name == NONE {
            return Ok(Self { title: "no policy".to_owned(), policies: None });
        }
        let path = PathBuf::from(name);
        let (title, policies) = if PROFILE_NAMES.contains(&name) && !path.is_file() {
            let policies = Policies::profile(name).map_err(|error| Failure::Usage(error.to_string()))?;
            (format!("profile {name}"), policies)
        } else if !path.exists() {
            let what = format!("there is no file `{name}`, and no such profile: {}", PROFILE_NAMES.join(", "));
            return Err(Failure::Usage(what));
        } else {
            let policies = load(&[read(&path)?]).map_err(|mistakes| Failure::Usage(mistakes.join("\nplimsoll: ")))?;
            (format!("policy {name}"), policies)
        };
        Ok(Self { title, policies: Some(policies.at(Timestamp::now())) })
    }

    /// With the labels of the Namespaces among the manifests.
    fn among(mut self, around: &ManifestSet) -> Self {
        self.policies = self.policies.map(|policies| policies.with_namespaces(around.namespaces()));
        self
    }

    fn ask(&self, workload: &ManifestWorkload, object: &Arc<Value>, old: Option<&Arc<Value>>) -> Outcome {
        match &self.policies {
            Some(policies) => ask(policies, object, old, workload.inventory()),
            None => Outcome { stored: Arc::clone(object), ..Outcome::default() },
        }
    }

    fn policy_of(&self, workload: &ManifestWorkload) -> String {
        let name =
            |policies: &Policies| policies.of(&Target::workload(&workload.workload, workload.object())).name.clone();
        self.policies.as_ref().map_or_else(|| NONE.to_owned(), name)
    }
}

impl Affected {
    fn of(sides: &Both<Side>, workload: &ManifestWorkload) -> Self {
        let object = workload.object();
        let create = sides.each(|side| side.ask(workload, object, None));
        // What a cluster has stored is stored as it is; a manifest as the old policy left it.
        let is_stored = object.pointer("/metadata/uid").is_some();
        let stored = if is_stored { Arc::clone(object) } else { Arc::clone(&create.old.stored) };
        let rolled = restarted(object).map(Arc::new);
        let rollout = rolled.map(|rolled| sides.each(|side| side.ask(workload, &rolled, Some(&stored))));
        Self { name: ObjectRef::of(object), policy: sides.each(|side| side.policy_of(workload)), create, rollout }
    }

    /// What the next rollout of its Pods brings that it would not have brought under the old policy: JSON pointers.
    fn changes(&self) -> Vec<String> {
        let Some(rollout) = &self.rollout else { return Vec::new() };
        let patch = patch::diff(&rollout.old.stored, &rollout.new.stored);
        let paths = patch.iter().filter_map(|operation| Some(json!(operation).get("path")?.as_str()?.to_owned()));
        let mut paths: Vec<String> = paths.filter(|path| path.starts_with("/spec/")).collect();
        paths.dedup();
        paths
    }

    /// A path that people can read: containers by their names, and what lies in all Pods without its way there.
    fn named(&self, path: &str) -> String {
        let short = path.strip_prefix("/spec/template/spec/").unwrap_or(path.trim_start_matches('/'));
        let mut words: Vec<&str> = short.split('/').collect();
        let object = self.rollout.as_ref().map(|rollout| &rollout.new.stored);
        let name =
            |list: &str, index: &str| object?.pointer(&format!("/spec/template/spec/{list}/{index}/name"))?.as_str();
        if let [list, index, ..] = words.as_slice()
            && let Some(name) = name(list, index)
        {
            words.splice(..2, [name]);
        }
        words.join(" ")
    }
}

impl<T> Both<T> {
    fn each<'a, U>(&'a self, make: impl Fn(&'a T) -> U) -> Both<U> {
        Both { old: make(&self.old), new: make(&self.new) }
    }
}

/// The object with its Pods restarted by somebody; nothing where they can't be.
fn restarted(object: &Value) -> Option<Value> {
    let mut object = object.clone();
    let template = object.pointer_mut("/spec/template")?.as_object_mut()?;
    let metadata = template.entry("metadata").or_insert_with(|| json!({})).as_object_mut()?;
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    annotations.as_object_mut()?.insert(RESTARTED.to_owned(), json!("2006-01-02T15:04:05Z"));
    Some(object)
}

fn json(sides: &Both<Side>, affected: &[Affected], costs: &[Cost]) -> Value {
    let outcome = |outcome: &Outcome| {
        json!({"denied": outcome.denied, "warned": outcome.warned, "patched": outcome.patched,
            "settled": !outcome.unsettled})
    };
    let outcomes = |both: &Both<Outcome>| json!({"old": outcome(&both.old), "new": outcome(&both.new)});
    let workload = |affected: &Affected| {
        json!({
            "workload": affected.name,
            "policy": {"old": affected.policy.old, "new": affected.policy.new},
            "create": outcomes(&affected.create),
            "rollout": affected.rollout.as_ref().map(outcomes),
            "changes": affected.changes(),
        })
    };
    json!({
        "version": 1,
        "old": sides.old.title,
        "new": sides.new.title,
        "workloads": affected.iter().map(workload).collect::<Vec<_>>(),
        "namespaces": costs.iter().map(Cost::json).collect::<Vec<_>>(),
        "summary": show::Summary::of(affected).json(),
    })
}
