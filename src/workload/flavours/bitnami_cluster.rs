//! Bitnami's charts `redis-cluster` and `valkey-cluster` and their images. They start as [`super::bitnami`]'s do.

use serde_json::Value;

use super::bitnami;
use super::facts::FlavourFacts;
use crate::kubernetes::text;
use crate::workload::image::image_name;
use crate::workload::role::Role;
use crate::workload::start::Startup;
use crate::workload::start::entrypoint::Process;
use crate::workload::topology::Topology;

/// The flavour.
pub(crate) struct BitnamiCluster;

impl FlavourFacts for BitnamiCluster {
    fn name(&self) -> &'static str {
        "bitnami-cluster"
    }

    fn summary(&self) -> &'static str {
        "The chart bitnami/redis-cluster or bitnami/valkey-cluster."
    }

    fn is_it(&self, container: &Value, _process: &Process) -> bool {
        let image = text(container, "/image");
        bitnami::is_image(image) && is_cluster_image(image)
    }

    fn role_of_image(&self, name: &str) -> Option<Role> {
        matches!(name, "redis-cluster" | "valkey-cluster").then_some(Role::Server)
    }

    fn role_of_script(&self, path: &str) -> Option<Role> {
        self.role_of_image(bitnami::start_script_of(path)?)
    }

    fn flags_variable(&self, container: &Value, process: &Process) -> Option<&'static str> {
        if !bitnami::makes_configuration(container, process) {
            return None;
        }
        match image_name(text(container, "/image")) {
            "redis-cluster" => Some("REDIS_EXTRA_FLAGS"),
            "valkey-cluster" => Some("VALKEY_EXTRA_FLAGS"),
            _ => None,
        }
    }

    fn data_directory(&self, start: &Startup) -> Option<String> {
        match image_name(text(start.container, "/image")) {
            "redis-cluster" => bitnami::data_directory_by(start, "REDIS_DATA_DIR", "/bitnami/redis/data"),
            "valkey-cluster" => bitnami::data_directory_by(start, "VALKEY_DATA_DIR", "/bitnami/valkey/data"),
            _ => None,
        }
    }

    fn topology(&self, start: &Startup) -> Option<Topology> {
        let is_cluster =
            is_cluster_image(text(start.container, "/image")) || start.environment.contains_key("REDIS_NODES");
        is_cluster.then_some(Topology::Cluster)
    }
}

fn is_cluster_image(image: &str) -> bool {
    image_name(image).ends_with("-cluster")
}
