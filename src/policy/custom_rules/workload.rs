//! The language of custom rules: the model as they see it, which is the JSON of `inspect`. What the fields mean stands in
//! `workload/fields.rs`; this table adds what CEL needs beside it, bounds, words and an example, and a test holds that
//! both have the same fields of the same types.

use std::sync::LazyLock;

use super::{samples, words};
use crate::cel::{Amounts, Field, Kind, Language, NAME, Schema, field, nullable, one_of, unseen_as, unseen_with};
use crate::kubernetes::{self, Quantity};
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

/// Whether custom rules can ask for what is read of this kind: all that the model shows, which disruption budgets are not.
pub(crate) fn can_read(kind: &kubernetes::Kind) -> bool {
    kind.name != kubernetes::Kind::POD_DISRUPTION_BUDGET.name
}

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
    field("apiVersion", Kind::Text(NAME), "workload.apiVersion == 'apps/v1'"),
    one_of(words::KINDS, field("kind", Kind::Text(NAME), "workload.kind == 'StatefulSet'")),
    field("namespace", Kind::Text(NAME), "workload.namespace != 'default'"),
    field("name", Kind::Text(NAME), "!workload.name.startsWith('test-')"),
    one_of(words::FLAVOURS, field("flavour", Kind::Text(NAME), "workload.flavour in ['bitnami', 'official']")),
    one_of(words::TOPOLOGIES, field("topology", Kind::Text(NAME), "workload.topology == 'sentinel'")),
    nullable("replicas", Kind::Int, "has(workload.replicas) && workload.replicas >= 3"),
    field(
        "containers",
        Kind::List(&Kind::Object(CONTAINER), CONTAINERS),
        "workload.containers.exists(c, c.role == 'exporter')",
    ),
    field("memory", Kind::Object(MEMORY), "has(workload.memory.limit_bytes)"),
    nullable(
        "maxmemory_bytes",
        Kind::Int,
        "has(workload.maxmemory_bytes) && workload.maxmemory_bytes <= quantity('8Gi')",
    ),
    unseen_with(
        "maxmemory_bytes",
        nullable(
            "maxmemory_origin",
            Kind::Object(ORIGIN),
            "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.kind == 'ConfigMap'",
        ),
    ),
    nullable("maxmemory_policy", Kind::Word, "workload.maxmemory_policy == 'noeviction'"),
    one_of(words::PERSISTENCES, field("persistence", Kind::Text(NAME), "workload.persistence in ['aof', 'both']")),
    nullable("storage", Kind::Object(STORAGE), "!has(workload.storage) || workload.storage.source != 'empty-dir'"),
    nullable("sentinels", Kind::Int, "workload.sentinels == null || workload.sentinels % 2 == 1"),
    nullable("quorum", Kind::Int, "workload.quorum == null || workload.quorum >= 2"),
    nullable(
        "governing_service",
        Kind::Text(NAME),
        "workload.kind != 'StatefulSet' || has(workload.governing_service)",
    ),
    nullable("governing_service_headless", Kind::Bool, "workload.governing_service_headless != false"),
    field("probes", Kind::Object(PROBES), "has(workload.probes.readiness.periodSeconds)"),
    field(
        "unknown",
        Kind::List(&Kind::Object(UNKNOWN), CONTAINERS),
        "!workload.unknown.exists(u, u.fact == 'persistence')",
    ),
];

const CONTAINER: &[Field] = &[
    field("name", Kind::Text(NAME), "workload.containers.all(c, c.name != 'debug')"),
    unseen_as(
        "unknown",
        one_of(words::ROLES, field("role", Kind::Text(NAME), "workload.containers.exists(c, c.role == 'server')")),
    ),
    field("memory", Kind::Object(MEMORY), "workload.containers.all(c, c.memory.request_bytes == c.memory.limit_bytes)"),
    field(
        "probes",
        Kind::Object(PROBES),
        "workload.containers.filter(c, c.role == 'sentinel').all(c, has(c.probes.liveness.periodSeconds))",
    ),
];

const MEMORY: &[Field] = &[
    nullable("request_bytes", Kind::Int, "workload.memory.request_bytes == workload.memory.limit_bytes"),
    nullable(
        "limit_bytes",
        Kind::Int,
        "has(workload.memory.limit_bytes) && workload.memory.limit_bytes >= quantity('512Mi')",
    ),
];

const ORIGIN: &[Field] = &[
    field(
        "object",
        Kind::Object(OBJECT),
        "!has(workload.maxmemory_origin) || workload.maxmemory_origin.object.kind in ['ConfigMap', 'StatefulSet']",
    ),
    field(
        "at",
        Kind::Text(LONG),
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.at.startsWith('/data/')",
    ),
    nullable("line", Kind::Int, "has(workload.maxmemory_origin.line) && workload.maxmemory_origin.line > 1"),
];

const OBJECT: &[Field] = &[
    field(
        "apiVersion",
        Kind::Text(NAME),
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.apiVersion == 'v1'",
    ),
    field(
        "kind",
        Kind::Text(NAME),
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.kind == 'ConfigMap'",
    ),
    field(
        "namespace",
        Kind::Text(NAME),
        "has(workload.maxmemory_origin) && workload.maxmemory_origin.object.namespace == workload.namespace",
    ),
    field(
        "name",
        Kind::Text(NAME),
        "!has(workload.maxmemory_origin) || workload.maxmemory_origin.object.name != 'shared-config'",
    ),
];

const STORAGE: &[Field] = &[
    nullable("directory", Kind::Text(LONG), "has(workload.storage.directory) && workload.storage.directory == '/data'"),
    nullable("volume", Kind::Text(NAME), "has(workload.storage.volume)"),
    field(
        "source",
        Kind::Text(NAME),
        "has(workload.storage) && workload.storage.source in ['claim-template', 'claim']",
    ),
    nullable("claim", Kind::Text(NAME), "!has(workload.storage.claim) || workload.storage.claim != 'shared'"),
    nullable(
        "storage_bytes",
        Kind::Int,
        "!has(workload.storage.storage_bytes) || workload.storage.storage_bytes >= quantity('1Gi')",
    ),
    field(
        "access_modes",
        Kind::List(&Kind::Text(NAME), MODES),
        "!has(workload.storage) || workload.storage.access_modes.all(m, m != 'ReadWriteMany')",
    ),
    nullable(
        "storage_class",
        Kind::Text(NAME),
        "!has(workload.storage) || workload.storage.storage_class != 'standard'",
    ),
];

const PROBES: &[Field] = &[
    nullable("liveness", Kind::Object(PROBE), "has(workload.probes.liveness)"),
    nullable("readiness", Kind::Object(PROBE), "has(workload.probes.readiness)"),
    nullable("startup", Kind::Object(PROBE), "!has(workload.probes.startup)"),
];

const PROBE: &[Field] = &[
    nullable(
        "initialDelaySeconds",
        Kind::Int,
        "has(workload.probes.liveness.initialDelaySeconds) && workload.probes.liveness.initialDelaySeconds >= 10",
    ),
    nullable(
        "timeoutSeconds",
        Kind::Int,
        "has(workload.probes.liveness.timeoutSeconds) && workload.probes.liveness.timeoutSeconds >= 5",
    ),
    nullable(
        "periodSeconds",
        Kind::Int,
        "!has(workload.probes.readiness.periodSeconds) || workload.probes.readiness.periodSeconds <= 10",
    ),
    nullable(
        "successThreshold",
        Kind::Int,
        "!has(workload.probes.readiness) || workload.probes.readiness.successThreshold in [null, 1]",
    ),
    nullable(
        "failureThreshold",
        Kind::Int,
        "has(workload.probes.liveness.failureThreshold) && workload.probes.liveness.failureThreshold >= 5",
    ),
    nullable(
        "terminationGracePeriodSeconds",
        Kind::Int,
        "!has(workload.probes.liveness.terminationGracePeriodSeconds)",
    ),
    nullable("exec", Kind::Object(EXEC), "has(workload.probes.liveness.exec)"),
    nullable("httpGet", Kind::Object(HTTP_GET), "!has(workload.probes.liveness.httpGet)"),
    nullable("tcpSocket", Kind::Object(TCP_SOCKET), "!has(workload.probes.readiness.tcpSocket)"),
    nullable("grpc", Kind::Object(GRPC), "!has(workload.probes.liveness.grpc)"),
];

const EXEC: &[Field] = &[Field {
    secret: true,
    ..nullable(
        "command",
        Kind::List(&Kind::Text(COMMAND_WORD), COMMAND_WORDS),
        "!has(workload.probes.liveness.exec.command) || workload.probes.liveness.exec.command.exists(w, w.contains('ping'))",
    )
}];

const HTTP_GET: &[Field] = &[
    nullable(
        "path",
        Kind::Text(LONG),
        "!has(workload.probes.liveness.httpGet.path) || workload.probes.liveness.httpGet.path != '/metrics'",
    ),
    nullable(
        "port",
        Kind::Either,
        "!has(workload.probes.liveness.httpGet.port) || workload.probes.liveness.httpGet.port != 9121",
    ),
    nullable(
        "scheme",
        Kind::Text(NAME),
        "!has(workload.probes.liveness.httpGet) || workload.probes.liveness.httpGet.scheme == 'HTTPS'",
    ),
    nullable("host", Kind::Text(LONG), "!has(workload.probes.liveness.httpGet.host)"),
];

const TCP_SOCKET: &[Field] = &[
    nullable(
        "port",
        Kind::Either,
        "!has(workload.probes.liveness.tcpSocket.port) || workload.probes.liveness.tcpSocket.port in [6379, 'redis']",
    ),
    nullable("host", Kind::Text(LONG), "!has(workload.probes.liveness.tcpSocket.host)"),
];

const GRPC: &[Field] = &[
    nullable("port", Kind::Int, "!has(workload.probes.liveness.grpc.port)"),
    nullable("service", Kind::Text(LONG), "!has(workload.probes.liveness.grpc.service)"),
];

const UNKNOWN: &[Field] = &[
    field("fact", Kind::Text(NAME), "workload.unknown.all(u, u.fact != 'quorum')"),
    field("needs", Kind::Text(LONG), "!workload.unknown.exists(u, u.needs.startsWith('ConfigMap '))"),
];
