//! Marks for people: what `why` prints.

use std::io;

use crate::patch::MARK_ANNOTATION;
use crate::report::format::ToText;
use crate::report::marks::{MarkedValue, MarkedWorkload, Marks};
use crate::report::page::Page;

impl ToText for Marks {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.workloads.iter().try_for_each(|workload| write_workload(page, workload))
    }
}

fn write_workload(page: &mut Page<'_>, workload: &MarkedWorkload) -> io::Result<()> {
    let name = &workload.object;
    if workload.is_unreadable {
        let what = format!("its annotation {MARK_ANNOTATION} can't be read, so no value counts as written by Plimsoll");
        return writeln!(page.out, "{name}: {what}");
    }
    if workload.values.is_empty() {
        return writeln!(page.out, "{name}: Plimsoll wrote nothing into it");
    }
    writeln!(page.out, "{name}: Plimsoll wrote:")?;
    for value in &workload.values {
        writeln!(page.out, "  container {}: {} = {}", value.container, value.path, value.set)?;
        writeln!(page.out, "    before: {}", value.was.as_deref().unwrap_or("nothing; it was added"))?;
        if let Some(source) = describe_source(value) {
            writeln!(page.out, "    from:   {source}")?;
        }
        writeln!(page.out, "    now:    {}", value.now)?;
    }
    Ok(())
}

/// Where a directive comes from, and how it is delivered.
fn describe_source(value: &MarkedValue) -> Option<String> {
    let delivery = match value.via.as_deref()?.split_once(':') {
        Some(("env", name)) => format!("the environment variable {name}"),
        Some(("overlay", place)) => format!("the overlay of {}", place.replacen(':', ", key ", 1)),
        _ => "the container's args".to_owned(),
    };
    if value.limit.is_none() && value.derive.is_none() {
        return Some(format!("a rule's own value, through {delivery}"));
    }
    let limit = value.limit.as_deref().unwrap_or("an unknown limit");
    let derive = value.derive.as_deref().unwrap_or("an unknown derivation");
    Some(format!("the limit {limit} by {derive}, through {delivery}"))
}
