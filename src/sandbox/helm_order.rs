//! In which order objects are applied, and how kubectl calls them.

use serde_json::Value;

use crate::kubernetes::ObjectRef;

/// The order in which Helm installs kinds; any other kind comes last. Kinds that have nothing to do with the webhook
/// are here too: an object is judged by what was applied before it.
const HELM: [&str; 35] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
];

/// Kinds without a namespace.
const CLUSTER_SCOPED: [&str; 10] = [
    "Namespace",
    "PriorityClass",
    "PersistentVolume",
    "StorageClass",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "IngressClass",
    "RedisPolicy",
    "APIService",
];

/// Where a kind stands in Helm's order.
pub(crate) fn rank(kind: &str) -> usize {
    HELM.iter().position(|other| *other == kind).unwrap_or(HELM.len())
}

/// The object as kubectl names it, such as `statefulset.apps/cart`.
pub(crate) fn kubectl_name(object: &ObjectRef) -> String {
    let kind = object.kind.to_lowercase();
    let group = object.group();
    if group.is_empty() { format!("{kind}/{}", object.name) } else { format!("{kind}.{group}/{}", object.name) }
}

/// Sets the namespace that kubectl would: `default`, where a namespaced object names none.
pub(crate) fn set_default_namespace(object: &mut Value) {
    let name = ObjectRef::of(object);
    if !name.namespace.is_empty() || CLUSTER_SCOPED.contains(&name.kind.as_str()) {
        return;
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("namespace".to_owned(), "default".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_stand_before_those_that_name_them() {
        let order = ["NetworkPolicy", "PodDisruptionBudget", "Secret", "ConfigMap", "PersistentVolumeClaim", "Service"];
        let rest = ["DaemonSet", "Deployment", "StatefulSet", "Job", "CronJob", "ServiceMonitor"];
        let ranks: Vec<usize> = order.iter().chain(&rest).map(|kind| rank(kind)).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
    }

    #[test]
    fn a_namespaced_object_gets_the_default_namespace() {
        let mut set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "cart"}});
        set_default_namespace(&mut set);
        assert_eq!(set["metadata"]["namespace"], "default");
        let mut class =
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}});
        set_default_namespace(&mut class);
        assert!(class["metadata"].get("namespace").is_none());
    }
}
