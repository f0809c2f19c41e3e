//! Running `plimsoll` as a user does: arguments, standard input, and what it answers.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs the command with nothing on standard input.
pub(crate) fn plimsoll(arguments: &[&str]) -> Answer {
    piped(arguments, "")
}

/// Runs the command with this on standard input, far from any environment of ours.
pub(crate) fn piped(arguments: &[&str], stdin: impl Into<Vec<u8>>) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(root()).env_clear().args(arguments).write_stdin(stdin);
    let output = command.timeout(std::time::Duration::from_mins(2)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {err}"));
    assert!(!err.contains("panicked"), "{err}");
    Answer { code, out, err }
}

/// The folder of the project, in which all commands run.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The corpus; nothing, said loudly, where it is absent.
pub(crate) fn corpus(test: &str) -> Option<PathBuf> {
    let corpus = Path::new("../shared/corpus");
    if root().join(corpus).is_dir() {
        return Some(corpus.to_owned());
    }
    crate::support::left_out::left_out(test, "../shared/corpus is absent");
    None
}

/// Fails where `value` is not what the schema says.
#[track_caller]
pub(crate) fn conforms(value: &Value, schema: &str) {
    let text = std::fs::read_to_string(root().join("docs/schemas").join(schema)).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
