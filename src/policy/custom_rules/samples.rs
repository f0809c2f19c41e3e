//! Models that every expression is tried on when it is loaded: the checker says what can't be, these say that it is so.

use serde_json::{Value, json};

use crate::cel::Sample;

/// All of them.
pub(crate) fn all() -> Vec<Sample> {
    let facts = [
        "maxmemory_bytes",
        "maxmemory_policy",
        "persistence",
        "storage",
        "quorum",
        "governing_service_headless",
        "topology",
    ];
    let sample = |name, model, unseen: &[&'static str]| Sample { name, model, unseen: unseen.to_vec() };
    vec![
        sample("in which everything is set", full(), &[]),
        sample("in which nothing is set", empty(), &[]),
        sample("in which nothing could be seen", empty(), &facts),
        sample("with odd values", odd(), &[]),
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
