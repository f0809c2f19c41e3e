//! The formats that a report can be written in. A report is data; each format is a function of it.

use std::io;

use clap::ValueEnum;
use serde_json::Value;

use super::page::Page;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A report for people.
pub trait ToText {
    /// Writes it.
    ///
    /// # Errors
    /// When the page can't be written to.
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()>;
}

/// A report for programs. The shapes are contracts, with schemas in `docs/schemas/`.
pub trait ToJson {
    /// Its JSON.
    fn to_json(&self) -> Value;
}

/// Writes a report in a format.
///
/// # Errors
/// When the page can't be written to.
pub fn write<R: ToText + ToJson + ?Sized>(format: Format, report: &R, page: &mut Page<'_>) -> io::Result<()> {
    match format {
        Format::Text => report.write_text(page),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *page.out, &report.to_json())?;
            writeln!(page.out)
        }
    }
}
