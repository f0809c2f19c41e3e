//! Bitnami's charts `redis` and `valkey` and their images, whose entrypoints write the configuration.
//!
//! Source: bitnami/containers, `rootfs/opt/bitnami/scripts` of redis, redis-sentinel and valkey.

use serde_json::Value;

use super::bitnami_library;
use super::facts::FlavourFacts;
use crate::kubernetes::{Seen, json, list, text};
use crate::workload::image::image_name;
use crate::workload::role::Role;
use crate::workload::start::Startup;
use crate::workload::start::base_name;
use crate::workload::start::entrypoint::Process;
use crate::workload::start::environment::Environment;
use crate::workload::start::shell::run::world::Known;
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::topology::Topology;

/// The flavour.
pub(crate) struct Bitnami;

/// The script that an image of Bitnami's runs when it is given nothing. Its folder says what it starts.
const START_SCRIPT: &str = "/run.sh";

/// A mounted file comes before what is made of it.
const CONFIG_FILES: [&str; 6] = [
    "/opt/bitnami/redis/mounted-etc/redis.conf",
    "/opt/bitnami/redis/etc/redis.conf",
    "/opt/bitnami/redis/etc/redis-default.conf",
    "/opt/bitnami/valkey/mounted-etc/valkey.conf",
    "/opt/bitnami/valkey/etc/valkey.conf",
    "/opt/bitnami/valkey/etc/valkey-default.conf",
];

const SENTINEL_FILES: [&str; 2] =
    ["/opt/bitnami/redis-sentinel/mounted-etc/sentinel.conf", "/opt/bitnami/redis-sentinel/etc/sentinel.conf"];

/// Included at the end of the configuration that the entrypoint makes.
const OVERRIDE_FILES: [&str; 2] =
    ["/opt/bitnami/redis/mounted-etc/overrides.conf", "/opt/bitnami/valkey/mounted-etc/overrides.conf"];

/// The entrypoint and the scripts of the charts alone write here.
const OWN_FOLDERS: [&str; 3] =
    ["/opt/bitnami/redis/etc/", "/opt/bitnami/valkey/etc/", "/opt/bitnami/redis-sentinel/etc/prepare-"];

/// The script of a replica, in the ConfigMap of a release that has any.
const REPLICA_SCRIPT: &str = "/data/start-replica.sh";

impl FlavourFacts for Bitnami {
    fn name(&self) -> &'static str {
        "bitnami"
    }

    fn summary(&self) -> &'static str {
        "The chart bitnami/redis or bitnami/valkey."
    }

    fn is_it(&self, container: &Value, _process: &Process) -> bool {
        let image = text(container, "/image");
        is_image(image) && !image_name(image).ends_with("-cluster")
    }

    fn role_of_image(&self, name: &str) -> Option<Role> {
        match name {
            "redis" | "valkey" => Some(Role::Server),
            "redis-sentinel" | "valkey-sentinel" => Some(Role::Sentinel),
            _ => None,
        }
    }

    fn role_of_script(&self, path: &str) -> Option<Role> {
        self.role_of_image(start_script_of(path)?)
    }

    fn makes_command_line(&self, process: &Process) -> bool {
        runs_start_script(process)
    }

    fn flags_variable(&self, container: &Value, process: &Process) -> Option<&'static str> {
        if !makes_configuration(container, process) {
            return None;
        }
        match image_name(text(container, "/image")) {
            "redis" => Some("REDIS_EXTRA_FLAGS"),
            "valkey" => Some("VALKEY_EXTRA_FLAGS"),
            _ => None,
        }
    }

    fn config_files(&self, is_sentinel: bool) -> &'static [&'static str] {
        if is_sentinel { &SENTINEL_FILES } else { &CONFIG_FILES }
    }

    fn override_files(&self, is_sentinel: bool) -> &'static [&'static str] {
        if is_sentinel { &[] } else { &OVERRIDE_FILES }
    }

    fn is_fresh_folder(&self, container: &Value, path: &str) -> bool {
        is_of_bitnami(container) && OWN_FOLDERS.iter().any(|folder| path.starts_with(folder))
    }

    fn shape_of_variable(&self, container: &Value, name: &str) -> Option<Shape> {
        if !is_of_bitnami(container) {
            return None;
        }
        match name {
            "REDISPORT"
            | "SERVPORT"
            | "SENTINEL_SERVICE_PORT"
            | "REDIS_MASTER_HOST"
            | "REDIS_MASTER_PORT_NUMBER"
            | "VALKEY_PRIMARY_HOST"
            | "VALKEY_PRIMARY_PORT_NUMBER" => Some(Shape::Word),
            _ if name.ends_with("PASSWORD") => Some(Shape::Field),
            _ => None,
        }
    }

    fn known_command(&self, container: &Value, name: &str, arguments: &[Text]) -> Option<Known> {
        bitnami_library::known_command(is_of_bitnami(container), name, arguments)
    }

    fn turns_append_only_on(&self, environment: &Environment) -> bool {
        environment.get("REDIS_AOF_ENABLED") == Some("yes")
    }

    fn data_directory(&self, start: &Startup) -> Option<String> {
        match image_name(text(start.container, "/image")) {
            "redis" => data_directory_by(start, "REDIS_DATA_DIR", "/bitnami/redis/data"),
            "valkey" => data_directory_by(start, "VALKEY_DATA_DIR", "/bitnami/valkey/data"),
            _ => None,
        }
    }

    /// The image calls a lone server `master` too; the scripts of a release with replicas hold theirs.
    fn topology(&self, start: &Startup) -> Option<Topology> {
        let variables = ["REDIS_REPLICATION_MODE", "VALKEY_REPLICATION_MODE"];
        let mode = variables.iter().find_map(|name| start.environment.get(name))?;
        let is_replica = matches!(mode, "replica" | "slave");
        Some(if is_replica || has_replica_script(start) { Topology::Replication } else { Topology::Standalone })
    }
}

/// Whether an image is one of Bitnami's, by its path.
pub(super) fn is_image(image: &str) -> bool {
    image.contains("bitnami")
}

/// Whether a container is of an image of Bitnami's, or of a mirror of one: something is mounted where only those look.
fn is_of_bitnami(container: &Value) -> bool {
    is_image(text(container, "/image"))
        || list(container, "/volumeMounts").iter().any(|mount| text(mount, "/mountPath").starts_with("/opt/bitnami/"))
}

/// What a start script of Bitnami's starts: `redis` of `/opt/bitnami/scripts/redis/run.sh`.
pub(super) fn start_script_of(path: &str) -> Option<&str> {
    path.strip_suffix(START_SCRIPT).map(base_name)
}

fn runs_start_script(process: &Process) -> bool {
    process.runs.iter().chain(&process.argv).any(|path| path.ends_with(START_SCRIPT))
}

/// Whether Bitnami's entrypoint makes the configuration: its image is given nothing, or its start script is run.
pub(super) fn makes_configuration(container: &Value, process: &Process) -> bool {
    let is_bare = process.argv.is_empty() && !process.scripted;
    (is_image(text(container, "/image")) && is_bare) || runs_start_script(process)
}

/// The directory that a variable names, else the default; nothing where the variable can't be seen.
pub(super) fn data_directory_by(start: &Startup, variable: &str, default: &str) -> Option<String> {
    if !is_image(text(start.container, "/image")) || !makes_configuration(start.container, &start.process) {
        return None;
    }
    let is_hidden = list(start.container, "/env").iter().any(|entry| text(entry, "/name") == variable);
    match start.environment.get(variable) {
        Some(directory) if !directory.is_empty() => Some(directory.to_owned()),
        Some(_) => Some(default.to_owned()),
        None => (!is_hidden).then(|| default.to_owned()),
    }
}

fn has_replica_script(start: &Startup) -> bool {
    let script_at = start.process.script_at.as_ref();
    let Some(place) = script_at.filter(|place| place.object.kind == "ConfigMap") else { return false };
    match start.pod.inventory.object(&place.object) {
        Seen::Found(config_map) => json::at(config_map, REPLICA_SCRIPT).is_some(),
        Seen::Absent | Seen::Unknown(_) => false,
    }
}
