//! A process that a benchmark started, as /proc shows it.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// The kernel counts a process's time in ticks of this length, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A child of this process.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
}

impl Process {
    /// The child with this id.
    pub(crate) fn new(id: u32) -> Self {
        Self { id }
    }

    /// The child that runs this program, or this command of a program.
    pub(crate) fn child(name: &str) -> Option<Self> {
        let parent = std::process::id().to_string();
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            let is_child = fields(id).is_some_and(|fields| fields.get(1) == Some(&parent));
            if is_child && runs(id, name) {
                return Some(Self { id });
            }
        }
        None
    }

    /// The processor time that it has used.
    pub(crate) fn cpu_time(&self) -> Duration {
        let Some(fields) = fields(self.id) else { return Duration::ZERO };
        // utime and stime: fields 14 and 15 of the line, of which the first two are cut off.
        let ticks = fields[11..=12].iter().filter_map(|field| field.parse::<u32>().ok()).sum::<u32>();
        TICK * ticks
    }

    /// The most bytes that it has held in memory at once; nothing once it has ended.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) * 1024
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.id.to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "process {} can't be ended", self.id);
    }
}

/// What follows the command's name in /proc/ID/stat: state, parent, ….
fn fields(id: u32) -> Option<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = line.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn runs(id: u32, name: &str) -> bool {
    let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let mut words = line.split('\0').take(2);
    words.any(|word| word.rsplit('/').next() == Some(name))
}
