//! The fields of the model that hold one of a few words: comparing them with another one is a mistake.

pub(super) const KINDS: &[&str] = &["StatefulSet", "Deployment", "DaemonSet", "Pod"];
pub(super) const FLAVOURS: &[&str] = &["bitnami", "bitnami-cluster", "official", "script", "plain"];
pub(super) const TOPOLOGIES: &[&str] = &["standalone", "replication", "sentinel", "cluster", "unknown"];
pub(super) const PERSISTENCES: &[&str] = &["aof", "rdb", "both", "none", "unknown"];
/// Without `unknown`, which is unseen.
pub(super) const ROLES: &[&str] = &["server", "sentinel", "exporter", "client", "proxy", "other"];
