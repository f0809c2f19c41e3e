//! The command line of a server or Sentinel: its own words, or those of its image.

use crate::workload::flavours;
use crate::workload::start::entrypoint::Written;
use crate::workload::start::environment::Environment;
use crate::workload::start::shell::run::world::{Seen, World};
use crate::workload::start::way::WayFiles;
use crate::workload::start::{Startup, base_name};

/// The arguments behind the program.
pub(crate) struct Command {
    pub(crate) words: Vec<String>,
    /// Where they stand in the manifest; what a variable adds comes behind them.
    pub(crate) written: Option<Written>,
    /// Why more may follow.
    pub(crate) hidden: Option<String>,
}

impl Command {
    pub(crate) fn read(start: &Startup, files: &WayFiles, sentinel: bool) -> Self {
        let process = &start.process;
        let argv = &files.way.argv;
        let program = argv.first().map(|program| base_name(program));
        let is_program = program.is_some_and(|program| program.contains("-server") || program.contains("-sentinel"));
        let programs = usize::from(is_program);
        let mut command = Self {
            words: argv.iter().skip(programs).cloned().collect(),
            written: behind(process.written, programs),
            hidden: None,
        };
        // What the image's script is given comes behind what it says itself.
        let mut given = Vec::new();
        if flavours::makes_command_line(process) {
            let words = std::mem::take(&mut command.words);
            if files.way.is_of_image {
                given = words;
            }
            command.written = None;
        }
        if !is_program && command.words.is_empty() {
            command.words = image_files(files, sentinel);
        }
        if let Some(name) = flavours::flags_variable(start.container, process) {
            command.add_flags(name, &start.environment);
        }
        command.words.extend(given);
        command
    }

    /// Adds the words of a variable that the image's entrypoint appends.
    fn add_flags(&mut self, name: &str, environment: &Environment) {
        if !environment.contains_key(name) {
            return;
        }
        match environment.get(name) {
            Some(flags) => self.words.extend(flags.split_whitespace().map(str::to_owned)),
            None => self.hidden = Some(format!("the value of {name}")),
        }
    }
}

/// The file that the image's entrypoint reads, where the manifest mounts one; and one that it reads after it.
fn image_files(files: &WayFiles, sentinel: bool) -> Vec<String> {
    let is_there = |path: &str| match files.look(path) {
        Seen::File(_) => true,
        // What an object mounts and is not seen is there all the same.
        Seen::Unknown(_) => !files.world.is_writable(path),
        Seen::Missing | Seen::Folder => false,
    };
    let mut words = Vec::new();
    words.extend(flavours::config_files(sentinel).find(|path| is_there(path)).map(str::to_owned));
    for path in flavours::override_files(sentinel).filter(|path| is_there(path)) {
        words.extend(["--include".to_owned(), path.to_owned()]);
    }
    words
}

/// Where the words of a command line stand in the manifest, behind so many of them.
fn behind(written: Option<Written>, words: usize) -> Option<Written> {
    written.map(|written| Written { skipped: written.skipped + words, ..written })
}
