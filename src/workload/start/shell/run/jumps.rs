//! `return`, `break` and `continue`.

use super::interpreter::{Frame, Interpreter};
use super::state::{State, Status};
use crate::workload::start::shell::dialect::Dialect;

impl Interpreter<'_> {
    /// `return`: ends the function or sourced script; anywhere else `sh` ends, and bash goes on.
    pub(super) fn jump_out_of_function(&mut self, state: State) -> Option<State> {
        let is_inside = self.frames.iter().any(|frame| matches!(frame, Frame::Function(_)));
        if !is_inside && self.dialect == Dialect::Bash {
            return Some(State { status: Status::Failure, ..state });
        }
        for at in (0..self.frames.len()).rev() {
            match self.frames.get_mut(at) {
                Some(Frame::Function(returned)) => {
                    let before = returned.take();
                    let joined = self.join(before, Some(state));
                    if let Some(Frame::Function(returned)) = self.frames.get_mut(at) {
                        *returned = joined;
                    }
                    return None;
                }
                Some(Frame::Subshell(_)) | None => break,
                Some(Frame::Loop { .. }) => {}
            }
        }
        self.exit(state)
    }

    /// `break` and `continue`, of the loop that stands `levels` (from 1) around.
    pub(super) fn jump_out_of_loop(&mut self, levels: usize, is_break: bool, mut state: State) -> Option<State> {
        state.status = Status::Success;
        let mut levels = levels;
        for at in (0..self.frames.len()).rev() {
            match self.frames.get_mut(at) {
                Some(Frame::Loop { broken, continued }) => {
                    levels = levels.saturating_sub(1);
                    if levels > 0 {
                        continue;
                    }
                    let before = if is_break { broken.take() } else { continued.take() };
                    let joined = self.join(before, Some(state));
                    if let Some(Frame::Loop { broken, continued }) = self.frames.get_mut(at) {
                        *(if is_break { broken } else { continued }) = joined;
                    }
                    return None;
                }
                // Outside of a loop both do nothing; shells differ on those around a function or subshell.
                Some(Frame::Function(_) | Frame::Subshell(_)) | None => {
                    let inside = self.frames.iter().any(|frame| matches!(frame, Frame::Loop { .. }));
                    if inside {
                        self.outcome.hide("a start script that breaks no loop from a function".to_owned());
                        return None;
                    }
                    return Some(state);
                }
            }
        }
        Some(state)
    }
}
