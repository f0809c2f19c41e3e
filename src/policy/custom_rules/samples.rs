//! Models that every expression is tried on when it is loaded: the checker says what can't be, these say that it is so.

use cel::Context;
use serde_json::{Value, json};

use super::expression::{Expression, is_of_types};
use super::{functions, values};

/// The first sample on which an expression fails over the types of its values. A message is asked for only where its
/// condition is false.
pub(crate) fn run(expression: &Expression, condition: Option<&Expression>) -> Result<(), String> {
    for (name, model, unseen) in all() {
        let context = context(&model, &unseen);
        let is_asked = condition.is_none_or(|condition| condition.holds(&context) == Ok(false));
        if is_asked && expression.error(&context).is_some_and(|error| is_of_types(&error)) {
            return Err(format!("its values don't fit together on a workload {name}"));
        }
    }
    Ok(())
}

/// What an expression runs in.
pub(crate) fn context<'v>(model: &'v Value, unseen: &[&str]) -> Context<'v, 'v> {
    let mut context = Context::with_env(functions::env());
    context.add_variable_as_val(super::check::VARIABLE, values::workload(model, unseen));
    context
}

fn all() -> [(&'static str, Value, Vec<&'static str>); 4] {
    let facts = [
        "maxmemory_bytes",
        "maxmemory_policy",
        "persistence",
        "storage",
        "quorum",
        "governing_service_headless",
        "topology",
    ];
    [
        ("in which everything is set", full(), Vec::new()),
        ("in which nothing is set", empty(), Vec::new()),
        ("in which nothing could be seen", empty(), facts.to_vec()),
        ("with odd values", odd(), Vec::new()),
    ]
}

/// Everything is set.
pub(crate) fn full() -> Value {
    let probe = json!({
        "initialDelaySeconds": 10, "timeoutSeconds": 5, "periodSeconds": 10, "successThreshold": 1,
        "failureThreshold": 5, "terminationGracePeriodSeconds": 30,
        "exec": {"command": ["redis-cli", "ping"]},
        "httpGet": {"path": "/", "port": 9121, "scheme": "HTTP", "host": "localhost"},
        "tcpSocket": {"port": "redis", "host": "localhost"},
        "grpc": {"port": 1, "service": "redis"},
    });
    let probes = json!({"liveness": probe, "readiness": probe, "startup": probe});
    let memory = json!({"request_bytes": 1_073_741_824, "limit_bytes": 2_147_483_648_u64});
    let container = |name: &str, role: &str| json!({"name": name, "role": role, "memory": memory, "probes": probes});
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "namespace": "shop", "name": "cache",
        "flavour": "bitnami", "topology": "sentinel", "replicas": 3,
        "containers": [container("redis", "server"), container("sentinel", "sentinel"), container("metrics", "exporter")],
        "memory": memory, "maxmemory_bytes": 1_610_612_736,
        "maxmemory_origin": {
            "object": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "cache"},
            "at": "/data/redis.conf", "line": 3,
        },
        "maxmemory_policy": "allkeys-lru", "persistence": "aof", "storage": {
            "directory": "/data", "volume": "data", "source": "claim", "claim": "cache", "storage_bytes": 8_589_934_592_u64,
            "access_modes": ["ReadWriteOnce"], "storage_class": "fast",
        }, "sentinels": 3, "quorum": 2,
        "governing_service": "cache-headless", "governing_service_headless": true,
        "probes": probes, "unknown": [{"fact": "role", "needs": "to know"}],
    })
}

/// What can be null is null.
pub(crate) fn empty() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "namespace": "", "name": "cache",
        "flavour": "plain", "topology": "unknown", "containers": [], "persistence": "unknown", "unknown": [],
    })
}

/// Containers with nothing set, probes that are no probes.
fn odd() -> Value {
    let mut odd = empty();
    odd["containers"] =
        json!([{"name": "", "role": "other"}, {"name": "x", "role": "unknown", "probes": {"liveness": 3}}]);
    odd["maxmemory_bytes"] = json!(u64::MAX);
    odd["storage"] = json!({"source": "none", "access_modes": [1]});
    odd["probes"] = json!({"liveness": {"exec": {"command": [1, "x"]}, "httpGet": {"port": {}}}});
    odd
}
