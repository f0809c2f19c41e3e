//! What a container does, from its process and image. Evidence that proves nothing (names, labels, ports) alone makes
//! [`Role::Unknown`]: reported, never patched.

use serde_json::Value;

use super::flavours;
use super::image::image_name;
use super::role::Role;
use super::start::base_name;
use super::start::entrypoint::Process;
use crate::kubernetes::{list, text, words};

/// Images that speak of Redis and are none.
const OTHER_IMAGES: [&str; 8] =
    ["redis-commander", "redisinsight", "redis-operator", "redis-shake", "envoy", "haproxy", "twemproxy", "dragonfly"];

/// Images of Redis' modules: each is a server that loads one. How they start is not followed.
const MODULE_IMAGES: [&str; 8] =
    ["rejson", "rebloom", "redisearch", "redistimeseries", "redisgraph", "redisbloom", "redisai", "redismod"];

/// The role of a container.
pub(crate) fn detect_role(container: &Value, process: &Process) -> Role {
    let image = text(container, "/image");
    let name = image_name(image);
    let program = process.argv.first().map(String::as_str);
    if name.contains("exporter") || program.is_some_and(|program| base_name(program).contains("redis_exporter")) {
        let is_redis = name.contains("redis")
            || name.contains("valkey")
            || program.is_some_and(|program| program.contains("redis"));
        return if is_redis { Role::Exporter } else { Role::Other };
    }
    if name.ends_with("-proxy") || matches!(name, "envoy" | "haproxy" | "twemproxy") {
        return if mentions_redis(container) { Role::Proxy } else { Role::Other };
    }
    if OTHER_IMAGES.contains(&name) || name.starts_with("redisinsight") {
        return Role::Other;
    }
    match program.map(base_name) {
        Some("redis-server" | "valkey-server" | "keydb-server") => role_by_arguments(process),
        Some("redis-sentinel" | "valkey-sentinel" | "keydb-sentinel") => Role::Sentinel,
        Some(_) if !process.scripted => role_of_command(name, container, process),
        Some(_) => Role::Other,
        None if process.scripted => role_of_scripted(name, container, process),
        None => flavours::role_of_image(name).unwrap_or_else(|| guess_role(container)),
    }
}

fn role_by_arguments(process: &Process) -> Role {
    if process.argv.iter().any(|word| word == "--sentinel") { Role::Sentinel } else { Role::Server }
}

/// The role of a container that is given words which start with no server.
fn role_of_command(image: &str, container: &Value, process: &Process) -> Role {
    let first = process.argv.first().map_or("", String::as_str);
    let role_of_image = flavours::role_of_image(image);
    if !process.has_command && (first.starts_with('-') || first.ends_with(".conf")) {
        // The entrypoint takes options and files.
        match role_of_image {
            Some(Role::Server) => return role_by_arguments(process),
            Some(role) => return role,
            None => {}
        }
    }
    if let Some(role) = process.argv.iter().find_map(|word| flavours::role_of_script(word)) {
        return role;
    }
    if role_of_image == Some(Role::Server) || matches!(base_name(first), "redis-cli" | "valkey-cli" | "redis-benchmark")
    {
        return Role::Client;
    }
    if process.has_command { Role::Other } else { guess_role(container) }
}

/// The role of a container whose script starts no server that was seen.
fn role_of_scripted(image: &str, container: &Value, process: &Process) -> Role {
    if let Some(role) = process.runs.iter().rev().find_map(|path| flavours::role_of_script(path)) {
        return role;
    }
    match (&process.unseen, flavours::role_of_image(image)) {
        // A script that we could not read, in an image that is made for one thing, with a name that says it.
        (Some(_), Some(role)) => {
            let mut said = words(container, "/command");
            said.extend(words(container, "/args"));
            if said.join(" ").contains("sentinel") { Role::Sentinel } else { role }
        }
        (Some(_), None) => guess_role(container),
        (None, Some(_)) => Role::Client,
        (None, None) => Role::Other,
    }
}

/// An image that we don't know: unknown where it serves Redis' port under a name of Redis', else nothing of ours.
fn guess_role(container: &Value) -> Role {
    let is_named = names_redis(text(container, "/name")) || names_redis(image_name(text(container, "/image")));
    let serves = list(container, "/ports")
        .iter()
        .any(|port| matches!(port.get("containerPort").and_then(Value::as_i64), Some(6379 | 26379)));
    let is_module = MODULE_IMAGES.contains(&image_name(text(container, "/image")));
    let is_certain = is_module || is_pinged(container);
    if is_certain || (is_named && (serves || sets_directives(container))) { Role::Unknown } else { Role::Other }
}

/// Whether an argument is an option that only Redis' own servers have.
fn sets_directives(container: &Value) -> bool {
    let names = words(container, "/args");
    let mut names = names.iter().filter_map(|word| word.strip_prefix("--"));
    names.any(|name| name.contains("maxmemory") || name.starts_with("append") || name == "replicaof")
}

fn names_redis(text: &str) -> bool {
    ["redis", "valkey", "keydb"].iter().any(|name| text.contains(name))
}

/// Whether a probe asks a Redis server.
fn is_pinged(container: &Value) -> bool {
    let commands = ["/livenessProbe/exec/command", "/readinessProbe/exec/command"];
    let mut words = commands.iter().flat_map(|command| words(container, command));
    words.any(|word| word.contains("redis-cli") || word.contains("valkey-cli"))
}

fn mentions_redis(container: &Value) -> bool {
    ["/image", "/name"].iter().any(|at| text(container, at).contains("redis"))
        || list(container, "/ports").iter().any(|port| port.get("containerPort").and_then(Value::as_i64) == Some(6379))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn detect(container: &Value) -> Role {
        let argv: Vec<String> = words(container, "/command").into_iter().chain(words(container, "/args")).collect();
        let has_command = container.get("command").is_some();
        detect_role(container, &Process { argv, has_command, ..Process::default() })
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
            (json!({"image": "redislabs/rejson:2.6.0"}), Role::Unknown),
            (json!({"image": "redislabs/rejson:2.6.0", "args": ["--maxmemory", "1gb"]}), Role::Unknown),
            (json!({"image": "redislabs/rejson:2.6.0", "command": ["sleep", "1"]}), Role::Other),
            (json!({"image": "mine/store", "name": "redis", "args": ["--maxmemory", "1gb"]}), Role::Unknown),
            (json!({"image": "mine/store", "name": "redis-backup", "args": ["--dir", "/data"]}), Role::Other),
            (json!({"image": "nginx", "ports": [{"containerPort": 6379}]}), Role::Other),
            (json!({"image": "envoyproxy/envoy", "name": "redis-proxy"}), Role::Proxy),
            (json!({}), Role::Other),
        ] {
            assert_eq!(detect(&container), expected, "{container}");
        }
    }
}
