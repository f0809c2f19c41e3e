//! `s` of `sed`.

use std::sync::Arc;

use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};
use crate::workload::start::shell::tools::regex::{Found, Match, Regex};

/// How often one substitution may look at a line, on an average.
const MAX_ROUNDS: usize = 32;

/// `s/regex/replacement/flags`
#[derive(Debug, Clone)]
pub(super) struct Substitution {
    pub(super) regex: Regex,
    pub(super) replacement: Vec<Part>,
    /// `g`
    pub(super) is_global: bool,
    /// Which match is replaced, from 1.
    pub(super) which: usize,
    /// `p`
    pub(super) prints: bool,
}

/// A part of a replacement.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Known(String),
    /// `&`
    Whole,
    /// `\1` to `\9`
    Group(usize),
    Unknown(Unknown),
}

/// What a substitution makes of a line.
pub(super) enum Substituted {
    Unchanged,
    Changed(Text),
    /// It may be changed or not.
    Unknown(Text),
}

/// A line, and whether anything in it was replaced.
struct Replaced {
    text: Text,
    is_changed: bool,
}

impl Substitution {
    pub(super) fn may_touch(&self, text: &Text) -> bool {
        self.regex.may_match_within(text)
    }

    /// What becomes of a line.
    pub(super) fn apply(&self, line: &Text, needs: &Arc<str>) -> Substituted {
        let Some(known) = line.known() else {
            return match self.regex.is_match(line) {
                Some(false) => Substituted::Unchanged,
                _ => self.unseen(line, needs),
            };
        };
        match self.replace(known) {
            None => self.unseen(line, needs),
            Some(replaced) if replaced.is_changed => Substituted::Changed(replaced.text),
            Some(_) => Substituted::Unchanged,
        }
    }

    fn unseen(&self, line: &Text, needs: &Arc<str>) -> Substituted {
        let has_break = |part: &Part| match part {
            Part::Known(known) => known.contains('\n'),
            Part::Unknown(unknown) => unknown.shape == Shape::Any,
            Part::Whole | Part::Group(_) => false,
        };
        let breaks = self.replacement.iter().any(has_break) || line.may_hold('\n');
        let shape = if breaks { Shape::Any } else { Shape::Line };
        let needs = line.unknown().map_or(needs, |unknown| &unknown.needs);
        Substituted::Unknown(Unknown::new(shape, Arc::clone(needs)).into())
    }

    /// The line with its matches replaced.
    fn replace(&self, line: &str) -> Option<Replaced> {
        let mut output = Text::default();
        let (mut from, mut copied, mut count, mut steps) = (0, 0, 0, 0_usize);
        let mut is_changed = false;
        let mut last_end = None;
        while from <= line.len() {
            let found = match self.regex.find_at(line, from) {
                Found::Nowhere => break,
                Found::Unknown => return None,
                Found::At(found) => found,
            };
            let (start, end) = found.span;
            steps += self.regex.cost(line, from, &found);
            if steps > MAX_ROUNDS * (line.len() + 64) {
                return None;
            }
            let is_empty = start == end;
            // An empty match right behind another is none.
            if !(is_empty && last_end == Some(start)) {
                count += 1;
                if count >= self.which {
                    output.push_str(line.get(copied..start)?);
                    self.push_replacement(&mut output, line, &found)?;
                    copied = end;
                    is_changed = true;
                    if !self.is_global {
                        break;
                    }
                }
            }
            last_end = Some(end);
            from = if is_empty { end + line.get(end..)?.chars().next().map_or(1, char::len_utf8) } else { end };
        }
        output.push_str(line.get(copied..)?);
        Some(Replaced { text: output, is_changed })
    }

    fn push_replacement(&self, output: &mut Text, line: &str, found: &Match) -> Option<()> {
        for part in &self.replacement {
            match part {
                Part::Known(known) => output.push_str(known),
                Part::Unknown(unknown) => output.push_piece(&Piece::Unknown(unknown.clone())),
                Part::Whole => output.push_str(line.get(found.span.0..found.span.1)?),
                Part::Group(number) => {
                    let (start, end) = (*found.groups.get(number.checked_sub(1)?)?)?;
                    output.push_str(line.get(start..end)?);
                }
            }
        }
        Some(())
    }
}
