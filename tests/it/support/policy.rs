//! Policies under which a test runs only the rules that it names: a rule that is added later changes nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use plimsoll::policy::Policies;
use plimsoll::rules;
use sha2::{Digest as _, Sha256};

/// The rules that the tests on a real control plane and on a node speak of. Whoever writes such a test for another rule
/// adds it here.
pub(crate) const SPOKEN_OF: [&str; 17] = [
    "memory-limit-missing",
    "memory-request-missing",
    "memory-request-below-limit",
    "maxmemory-missing",
    "maxmemory-above-ratio",
    "maxmemory-fixed-while-limit-changes",
    "config-not-accepted",
    "probe-timeout-short",
    "probe-delay-short",
    "governing-service-missing",
    "governing-service-not-headless",
    "too-few-sentinels",
    "quorum-not-majority",
    "deployment-shares-claim",
    "storage-ephemeral",
    "dir-off-volume",
    "volume-too-small",
];

/// A RedisPolicy of the name `only` in which the rules `on` keep what the profile has and every other rule is `off`.
/// `spec` is the rest of its spec: lines of YAML.
pub(crate) fn only(profile: &str, on: &[&str], spec: &str) -> String {
    let head = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: only}\nspec:\n";
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("{head}  extends: {profile}\n{spec}{}", all_off_but(on))
}

/// The `rules` of a spec that puts all rules off but these: lines to follow those of a spec.
pub(crate) fn all_off_but(on: &[&str]) -> String {
    let all = rules::all();
    for id in on {
        assert!(all.iter().any(|rule| rule.id == *id), "there is no rule {id}");
    }
    let off = all.iter().filter(|rule| !on.contains(&rule.id));
    let lines: String = off.map(|rule| format!("    {}: off\n", rule.id)).collect();
    if lines.is_empty() { "  rules: {}\n".to_owned() } else { format!("  rules:\n{lines}") }
}

/// [`only`] in memory.
pub(crate) fn policies_with_only(profile: &str, on: &[&str], spec: &str) -> Policies {
    Policies::parse(&[("only.yaml".to_owned(), only(profile, on, spec))]).unwrap()
}

/// [`only`] as a file, for `--policy`.
pub(crate) fn file_with_only(profile: &str, on: &[&str]) -> String {
    let text = only(profile, on, "");
    let digest = Sha256::digest(text.as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    policy_file(&format!("{profile}-{name}"), &text)
}

/// A text as a file; its name is to be of this text alone.
pub(crate) fn policy_file(name: &str, text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policies");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.yaml"));
    // Renamed into its place: another test may be reading the same file.
    let mut written = tempfile::NamedTempFile::new_in(&folder).unwrap();
    written.write_all(text.as_bytes()).unwrap();
    written.persist(&file).unwrap();
    file.display().to_string()
}
