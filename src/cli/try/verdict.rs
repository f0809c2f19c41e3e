//! How one object's verdict is told: its line, warnings, refusal and changes.

use super::Broken;
use super::terminal::{Page, Tone};
use crate::patch;
use crate::sandbox::{Outcome, helm_order};

/// Whether nothing happens to an object.
pub(crate) fn is_quiet(outcome: &Outcome) -> bool {
    let is_silent = outcome.warnings.is_empty() && outcome.notes.is_empty() && outcome.kept_away.is_none();
    is_silent && outcome.denial.is_none() && outcome.received == outcome.patched
}

/// Whether no webhook is called for it.
pub(crate) fn is_kept_away(outcome: &Outcome) -> bool {
    outcome.kept_away.is_some()
}

/// What became of the object in kubectl's words.
fn verb(outcome: &Outcome) -> &'static str {
    match &outcome.old {
        _ if outcome.denial.is_some() => "refused",
        None => "created",
        Some(old) if **old == outcome.patched => "unchanged",
        Some(_) => "configured",
    }
}

/// The line of an object.
fn headline(page: &mut Page<'_>, outcome: &Outcome) -> Result<(), Broken> {
    if let Some(why) = &outcome.kept_away {
        let what = format!("not sent: {why}");
        return Ok(page.object(&helm_order::kubectl_name(&outcome.object), Tone::Good, &what)?);
    }
    let (tone, more) = match &outcome.denial {
        Some(_) => (Tone::Bad, ""),
        None if is_quiet(outcome) => (Tone::Good, ""),
        None if outcome.received == outcome.patched => (Tone::Changed, ""),
        None if verb(outcome) == "unchanged" => (Tone::Good, ""),
        None => (Tone::Changed, ", changed on its way in"),
    };
    Ok(page.object(&helm_order::kubectl_name(&outcome.object), tone, &format!("{}{more}", verb(outcome)))?)
}

/// An object with everything that is said of it.
pub(crate) fn whole(page: &mut Page<'_>, file: &str, outcome: &Outcome) -> Result<(), Broken> {
    headline(page, outcome)?;
    outcome.notes.iter().try_for_each(|note| page.note(note))?;
    for warning in &outcome.warnings {
        page.warning(warning)?;
    }
    match &outcome.denial {
        Some(denial) => page.denial(file, denial)?,
        None => page.diff(&outcome.received, &outcome.patched)?,
    }
    Ok(())
}

/// An object whose warnings and changes are not told again where an earlier act told them.
pub(crate) fn news(page: &mut Page<'_>, file: &str, outcome: &Outcome, told: &[Outcome]) -> Result<(), Broken> {
    headline(page, outcome)?;
    outcome.notes.iter().try_for_each(|note| page.note(note))?;
    let before = told.iter().find(|other| other.object == outcome.object);
    // What is wrong comes first; how it was mended may count the replicas.
    let wrong = |warning: &str| warning.split("; ").next().map(str::to_owned);
    let is_known = |warning: &&String| {
        before.is_some_and(|before| before.warnings.iter().any(|other| wrong(other) == wrong(warning)))
    };
    let (known, new): (Vec<&String>, Vec<&String>) = outcome.warnings.iter().partition(is_known);
    for warning in new {
        page.warning(warning)?;
    }
    if let Some(denial) = &outcome.denial {
        repeated(page, known.len(), 0)?;
        return Ok(page.denial(file, denial)?);
    }
    if outcome.received == outcome.patched {
        return Ok(());
    }
    if verb(outcome) == "unchanged" {
        let why = "(the manifest says what it said before; the webhook knows its own changes by its annotation and makes \
                   them again, so what is stored stays the same and no Pod restarts)";
        return Ok(page.note(why)?);
    }
    if before.is_some_and(|before| changes(before) == changes(outcome)) {
        return repeated(page, known.len(), changes(outcome).len());
    }
    repeated(page, known.len(), 0)?;
    Ok(page.diff(&outcome.received, &outcome.patched)?)
}

/// How much of what an earlier act told would be told again.
fn repeated(page: &mut Page<'_>, warnings: usize, changes: usize) -> Result<(), Broken> {
    let count = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        more => Some(format!("{more} {noun}s")),
    };
    let parts: Vec<String> = [count(warnings, "warning"), count(changes, "change")].into_iter().flatten().collect();
    if parts.is_empty() {
        return Ok(());
    }
    Ok(page.note(&format!("({} as above)", parts.join(" and ")))?)
}

fn changes(outcome: &Outcome) -> Vec<json_patch::PatchOperation> {
    patch::diff(&outcome.received, &outcome.patched)
}
