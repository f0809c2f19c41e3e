//! `plimsoll policy impact`: whom another policy would meet.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::files::{load_policies, read_policies};
use crate::cli::args::diagnostics::print_diagnostics;
use crate::cli::args::manifests::ManifestArgs;
use crate::cli::failure::Failure;
use crate::cli::output::print_report;
use crate::impact::{self, Change, NO_POLICY, NamedPolicies};
use crate::manifests::find_labels_to_give;
use crate::policy::{PROFILE_NAMES, Policies};
use crate::report::Format;

/// A path that was named is not there: whom it would have shown, nobody knows.
const ABSENT: u8 = 2;
/// No Kubernetes object could be read.
const NOTHING: u8 = 3;

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
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Impact {
    /// Compares the policies and prints what differs.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (old, new) = (named_policies(&self.old)?, named_policies(&self.new)?);
        if new.policies.is_none() {
            return Err(Failure::Usage("NEW names a policy; only --old may be `none`".to_owned()));
        }
        let manifests = ManifestArgs::new(self.paths, self.namespace).read()?;
        let policies = Change { old: old.with_namespaces_of(&manifests), new: new.with_namespaces_of(&manifests) };
        let workloads = manifests.workloads();
        for named in [&policies.old, &policies.new] {
            if let Some(policies) = &named.policies {
                print_diagnostics(&find_labels_to_give(policies, &workloads));
            }
        }
        print_report(self.output, &impact::Impact::measure(&policies, &workloads, &manifests))?;
        Ok(match manifests.objects {
            0 => ExitCode::from(NOTHING),
            _ if manifests.absent => ExitCode::from(ABSENT),
            _ => ExitCode::SUCCESS,
        })
    }
}

/// The policies of a file or a profile; none for `none`.
fn named_policies(name: &str) -> Result<NamedPolicies, Failure> {
    if name == NO_POLICY {
        return Ok(NamedPolicies { name: "no policy".to_owned(), policies: None });
    }
    let path = PathBuf::from(name);
    let (title, policies) = if PROFILE_NAMES.contains(&name) && !path.is_file() {
        let policies = Policies::profile(name).map_err(|error| Failure::Usage(error.to_string()))?;
        (format!("profile {name}"), policies.at(Timestamp::now()))
    } else if path.exists() {
        (format!("policy {name}"), load_policies(&[read_policies(&path)?])?)
    } else {
        let what = format!("there is no file `{name}`, and no such profile: {}", PROFILE_NAMES.join(", "));
        return Err(Failure::Usage(what));
    };
    Ok(NamedPolicies { name: title, policies: Some(policies) })
}
