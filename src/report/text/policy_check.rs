//! What is wrong with policy files, for people: what `policy check` prints.

use std::io;

use crate::report::format::ToText;
use crate::report::page::{Page, counted};
use crate::report::policy_check::PolicyCheck;

impl ToText for PolicyCheck {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for line in self.errors.iter().chain(&self.warnings) {
            writeln!(page.out, "{line}")?;
        }
        if !self.errors.is_empty() {
            return writeln!(page.out, "{}", counted(self.errors.len(), "error"));
        }
        let files = counted(self.files, "file");
        match self.warnings.len() {
            0 => writeln!(page.out, "{files} ok"),
            warnings => writeln!(page.out, "{files} ok, {}", counted(warnings, "warning")),
        }
    }
}
