//! The fields of a line, for `cut` and `awk`.

use crate::workload::start::shell::text::{Piece, Text};
use crate::workload::start::shell::tools::pattern::Fragment;
use crate::workload::start::shell::tools::split::split;

/// The fields of a line, as far as they are certain.
pub(super) struct Fields {
    pub(super) fields: Vec<Text>,
    /// Whether these are all.
    pub(super) is_whole: bool,
}

impl Fields {
    /// Splits at each of these characters.
    pub(super) fn at_each(line: &Text, delimiter: char) -> Self {
        let mut fields = vec![];
        let mut current = Text::default();
        for piece in line.pieces() {
            let known = match piece {
                Piece::Unknown(unknown) if unknown.shape.may_hold(delimiter) => {
                    return Self { fields, is_whole: false };
                }
                Piece::Unknown(_) => {
                    current.push_piece(piece);
                    continue;
                }
                Piece::Known(known) => known,
            };
            let mut parts = known.split(delimiter);
            current.push_str(parts.next().unwrap_or_default());
            for part in parts {
                fields.push(std::mem::replace(&mut current, part.into()));
            }
        }
        fields.push(current);
        Self { fields, is_whole: true }
    }

    /// Splits at blanks; those at the ends count for nothing.
    pub(super) fn at_blanks(line: &Text) -> Self {
        if let Some(fields) = split(&[Fragment::expanded(line.clone())], " \t\n") {
            return Self { fields: fields.into_iter().map(|field| field.text).collect(), is_whole: true };
        }
        let start = line.known_start();
        let certain = start.rfind([' ', '\t']).and_then(|end| start.get(..end)).unwrap_or_default();
        Self {
            fields: certain.split([' ', '\t']).filter(|field| !field.is_empty()).map(Text::from).collect(),
            is_whole: false,
        }
    }

    /// The field of this number, from 1; an empty one behind the last.
    pub(super) fn field(&self, number: usize) -> Option<Text> {
        match self.fields.get(number.checked_sub(1)?) {
            Some(field) => Some(field.clone()),
            None => self.is_whole.then(Text::default),
        }
    }
}
