//! The command line of a server: a configuration file, `--name value…` options that become lines, `-` for standard input.

use super::line::{quoted, split_line};
use super::versions::{Options, Releases};

/// A command line taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// The configuration file, if the first argument is one.
    pub(crate) file: Option<Vec<u8>>,
    /// Whether standard input is read.
    pub(crate) stdin: bool,
    /// The options as text, one line each, as the server builds it.
    pub(crate) options: Vec<u8>,
    /// For each of those lines, the index of the argument that began it.
    pub(crate) began: Vec<usize>,
    /// Whether it only prints something and ends: `--version`, `--help`.
    pub(crate) exits: bool,
}

/// A command line as some releases take it apart.
pub(crate) struct Reading {
    pub(crate) arguments: Arguments,
    pub(crate) releases: Releases,
}

/// A command line as these releases take it apart: the newest first, and those together that agree.
pub(crate) fn readings(args: &[Vec<u8>], among: Releases) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    for options in [Options::Free, Options::Saved, Options::Valued, Options::Each] {
        let group = among.and(Releases::which(|release| release.options == options));
        if group.is_empty() {
            continue;
        }
        let arguments = take_apart(args, options);
        match readings.iter_mut().find(|reading| reading.arguments == arguments) {
            Some(reading) => reading.releases = reading.releases.with(group),
            None => readings.push(Reading { arguments, releases: group }),
        }
    }
    readings
}

fn take_apart(args: &[Vec<u8>], options: Options) -> Arguments {
    let mut taken = Arguments::default();
    let Some(first) = args.first() else { return taken };
    let ends = match first.as_slice() {
        b"-v" | b"--version" | b"-h" | b"--help" | b"--test-memory" => true,
        b"--check-system" => options != Options::Each,
        _ => false,
    };
    if ends {
        taken.exits = true;
        return taken;
    }
    let skip = usize::from(first.first() != Some(&b'-'));
    if skip == 1 {
        taken.file = Some(first.clone());
    }
    // Whether the option before has a value, so that `--x` may be an option again.
    let mut has_value = true;
    for (index, argument) in args.iter().enumerate().skip(skip) {
        let last = index + 1 == args.len();
        if argument == b"-" && (index == 0 || last) {
            taken.stdin = true;
        } else if has_value && argument.starts_with(b"--") {
            taken.begin_option(index, argument);
            has_value = taken.has_value(argument, args.get(index + 1), options);
        } else {
            if taken.began.is_empty() {
                taken.began.push(index);
            }
            taken.options.extend(quoted(argument));
            taken.options.push(b' ');
            has_value = true;
        }
    }
    taken
}

impl Arguments {
    /// Begins a line.
    fn begin_option(&mut self, index: usize, argument: &[u8]) {
        if !self.options.is_empty() {
            self.options.push(b'\n');
        }
        self.began.push(index);
        self.options.extend(argument.get(2..).unwrap_or_default());
        self.options.push(b' ');
    }

    /// Whether the next `--…` begins another line, rather than being the value of this one.
    fn has_value(&mut self, argument: &[u8], next: Option<&Vec<u8>>, options: Options) -> bool {
        match options {
            Options::Each => return true,
            Options::Valued => return false,
            Options::Saved | Options::Free => {}
        }
        if split_line(argument).map_or(0, |words| words.len()) != 1 {
            return true; // `"--port 6380"` as one argument.
        }
        let option_next = next.is_some_and(|next| next.starts_with(b"--"));
        if argument.eq_ignore_ascii_case(b"--save") && (option_next || next.is_none()) {
            self.options.extend(b"\"\"");
            return option_next;
        }
        options == Options::Free && argument.eq_ignore_ascii_case(b"--sentinel") && option_next
    }
}
