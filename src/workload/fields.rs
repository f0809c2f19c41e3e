//! The fields of the model as `inspect -o json` prints it and as custom rules read it: their names, types and meanings.
//! This is a contract. `docs/schemas/inspect.schema.json` and the meanings in `docs/custom-rules.md` are written from here.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

/// Null where unset; what could not be seen is null too and named under `unknown`. `memory`, `maxmemory_*`, `storage` and
/// `probes` speak of the server container, or of the Sentinel in a workload of Sentinels alone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "workload")]
pub struct WorkloadView<'a> {
    /// Group and version of its object.
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: &'a str,
    /// The kind of its object.
    pub(crate) kind: &'a str,
    /// Its namespace; empty where a manifest names none.
    pub(crate) namespace: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Who made the manifest: `bitnami`, `bitnami-cluster`, `official`, `script` or `plain`.
    pub(crate) flavour: &'static str,
    /// `standalone`, `replication`, `sentinel` or `cluster`.
    #[schemars(extend("enum" = ["standalone", "replication", "sentinel", "cluster", "unknown"]))]
    pub(crate) topology: &'static str,
    /// `spec.replicas`, 1 where unset; null for a DaemonSet and a bare Pod.
    pub(crate) replicas: Option<u64>,
    /// All containers and native sidecars.
    pub(crate) containers: Vec<ContainerView<'a>>,
    /// Memory of the server container, or of the Sentinel container where there is no server.
    pub(crate) memory: Option<MemoryView>,
    /// The effective maxmemory; null for none and for 0, which is none.
    #[schemars(range(min = 1))]
    pub(crate) maxmemory_bytes: Option<u64>,
    /// Where maxmemory comes from; null where nobody sets one.
    pub(crate) maxmemory_origin: Option<OriginView<'a>>,
    /// The effective maxmemory-policy; null where nobody sets it.
    pub(crate) maxmemory_policy: Option<&'a str>,
    /// `aof`, `rdb`, `both`, `none`; `unknown` where it runs no server.
    #[schemars(extend("enum" = ["aof", "rdb", "both", "none", "unknown"]))]
    pub(crate) persistence: &'static str,
    /// Where the server writes its data set; null where it runs none.
    pub(crate) storage: Option<StorageView<'a>>,
    /// Replicas times Sentinel containers; null where it runs none.
    pub(crate) sentinels: Option<u64>,
    /// The quorum of its Sentinels.
    pub(crate) quorum: Option<u64>,
    /// `spec.serviceName` of a StatefulSet; null where unset.
    pub(crate) governing_service: Option<&'a str>,
    /// Whether that Service is headless; null where there is none.
    pub(crate) governing_service_headless: Option<bool>,
    /// Probes of the server container, or of the Sentinel container where there is no server.
    pub(crate) probes: Option<ProbesView>,
    /// What could not be seen.
    pub(crate) unknown: Vec<UnknownView<'a>>,
}

/// A container or native sidecar.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "container")]
pub(crate) struct ContainerView<'a> {
    /// The container's name.
    pub(crate) name: &'a str,
    /// `server`, `sentinel`, `exporter`, `client`, `proxy` or `other`; `unknown`, which is unseen, where that can't be told.
    #[schemars(extend("enum" = ["server", "sentinel", "exporter", "client", "proxy", "other", "unknown"]))]
    pub(crate) role: &'static str,
    /// Its memory.
    pub(crate) memory: MemoryView,
    /// Its probes.
    pub(crate) probes: ProbesView,
}

/// As declared.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "memory")]
pub(crate) struct MemoryView {
    /// The memory request in bytes; null where unset, also where the API server copies the limit.
    pub(crate) request_bytes: Option<u64>,
    /// The memory limit in bytes; never more than what a limit of the whole Pod (`spec.resources`) leaves.
    pub(crate) limit_bytes: Option<u64>,
}

/// Where a value comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "origin")]
pub(crate) struct OriginView<'a> {
    /// The object that sets it.
    pub(crate) object: ObjectView<'a>,
    /// The JSON pointer in that object.
    #[schemars(regex(pattern = "^(/.*)?$"))]
    pub(crate) at: &'a str,
    /// The line inside the value there, from 1; null where the value is no text of several lines.
    #[schemars(range(min = 1))]
    pub(crate) line: Option<u32>,
}

/// The name of an object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "object")]
pub(crate) struct ObjectView<'a> {
    /// Group and version.
    pub(crate) api_version: &'a str,
    /// The kind.
    pub(crate) kind: &'a str,
    /// The namespace.
    pub(crate) namespace: &'a str,
    /// The name.
    pub(crate) name: &'a str,
}

/// Where the server writes its data set. `directory` is null where it is not known, which `unknown` tells where it matters:
/// where a volume is mounted that could hold it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "storage")]
pub(crate) struct StorageView<'a> {
    /// The directory of the RDB and AOF files; null where it is not known and no volume is mounted that could hold it.
    pub(crate) directory: Option<&'a str>,
    /// The volume that it lies in; null where that is the container's own file system.
    pub(crate) volume: Option<&'a str>,
    /// `claim-template`, `claim`, `ephemeral-claim`, `empty-dir`, `host-path`, `other` or `none`.
    #[schemars(extend("enum" = [
        "claim-template", "claim", "ephemeral-claim", "empty-dir", "host-path", "other", "none", "unknown"
    ]))]
    pub(crate) source: &'static str,
    /// The claim that the volume names; null for any other source than `claim`.
    pub(crate) claim: Option<&'a str>,
    /// What is claimed, or what a bound claim got where that is more; of a set's claims the smallest that is seen; null
    /// where nothing is claimed.
    pub(crate) storage_bytes: Option<u64>,
    /// The access modes of the claim.
    pub(crate) access_modes: &'a [String],
    /// The storage class that the claim names; null for the cluster's default.
    pub(crate) storage_class: Option<&'a str>,
}

/// As declared, without passwords.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "probes")]
pub(crate) struct ProbesView {
    /// The liveness probe; null where there is none.
    pub(crate) liveness: Option<ProbeView>,
    /// The readiness probe.
    pub(crate) readiness: Option<ProbeView>,
    /// The startup probe.
    pub(crate) startup: Option<ProbeView>,
}

/// A field that could not be seen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "unknown")]
pub(crate) struct UnknownView<'a> {
    /// The field that could not be seen.
    pub(crate) fact: &'static str,
    /// What it would take to see it.
    pub(crate) needs: &'a str,
}

/// One probe as declared, without passwords.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct ProbeView(pub(crate) Value);

/// The fields are Kubernetes' own and shown as they are written, whatever their type: so none is promised here.
impl JsonSchema for ProbeView {
    fn schema_name() -> Cow<'static, str> {
        "probe".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "description": "As declared, without passwords.", "properties": {
            "initialDelaySeconds": {
                "description": "Seconds before the first try, as declared: null where the API server puts its default, as for all of these.",
            },
            "timeoutSeconds": {"description": "Seconds that one try may take."},
            "periodSeconds": {"description": "Seconds between tries."},
            "successThreshold": {"description": "Tries until it counts as succeeded."},
            "failureThreshold": {"description": "Tries until it counts as failed."},
            "terminationGracePeriodSeconds": {"description": "Seconds that the container gets to end when it fails."},
            "exec": {"description": "The command that it runs.", "properties": {
                "command": {
                    "description": "The command's words. They may hold a password, so no `messageExpression` may read them.",
                },
            }},
            "httpGet": {"description": "The HTTP request that it makes.", "properties": {
                "path": {"description": "The path."},
                "port": {"description": "The port, by number or name: compare it with `==`, `!=` or `in`."},
                "scheme": {"description": "`HTTP` or `HTTPS`."},
                "host": {"description": "The host, where it is not the Pod."},
            }},
            "tcpSocket": {"description": "The port that it opens.", "properties": {
                "port": {"description": "The port, by number or name."},
                "host": {"description": "The host, where it is not the Pod."},
            }},
            "grpc": {"description": "The gRPC service that it asks.", "properties": {
                "port": {"description": "The port."},
                "service": {"description": "The service."},
            }},
        }})
    }
}
