//! A shell command or start script of somebody's own, in any image but Bitnami's.

use serde_json::Value;

use super::facts::FlavourFacts;
use crate::workload::start::entrypoint::Process;

/// The flavour.
pub(crate) struct Script;

impl FlavourFacts for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn summary(&self) -> &'static str {
        "A shell command or start script of somebody's own."
    }

    fn is_it(&self, _container: &Value, process: &Process) -> bool {
        process.scripted
    }
}
