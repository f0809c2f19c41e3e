//! Which servers take directives from a variable, which their entrypoint appends to the command line.

use serde_json::Value;

use super::flavours::flags_variable;
use super::start::entrypoint::Process;
use crate::kubernetes::text;

/// Whether directives reach the server through what its start script reads.
pub(crate) fn is_scripted(container: &Value, process: &Process) -> bool {
    process.scripted && find_variable(container, process).is_none()
}

/// The variable that takes directives: that of the entrypoint, unless it is `args` that win.
pub(crate) fn find_variable(container: &Value, process: &Process) -> Option<&'static str> {
    let name = flags_variable(container, process)?;
    let is_args = name == "VALKEY_EXTRA_FLAGS" && !process.argv.is_empty() && !is_bitnami(container);
    (!is_args).then_some(name)
}

fn is_bitnami(container: &Value) -> bool {
    text(container, "/image").contains("bitnami")
}
