//! How a container starts, in two steps: its start scripts are followed (which says what runs and what they copy and
//! append), then its files are what its mounts show after that.

use serde_json::Value;

use self::entrypoint::Process;
use self::environment::Environment;
use self::filesystem::Mounts;
use self::pod::Pod;
use crate::kubernetes::Pointer;

pub(crate) mod entrypoint;
pub(crate) mod environment;
pub(crate) mod filesystem;
pub(crate) mod pod;
pub(crate) mod script;
mod shell;

/// How one container starts: what the readers of its configuration, storage and topology go by.
pub(crate) struct Startup<'a> {
    /// The Pod template that it is in.
    pub(crate) pod: &'a Pod<'a>,
    /// The container as declared.
    pub(crate) container: &'a Value,
    /// Where it is.
    pub(crate) at: Pointer,
    /// Its environment, as far as it can be seen.
    pub(crate) environment: Environment,
    /// What it runs.
    pub(crate) process: Process,
    /// Its files, as they are when that runs.
    pub(crate) mounts: Mounts<'a>,
}

impl<'a> Startup<'a> {
    /// Follows the start of a container of `pod` that is at `at`.
    pub(crate) fn follow(pod: &'a Pod<'a>, container: &'a Value, at: Pointer) -> Self {
        let environment = environment::read_environment(pod, container);
        let mounts = Mounts::of_manifest(pod, container);
        let (process, script) = entrypoint::follow_entrypoint(&mounts, &environment, &at);
        Self { pod, container, at, environment, process, mounts: mounts.after_script(script) }
    }
}
