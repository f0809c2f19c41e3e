//! `plimsoll policy check`, `policy test` and `why` as commands.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::policy::{all_off_but, only};

fn plimsoll(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments);
    command
}

/// Runs it and gives its exit code, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/policies")
}

#[test]
fn policy_check_names_every_diagnostic_of_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: mine}\nspec:\n";
    let one = folder.path().join("one.yaml");
    let rules = "  customRules:\n  - {name: a, message: x, expression: workload.nme == ''}\n  - {name: b, message: x, expression: '1 + 1', action: mutate}\n";
    fs::write(&one, format!("{head}{rules}")).unwrap();
    let two = folder.path().join("two.yaml");
    fs::write(&two, format!("{head}  rules:\n    maxmemory-mising: deny\n")).unwrap();
    let good = fixtures().join("ledger.yaml");
    let paths = [&one, &two, &good].map(|path| path.to_str().unwrap());
    let (code, stdout, _) = run(&mut plimsoll(&[&["policy", "check"], &paths[..]].concat()));
    let stdout = stdout.replace(folder.path().to_str().unwrap(), "DIR");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(code, 2, "{stdout}");
    assert_eq!(lines.len(), 5, "{stdout}");
    assert!(
        lines[0].starts_with("DIR/one.yaml:6:47: spec.customRules[0].expression: column 9: there is no field `nme`"),
        "{stdout}"
    );
    assert_eq!(
        lines[1],
        "DIR/one.yaml:7:56: spec.customRules[1].action: `mutate` is not allowed; write one of deny, warn, audit, off"
    );
    assert_eq!(lines[2], "DIR/one.yaml:7:39: spec.customRules[1].expression: must be a bool, found int");
    assert!(
        lines[3].starts_with("DIR/two.yaml:6:23: spec.rules.maxmemory-mising: there is no rule `maxmemory-mising`"),
        "{stdout}"
    );
    assert_eq!(run(&mut plimsoll(&["policy", "check", paths[2]])), (0, "1 file ok\n".into(), String::new()));
    assert_eq!(run(&mut plimsoll(&["policy", "check", "absent.yaml"])).0, 2);
}

/// A policy, and an exception that nobody honours.
const UNHONOURED: &str = "apiVersion: v1
kind: List
items:
- apiVersion: plimsoll.dev/v1alpha1
  kind: RedisPolicy
  metadata: {name: mine, managedFields: []}
  spec: {}
- apiVersion: plimsoll.dev/v1alpha1
  kind: RedisPolicyException
  metadata: {name: x, namespace: shop}
  spec:
    workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}
    rules: [maxmemory-missing]
    reason: a reason
    expires: 2020-03-01
";

#[test]
fn policy_check_warns_of_exceptions_that_do_not_count() {
    let (code, stdout, stderr) = run(plimsoll(&["policy", "check", "-"]).write_stdin(UNHONOURED));
    assert_eq!((code, stderr.as_str()), (0, ""));
    let expected = "<stdin>:10:34: warning: metadata.namespace: no policy honours exceptions of namespace shop (spec.exceptions.namespaces)
<stdin>:15:14: warning: spec.expires: it has expired already
1 file ok, 2 warnings
";
    assert_eq!(stdout, expected);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policies.yaml");
    fs::write(&file, UNHONOURED).unwrap();
    let objects = fixtures().join("cases/evicting/objects.yaml");
    let paths = [&objects, &file].map(|path| path.to_str().unwrap());
    let (code, _, stderr) = run(&mut plimsoll(&["check", "--no-exit-codes", paths[0], "--policy", paths[1]]));
    assert_eq!((code, stderr.as_str()), (0, ""), "a List serves as --policy");
}

#[test]
fn what_can_not_be_read_is_told_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let latin = folder.path().join("latin.yaml");
    fs::write(&latin, b"a: b\nc: caf\xe9\n").unwrap();
    let wrong = |arguments: &[&str]| {
        let (code, stdout, stderr) = run(&mut plimsoll(arguments));
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        stderr.replace(at, "DIR")
    };
    let policies = "a YAML file with RedisPolicy or RedisPolicyException objects";
    assert_eq!(wrong(&["policy", "check", at]), format!("plimsoll: DIR: is a folder; expected {policies}\n"));
    assert_eq!(
        wrong(&["policy", "check", "absent.yaml"]),
        format!("plimsoll: absent.yaml: there is no such file or folder; expected {policies}\n")
    );
    assert_eq!(
        wrong(&["policy", "check", latin.to_str().unwrap()]),
        "plimsoll: DIR/latin.yaml:2:7: not UTF-8; save it as UTF-8 text\n"
    );
    assert!(
        wrong(&["policy", "test", latin.to_str().unwrap()])
            .contains("DIR/latin.yaml: is a file; expected a folder with")
    );
    assert!(wrong(&["check", at, "--policy", at]).contains("DIR: is a folder; expected a YAML file"));
}

/// The policy `ledger.yaml` in a folder, and its cases, or none yet. Of the rules of ours one is on.
fn folder_of_ledger(cases: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(fixtures().join("ledger.yaml")).unwrap();
    let rules = "  rules:\n    governing-service-missing: off\n";
    assert!(text.contains(rules));
    let text = text.replace(rules, &all_off_but(&["memory-request-below-limit"]));
    fs::write(folder.path().join("ledger.yaml"), text).unwrap();
    for case in cases {
        let (from, to) = (fixtures().join("cases").join(case), folder.path().join("cases").join(case));
        fs::create_dir_all(&to).unwrap();
        for file in fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    folder
}

#[test]
fn policy_test_passes_on_cases_that_hold() {
    let folder = folder_of_ledger(&["evicting", "evicting-as-before", "too-large"]);
    let (code, stdout, stderr) = run(&mut plimsoll(&["policy", "test", folder.path().to_str().unwrap()]));
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert_eq!(stdout, "ok    evicting\nok    evicting-as-before\nok    too-large\n3 cases, 0 failed\n");
}

/// Policies of three teams, as docs/policies.md would have them written.
#[test]
fn policies_of_teams_do_what_they_want() {
    let (code, stdout, stderr) = run(&mut plimsoll(&["policy", "test", fixtures().join("teams").to_str().unwrap()]));
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.ends_with("3 cases, 0 failed\n"), "{stdout}");
}

#[test]
fn policy_test_says_what_does_not_come_out() {
    let folder = folder_of_ledger(&["evicting"]);
    let case = folder.path().join("cases/evicting");
    let expect = |text: &str| fs::write(case.join("expect.yaml"), text).unwrap();
    let test = || run(&mut plimsoll(&["policy", "test", folder.path().to_str().unwrap()]));

    expect("workloads:\n- {kind: StatefulSet, namespace: payments, name: ledger, warned: [too-few-sentinels]}\n");
    let (code, stdout, _) = test();
    assert_eq!(code, 1);
    assert!(
        stdout.contains("StatefulSet payments/ledger: denied: expected [], found [custom/payments/eviction-on-ledger]"),
        "{stdout}"
    );
    assert!(stdout.contains("warned: expected [too-few-sentinels], found []"), "{stdout}");
    assert!(stdout.ends_with("1 case, 1 failed\n"), "{stdout}");

    expect("workloads:\n- {kind: Deployment, name: web}\n");
    let (code, stdout, _) = test();
    assert_eq!(code, 1);
    assert!(stdout.contains("Deployment web: is no Redis workload among the manifests"), "{stdout}");
    assert!(stdout.contains("StatefulSet payments/ledger: expect.yaml does not say"), "{stdout}");
}

#[test]
fn what_is_expected_is_checked_as_policies_are() {
    let folder = folder_of_ledger(&["evicting"]);
    let case = folder.path().join("cases/evicting");
    fs::remove_file(case.join("expect.yaml")).unwrap();
    let from = |name: &str| fs::read_to_string(fixtures().join(name)).unwrap();
    let test = || {
        let (code, stdout, stderr) = run(&mut plimsoll(&["policy", "test", folder.path().to_str().unwrap()]));
        (code, stdout, stderr.replace(folder.path().to_str().unwrap(), "DIR"))
    };
    let wrong = |expected: &str, message: &str| {
        fs::write(case.join("expect.yaml"), expected).unwrap();
        assert_eq!(test(), (2, String::new(), format!("plimsoll: {message}\n")), "{expected}");
    };
    assert_eq!(
        test().2,
        "plimsoll: DIR/cases/evicting: holds no `expect.yaml`, which lists the workloads and what is expected of them\n"
    );
    let at = "DIR/cases/evicting/expect.yaml";
    wrong("", &format!("{at}: is empty"));
    wrong(
        "workload: []\n",
        &format!(
            "{at}:1:1: workload: there is no field `workload`; did you mean `workloads`?\nplimsoll: {at}:1:1: `workloads` is required"
        ),
    );
    let ledger = "workloads:\n- kind: StatefulSet\n  namespace: payments\n  name: ledger\n";
    wrong(
        &format!("{ledger}  dennied: []\n"),
        &format!("{at}:5:3: workloads[0].dennied: there is no field `dennied`; did you mean `denied`?"),
    );
    wrong(
        &format!("{ledger}  denied: custom/payments/eviction-on-ledger\n"),
        &format!(
            "{at}:5:11: workloads[0].denied: must be a list, found the text `custom/payments/eviction-on-ledger`; write \
             [custom/payments/eviction-on-ledger]"
        ),
    );
    wrong(
        &format!("{ledger}  denied: [custom/payments/eviction-on-ledgr]\n  patched:\n  - maxmemory-mising\n"),
        &format!(
            "{at}:5:12: workloads[0].denied[0]: there is no rule `custom/payments/eviction-on-ledgr`; did you mean \
             `custom/payments/eviction-on-ledger`? (`plimsoll rules` lists ours)\nplimsoll: {at}:7:5: workloads[0].patched[0]: \
             there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists ours)"
        ),
    );
    wrong(
        &format!("{ledger}- {{kind: StatefulSet, namespace: payments, name: ledger}}\n"),
        &format!(
            "{at}:5:3: workloads[1]: StatefulSet payments/ledger is listed twice; write one entry with all that is expected"
        ),
    );
    fs::remove_file(case.join("expect.yaml")).unwrap();
    fs::write(case.join("expect.yml"), from("cases/evicting/expect.yaml")).unwrap();
    assert_eq!(test().0, 0, "{:?}", test());
    fs::write(case.join("before.yaml"), from("cases/evicting/objects.yaml").replace("name: ledger", "name: leger"))
        .unwrap();
    let (code, stdout, _) = test();
    assert_eq!(code, 0, "{stdout}");
    assert!(
        stdout.contains(
            "note: StatefulSet payments/leger of before.yaml: no manifest has this name, so it is not updated"
        ),
        "{stdout}"
    );
    fs::write(case.join("expect.yaml"), "").unwrap();
    assert!(test().2.contains("holds both `expect.yaml` and `expect.yml`"));
}

/// A stored object, with the values of ours that its mark names.
fn stored(limit: &str, maxmemory: &str) -> String {
    format!(
        r#"apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: cache
  namespace: shop
  annotations:
    plimsoll.dev/applied: '{{"v":1,"redis/maxmemory":{{"via":"args","set":"768mb","limit":"1Gi","derive":"ratio:0.75"}},"redis/resources.requests.memory":{{"set":"1Gi","was":"256Mi"}}}}'
spec:
  template:
    spec:
      containers:
      - name: redis
        image: redis:7.4
        args: [--requirepass, secret, --maxmemory, {maxmemory}]
        resources: {{requests: {{memory: 1024Mi}}, limits: {{memory: {limit}}}}}
"#
    )
}

#[test]
fn why_says_what_was_written_and_whether_it_holds() {
    let why = |object: String, arguments: &[&str]| run(plimsoll(&[&["why"], arguments].concat()).write_stdin(object));
    let (code, stdout, _) = why(stored("1Gi", "768mb"), &["-"]);
    assert_eq!(code, 0);
    let expected = "StatefulSet shop/cache: Plimsoll wrote:
  container redis: maxmemory = 768mb
    before: nothing; it was added
    from:   the limit 1Gi by ratio:0.75, through the container's args
    now:    holds
  container redis: resources.requests.memory = 1Gi
    before: 256Mi, written by the user
    now:    holds
";
    assert_eq!(stdout, expected);
    let (_, stdout, _) = why(stored("2Gi", "900mb"), &["sts/cache", "-n", "shop", "-f", "-"]);
    assert!(
        stdout.contains("now:    drifted: maxmemory 900mb at StatefulSet shop/cache /spec/template/spec"),
        "{stdout}"
    );
    let (_, stdout, _) = why(stored("2Gi", "768mb"), &["-"]);
    assert!(stdout.contains("holds; the limit is 2Gi now, and maxmemory follows it at the next rollout"), "{stdout}");
    let (_, stdout, _) = why(stored("1Gi", "768mb"), &["-", "-o", "json"]);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(json["workloads"][0]["ours"][0]["holds"], true);
    assert!(!stdout.contains("secret"));
}

#[test]
fn why_says_where_there_is_nothing() {
    let why = |object: &str, arguments: &[&str]| run(plimsoll(&[&["why"], arguments].concat()).write_stdin(object));
    let object = stored("1Gi", "768mb");
    let bare = object.replace("plimsoll.dev/applied", "other");
    assert_eq!(why(&bare, &["-"]).1, "StatefulSet shop/cache: Plimsoll wrote nothing into it\n");
    let broken = object.replace("{\"v\":1", "{\"v\":9");
    let (code, stdout, _) = why(&broken, &["-"]);
    assert_eq!(code, 1, "nobody can say what was written");
    assert!(stdout.contains("can't be read, so no value counts as written by Plimsoll"), "{stdout}");
    assert_eq!(why(&object, &["sts/other", "-f", "-"]).0, 3);
    assert_eq!(why(&object, &["sts/cache", "-n", "elsewhere", "-f", "-"]).0, 3);
    assert_eq!(why(&object, &["sts/cache"]).0, 2);
    assert_eq!(why(&object, &["service/cache", "-f", "-"]).0, 2);
}

#[test]
fn policy_test_honours_exceptions_that_hold() {
    let outcome = |expires: &str| {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("cases/ledger");
        fs::create_dir_all(&case).unwrap();
        let policy = only("production", &["maxmemory-above-ratio"], "exceptions: {namespaces: [platform]}");
        let exception = format!(
            "---\napiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicyException\nmetadata: {{name: x, namespace: platform}}\n\
             spec:\n  workload: {{apiVersion: apps/v1, kind: Deployment, namespace: shop, name: ledger}}\n  \
             rules: [maxmemory-above-ratio]\n  reason: moves soon\n  expires: \"{expires}\"\n"
        );
        fs::write(folder.path().join("shop.yaml"), format!("{policy}{exception}")).unwrap();
        let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ledger, namespace: shop}\n\
                        spec: {selector: {matchLabels: {app: ledger}}, template: {metadata: {labels: {app: ledger}}, spec: {containers: [\
                        {name: redis, image: 'redis:7.4', args: [--maxmemory, 1gb, --save, ''], \
                        resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}}]}}}\n";
        fs::write(case.join("objects.yaml"), manifest).unwrap();
        let expected = "workloads: [{kind: Deployment, namespace: shop, name: ledger, denied: []}]\n";
        fs::write(case.join("expect.yaml"), expected).unwrap();
        run(&mut plimsoll(&["policy", "test", folder.path().to_str().unwrap()]))
    };
    let (code, stdout, stderr) = outcome("2999-01-01");
    assert_eq!(code, 0, "{stdout}{stderr}");
    let (code, stdout, _) = outcome("2020-01-01");
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("maxmemory-above-ratio"), "{stdout}");
}
