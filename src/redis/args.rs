//! The command line of redis-server: a configuration file, `--name value…` options that become lines, `-` for standard input.

use super::line::{quoted, split_line};

/// A command line taken apart.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// The configuration file, if the first argument is one.
    pub(crate) file: Option<Vec<u8>>,
    /// Whether standard input is read.
    pub(crate) stdin: bool,
    /// The options as text, one line each, as redis-server builds it.
    pub(crate) options: Vec<u8>,
    /// For each of those lines, the index of the argument that began it.
    pub(crate) began: Vec<usize>,
    /// Whether it only prints something and ends: `--version`, `--help`.
    pub(crate) exits: bool,
}

/// Takes a command line apart, exactly as redis-server 7.0 does.
pub(crate) fn arguments(args: &[Vec<u8>]) -> Arguments {
    let mut taken = Arguments::default();
    let Some(first) = args.first() else { return taken };
    if matches!(first.as_slice(), b"-v" | b"--version" | b"-h" | b"--help" | b"--check-system" | b"--test-memory") {
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
            has_value = taken.option(index, argument, args.get(index + 1));
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
    /// Begins a line; whether the next `--…` begins another one, rather than being its value.
    fn option(&mut self, index: usize, argument: &[u8], next: Option<&Vec<u8>>) -> bool {
        if !self.options.is_empty() {
            self.options.push(b'\n');
        }
        self.began.push(index);
        self.options.extend(argument.get(2..).unwrap_or_default());
        self.options.push(b' ');
        if split_line(argument).map_or(0, |words| words.len()) != 1 {
            return true; // `"--port 6380"` as one argument.
        }
        let option_next = next.is_some_and(|next| next.starts_with(b"--"));
        if argument.eq_ignore_ascii_case(b"--save") && (option_next || next.is_none()) {
            self.options.extend(b"\"\"");
            return option_next;
        }
        argument.eq_ignore_ascii_case(b"--sentinel") && option_next
    }
}
