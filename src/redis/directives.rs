//! The directives of redis-server 7.0.15: names, aliases, and what values they take. Names of other versions and of
//! modules are not here: an unknown name is no proof of an error.

/// What values a directive takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// `yes` or `no`, in any case.
    Bool,
    /// One of these, in any case.
    Enum(&'static [&'static str]),
    /// Several of these, in any case.
    Flags(&'static [&'static str]),
    /// A whole number without `+` or leading zero.
    Int(i64, i64),
    /// An octal number.
    Octal(u32),
    /// A memory size, at least this many bytes and at most 2^63-1 (`maxmemory`: 2^64-1).
    Memory(u64),
    /// A memory size, or a percentage of maxmemory.
    MemoryOrPercent,
    /// Any one word.
    Text,
    /// Any one word that is no path.
    FileName,
    /// A folder that must exist.
    Dir,
    /// Any number of words.
    Words,
    /// Pairs of seconds and changes, or nothing.
    Save,
    /// Class, hard limit, soft limit, seconds.
    OutputBuffer,
    /// Three numbers from -2000 to 2000.
    OomScores,
    /// Letters of event classes.
    Events,
    /// Host and port, or `no one`.
    Replicaof,
    /// Numbers from 0 to 100.
    Percentiles,
    /// A template of `{name}` parts.
    Template,
    /// A host name.
    HostName,
}

/// One directive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directive {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

impl Directive {
    /// Whether it takes any number of words; all others take exactly one.
    pub(crate) fn is_multi(&self) -> bool {
        matches!(
            self.kind,
            Kind::Words
                | Kind::Save
                | Kind::OutputBuffer
                | Kind::OomScores
                | Kind::Replicaof
                | Kind::Percentiles
                | Kind::Flags(_)
        )
    }
}

/// The directive of this name or alias; the name in lower case.
pub(crate) fn directive(name: &str) -> Option<&'static Directive> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    let index = DIRECTIVES.binary_search_by_key(&name, |directive| directive.name).ok()?;
    DIRECTIVES.get(index)
}

/// The name that redis-server 7.0.15 has for a directive that may be given by an older one; any other name as it is.
#[must_use]
pub fn directive_name(name: &str) -> &str {
    directive(name).map_or(name, |directive| directive.name)
}

const ALIASES: [(&str, &str); 19] = [
    ("slaveof", "replicaof"),
    ("slave-announce-ip", "replica-announce-ip"),
    ("slave-announce-port", "replica-announce-port"),
    ("slave-ignore-maxmemory", "replica-ignore-maxmemory"),
    ("slave-lazy-flush", "replica-lazy-flush"),
    ("slave-priority", "replica-priority"),
    ("slave-read-only", "replica-read-only"),
    ("slave-serve-stale-data", "replica-serve-stale-data"),
    ("repl-ping-slave-period", "repl-ping-replica-period"),
    ("min-slaves-to-write", "min-replicas-to-write"),
    ("min-slaves-max-lag", "min-replicas-max-lag"),
    ("cluster-slave-no-failover", "cluster-replica-no-failover"),
    ("cluster-slave-validity-factor", "cluster-replica-validity-factor"),
    ("hash-max-ziplist-entries", "hash-max-listpack-entries"),
    ("hash-max-ziplist-value", "hash-max-listpack-value"),
    ("list-max-ziplist-size", "list-max-listpack-size"),
    ("zset-max-ziplist-entries", "zset-max-listpack-entries"),
    ("zset-max-ziplist-value", "zset-max-listpack-value"),
    ("lua-time-limit", "busy-reply-threshold"),
];

const INT: i64 = 2_147_483_647;
const UINT: i64 = 4_294_967_295;
const LONG: i64 = i64::MAX;
const PORT: Kind = Kind::Int(0, 65535);
const COUNT: Kind = Kind::Int(0, INT);
const LARGE: Kind = Kind::Int(0, LONG);
const LOCAL: Kind = Kind::Enum(&["no", "yes", "local"]);
const SHUTDOWN: Kind = Kind::Flags(&["default", "save", "nosave", "now", "force"]);

const fn of(name: &'static str, kind: Kind) -> Directive {
    Directive { name, kind }
}

/// Sorted by name.
const DIRECTIVES: &[Directive] = &[
    of("acl-pubsub-default", Kind::Enum(&["allchannels", "resetchannels"])),
    of("aclfile", Kind::Text),
    of("acllog-max-len", LARGE),
    of("active-defrag-cycle-max", Kind::Int(1, 99)),
    of("active-defrag-cycle-min", Kind::Int(1, 99)),
    of("active-defrag-ignore-bytes", Kind::Memory(1)),
    of("active-defrag-max-scan-fields", Kind::Int(1, LONG)),
    of("active-defrag-threshold-lower", Kind::Int(0, 1000)),
    of("active-defrag-threshold-upper", Kind::Int(0, 1000)),
    of("active-expire-effort", Kind::Int(1, 10)),
    of("activedefrag", Kind::Bool),
    of("activerehashing", Kind::Bool),
    of("always-show-logo", Kind::Bool),
    of("aof-disable-auto-gc", Kind::Bool),
    of("aof-load-truncated", Kind::Bool),
    of("aof-rewrite-incremental-fsync", Kind::Bool),
    of("aof-timestamp-enabled", Kind::Bool),
    of("aof-use-rdb-preamble", Kind::Bool),
    of("aof_rewrite_cpulist", Kind::Text),
    of("appenddirname", Kind::FileName),
    of("appendfilename", Kind::FileName),
    of("appendfsync", Kind::Enum(&["everysec", "always", "no"])),
    of("appendonly", Kind::Bool),
    of("auto-aof-rewrite-min-size", Kind::Memory(0)),
    of("auto-aof-rewrite-percentage", COUNT),
    of("bgsave_cpulist", Kind::Text),
    of("bind", Kind::Words),
    of("bind-source-addr", Kind::Text),
    of("bio_cpulist", Kind::Text),
    of("busy-reply-threshold", LARGE),
    of("client-output-buffer-limit", Kind::OutputBuffer),
    of("client-query-buffer-limit", Kind::Memory(1 << 20)),
    of("cluster-allow-pubsubshard-when-down", Kind::Bool),
    of("cluster-allow-reads-when-down", Kind::Bool),
    of("cluster-allow-replica-migration", Kind::Bool),
    of("cluster-announce-bus-port", PORT),
    of("cluster-announce-hostname", Kind::HostName),
    of("cluster-announce-ip", Kind::Text),
    of("cluster-announce-port", PORT),
    of("cluster-announce-tls-port", PORT),
    of("cluster-config-file", Kind::Text),
    of("cluster-enabled", Kind::Bool),
    of("cluster-link-sendbuf-limit", Kind::Memory(0)),
    of("cluster-migration-barrier", COUNT),
    of("cluster-node-timeout", LARGE),
    of("cluster-port", PORT),
    of("cluster-preferred-endpoint-type", Kind::Enum(&["ip", "hostname", "unknown-endpoint"])),
    of("cluster-replica-no-failover", Kind::Bool),
    of("cluster-replica-validity-factor", COUNT),
    of("cluster-require-full-coverage", Kind::Bool),
    of("crash-log-enabled", Kind::Bool),
    of("crash-memcheck-enabled", Kind::Bool),
    of("daemonize", Kind::Bool),
    of("databases", Kind::Int(1, INT)),
    of("dbfilename", Kind::FileName),
    of("dir", Kind::Dir),
    of("disable-thp", Kind::Bool),
    of("dynamic-hz", Kind::Bool),
    of("enable-debug-command", LOCAL),
    of("enable-module-command", LOCAL),
    of("enable-protected-configs", LOCAL),
    of("hash-max-listpack-entries", LARGE),
    of("hash-max-listpack-value", Kind::Memory(0)),
    of("hll-sparse-max-bytes", Kind::Memory(0)),
    of("hz", COUNT),
    of("ignore-warnings", Kind::Text),
    of("io-threads", Kind::Int(1, 128)),
    of("io-threads-do-reads", Kind::Bool),
    of("jemalloc-bg-thread", Kind::Bool),
    of("key-load-delay", Kind::Int(-INT - 1, INT)),
    of("latency-monitor-threshold", LARGE),
    of("latency-tracking", Kind::Bool),
    of("latency-tracking-info-percentiles", Kind::Percentiles),
    of("lazyfree-lazy-eviction", Kind::Bool),
    of("lazyfree-lazy-expire", Kind::Bool),
    of("lazyfree-lazy-server-del", Kind::Bool),
    of("lazyfree-lazy-user-del", Kind::Bool),
    of("lazyfree-lazy-user-flush", Kind::Bool),
    of("lfu-decay-time", COUNT),
    of("lfu-log-factor", COUNT),
    of("list-compress-depth", COUNT),
    of("list-max-listpack-size", Kind::Int(-INT - 1, INT)),
    of("logfile", Kind::Text),
    of("loglevel", Kind::Enum(&["debug", "verbose", "notice", "warning"])),
    of("masterauth", Kind::Text),
    of("masteruser", Kind::Text),
    of("maxclients", Kind::Int(1, UINT)),
    of("maxmemory", Kind::Memory(0)),
    of("maxmemory-clients", Kind::MemoryOrPercent),
    of("maxmemory-eviction-tenacity", Kind::Int(0, 100)),
    of(
        "maxmemory-policy",
        Kind::Enum(&[
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "noeviction",
        ]),
    ),
    of("maxmemory-samples", Kind::Int(1, INT)),
    of("min-replicas-max-lag", COUNT),
    of("min-replicas-to-write", COUNT),
    of("no-appendfsync-on-rewrite", Kind::Bool),
    of("notify-keyspace-events", Kind::Events),
    of("oom-score-adj", Kind::Enum(&["no", "yes", "relative", "absolute"])),
    of("oom-score-adj-values", Kind::OomScores),
    of("pidfile", Kind::Text),
    of("port", PORT),
    of("proc-title-template", Kind::Template),
    of("propagation-error-behavior", Kind::Enum(&["ignore", "panic", "panic-on-replicas"])),
    of("protected-mode", Kind::Bool),
    of("proto-max-bulk-len", Kind::Memory(1 << 20)),
    of("rdb-del-sync-files", Kind::Bool),
    of("rdb-key-save-delay", Kind::Int(-INT - 1, INT)),
    of("rdb-save-incremental-fsync", Kind::Bool),
    of("rdbchecksum", Kind::Bool),
    of("rdbcompression", Kind::Bool),
    of("repl-backlog-size", Kind::Memory(1)),
    of("repl-backlog-ttl", LARGE),
    of("repl-disable-tcp-nodelay", Kind::Bool),
    of("repl-diskless-load", Kind::Enum(&["disabled", "on-empty-db", "swapdb"])),
    of("repl-diskless-sync", Kind::Bool),
    of("repl-diskless-sync-delay", COUNT),
    of("repl-diskless-sync-max-replicas", COUNT),
    of("repl-ping-replica-period", Kind::Int(1, INT)),
    of("repl-timeout", Kind::Int(1, INT)),
    of("replica-announce-ip", Kind::Text),
    of("replica-announce-port", PORT),
    of("replica-announced", Kind::Bool),
    of("replica-ignore-disk-write-errors", Kind::Bool),
    of("replica-ignore-maxmemory", Kind::Bool),
    of("replica-lazy-flush", Kind::Bool),
    of("replica-priority", COUNT),
    of("replica-read-only", Kind::Bool),
    of("replica-serve-stale-data", Kind::Bool),
    of("replicaof", Kind::Replicaof),
    of("requirepass", Kind::Text),
    of("sanitize-dump-payload", Kind::Enum(&["no", "yes", "clients"])),
    of("save", Kind::Save),
    of("server_cpulist", Kind::Text),
    of("set-max-intset-entries", LARGE),
    of("set-proc-title", Kind::Bool),
    of("shutdown-on-sigint", SHUTDOWN),
    of("shutdown-on-sigterm", SHUTDOWN),
    of("shutdown-timeout", COUNT),
    of("slowlog-log-slower-than", Kind::Int(-1, LONG)),
    of("slowlog-max-len", LARGE),
    of("socket-mark-id", Kind::Int(0, UINT)),
    of("stop-writes-on-bgsave-error", Kind::Bool),
    of("stream-node-max-bytes", Kind::Memory(0)),
    of("stream-node-max-entries", LARGE),
    of("supervised", Kind::Enum(&["upstart", "systemd", "auto", "no"])),
    of("syslog-enabled", Kind::Bool),
    of(
        "syslog-facility",
        Kind::Enum(&["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"]),
    ),
    of("syslog-ident", Kind::Text),
    of("tcp-backlog", COUNT),
    of("tcp-keepalive", COUNT),
    of("timeout", COUNT),
    of("tls-auth-clients", Kind::Enum(&["no", "yes", "optional"])),
    of("tls-ca-cert-dir", Kind::Text),
    of("tls-ca-cert-file", Kind::Text),
    of("tls-cert-file", Kind::Text),
    of("tls-ciphers", Kind::Text),
    of("tls-ciphersuites", Kind::Text),
    of("tls-client-cert-file", Kind::Text),
    of("tls-client-key-file", Kind::Text),
    of("tls-client-key-file-pass", Kind::Text),
    of("tls-cluster", Kind::Bool),
    of("tls-dh-params-file", Kind::Text),
    of("tls-key-file", Kind::Text),
    of("tls-key-file-pass", Kind::Text),
    of("tls-port", PORT),
    of("tls-prefer-server-ciphers", Kind::Bool),
    of("tls-protocols", Kind::Text),
    of("tls-replication", Kind::Bool),
    of("tls-session-cache-size", COUNT),
    of("tls-session-cache-timeout", COUNT),
    of("tls-session-caching", Kind::Bool),
    of("tracking-table-max-keys", LARGE),
    of("unixsocket", Kind::Text),
    of("unixsocketperm", Kind::Octal(0o777)),
    of("use-exit-on-panic", Kind::Bool),
    of("watchdog-period", COUNT),
    of("zset-max-listpack-entries", LARGE),
    of("zset-max-listpack-value", Kind::Memory(0)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(DIRECTIVES.is_sorted_by(|one, other| one.name < other.name));
        assert!(DIRECTIVES.iter().all(|each| directive(each.name).is_some_and(|found| found.name == each.name)));
    }
}
