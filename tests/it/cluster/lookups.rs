//! Live look-ups against a real API server: what is found, what is absent, what is forbidden.

use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use plimsoll::cluster::ClusterLookups;
use plimsoll::kubernetes::{Kind, Lookup, Lookups as _, ObjectRef, Seen};

use super::webhook::with_controllers;
use crate::support::control_plane::{ControlPlane, PATIENCE, shared, wait_until};

async fn lookups(cluster: &ControlPlane, user: Option<&str>) -> ClusterLookups {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.auth_info.impersonate = user.map(str::to_owned);
    ClusterLookups::new(Client::try_from(config).unwrap())
}

fn object(version: &str, kind: &str, namespace: &str, name: &str) -> Lookup {
    Lookup::Object(ObjectRef::new(version, kind, namespace, name))
}

#[tokio::test]
async fn a_real_api_server_answers_every_kind_of_look_up() {
    let Some(cluster) = shared("a_real_api_server_answers_every_kind_of_look_up") else { return };
    let namespace = cluster.namespace("look-ups");
    cluster.apply(&namespace, "{apiVersion: v1, kind: ConfigMap, metadata: {name: redis}, data: {key: value}}");
    cluster.apply(
        &namespace,
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: redis}, spec: {selector: {matchLabels: {app: redis}}, \
         replicas: 0, template: {metadata: {labels: {app: redis}}, spec: {containers: [{name: redis, image: redis}]}}}}",
    );
    let admin = lookups(cluster, None).await;
    let config_map = admin.look(object("v1", "ConfigMap", &namespace, "redis")).await.found().unwrap();
    assert_eq!(config_map[0]["data"]["key"], "value");
    assert_eq!(admin.look(object("v1", "ConfigMap", &namespace, "gone")).await, Seen::Absent);
    assert_eq!(admin.look(object("v1", "PersistentVolumeClaim", &namespace, "data-redis-0")).await, Seen::Absent);
    for kind in Kind::all().iter().filter(|kind| kind.listed) {
        let seen = admin.look(Lookup::All(kind, namespace.clone())).await;
        match kind.name {
            "Deployment" => {
                let found = seen.found().unwrap();
                assert_eq!(ObjectRef::of(&found[0]), ObjectRef::new("apps/v1", "Deployment", &namespace, "redis"));
            }
            _ => assert_eq!(seen, Seen::Absent, "{kind:?}"),
        }
    }
    let labels = vec![("app".to_owned(), "redis".to_owned()), ("x.example/tier".to_owned(), String::new())];
    assert_eq!(admin.look(Lookup::Pods(namespace.clone(), labels)).await, Seen::Absent);

    let nobody = lookups(cluster, Some("nobody")).await;
    let forbidden = nobody.look(object("v1", "ConfigMap", &namespace, "redis")).await;
    assert!(matches!(&forbidden, Seen::Unknown(needs) if needs.contains("forbidden")), "{forbidden:?}");
    let forbidden = nobody.look(Lookup::All(&Kind::LIMIT_RANGE, namespace)).await;
    assert!(matches!(&forbidden, Seen::Unknown(needs) if needs.contains("forbidden")), "{forbidden:?}");
}

/// What a LimitRange gives that does not say it all.
#[test]
fn a_limit_range_gives_its_maximum_where_it_names_no_default() {
    let Some(cluster) = shared("a_limit_range_gives_its_maximum_where_it_names_no_default") else { return };
    let namespace = cluster.namespace("limit-ranges");
    for (entry, limit, request) in [
        ("max: {memory: 2Gi}", "2Gi", "2Gi"),
        ("max: {memory: 2Gi}, default: {memory: 1Gi}", "1Gi", "1Gi"),
        ("default: {memory: 1Gi}, defaultRequest: {memory: 512Mi}", "1Gi", "512Mi"),
        ("max: {memory: 2Gi}, min: {memory: 64Mi}", "2Gi", "2Gi"),
    ] {
        let spec = format!("{{limits: [{{type: Container, {entry}}}]}}");
        let range = format!("{{apiVersion: v1, kind: LimitRange, metadata: {{name: a}}, spec: {spec}}}");
        cluster.kubectl(&["delete", "limitrange", "a", "--ignore-not-found", "-n", &namespace], "").done();
        cluster.apply(&namespace, &range);
        let stored = &cluster.get("limitrange", &namespace, "a")["spec"]["limits"][0];
        assert_eq!(
            (&stored["default"]["memory"], &stored["defaultRequest"]["memory"]),
            (&limit.into(), &request.into())
        );
    }
}

/// Why it is enough to ask for these names when a set is created.
#[test]
fn a_set_keeps_the_pods_of_its_ordinals_alone() {
    let Some(cluster) = with_controllers("a_set_keeps_the_pods_of_its_ordinals_alone") else { return };
    let namespace = cluster.namespace("ordinals");
    let pod = "metadata: {labels: {app: cart}}, spec: {containers: [{name: cart, image: cart}]}";
    for name in ["cart-0", "cart-9"] {
        let pod = pod.replace("labels", &format!("name: {name}, labels"));
        cluster.apply(&namespace, &format!("{{apiVersion: v1, kind: Pod, {pod}}}"));
    }
    let spec = "podManagementPolicy: Parallel, serviceName: cart, replicas: 2, ordinals: {start: 4}";
    let claims = "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: \
                  {requests: {storage: 1Gi}}}}]";
    cluster.apply(
        &namespace,
        &format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: cart}}, spec: {{{spec}, {claims}, \
             selector: {{matchLabels: {{app: cart}}}}, template: {{{pod}}}}}}}"
        ),
    );
    let names = |kind: &str| cluster.kubectl(&["get", kind, "-n", &namespace, "-o", "name"], "").done();
    wait_until("the Pods of the set alone", PATIENCE, || {
        let pods = names("pods");
        if pods == "pod/cart-4\npod/cart-5\n" { Ok(()) } else { Err(pods) }
    });
    assert!(names("pvc").contains("/data-cart-4\n"), "{}", names("pvc"));
}
