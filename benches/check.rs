//! `plimsoll check` over a large repository of manifests: 50,000 objects in 35,000 files, of which one in 25 is a Redis
//! workload. The tree is written anew into a temporary folder, so the file system's cache is warm.
#![expect(clippy::unwrap_used, reason = "a benchmark may end at an error")]

#[expect(dead_code, reason = "benches/cluster.rs uses the rest")]
mod process;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use process::Process;

/// The fastest run is shown, since neighbours only ever add.
const RUNS: usize = 5;
/// Releases of Redis: a file each, with four objects.
const RELEASES: usize = 2_000;
/// Files with a Deployment and its Service.
const PAIRS: usize = 9_000;
/// Files with one object.
const SINGLES: usize = 24_000;
/// Files in a folder, which is a namespace of its own.
const FOLDER: usize = 100;

/// What a run took.
struct Run {
    wall: Duration,
    processor: Duration,
    memory: u64,
}

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let tree = Tree::write(folder.path())?;
    let mut output = io::stdout().lock();
    writeln!(output, "{} objects in {} files, {} MB", tree.objects, tree.files, tree.bytes / 1_000_000)?;
    writeln!(output, "| output | wall s | CPU s | peak MB |")?;
    writeln!(output, "|---|---|---|---|")?;
    for format in ["text", "json"] {
        let mut fastest: Option<Run> = None;
        for _ in 0..RUNS {
            let run = check(folder.path(), format)?;
            if fastest.as_ref().is_none_or(|fastest| run.wall < fastest.wall) {
                fastest = Some(run);
            }
        }
        let run = fastest.unwrap();
        let (wall, processor) = (run.wall.as_secs_f64(), run.processor.as_secs_f64());
        writeln!(output, "| {format} | **{wall:.2}** | {processor:.2} | {} |", run.memory / 1_000_000)?;
    }
    Ok(())
}

fn check(folder: &Path, format: &str) -> io::Result<Run> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .args(["check", "--no-exit-codes", "--output", format])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn()?;
    let process = Process::new(child.id());
    let mut run = Run { wall: Duration::ZERO, processor: Duration::ZERO, memory: 0 };
    while child.try_wait()?.is_none() {
        run.processor = process.cpu_time().max(run.processor);
        run.memory = process.peak_memory().max(run.memory);
        std::thread::park_timeout(Duration::from_millis(2));
    }
    run.wall = began.elapsed();
    let status = child.wait()?;
    assert!(status.success(), "{status}");
    Ok(run)
}

/// What was written.
#[derive(Default)]
struct Tree {
    files: usize,
    objects: usize,
    bytes: usize,
}

impl Tree {
    fn write(folder: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        for number in 0..RELEASES + PAIRS + SINGLES {
            // Redis is spread over all namespaces.
            let number = number * 7919 % (RELEASES + PAIRS + SINGLES);
            tree.write_file(folder, number)?;
        }
        Ok(tree)
    }

    fn write_file(&mut self, folder: &Path, number: usize) -> io::Result<()> {
        let team = self.files / FOLDER;
        let namespace = format!("team-{team}");
        let folder = folder.join(&namespace);
        if self.files.is_multiple_of(FOLDER) {
            fs::create_dir_all(&folder)?;
        }
        let objects = match number {
            0..RELEASES => release(&namespace, number),
            number if number < RELEASES + PAIRS => {
                vec![deployment(&namespace, number), service(&namespace, number)]
            }
            number if number % 3 == 0 => vec![deployment(&namespace, number)],
            number if number % 3 == 1 => vec![service(&namespace, number)],
            number => vec![config_map(&namespace, number)],
        };
        let text = objects.join("---\n");
        fs::write(folder.join(format!("app-{number}.yaml")), &text)?;
        self.files += 1;
        self.objects += objects.len();
        self.bytes += text.len();
        Ok(())
    }
}

fn release(namespace: &str, number: usize) -> Vec<String> {
    let text = include_str!("check/redis.yaml");
    let text = text.replace("NAMESPACE", namespace).replace("NAME", &format!("cache-{number}"));
    text.split("---\n").map(str::to_owned).collect()
}

fn deployment(namespace: &str, number: usize) -> String {
    let text = include_str!("check/deployment.yaml");
    text.replace("NAMESPACE", namespace).replace("NAME", &format!("app-{number}"))
}

fn service(namespace: &str, number: usize) -> String {
    let text = include_str!("check/service.yaml");
    text.replace("NAMESPACE", namespace).replace("NAME", &format!("app-{number}"))
}

fn config_map(namespace: &str, number: usize) -> String {
    let text = include_str!("check/configmap.yaml");
    text.replace("NAMESPACE", namespace).replace("NAME", &format!("app-{number}"))
}
