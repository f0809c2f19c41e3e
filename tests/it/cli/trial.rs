//! `plimsoll try` as a process: the story that a newcomer reads, his own manifests, secrets, exit codes.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::support::control_plane::shared;
use crate::support::policy::file_with_only;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

struct Told {
    code: i32,
    text: String,
    errors: String,
}

/// Runs it where no variable of the developer's shell interferes.
fn tries(arguments: &[&str], input: &str) -> Told {
    let mut command = Command::cargo_bin("plimsoll").unwrap();
    command.env_clear().current_dir(root()).arg("try").args(arguments).write_stdin(input);
    let output = command.output().unwrap();
    Told {
        code: output.status.code().unwrap(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The text without what differs from run to run: the port and the time. The first paragraph is joined, since the length
/// of the port decides where it wraps.
fn scrubbed(text: &str) -> String {
    let (intro, rest) = text.split_once("\n\n").unwrap();
    let word = |word: &str| match word.strip_prefix("https://127.0.0.1:") {
        Some(port) if port.parse::<u16>().is_ok() => "https://127.0.0.1:[port]".to_owned(),
        _ => word.to_owned(),
    };
    let intro: Vec<String> = intro.split_whitespace().map(word).collect();
    let (rest, took) = rest.rsplit_once(" took ").unwrap();
    assert!(took.trim_end().strip_suffix(" ms.").is_some_and(|took| took.parse::<u32>().is_ok()), "{took}");
    format!("{}\n\n{rest} took [time].\n", intro.join(" "))
}

#[test]
fn tells_the_story_of_the_built_in_release() {
    let told = tries(&[], "");
    assert_eq!((told.code, told.errors.as_str()), (0, ""));
    assert!(told.text.lines().count() <= 120);
    assert!(told.text.lines().all(|line| line.chars().count() <= 100), "{}", told.text);
    insta::assert_snapshot!("story", scrubbed(&told.text));
}

#[test]
fn tries_the_users_manifests() {
    let rules = ["memory-request-below-limit", "maxmemory-missing"];
    let policy = file_with_only("production", &rules);
    let told = tries(&["--policy", &policy, "tests/fixtures/releases/bitnami-standalone.yaml"], "");
    assert_eq!((told.code, told.errors.as_str()), (0, ""));
    insta::assert_snapshot!("users_manifests", scrubbed(&told.text).replace(&policy, "[policy]"));
}

/// Whatever the order in the files, ConfigMaps and Services come before what reads them.
#[test]
fn applies_in_the_order_of_helm() {
    let file = std::fs::read_to_string(root().join("tests/fixtures/releases/two-sentinels.yaml")).unwrap();
    let mut documents: Vec<&str> = file.split("\n---\n").collect();
    documents.reverse();
    let turned = documents.join("\n---\n");
    let (told, straight) = (tries(&["-"], &turned), tries(&["-"], &file));
    assert_eq!(scrubbed(&told.text), scrubbed(&straight.text));
    let place = |name: &str| told.text.find(name).unwrap_or_else(|| panic!("no {name} in {}", told.text));
    assert!(place("configmap/votes") < place("service/votes"));
    assert!(place("service/votes") < place("statefulset.apps/votes"));
    assert!(told.text.contains("governing Service votes is not headless"), "{}", told.text);
}

#[test]
fn refuses_with_the_words_of_kubectl_and_still_ends_well() {
    let told = tries(&["--profile", "production", "tests/fixtures/releases/two-sentinels.yaml"], "");
    assert_eq!(told.code, 0);
    let text = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "Error from server (Forbidden): error when creating \"tests/fixtures/releases/two-sentinels.yaml\": \
                admission webhook \"workloads.validate.plimsoll.dev\" denied the request: ";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("1 refused."), "{text}");
}

#[test]
fn the_same_manifest_twice_is_an_update_that_changes_nothing() {
    let manifest = include_str!("../../fixtures/releases/official-args.yaml");
    let told = tries(&["-"], &format!("{manifest}\n---\n{manifest}"));
    assert!(told.text.contains("statefulset.apps/cart created, changed on its way in"), "{}", told.text);
    assert!(told.text.contains("statefulset.apps/cart unchanged"), "{}", told.text);
}

#[test]
fn secrets_never_appear() {
    let manifests = r#"
apiVersion: v1
kind: Secret
metadata: {name: cart}
stringData: {redis-password: hunter2}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cart}
data:
  redis.conf: |
    requirepass hunter2
    user default on >hunter2 ~* +@all
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: cart
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"args":["hunter2"]}'}
spec:
  serviceName: cart
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - name: redis
          image: redis:7.4
          args: [/conf/redis.conf, --masterauth, hunter2, --save, '']
          env: [{name: REDIS_PASSWORD, value: hunter2}]
          livenessProbe: {exec: {command: [redis-cli, -a, hunter2]}}
          resources: {limits: {memory: 1Gi}}
          volumeMounts: [{name: conf, mountPath: /conf}]
      volumes: [{name: conf, configMap: {name: cart}}]
"#;
    for profile in ["baseline", "production", "cache"] {
        let told = tries(&["--profile", profile, "-"], manifests);
        assert_eq!(told.code, 0);
        assert!(told.text.contains("768mb"), "{}", told.text);
        assert!(told.text.contains("1 Secret. Secrets are not even kept."), "{}", told.text);
        assert!(told.text.contains("(redacted)"), "the diff shows the line beside the password: {}", told.text);
        assert!(!told.text.contains("hunter2") && !told.errors.contains("hunter2"), "{}", told.text);
    }
}

#[test]
fn a_diagnostic_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, good) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    std::fs::write(&bad, "kind: ConfigMap\nmetadata: {name: [}\n").unwrap();
    std::fs::copy(root().join("tests/fixtures/releases/official-args.yaml"), good).unwrap();
    let told = tries(&[folder.path().to_str().unwrap()], "");
    assert_eq!(told.code, 0);
    let text: String = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("{}:2:", bad.display())), "{text}");
    assert!(text.contains("statefulset.apps/cart created, changed"), "{text}");
}

#[test]
fn exit_codes_say_what_went_wrong() {
    let missing = PathBuf::from("tests/fixtures/no-such-file.yaml");
    let told = tries(&[missing.to_str().unwrap()], "");
    assert_eq!(told.code, 3, "{}", told.text);
    assert!(told.text.contains("no-such-file.yaml"), "{}", told.text);
    assert_eq!(tries(&["-"], "just: text\n").code, 3);
    let told = tries(&["--profile", "strict"], "");
    assert_eq!(told.code, 2);
    assert!(told.errors.contains("`strict` does not exist"), "{}", told.errors);
    assert_eq!(tries(&["--nonsense"], "").code, 2);
}

/// Colours are for terminals, and for those who ask for them.
#[test]
fn a_pipe_gets_no_colours() {
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = Command::cargo_bin("plimsoll").unwrap();
        let variables = variables.iter().copied();
        command.env_clear().envs(variables).arg("try").output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("NO_COLOR", "1"), ("TERM", "xterm")]));
}

/// The story is no fairy tale: a real API server takes the built-in release as it is.
#[test]
fn an_api_server_takes_the_built_in_release() {
    let Some(cluster) = shared("an_api_server_takes_the_built_in_release") else { return };
    let namespace = cluster.namespace("try");
    let release = std::fs::read_to_string(root().join("src/cli/try/release.yaml")).unwrap();
    let said =
        cluster.apply(&namespace, &release.replace("namespace: shop", &format!("namespace: {namespace}"))).done();
    for name in ["configmap/cart", "service/cart", "statefulset.apps/cart"] {
        assert!(said.contains(name), "{said}");
    }
    let replicas = &cluster.get("statefulset", &namespace, "cart")["spec"]["replicas"];
    assert_eq!(replicas, 2);
}

const NAMESPACES: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {tier: live}}
---
apiVersion: v1
kind: Namespace
metadata: {name: quiet, labels: {plimsoll.dev/mode: \"off\"}}
---
";

/// A Redis whose maxmemory leaves no room.
fn full(kind: &str, namespace: &str) -> String {
    let pod = "{containers: [{name: redis, image: 'redis:7.4', args: [--maxmemory, 1gb], \
               resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi}}}]}";
    let (version, spec) = match kind {
        "Pod" => ("v1", pod.to_owned()),
        _ => ("apps/v1", format!("{{serviceName: cart, template: {{spec: {pod}}}}}")),
    };
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: cart, namespace: {namespace}}}\nspec: {spec}\n")
}

#[test]
fn labels_of_namespaces_decide_which_policy_holds() {
    let policy = ["--policy", "tests/fixtures/impact/policy.yaml", "-"];
    let labelled = tries(&policy, &format!("{NAMESPACES}{}", full("StatefulSet", "shop")));
    assert!(labelled.text.contains("statefulset.apps/cart refused"), "{}", labelled.text);
    let bare = tries(&policy, &full("StatefulSet", "shop"));
    assert!(!bare.text.contains("statefulset.apps/cart refused"), "{}", bare.text);
}

#[test]
fn a_namespace_that_is_off_is_not_asked_about() {
    let told = tries(&["--profile", "production", "-"], &format!("{NAMESPACES}{}", full("StatefulSet", "quiet")));
    let line = "  statefulset.apps/cart not sent: namespace quiet is labelled plimsoll.dev/mode: off\n";
    assert!(told.text.contains(line), "{}", told.text);
    assert!(told.text.contains("0 objects reviewed"), "{}", told.text);
}

#[test]
fn what_cannot_be_redis_is_not_sent_and_says_why() {
    let web = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {a: b}\n---\n";
    let told = tries(&["-"], &format!("{web}{}", full("StatefulSet", "shop")));
    let line = "  configmap/web not sent: the match condition may-be-redis does not hold\n";
    assert!(told.text.contains(line), "{}", told.text);
    assert!(told.text.contains("1 object reviewed"), "{}", told.text);
    let many: String = (0..13).map(|number| web.replace("name: web", &format!("name: web-{number}"))).collect();
    let told = tries(&["-"], &many);
    let text = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("13 objects are not sent: 13 since the match condition may-be-redis does not hold."),
        "{text}"
    );
}

#[test]
fn a_condition_that_cannot_be_evaluated_is_told() {
    let broken = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: cart}\nspec: {template: {}}\n";
    let told = tries(&["-"], broken);
    let text = told.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "(the match condition may-be-redis of workloads.validate.plimsoll.dev can't be evaluated: the object has no \
               `spec`; an API server would refuse the object, here it is asked all the same)";
    assert!(text.contains(why), "{text}");
}

#[test]
fn a_refusal_names_the_webhook_of_its_kind() {
    let policy =
        "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: shop}\nspec: {extends: most}\n---\n";
    let told = tries(&["--profile", "production", "-"], &format!("{policy}{}", full("Pod", "shop")));
    for webhook in ["pods", "policies"] {
        let name = format!("\"{webhook}.validate.plimsoll.dev\" denied the request");
        assert!(told.text.contains(&name), "{}", told.text);
    }
}
