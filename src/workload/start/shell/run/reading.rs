//! `read`, and what else sets variables from what a script reads.

use super::call::Call;
use super::interpreter::Interpreter;
use super::state::{State, Status, Value};
use crate::workload::start::shell::text::Text;

impl Interpreter<'_> {
    pub(super) fn run_read(&mut self, call: &Call, mut state: State) -> State {
        use super::streams::Stream;
        let names: Option<Vec<String>> =
            call.known_arguments().map(|words| words.into_iter().map(str::to_owned).collect());
        let is_raw = names.as_ref().is_some_and(|names| names.first().is_some_and(|word| word == "-r"));
        let names: Option<Vec<String>> = names.map(|names| names.into_iter().skip(usize::from(is_raw)).collect());
        let line = match state.streams.get(0) {
            Stream::Input(text) => text.known().map(str::to_owned),
            Stream::Nowhere => Some(String::new()),
            _ => None,
        };
        if let (Some([name]), Some(text)) = (names.as_deref(), line)
            && is_raw
            && !name.starts_with('-')
        {
            let (line, rest) = text.split_once('\n').map_or((text.as_str(), ""), |(line, rest)| (line, rest));
            state.status = Status::of(Some(text.contains('\n')));
            let kept = line.trim_matches([' ', '\t']);
            let ifs = state.value("IFS", self.world);
            let value = match ifs {
                Value::Text(ifs) if ifs.known() == Some("") => Text::from(line),
                Value::Text(ifs) if ifs.known() == Some(" \t\n") => Text::from(kept),
                _ => Text::any("a line that was read"),
            };
            state.streams.open.insert(0, Stream::Input(Text::from(rest)));
            state.set(name, Value::Text(value), self.world);
            return state;
        }
        let input = Self::input(&state);
        state.streams.open.insert(0, Stream::Unknown(input.needs()));
        self.set_unknown_variables(call, state)
    }

    /// The variables that a command names are unknown.
    pub(super) fn set_unknown_variables(&mut self, call: &Call, mut state: State) -> State {
        let name = call.name();
        let Some(words) = call.known_arguments() else {
            state.hide_variables(&format!("`{name}`"));
            return State { status: Status::Unknown, ..state };
        };
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        for word in words.iter().filter(|word| !word.starts_with('-')) {
            let variable: String =
                word.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
            if !variable.is_empty() {
                state.set(&variable, Value::AnyArray(format!("what `{name}` reads").into()), self.world);
            }
        }
        for variable in ["OPTARG", "OPTIND", "REPLY", "MAPFILE"] {
            state.set(variable, Value::AnyArray(format!("what `{name}` reads").into()), self.world);
        }
        State { status: Status::Unknown, ..state }
    }
}
