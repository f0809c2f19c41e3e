//! The language of custom rules: the model as they see it, which is the JSON of `inspect`, field by field. This table is
//! the one source of the type checker, of the values that expressions get, and of the fields in `docs/custom-rules.md`.

use std::sync::LazyLock;

use super::{samples, words};
use crate::cel::{Amounts, Field, Kind, Language, NAME, Schema, field, nullable, one_of, unseen_as, unseen_with};
use crate::kubernetes::Quantity;
use crate::yaml::hint_within;

/// The language of custom rules.
pub(crate) static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    Language::new::<Quantities>(Schema {
        variable: "workload",
        fields: WORKLOAD,
        example: "workload.quorum",
        hint: |name, names| hint_within(MAX_NAMES, name, names),
        samples: samples::all,
    })
});

/// Of a field that there is not: as many names are told as a `workload` has.
const MAX_NAMES: usize = 30;
const LONG: u64 = 1024;
const COMMAND_WORD: u64 = 4096;
const COMMAND_WORDS: u64 = 64;
/// What is the most in a Pod that anybody runs.
const CONTAINERS: u64 = 64;
/// Kubernetes knows four access modes.
const MODES: u64 = 8;

/// Amounts as Kubernetes writes them.
struct Quantities;

impl Amounts for Quantities {
    fn parse(text: &str) -> Option<i64> {
        Quantity::parse(text).ok()?.bytes().and_then(|bytes| i64::try_from(bytes).ok())
    }

    fn format(units: i64) -> Option<String> {
        Quantity::parse(&units.to_string()).ok().map(|quantity| quantity.to_string())
    }
}

/// All fields of `workload`.
pub(crate) const WORKLOAD: &[Field] = &[
    field("apiVersion", Kind::Text(NAME), "Group and version of its object.", "workload.apiVersion == 'apps/v1'"),
    one_of(words::KINDS, field("kind", Kind::Text(NAME), "The kind of its object.", "workload.kind == 'StatefulSet'")),
    field(
        "namespace",
        Kind::Text(NAME),
        "Its namespace; empty where a manifest names none.",
        "workload.namespace != 'default'",
    ),
    field("name", Kind::Text(NAME), "Its name.", "!workload.name.startsWith('test-')"),
    one_of(
        words::FLAVOURS,
        field(
            "flavour",
            Kind::Text(NAME),
            "Who made the manifest: `bitnami`, `bitnami-cluster`, `official`, `script` or `plain`.",
            "workload.flavour in ['bitnami', 'official']",
        ),
    ),
    one_of(
        words::TOPOLOGIES,
        field(
            "topology",
            Kind::Text(NAME),
            "`standalone`, `replication`, `sentinel` or `cluster`.",
            "workload.topology == 'sentinel'",
        ),
    ),
    nullable(
        "replicas",
        Kind::Int,
        "`spec.replicas`, 1 where unset; null for a DaemonSet and a bare Pod.",
        "has(workload.replicas) && workload.replicas >= 3",
    ),
    field(
        "containers",
        Kind::List(&Kind::Object(CONTAINER), CONTAINERS),
        "All containers and native sidecars.",
        "workload.containers.exists(c, c.role == 'exporter')",
    ),
    field(
        "memory",
        Kind::Object(MEMORY),
        "Memory of the server container, or of the Sentinel container where there is no server.",
        "has(workload.memory.limit_bytes)",
    ),
    nullable(
        "maxmemory_bytes",
        Kind::Int,
        "The effective maxmemory; null for none and for 0, which is none.",
        "has(workload.maxmemory_bytes) && workload.maxmemory_bytes <= quantity('8Gi')",
    ),
    unseen_with(
        "maxmemory_bytes",
        nullable(
            "maxmemory_origin",
            Kind::Object(ORIGIN),
            "Where maxmemory comes from; null where nobody sets one.",
            "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.kind == 'ConfigMap'",
        ),
    ),
    nullable(
        "maxmemory_policy",
        Kind::Word,
        "The effective maxmemory-policy; null where nobody sets it.",
        "workload.maxmemory_policy == 'noeviction'",
    ),
    one_of(
        words::PERSISTENCES,
        field(
            "persistence",
            Kind::Text(NAME),
            "`aof`, `rdb`, `both`, `none`; `unknown` where it runs no server.",
            "workload.persistence in ['aof', 'both']",
        ),
    ),
    nullable(
        "storage",
        Kind::Object(STORAGE),
        "Where the server writes its data set; null where it runs none.",
        "!has(workload.storage) || workload.storage.source != 'empty-dir'",
    ),
    nullable(
        "sentinels",
        Kind::Int,
        "Replicas times Sentinel containers; null where it runs none.",
        "workload.sentinels == null || workload.sentinels % 2 == 1",
    ),
    nullable("quorum", Kind::Int, "The quorum of its Sentinels.", "workload.quorum == null || workload.quorum >= 2"),
    nullable(
        "governing_service",
        Kind::Text(NAME),
        "`spec.serviceName` of a StatefulSet; null where unset.",
        "workload.kind != 'StatefulSet' || has(workload.governing_service)",
    ),
    nullable(
        "governing_service_headless",
        Kind::Bool,
        "Whether that Service is headless; null where there is none.",
        "workload.governing_service_headless != false",
    ),
    field(
        "probes",
        Kind::Object(PROBES),
        "Probes of the server container, or of the Sentinel container where there is no server.",
        "has(workload.probes.readiness.periodSeconds)",
    ),
    field(
        "unknown",
        Kind::List(&Kind::Object(UNKNOWN), CONTAINERS),
        "What could not be seen.",
        "!workload.unknown.exists(u, u.fact == 'persistence')",
    ),
];

const CONTAINER: &[Field] = &[
    field("name", Kind::Text(NAME), "The container's name.", "workload.containers.all(c, c.name != 'debug')"),
    unseen_as(
        "unknown",
        one_of(
            words::ROLES,
            field(
                "role",
                Kind::Text(NAME),
                "`server`, `sentinel`, `exporter`, `client`, `proxy` or `other`; where that can't be told it is unseen.",
                "workload.containers.exists(c, c.role == 'server')",
            ),
        ),
    ),
    field(
        "memory",
        Kind::Object(MEMORY),
        "Its memory.",
        "workload.containers.all(c, c.memory.request_bytes == c.memory.limit_bytes)",
    ),
    field(
        "probes",
        Kind::Object(PROBES),
        "Its probes.",
        "workload.containers.filter(c, c.role == 'sentinel').all(c, has(c.probes.liveness.periodSeconds))",
    ),
];

const MEMORY: &[Field] = &[
    nullable(
        "request_bytes",
        Kind::Int,
        "The memory request in bytes; null where unset, also where the API server copies the limit.",
        "workload.memory.request_bytes == workload.memory.limit_bytes",
    ),
    nullable(
        "limit_bytes",
        Kind::Int,
        "The memory limit in bytes.",
        "has(workload.memory.limit_bytes) && workload.memory.limit_bytes >= quantity('512Mi')",
    ),
];

const ORIGIN: &[Field] = &[
    field(
        "object",
        Kind::Object(OBJECT),
        "The object that sets it.",
        "!has(workload.maxmemory_origin) || workload.maxmemory_origin.object.kind in ['ConfigMap', 'StatefulSet']",
    ),
    field(
        "at",
        Kind::Text(LONG),
        "The JSON pointer in that object.",
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.at.startsWith('/data/')",
    ),
    nullable(
        "line",
        Kind::Int,
        "The line inside the value there, from 1; null where the value is no text of several lines.",
        "has(workload.maxmemory_origin.line) && workload.maxmemory_origin.line > 1",
    ),
];

const OBJECT: &[Field] = &[
    field(
        "apiVersion",
        Kind::Text(NAME),
        "Group and version.",
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.apiVersion == 'v1'",
    ),
    field(
        "kind",
        Kind::Text(NAME),
        "The kind.",
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.kind == 'ConfigMap'",
    ),
    field(
        "namespace",
        Kind::Text(NAME),
        "The namespace.",
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.namespace == workload.namespace",
    ),
    field(
        "name",
        Kind::Text(NAME),
        "The name.",
        "!has(workload.maxmemory_origin) || workload.maxmemory_origin.object.name != 'shared-config'",
    ),
];

const STORAGE: &[Field] = &[
    nullable(
        "directory",
        Kind::Text(LONG),
        "The directory of the RDB and AOF files; null where it is not known and no volume is mounted that could hold it.",
        "has(workload.storage.directory) && workload.storage.directory == '/data'",
    ),
    nullable(
        "volume",
        Kind::Text(NAME),
        "The volume that it lies in; null where that is the container's own file system.",
        "has(workload.storage.volume)",
    ),
    field(
        "source",
        Kind::Text(NAME),
        "`claim-template`, `claim`, `ephemeral-claim`, `empty-dir`, `host-path`, `other` or `none`.",
        "has(workload.storage) && workload.storage.source in ['claim-template', 'claim']",
    ),
    nullable(
        "claim",
        Kind::Text(NAME),
        "The claim that the volume names; null for any other source than `claim`.",
        "!has(workload.storage.claim) || workload.storage.claim != 'shared'",
    ),
    nullable(
        "storage_bytes",
        Kind::Int,
        "What is claimed, or what a bound claim got where that is more; null where nothing is.",
        "!has(workload.storage.storage_bytes) || workload.storage.storage_bytes >= quantity('1Gi')",
    ),
    field(
        "access_modes",
        Kind::List(&Kind::Text(NAME), MODES),
        "The access modes of the claim.",
        "!has(workload.storage) || workload.storage.access_modes.all(m, m != 'ReadWriteMany')",
    ),
    nullable(
        "storage_class",
        Kind::Text(NAME),
        "The storage class that the claim names; null for the cluster's default.",
        "!has(workload.storage) || workload.storage.storage_class != 'standard'",
    ),
];

const PROBES: &[Field] = &[
    nullable(
        "liveness",
        Kind::Object(PROBE),
        "The liveness probe; null where there is none.",
        "has(workload.probes.liveness)",
    ),
    nullable("readiness", Kind::Object(PROBE), "The readiness probe.", "has(workload.probes.readiness)"),
    nullable("startup", Kind::Object(PROBE), "The startup probe.", "!has(workload.probes.startup)"),
];

const PROBE: &[Field] = &[
    nullable(
        "initialDelaySeconds",
        Kind::Int,
        "Seconds before the first try, as declared: null where the API server puts its default, as for all of these.",
        "has(workload.probes.liveness.initialDelaySeconds) && workload.probes.liveness.initialDelaySeconds >= 10",
    ),
    nullable(
        "timeoutSeconds",
        Kind::Int,
        "Seconds that one try may take.",
        "has(workload.probes.liveness.timeoutSeconds) && workload.probes.liveness.timeoutSeconds >= 5",
    ),
    nullable(
        "periodSeconds",
        Kind::Int,
        "Seconds between tries.",
        "!has(workload.probes.readiness.periodSeconds) || workload.probes.readiness.periodSeconds <= 10",
    ),
    nullable(
        "successThreshold",
        Kind::Int,
        "Tries until it counts as succeeded.",
        "!has(workload.probes.readiness) || workload.probes.readiness.successThreshold in [null, 1]",
    ),
    nullable(
        "failureThreshold",
        Kind::Int,
        "Tries until it counts as failed.",
        "has(workload.probes.liveness.failureThreshold) && workload.probes.liveness.failureThreshold >= 5",
    ),
    nullable(
        "terminationGracePeriodSeconds",
        Kind::Int,
        "Seconds that the container gets to end when it fails.",
        "!has(workload.probes.liveness.terminationGracePeriodSeconds)",
    ),
    nullable("exec", Kind::Object(EXEC), "The command that it runs.", "has(workload.probes.liveness.exec)"),
    nullable(
        "httpGet",
        Kind::Object(HTTP_GET),
        "The HTTP request that it makes.",
        "!has(workload.probes.liveness.httpGet)",
    ),
    nullable(
        "tcpSocket",
        Kind::Object(TCP_SOCKET),
        "The port that it opens.",
        "!has(workload.probes.readiness.tcpSocket)",
    ),
    nullable("grpc", Kind::Object(GRPC), "The gRPC service that it asks.", "!has(workload.probes.liveness.grpc)"),
];

const EXEC: &[Field] = &[Field {
    secret: true,
    ..nullable(
        "command",
        Kind::List(&Kind::Text(COMMAND_WORD), COMMAND_WORDS),
        "The command's words. They may hold a password, so no `messageExpression` may read them.",
        "!has(workload.probes.liveness.exec.command) || workload.probes.liveness.exec.command.exists(w, w.contains('ping'))",
    )
}];

const HTTP_GET: &[Field] = &[
    nullable(
        "path",
        Kind::Text(LONG),
        "The path.",
        "!has(workload.probes.liveness.httpGet.path) || workload.probes.liveness.httpGet.path != '/metrics'",
    ),
    nullable(
        "port",
        Kind::Either,
        "The port, by number or name: compare it with `==`, `!=` or `in`.",
        "!has(workload.probes.liveness.httpGet.port) || workload.probes.liveness.httpGet.port != 9121",
    ),
    nullable(
        "scheme",
        Kind::Text(NAME),
        "`HTTP` or `HTTPS`.",
        "!has(workload.probes.liveness.httpGet) || workload.probes.liveness.httpGet.scheme == 'HTTPS'",
    ),
    nullable(
        "host",
        Kind::Text(LONG),
        "The host, where it is not the Pod.",
        "!has(workload.probes.liveness.httpGet.host)",
    ),
];

const TCP_SOCKET: &[Field] = &[
    nullable(
        "port",
        Kind::Either,
        "The port, by number or name.",
        "!has(workload.probes.liveness.tcpSocket.port) || workload.probes.liveness.tcpSocket.port in [6379, 'redis']",
    ),
    nullable(
        "host",
        Kind::Text(LONG),
        "The host, where it is not the Pod.",
        "!has(workload.probes.liveness.tcpSocket.host)",
    ),
];

const GRPC: &[Field] = &[
    nullable("port", Kind::Int, "The port.", "!has(workload.probes.liveness.grpc.port)"),
    nullable("service", Kind::Text(LONG), "The service.", "!has(workload.probes.liveness.grpc.service)"),
];

const UNKNOWN: &[Field] = &[
    field("fact", Kind::Text(NAME), "The field that could not be seen.", "workload.unknown.all(u, u.fact != 'quorum')"),
    field(
        "needs",
        Kind::Text(LONG),
        "What it would take to see it.",
        "!workload.unknown.exists(u, u.needs.startsWith('ConfigMap '))",
    ),
];
