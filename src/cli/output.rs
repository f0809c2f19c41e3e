//! Printing: colours only where a terminal shows them, its width, and a reader that went away is no failure.

use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};

use super::failure::Failure;
use crate::report::{self, Format, Page, ToJson, ToText};

/// Prints a report to standard output in a format. `NO_COLOR` and pipes get no colours.
pub(crate) fn print_report<R: ToText + ToJson + ?Sized>(format: Format, report: &R) -> Result<(), Failure> {
    print(|page| report::write(format, report, page))
}

/// Prints a report that is for people alone.
pub(crate) fn print_text(report: &impl ToText) -> Result<(), Failure> {
    print(|page| report.write_text(page))
}

/// Prints bytes that are no report, such as a script.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    end_printing(out.write_all(bytes).and_then(|()| out.flush()))
}

fn print(write: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> Result<(), Failure> {
    let width = io::stdout().is_terminal().then(textwrap::termwidth);
    let mut out = BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    let written = write(&mut Page::new(&mut out, width));
    end_printing(written.and_then(|()| out.flush()))
}

/// `plimsoll check | head` ends well.
fn end_printing(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Run(format!("can't print: {error}"))),
        _ => Ok(()),
    }
}
