//! The fields of the model that hold one of a few words: comparing them with another one is an error.

pub(crate) const KINDS: &[&str] =
    &["StatefulSet", "Deployment", "DaemonSet", "Pod", "ReplicaSet", "ReplicationController"];
pub(crate) const FLAVOURS: &[&str] = &["bitnami", "bitnami-cluster", "official", "script", "plain"];
pub(crate) const TOPOLOGIES: &[&str] = &["standalone", "replication", "sentinel", "cluster", "unknown"];
pub(crate) const PERSISTENCES: &[&str] = &["aof", "rdb", "both", "none", "unknown"];
/// Without `unknown`, which is unseen.
pub(crate) const ROLES: &[&str] = &["server", "sentinel", "exporter", "client", "proxy", "other"];
