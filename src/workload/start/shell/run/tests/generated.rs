//! Scripts made up at random, run by real shells beside the interpreter: what is believed of a start is what happened.

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::SmallWorld;
use super::allowed::{allows_text, allows_words};
use super::generate::script;
use crate::workload::start::shell::run::start::Start;
use crate::workload::start::shell::run::world::Seen;

/// Writes its words down, and keeps the files as it found them. Of several starts the first counts.
const SERVER: &str = "#!/bin/sh\n[ -e @/out ] && exit 0\nfor word; do printf '%s\\0' \"$word\"; done > @/out\ncp -r @/data @/found\nexit 0\n";

/// The files that scripts write.
const FILES: [&str; 2] = ["a.conf", "b.conf"];

/// What a variable may be that nobody knows.
const VALUES: [Option<&str>; 7] = [None, Some(""), Some("1"), Some("a b"), Some("--port"), Some("-n"), Some("x*\ny")];

/// What a server was started with: its words, and what then stood in `FILES`.
struct Started {
    words: Vec<String>,
    files: [Option<String>; FILES.len()],
}

/// Runs a script in a shell: what it started, if anything.
fn start(shell: &[&str], script: &str, root: &Path, values: (Option<&str>, Option<&str>)) -> Option<Started> {
    let _ = std::fs::remove_file(root.join("out"));
    let _ = std::fs::remove_dir_all(root.join("found"));
    let data = root.join("data");
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("b.conf"), "b 1\nport 2\n").unwrap();
    // Some go on for ever, and fill files.
    let mut command = Command::new("prlimit");
    command.args(["--fsize=100000", "--cpu=1", "timeout", "-s", "KILL", "0.5"]);
    command.args(shell).arg("-c").arg(script).current_dir(&data).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", root.join("bin").display()));
    command.env("LC_ALL", "C.UTF-8").env("PORT", "6380").env("HOSTNAME", "pod-0");
    for (name, value) in [("X", values.0), ("Y", values.1)] {
        command.envs(value.map(|value| (name, value)));
    }
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    status.code().filter(|code| *code < 124)?;
    let out = std::fs::read_to_string(root.join("out")).ok()?;
    let words = out.split_terminator('\0').map(str::to_owned).collect();
    let files = FILES.map(|name| std::fs::read_to_string(root.join("found").join(name)).ok());
    // A file at its limit is one of a loop without end, which the limit broke.
    let is_broken = files.iter().flatten().any(|text| text.len() > 90_000);
    (!is_broken).then_some(Started { words, files })
}

/// A folder with what a script finds.
fn make_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["bin", "cfg"] {
        std::fs::create_dir(root.join(name)).unwrap();
    }
    let world = SmallWorld::at("");
    for (path, text) in &world.files {
        std::fs::write(root.join(path.trim_start_matches('/')), text).unwrap();
    }
    let server = root.join("bin/redis-server");
    std::fs::write(&server, SERVER.replace('@', &root.display().to_string())).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&server, mode).unwrap();
    folder
}

/// Whether the files that were found are what this start is believed to find.
fn allows_files(world: &SmallWorld, start: &Start, started: &Started) -> bool {
    for (name, found) in FILES.iter().zip(&started.files) {
        let path = format!("{}/data/{name}", world.root);
        let is_allowed = match (start.files.look(&path, world), found) {
            (Seen::File(content), Some(text)) => allows_text(&content, text),
            (Seen::File(_), None) => false,
            (Seen::Missing, found) => found.is_none(),
            (Seen::Folder | Seen::Unknown(_), _) => true,
        };
        if !is_allowed {
            return false;
        }
    }
    true
}

/// Whether one of the starts that are believed possible is the one that happened; nothing where the script is not followed.
fn is_believed(world: &SmallWorld, shell: &str, script: &str, started: &Started) -> Option<bool> {
    let outcome = world.run(shell, script);
    if !outcome.hidden.is_empty() {
        return None;
    }
    let mut words = vec!["redis-server".to_owned()];
    words.extend(started.words.iter().cloned());
    let is_it = outcome.starts.iter().any(|start| allows_words(start, &words) && allows_files(world, start, started));
    Some(is_it)
}

/// Holds that scripts of one dialect are believed right, as these shells run them.
fn hold(is_bash: bool, shell: &str, shells: &'static [&[&str]]) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let config = Config {
        cases: number("PROPTEST_CASES").map_or(300, |cases: u64| u32::try_from(cases).unwrap()),
        rng_seed: RngSeed::Fixed(number("PROPTEST_RNG_SEED").unwrap_or(11)),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let folder = make_folder();
    let root = folder.path().display().to_string();
    let world = SmallWorld::at(&root);
    let (followed, all) = (Cell::new(0), Cell::new(0));
    let values = || prop::sample::select(VALUES.as_slice());
    let mut present = Vec::new();
    for shell in shells {
        match Command::new(shell[0]).arg("--help").stdin(Stdio::null()).output() {
            Ok(_) => present.push(*shell),
            Err(_) => eprintln!("LEFT OUT: {} is absent", shell[0]),
        }
    }
    let tries = (script(is_bash), prop::sample::select(present), values(), values());
    let done = TestRunner::new(config).run(&tries, |(script, real, x, y)| {
        let script = script.replace("@/", &format!("{root}/"));
        let Some(started) = start(real, &script, folder.path(), (x, y)) else { return Ok(()) };
        all.set(all.get() + 1);
        if let Some(is_believed) = is_believed(&world, shell, &script, &started) {
            followed.set(followed.get() + 1);
            let (words, files) = (&started.words, &started.files);
            prop_assert!(is_believed, "{real:?}, X={x:?}, Y={y:?}: {words:?} with {files:?} after\n{script}");
        }
        Ok(())
    });
    if let Err(error) = done {
        panic!("{error}");
    }
    assert!(followed.get() * 10 > all.get() * 8, "{} of {} are followed", followed.get(), all.get());
}

#[test]
fn scripts_of_sh_are_believed_right() {
    hold(false, "sh", &[&["dash"], &["busybox", "ash"], &["bash", "--posix"]]);
}

#[test]
fn scripts_of_bash_are_believed_right() {
    hold(true, "bash", &[&["bash"]]);
}
