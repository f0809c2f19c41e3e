//! The cases of policies for people: what `policy test` prints.

use std::io;

use crate::report::cases::CaseResults;
use crate::report::format::ToText;
use crate::report::page::{Page, counted};

impl ToText for CaseResults {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for case in &self.cases {
            let result = if case.wrong.is_empty() { "ok  " } else { "FAIL" };
            writeln!(page.out, "{result}  {}", case.name)?;
            for line in &case.wrong {
                writeln!(page.out, "      {line}")?;
            }
            for note in &case.notes {
                writeln!(page.out, "      note: {note}")?;
            }
        }
        writeln!(page.out, "{}, {} failed", counted(self.cases.len(), "case"), self.failed())
    }
}
