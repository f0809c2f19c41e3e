//! What a container does, from its process and image. Evidence that proves nothing (names, labels, ports) alone makes
//! [`Role::Unknown`]: reported, never patched.

use serde_json::Value;

use super::model::Role;
use super::start::entrypoint::Process;
use super::start::script::base_name;
use crate::kubernetes::{list, text, words};

/// Images whose entrypoint starts a server when it is given nothing, options, or a configuration file.
const SERVER_IMAGES: [&str; 9] = [
    "redis",
    "valkey",
    "redis-stack",
    "redis-stack-server",
    "redis-cluster",
    "valkey-cluster",
    "redis-photon",
    "valkey-photon",
    "keydb",
];

/// Sentinel images of Bitnami's: their entrypoint starts a Sentinel.
const SENTINEL_IMAGES: [&str; 2] = ["redis-sentinel", "valkey-sentinel"];

/// Images that speak of Redis and are none.
const NEVER: [&str; 8] =
    ["redis-commander", "redisinsight", "redis-operator", "redis-shake", "envoy", "haproxy", "twemproxy", "dragonfly"];

/// The image's last path segment without tag and digest.
pub(crate) fn image_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    base_name(image).split(':').next().unwrap_or_default()
}

/// The role of a container.
pub(crate) fn role(container: &Value, process: &Process) -> Role {
    let image = text(container, "/image");
    let name = image_name(image);
    if name.contains("exporter")
        || process.argv.first().is_some_and(|program| base_name(program).contains("redis_exporter"))
    {
        let redis = name.contains("redis")
            || name.contains("valkey")
            || process.argv.first().is_some_and(|program| program.contains("redis"));
        return if redis { Role::Exporter } else { Role::Other };
    }
    if name.ends_with("-proxy") || matches!(name, "envoy" | "haproxy" | "twemproxy") {
        return if hints(container) { Role::Proxy } else { Role::Other };
    }
    if NEVER.contains(&name) || name.starts_with("redisinsight") {
        return Role::Other;
    }
    match process.argv.first().map(|program| base_name(program)) {
        Some(program) if is_server(program) => by_arguments(process),
        Some("redis-sentinel" | "valkey-sentinel" | "keydb-sentinel") => Role::Sentinel,
        Some(_) if !process.scripted => direct(name, container, process),
        Some(_) => Role::Other,
        None if process.scripted => scripted(name, container, process),
        None if SERVER_IMAGES.contains(&name) => Role::Server,
        None if SENTINEL_IMAGES.contains(&name) => Role::Sentinel,
        None => uncertain(container),
    }
}

fn is_server(program: &str) -> bool {
    matches!(program, "redis-server" | "valkey-server" | "keydb-server")
}

fn by_arguments(process: &Process) -> Role {
    if process.argv.iter().any(|word| word == "--sentinel") { Role::Sentinel } else { Role::Server }
}

fn direct(image: &str, container: &Value, process: &Process) -> Role {
    let first = process.argv.first().map_or("", String::as_str);
    let entrypoint_takes_it = !process.has_command && (first.starts_with('-') || first.ends_with(".conf"));
    if entrypoint_takes_it && SERVER_IMAGES.contains(&image) {
        return by_arguments(process);
    }
    if entrypoint_takes_it && SENTINEL_IMAGES.contains(&image) {
        return Role::Sentinel;
    }
    if let Some(role) = bitnami_run(first).or_else(|| process.argv.iter().find_map(|word| bitnami_run(word))) {
        return role;
    }
    if SERVER_IMAGES.contains(&image) || matches!(base_name(first), "redis-cli" | "valkey-cli" | "redis-benchmark") {
        return Role::Client;
    }
    if process.has_command { Role::Other } else { uncertain(container) }
}

fn scripted(image: &str, container: &Value, process: &Process) -> Role {
    if let Some(role) = process.runs.iter().rev().find_map(|path| bitnami_run(path)) {
        return role;
    }
    let sure = SERVER_IMAGES.contains(&image) || SENTINEL_IMAGES.contains(&image);
    match &process.unseen {
        // A script that we could not read, in an image that is made for one thing, with a name that says it.
        Some(_) if sure => {
            let said =
                words(container, "/command").into_iter().chain(words(container, "/args")).collect::<Vec<_>>().join(" ");
            let sentinel = said.contains("sentinel") || SENTINEL_IMAGES.contains(&image);
            if sentinel { Role::Sentinel } else { Role::Server }
        }
        Some(_) => uncertain(container),
        None if sure => Role::Client,
        None => Role::Other,
    }
}

/// Bitnami's images start what the folder of their `run.sh` says.
fn bitnami_run(path: &str) -> Option<Role> {
    let folder = path.strip_suffix("/run.sh")?;
    match base_name(folder) {
        "redis" | "valkey" | "redis-cluster" | "valkey-cluster" => Some(Role::Server),
        "redis-sentinel" | "valkey-sentinel" => Some(Role::Sentinel),
        _ => None,
    }
}

/// An image that we don't know: unknown where it serves Redis' port under a name of Redis', else nothing of ours.
fn uncertain(container: &Value) -> Role {
    let port = list(container, "/ports")
        .iter()
        .any(|port| matches!(port.get("containerPort").and_then(Value::as_i64), Some(6379 | 26379)));
    let named = |text: &str| ["redis", "valkey", "keydb"].iter().any(|name| text.contains(name));
    let pings = ["/livenessProbe", "/readinessProbe"].iter().any(|probe| {
        words(container, &format!("{probe}/exec/command"))
            .iter()
            .any(|word| word.contains("redis-cli") || word.contains("valkey-cli"))
    });
    let name = named(text(container, "/name")) || named(image_name(text(container, "/image")));
    if (port && name) || pings { Role::Unknown } else { Role::Other }
}

fn hints(container: &Value) -> bool {
    ["/image", "/name"].iter().any(|at| text(container, at).contains("redis"))
        || list(container, "/ports").iter().any(|port| port.get("containerPort").and_then(Value::as_i64) == Some(6379))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(container: &Value) -> Role {
        let argv: Vec<String> = words(container, "/command").into_iter().chain(words(container, "/args")).collect();
        let has_command = container.get("command").is_some();
        role(container, &Process { argv, has_command, ..Process::default() })
    }

    #[test]
    fn reads_roles_off_image_and_command() {
        for (container, expected) in [
            (json!({"image": "redis:7.4"}), Role::Server),
            (json!({"image": "redis:7.4", "args": ["--appendonly", "yes"]}), Role::Server),
            (json!({"image": "redis", "args": ["/etc/redis.conf", "--sentinel"]}), Role::Sentinel),
            (json!({"image": "x.example:5000/a/valkey@sha256:0"}), Role::Server),
            (json!({"image": "redis:7.4", "command": ["redis-cli", "ping"]}), Role::Client),
            (json!({"image": "redis:7.4", "command": ["redis-sentinel", "/s.conf"]}), Role::Sentinel),
            (json!({"image": "mine/base", "command": ["/usr/bin/redis-server"]}), Role::Server),
            (json!({"image": "oliver006/redis_exporter:v1"}), Role::Exporter),
            (json!({"image": "bitnami/redis-sentinel:7"}), Role::Sentinel),
            (json!({"image": "rediscommander/redis-commander"}), Role::Other),
            (json!({"image": "mine/redis-fork", "name": "redis", "ports": [{"containerPort": 6379}]}), Role::Unknown),
            (json!({"image": "nginx", "ports": [{"containerPort": 6379}]}), Role::Other),
            (json!({"image": "envoyproxy/envoy", "name": "redis-proxy"}), Role::Proxy),
            (json!({}), Role::Other),
        ] {
            assert_eq!(of(&container), expected, "{container}");
        }
    }
}
