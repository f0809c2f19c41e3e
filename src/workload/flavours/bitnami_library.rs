//! What the scripts inside Bitnami's images do.
//!
//! Source: bitnami/containers, `prebuildfs/opt/bitnami/scripts` (`liblog.sh`, `libvalidations.sh`, `libos.sh`,
//! `libfile.sh`) and `rootfs/opt/bitnami/scripts` of redis, redis-cluster, redis-sentinel and valkey. The functions are
//! alike in the images of Redis 6.2 to 8.2 and Valkey 7.2 to 9.0.

use crate::workload::start::base_name;
use crate::workload::start::shell::run::world::Known;
use crate::workload::start::shell::text::{Shape, Text, Unknown};

/// The folder of the scripts.
const FOLDER: &str = "/opt/bitnami/scripts/";

/// What a script or function does. The functions have plain names, and so count in these images alone.
pub(super) fn known_command(is_of_bitnami: bool, name: &str, arguments: &[Text]) -> Option<Known> {
    if let Some(path) = name.strip_prefix(FOLDER) {
        return known_script(path);
    }
    if !is_of_bitnami {
        return None;
    }
    match name {
        // They print to the standard error.
        "info" | "warn" | "debug" | "error" | "log" | "stderr_print" | "debug_execute" | "ensure_dir_exists" => {
            Some(Known::Nothing)
        }
        "is_boolean_yes" => Some(Known::Answers(arguments.first().and_then(Text::known).map(is_yes))),
        "is_yes_no_value"
        | "is_true_false_value"
        | "is_empty_value"
        | "is_positive_int"
        | "validate_ipv4"
        | "is_hostname_resolved"
        | "is_mounted_dir_empty"
        | "is_dir_empty"
        | "am_i_root"
        | "is_file_writable" => Some(Known::Answers(None)),
        // It runs a command until that succeeds.
        "retry_while" => Some(Known::Evaluates(1)),
        // Of the start scripts of the charts: a port of a node, and the hash of its name.
        "get_port" | "host_id" => Some(Known::Prints(word_of(name))),
        "replace_in_file" => Some(Known::ReplacesInFile),
        _ => None,
    }
}

fn known_script(path: &str) -> Option<Known> {
    match base_name(path) {
        // Libraries define functions.
        library if !path.contains('/') && library.starts_with("lib") => Some(Known::Nothing),
        "entrypoint.sh" => Some(Known::Runs(1)),
        "run.sh" => Some(Known::StartsServer),
        _ => None,
    }
}

fn word_of(function: &str) -> Text {
    let mut line = Text::from(Unknown::new(Shape::Word, format!("what {function} prints")));
    line.push_str("\n");
    line
}

fn is_yes(value: &str) -> bool {
    value == "1" || value.eq_ignore_ascii_case("yes") || value.eq_ignore_ascii_case("true")
}
