//! Puts parts of words together, so that equal ones stand in one.

use crate::workload::start::shell::syntax::Part;

/// Appends an unquoted character.
pub(super) fn push_bare(parts: &mut Vec<Part>, character: char) {
    match parts.last_mut() {
        Some(Part::Bare(text)) => text.push(character),
        _ => parts.push(Part::Bare(character.to_string())),
    }
}

/// Appends a quoted character.
pub(super) fn push_quoted(parts: &mut Vec<Part>, character: char) {
    match parts.last_mut() {
        Some(Part::Quoted(text)) => text.push(character),
        _ => parts.push(Part::Quoted(character.to_string())),
    }
}

/// Appends a part.
pub(super) fn push(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (Some(Part::Bare(text)), Part::Bare(more)) | (Some(Part::Quoted(text)), Part::Quoted(more)) => {
            text.push_str(&more);
        }
        (_, part) => parts.push(part),
    }
}
