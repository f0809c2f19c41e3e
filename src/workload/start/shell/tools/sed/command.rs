//! The commands of `sed`, and which lines they are for.

use super::substitute::Substitution;
use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::regex::Regex;

/// A command.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) lines: Lines,
    /// `!`
    is_negated: bool,
    pub(super) function: Function,
    /// Its number among the commands, which says where the state of its range is kept.
    number: usize,
}

/// Which lines a command is for.
#[derive(Debug, Clone)]
pub(super) enum Lines {
    All,
    At(Address),
    /// From one line to another.
    Range(Address, Address),
}

#[derive(Debug, Clone)]
pub(super) enum Address {
    Number(usize),
    /// `$`
    Last,
    Match(Regex),
}

#[derive(Debug, Clone)]
pub(super) enum Function {
    /// `s`
    Substitute(Substitution),
    /// `d`
    Delete,
    /// `p`
    Print,
    /// `q`
    Quit,
    /// `a`
    Append(Text),
    /// `i`
    Insert(Text),
    /// `c`
    Change(Text),
    /// `{ … }`
    Group(Vec<Command>),
}

/// Where the range of a command stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum RangeState {
    #[default]
    Before,
    Inside,
    /// One that begins at a number begins once.
    Over,
}

/// The line that commands are run on.
pub(super) struct Current<'l> {
    pub(super) number: usize,
    /// Nothing where what follows may be no line.
    pub(super) is_last: Option<bool>,
    /// The text as the commands before have left it.
    pub(super) text: &'l Text,
}

/// Whether a command is for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selected {
    Yes,
    No,
    Unknown,
    /// Nor is it known of the lines that follow.
    Lost,
}

impl Command {
    pub(super) fn new(lines: Lines, is_negated: bool, function: Function, number: usize) -> Self {
        Self { lines, is_negated, function, number }
    }

    /// Whether what it does hangs on other lines than its own.
    pub(super) fn counts_lines(&self) -> bool {
        let counts = match &self.lines {
            Lines::All | Lines::At(Address::Match(_)) => false,
            Lines::At(_) | Lines::Range(..) => true,
        };
        counts
            || match &self.function {
                Function::Quit => true,
                Function::Group(commands) => commands.iter().any(Self::counts_lines),
                _ => false,
            }
    }

    /// Whether it may do anything with a stretch of text in which line breaks may be anywhere. Not for one that counts
    /// lines.
    pub(super) fn may_touch(&self, text: &Text) -> bool {
        let may_be_for = match (&self.lines, self.is_negated) {
            (Lines::At(Address::Match(regex)), false) => regex.may_match_within(text),
            _ => true,
        };
        may_be_for
            && match &self.function {
                Function::Substitute(substitution) => substitution.may_touch(text),
                Function::Group(commands) => commands.iter().any(|command| command.may_touch(text)),
                _ => true,
            }
    }

    /// Whether it is for this line. Moves its range on.
    pub(super) fn selects(&self, current: &Current, ranges: &mut [RangeState]) -> Selected {
        let selected = match &self.lines {
            Lines::All => Selected::Yes,
            Lines::At(address) => address.selects(current),
            Lines::Range(first, last) => match ranges.get_mut(self.number) {
                Some(state) => selects_range(first, last, state, current),
                None => Selected::Lost,
            },
        };
        match selected {
            Selected::Yes if self.is_negated => Selected::No,
            Selected::No if self.is_negated => Selected::Yes,
            other => other,
        }
    }
}

impl Address {
    fn selects(&self, current: &Current) -> Selected {
        let holds = match self {
            Self::Number(number) => Some(*number == current.number),
            Self::Last => current.is_last,
            Self::Match(regex) => regex.is_match(current.text),
        };
        match holds {
            Some(true) => Selected::Yes,
            Some(false) => Selected::No,
            None => Selected::Unknown,
        }
    }
}

fn selects_range(first: &Address, last: &Address, state: &mut RangeState, current: &Current) -> Selected {
    let begins_at_number = matches!(first, Address::Number(_));
    match *state {
        RangeState::Over => Selected::No,
        RangeState::Before => {
            if let Address::Number(number) = first
                && current.number > *number
            {
                // GNU begins it late where its first line was deleted before it was reached.
                return Selected::Lost;
            }
            match first.selects(current) {
                Selected::Yes => {
                    let is_single = match last {
                        Address::Number(number) => *number <= current.number,
                        Address::Last => match current.is_last {
                            Some(is_last) => is_last,
                            None => return Selected::Lost,
                        },
                        Address::Match(_) => false,
                    };
                    *state = match (is_single, begins_at_number) {
                        (false, _) => RangeState::Inside,
                        (true, true) => RangeState::Over,
                        (true, false) => RangeState::Before,
                    };
                    Selected::Yes
                }
                Selected::No => Selected::No,
                Selected::Unknown | Selected::Lost => Selected::Lost,
            }
        }
        RangeState::Inside => {
            let ends = match last {
                Address::Number(number) if *number < current.number => return Selected::Lost,
                last => last.selects(current),
            };
            match ends {
                Selected::Yes => *state = if begins_at_number { RangeState::Over } else { RangeState::Before },
                Selected::No => {}
                Selected::Unknown | Selected::Lost => return Selected::Lost,
            }
            Selected::Yes
        }
    }
}
