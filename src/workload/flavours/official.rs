//! Docker Hub's images `redis` and `valkey`, with or without arguments.
//!
//! Source: redis/docker-library-redis and valkey-io/valkey-container, `Dockerfile` and `docker-entrypoint.sh`.

use serde_json::Value;

use super::facts::FlavourFacts;
use crate::kubernetes::text;
use crate::workload::image::image_name;
use crate::workload::role::Role;
use crate::workload::start::base_name;
use crate::workload::start::entrypoint::Process;
use crate::workload::start::shell::run::world::Known;
use crate::workload::start::shell::text::Text;

/// The flavour.
pub(crate) struct Official;

impl FlavourFacts for Official {
    fn name(&self) -> &'static str {
        "official"
    }

    fn summary(&self) -> &'static str {
        "An official image, with or without arguments."
    }

    fn is_it(&self, container: &Value, process: &Process) -> bool {
        let image = text(container, "/image");
        !process.scripted && !image.contains("bitnami") && matches!(image_name(image), "redis" | "valkey")
    }

    fn role_of_image(&self, name: &str) -> Option<Role> {
        matches!(name, "redis" | "valkey").then_some(Role::Server)
    }

    /// Only Valkey's entrypoint has one.
    fn flags_variable(&self, container: &Value, process: &Process) -> Option<&'static str> {
        let is_valkey = image_name(text(container, "/image")) == "valkey" && self.is_it(container, process);
        is_valkey.then_some("VALKEY_EXTRA_FLAGS")
    }

    /// Their Dockerfiles say `WORKDIR /data`.
    fn working_directory(&self, image: &str) -> Option<&'static str> {
        is_official(image).then_some("/data")
    }

    /// The entrypoint gives options and files to the server, and runs anything else.
    fn known_command(&self, _container: &Value, name: &str, arguments: &[Text]) -> Option<Known> {
        if base_name(name) != "docker-entrypoint.sh" {
            return None;
        }
        let is_for_server = arguments.first().is_some_and(|first| {
            first.known_start().starts_with('-') || first.known().is_some_and(|word| word.ends_with(".conf"))
        });
        Some(if is_for_server { Known::RunsServer("redis-server") } else { Known::Runs(1) })
    }

    fn takes_arguments(&self, image: &str) -> bool {
        is_official(image)
    }
}

/// Docker Hub's `redis` or `valkey`, or a mirror that keeps the `library/` of its path: nothing else is certain to be what
/// Docker Hub has.
fn is_official(image: &str) -> bool {
    let path = image.split('@').next().unwrap_or(image);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.split(':').next().unwrap_or(name);
    match name {
        "redis" => folder.is_empty() || folder == "docker.io" || folder == "library" || folder.ends_with("/library"),
        "valkey" => matches!(folder, "valkey" | "docker.io/valkey" | "") || folder.ends_with("/valkey/valkey"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::workload::flavours::official::is_official;

    #[test]
    fn only_some_images_are_known_to_be_docker_hubs() {
        for image in [
            "redis",
            "redis:7.4",
            "docker.io/library/redis@sha256:0",
            "mirror.example/library/redis:7",
            "valkey/valkey:8",
        ] {
            assert!(is_official(image), "{image}");
        }
        for image in ["bitnami/redis", "mirror.example/redis:7", "redis-stack", ""] {
            assert!(!is_official(image), "{image}");
        }
    }
}
