//! Where a regular expression may end, as sets of positions: all ways of matching at once, in bounded time.

use super::node::{Node, Set, Span};
use crate::workload::start::shell::text::Shape;
use crate::workload::start::shell::tools::symbols::Symbol;

/// How often one search may look at a position, on an average.
const MAX_ROUNDS: usize = 256;

/// For each position, the end of the row included, whether it is one of a set.
pub(super) type Positions = Vec<bool>;

/// Which way a row is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

/// What characters that can't be seen are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// For whatever matches: what is not reached is certainly no match.
    Anything,
    /// For what nothing but `.*` matches: what is reached is certainly a match.
    Impassable,
}

/// Matches over a row of symbols.
pub(super) struct Reach<'s> {
    symbols: &'s [Symbol],
    direction: Direction,
    runs: Runs,
    /// Positions that may yet be looked at.
    budget: usize,
}

impl<'s> Reach<'s> {
    pub(super) fn new(symbols: &'s [Symbol], direction: Direction, runs: Runs) -> Self {
        Self { symbols, direction, runs, budget: (symbols.len() + 16).saturating_mul(MAX_ROUNDS) }
    }

    /// Where matches that begin here may end; none where that takes too long.
    pub(super) fn ends_of(&mut self, node: &Node, start: usize) -> Option<Positions> {
        let starts = (0..=self.symbols.len()).map(|position| position == start).collect();
        self.follow(node, starts)
    }

    /// Where matches that begin anywhere may end.
    pub(super) fn ends_anywhere(&mut self, node: &Node) -> Option<Positions> {
        self.follow(node, vec![true; self.symbols.len() + 1])
    }

    pub(super) fn follow(&mut self, node: &Node, mut starts: Positions) -> Option<Positions> {
        self.budget = self.budget.checked_sub(starts.len())?;
        self.skip_runs(&mut starts);
        Some(match node {
            Node::Set(set) => self.after_set(set, &starts),
            Node::Group(_, node) => self.follow(node, starts)?,
            Node::Concat(nodes) => self.after_row(nodes, starts)?,
            Node::Alternate(nodes) => {
                let mut ends = vec![false; starts.len()];
                for node in nodes {
                    add(&mut ends, &self.follow(node, starts.clone())?);
                }
                ends
            }
            Node::Repeat { node, least, most } => self.after_repeat(node, (*least, *most), starts)?,
            Node::Start => self.only(starts, 0),
            Node::End => self.only(starts, self.symbols.len()),
        })
    }

    fn after_row(&mut self, nodes: &[Node], mut positions: Positions) -> Option<Positions> {
        for index in 0..nodes.len() {
            let index = if self.direction == Direction::Forward { index } else { nodes.len() - 1 - index };
            positions = self.follow(nodes.get(index)?, positions)?;
        }
        Some(positions)
    }

    fn after_repeat(&mut self, node: &Node, times: (usize, Option<usize>), starts: Positions) -> Option<Positions> {
        let (least, most) = times;
        if let (Node::Set(set), None) = (node, most) {
            return self.after_repeated_set(set, least, starts);
        }
        let mut positions = starts;
        for _ in 0..least {
            positions = self.follow(node, positions)?;
        }
        let mut ends = positions.clone();
        let more = most.map_or(usize::MAX, |most| most - least);
        for _ in 0..more {
            positions = self.follow(node, positions)?;
            if !add(&mut ends, &positions) {
                break;
            }
        }
        Some(ends)
    }

    /// A set that is repeated without end, in one sweep.
    fn after_repeated_set(&mut self, set: &Set, least: usize, mut positions: Positions) -> Option<Positions> {
        let passes_filled = self.runs == Runs::Impassable && least == 1;
        let starts = positions.clone();
        for _ in 0..least {
            positions = self.follow(&Node::Set(set.clone()), positions)?;
        }
        for (from, symbol, to) in self.sweep() {
            let is_word = matches!(symbol, Symbol::Run(unknown) if unknown.shape == Shape::Word);
            let is_begun = positions.get(from).copied().unwrap_or_default()
                || (passes_filled && is_word && starts.get(from).copied().unwrap_or_default());
            let passes = match symbol {
                Symbol::Char(letter) => set.holds(*letter),
                Symbol::Run(unknown) => self.runs == Runs::Anything || holds_all(set, unknown.shape),
            };
            if let Some(to) = positions.get_mut(to) {
                *to |= is_begun && passes;
            }
        }
        Some(positions)
    }

    fn after_set(&self, set: &Set, starts: &Positions) -> Positions {
        let mut ends = vec![false; starts.len()];
        for (from, symbol, to) in self.sweep() {
            if !starts.get(from).copied().unwrap_or_default() {
                continue;
            }
            let end = match symbol {
                Symbol::Char(letter) if set.holds(*letter) => to,
                Symbol::Run(unknown) if self.runs == Runs::Anything && may_hold(set, unknown.shape) => from,
                _ => continue,
            };
            if let Some(end) = ends.get_mut(end) {
                *end = true;
            }
        }
        self.skip_runs(&mut ends);
        ends
    }

    /// Counts positions behind what can't be seen as reached: it may be at its end, or empty.
    fn skip_runs(&self, positions: &mut Positions) {
        if self.runs == Runs::Impassable {
            return;
        }
        for (from, symbol, to) in self.sweep() {
            let is_reached = positions.get(from).copied().unwrap_or_default();
            if let (Symbol::Run(_), true, Some(to)) = (symbol, is_reached, positions.get_mut(to)) {
                *to = true;
            }
        }
    }

    /// Each symbol with the positions before and behind it, in the order of reading.
    fn sweep(&self) -> impl Iterator<Item = (usize, &'s Symbol, usize)> + use<'s> {
        let count = self.symbols.len();
        let (symbols, is_forward) = (self.symbols, self.direction == Direction::Forward);
        (0..count).filter_map(move |step| {
            let index = if is_forward { step } else { count - 1 - step };
            let symbol = symbols.get(index)?;
            Some(if is_forward { (index, symbol, index + 1) } else { (index + 1, symbol, index) })
        })
    }

    /// The positions that count at an anchor.
    fn only(&self, mut positions: Positions, anchor: usize) -> Positions {
        for (position, is_reached) in positions.iter_mut().enumerate() {
            *is_reached &= position == anchor;
        }
        self.skip_runs(&mut positions);
        positions
    }
}

/// Adds positions; says whether any is new.
fn add(positions: &mut Positions, more: &Positions) -> bool {
    let mut is_new = false;
    for (position, more) in positions.iter_mut().zip(more) {
        is_new |= *more && !*position;
        *position |= more;
    }
    is_new
}

/// Whether a set may hold a character of this shape.
fn may_hold(set: &Set, shape: Shape) -> bool {
    set.is_negated
        || shape == Shape::Any
        || ('\0'..='\u{7f}').any(|letter| set.holds(letter) && shape.may_hold(letter))
        || set.ranges.iter().any(|(_, last)| !last.is_ascii())
}

/// Whether a set holds all characters of this shape.
fn holds_all(set: &Set, shape: Shape) -> bool {
    if shape == Shape::Word {
        return (' '..='~').all(|letter| set.holds(letter) || !shape.may_hold(letter));
    }
    set.is_negated
        && !set.hangs_on_locale
        && set.ranges.iter().all(|(first, last)| (*first..=*last).all(|letter| !shape.may_hold(letter)))
}

/// The groups of the outermost row that can be nowhere else in a match with this span.
pub(super) fn certain_groups(node: &Node, symbols: &[Symbol], span: Span) -> Option<Vec<(usize, Span)>> {
    let Node::Concat(nodes) = node else { return Some(Vec::new()) };
    let mut boundaries: Vec<Positions> = Vec::new();
    let mut forward = Reach::new(symbols, Direction::Forward, Runs::Impassable);
    let mut positions: Positions = (0..=symbols.len()).map(|position| position == span.0).collect();
    for node in nodes {
        boundaries.push(positions.clone());
        positions = forward.follow(node, positions)?;
    }
    boundaries.push(positions);
    let mut backward = Reach::new(symbols, Direction::Backward, Runs::Impassable);
    let mut positions: Positions = (0..=symbols.len()).map(|position| position == span.1).collect();
    let mut groups = Vec::new();
    let mut end = Some(span.1);
    for (node, before) in nodes.iter().zip(&boundaries).rev() {
        positions = backward.follow(node, positions)?;
        let both = |position: &usize| positions.get(*position) == Some(&true) && before.get(*position) == Some(&true);
        let mut starts = (0..positions.len()).filter(both);
        let start = starts.next().filter(|_| starts.next().is_none());
        if let (Node::Group(number, _), Some(start), Some(end)) = (node, start, end) {
            groups.push((*number, (start, end)));
        }
        end = start;
    }
    Some(groups)
}
