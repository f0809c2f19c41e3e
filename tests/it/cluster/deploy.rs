//! The shipped files themselves: a real API server takes them, their Pods are admitted, the binary takes its arguments.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::webhook::{Webhook, root, with_controllers};
use crate::support::control_plane::{PATIENCE, run, wait_until};
use crate::support::releases::documents;

const SYSTEM: &str = "plimsoll-system";

fn shipped(file: &str) -> Vec<Value> {
    documents(&fs::read_to_string(root().join("deploy/manifests").join(file)).unwrap())
}

#[test]
fn the_shipped_server_is_admitted_and_its_arguments_are_taken() {
    let Some(cluster) = with_controllers("the_shipped_server_is_admitted_and_its_arguments_are_taken") else { return };
    let webhook = Webhook::start(cluster, "deploy", &["--profile", "baseline"]);
    let path = root().join("deploy/manifests/server.yaml");
    cluster.kubectl(&["apply", "-f", path.to_str().unwrap()], "").done();
    // Pod Security refuses Pods that are not as restricted as the namespace says.
    wait_until("its Pods", PATIENCE, || {
        let list = ["get", "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/name=plimsoll", "-o", "name"];
        let pods = cluster.kubectl(&list, "").done();
        if pods.lines().count() == 2 { Ok(()) } else { Err(pods) }
    });
    let deployment = cluster.get("deployment", SYSTEM, "plimsoll");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"]["requests"]["memory"], container["resources"]["limits"]["memory"]);
    let words = container["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let mut binary = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let config: Value = serde_json::from_str(&run(binary.args(words).arg("--print-config"), "").done()).unwrap();
    assert_eq!(config["tlsCert"], "/etc/plimsoll/tls/tls.crt");
    let grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(config["shutdownDelay"].as_u64().unwrap() + 20 < grace, "a drain takes up to 20 s");
    drop(webhook);
}

#[test]
fn the_shipped_configurations_ask_for_little() {
    for configuration in shipped("webhooks.yaml") {
        let mutating = configuration["kind"] == "MutatingWebhookConfiguration";
        for hook in configuration["webhooks"].as_array().unwrap() {
            let name = hook["name"].as_str().unwrap();
            assert_eq!(hook["timeoutSeconds"], 3, "{name}");
            assert_eq!(hook["sideEffects"], "None", "{name}");
            let must = !mutating && name.starts_with("workloads.");
            assert_eq!(hook["failurePolicy"], if must { "Fail" } else { "Ignore" }, "{name}");
            for rule in hook["rules"].as_array().unwrap() {
                for operation in rule["operations"].as_array().unwrap() {
                    assert!(operation == "CREATE" || operation == "UPDATE", "{name}: {operation}");
                }
            }
        }
    }
}

#[test]
fn the_service_account_may_read_no_secrets_and_writes_only_its_statuses() {
    let Some(cluster) = with_controllers("the_service_account_may_read_no_secrets_and_writes_only_its_statuses") else {
        return;
    };
    let webhook = Webhook::start(cluster, "rights", &["--profile", "baseline"]);
    let may = |verb: &str, resource: &str| {
        let account = format!("system:serviceaccount:{SYSTEM}:plimsoll");
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let of = format!("--subresource={subresource}");
        cluster.kubectl(&["auth", "can-i", verb, resource, &of, "-A", "--as", &account], "").ok
    };
    assert!(may("get", "configmaps") && may("list", "statefulsets.apps"));
    assert!(may("patch", "redispolicies.plimsoll.dev/status") && may("watch", "redispolicyexceptions.plimsoll.dev"));
    assert!(may("get", "replicasets.apps") && may("watch", "namespaces"));
    let forbidden = [
        ("get", "secrets"),
        ("list", "configmaps"),
        ("patch", "statefulsets.apps"),
        ("patch", "redispolicies.plimsoll.dev"),
        ("patch", "namespaces"),
    ];
    for (verb, resource) in forbidden {
        assert!(!may(verb, resource), "{verb} {resource}");
    }
    // What it may read is enough: nothing was forbidden to it.
    let namespace = webhook.namespace("rights");
    let objects = super::manifests::sentinels(|_| ());
    cluster.apply(&namespace, &super::manifests::list(&objects));
    let metrics = webhook.metrics();
    assert!(metrics.contains(r#"plimsoll_lookups_total{result="found"}"#), "{metrics}");
    assert!(!metrics.contains(r#"plimsoll_lookups_total{result="unknown"}"#), "{metrics}");
}

#[test]
fn a_renewal_trusts_both_authorities() {
    if with_controllers("a_renewal_trusts_both_authorities").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let make = |more: &[&str]| {
        let mut recipe = Command::new(root().join("certs/self-signed.sh"));
        run(recipe.arg("--out").arg(folder.path()).args(more), "").done();
        let config = documents(&fs::read_to_string(folder.path().join("webhooks.yaml")).unwrap()).remove(0);
        let bundle = config["webhooks"][0]["clientConfig"]["caBundle"].as_str().unwrap().to_owned();
        (fs::read(folder.path().join("tls.crt")).unwrap(), super::webhook::decoded(&bundle))
    };
    let (old, _) = make(&[]);
    let previous = folder.path().join("ca.crt");
    let (new, bundle) = make(&["--previous", previous.to_str().unwrap()]);
    let trusted = folder.path().join("bundle.crt");
    fs::write(&trusted, bundle).unwrap();
    for leaf in [old, new] {
        let file = folder.path().join("leaf.crt");
        fs::write(&file, leaf).unwrap();
        let mut verify = Command::new("openssl");
        verify.arg("verify").arg("-x509_strict").arg("-CAfile").arg(&trusted).arg(&file);
        run(&mut verify, "").done();
    }
}
