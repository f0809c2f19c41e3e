//! Printing: formats, colours only where a terminal shows them, and a reader that went away is no failure.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use clap::ValueEnum;
use serde_json::Value;

use super::Failure;

/// How something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The width of the terminal; nothing where standard output is none.
pub(crate) fn width() -> Option<usize> {
    io::stdout().is_terminal().then(textwrap::termwidth)
}

/// Prints text to standard output. `NO_COLOR` and pipes get no colours.
pub(crate) fn print(text: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    done(text(&mut out).and_then(|()| out.flush()))
}

/// Prints JSON to standard output, indented.
pub(crate) fn print_json(value: &Value) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
    done(written.and_then(|()| writeln!(out)).and_then(|()| out.flush()))
}

/// `plimsoll check | head` ends well.
fn done(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Run(format!("can't print: {error}"))),
        _ => Ok(()),
    }
}
