//! `sed`, and what image libraries make of it.

use super::call::Call;
use super::content::Content;
use super::interpreter::Interpreter;
use super::paths::{Path, absolute};
use super::state::{State, Status};
use super::world::Seen;
use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::sed::{Program, SedCall};

impl Interpreter<'_> {
    pub(super) fn run_sed(&mut self, call: &Call, mut state: State) -> State {
        let Some(sed) = SedCall::read(call.arguments()) else {
            // Which of its words are files is not known.
            return self.forget_words("sed", call, state);
        };
        if sed.may_write_others {
            state.files.forget_all("sed");
            self.note_any();
        }
        if !sed.in_place {
            return self.run_sed_filter(&sed, state);
        }
        state.status = Status::Success;
        for file in &sed.files {
            let path = absolute(file, &state);
            let Path::Known(path) = path else {
                self.forget_file(&path, "sed", &mut state);
                state.status = Status::Unknown;
                continue;
            };
            if let Some(suffix) = &sed.backup_suffix {
                self.forget_file(&Path::Known(format!("{path}{suffix}")), "sed", &mut state);
            }
            match (self.look(&path, &state), &sed.program) {
                (Seen::File(content), Some(program)) if self.world.is_writable(&path) => {
                    self.edit_file(&path, &content, program, &mut state);
                }
                (Seen::Missing, _) => state.status = Status::Failure,
                _ if !self.world.is_writable(&path) => state.status = Status::Failure,
                _ => {
                    self.forget_file(&Path::Known(path), "sed", &mut state);
                    state.status = Status::Unknown;
                }
            }
        }
        state
    }

    fn edit_file(&mut self, path: &str, content: &Content, program: &Program, state: &mut State) {
        let edited = match content.text() {
            Some(text) => Some(Content::from(program.apply_text(&text))),
            None if program.looks_at_single_lines() => Some(content.map_lines(|text| program.apply_text(text))),
            None => None,
        };
        match edited {
            // What it leaves alone is still the file that it came from.
            Some(edited) if content.text().is_some_and(|text| edited.text() == Some(text)) => {
                self.write(path, content.clone(), state);
            }
            Some(edited) => self.write(path, edited, state),
            None => self.forget_file(&Path::Known(path.to_owned()), "sed", state),
        }
    }

    fn run_sed_filter(&mut self, sed: &SedCall, state: State) -> State {
        let mut input = Text::default();
        for file in &sed.files {
            match self.read_operand(file, &state) {
                Some(text) => input.push(&text),
                None => return self.end_unknown("sed", state),
            }
        }
        if sed.files.is_empty() {
            input = Self::input(&state);
        }
        match &sed.program {
            Some(program) => {
                let output = program.apply_text(&input);
                self.print_and_succeed(&output, state)
            }
            None => self.end_unknown("sed", state),
        }
    }

    /// `replace_in_file FILE PATTERN WITH [POSIX]` of Bitnami's library: an extended pattern unless the last word is `false`.
    pub(super) fn replace_in_file(&mut self, call: &Call, mut state: State) -> State {
        let Some(file) = call.words.get(1) else { return state };
        let path = absolute(file, &state);
        let (Path::Known(path), Some(pattern), Some(with)) = (&path, call.known(2), call.words.get(3)) else {
            self.forget_file(&path, "replace_in_file", &mut state);
            return state;
        };
        let path = path.clone();
        // The images have GNU's sed, where `\s` is a blank.
        let pattern = pattern.replace("\\s", "[[:space:]]");
        let program = Program::replacing(&pattern, with, call.known(4) != Some("false"));
        match (self.look(&path, &state), program) {
            (Seen::File(content), Some(program)) if program.looks_at_single_lines() => {
                let edited = content.map_lines(|text| program.apply_text(text));
                self.write(&path, edited, &mut state);
            }
            _ => self.forget_file(&Path::Known(path), "replace_in_file", &mut state),
        }
        state
    }
}
