//! Anything else that runs a Redis server: a command of its own, or one of a few images that we know.

use serde_json::Value;

use super::facts::FlavourFacts;
use crate::kubernetes::text;
use crate::workload::image::image_name;
use crate::workload::role::Role;
use crate::workload::start::entrypoint::Process;

/// The flavour.
pub(crate) struct Plain;

/// Images of other makers whose entrypoint starts a server.
const SERVER_IMAGES: [&str; 5] = ["redis-stack", "redis-stack-server", "redis-photon", "valkey-photon", "keydb"];

impl FlavourFacts for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn summary(&self) -> &'static str {
        "Anything else that runs a Redis server."
    }

    fn is_it(&self, _container: &Value, _process: &Process) -> bool {
        true
    }

    fn role_of_image(&self, name: &str) -> Option<Role> {
        SERVER_IMAGES.contains(&name).then_some(Role::Server)
    }

    /// Redis Stack's entrypoint reads one where it is given nothing.
    fn flags_variable(&self, container: &Value, process: &Process) -> Option<&'static str> {
        let is_stack = is_stack(text(container, "/image"));
        (is_stack && process.argv.is_empty() && !process.scripted).then_some("REDIS_ARGS")
    }

    /// Redis Stack's images have no entrypoint; their start script is the default command.
    fn replaced_start(&self, image: &str) -> Option<&'static str> {
        is_stack(image).then_some("the image's start script, which `args` replace (it takes options from REDIS_ARGS)")
    }
}

fn is_stack(image: &str) -> bool {
    matches!(image_name(image), "redis-stack" | "redis-stack-server")
}
