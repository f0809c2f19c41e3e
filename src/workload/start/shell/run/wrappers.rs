//! Programs that start another: where its words begin.

use super::call::Call;
use super::names::base_name;
use crate::workload::start::shell::text::Text;

/// What a program starts.
pub(super) enum Behind {
    /// The command that begins at this word.
    Command(usize),
    /// The same, with these variables set or taken away.
    Variables { at: usize, set: Vec<(String, Option<Text>)> },
    /// The same, of whose variables nothing is known but these.
    Cleared { at: usize, set: Vec<(String, Option<Text>)> },
    /// A script, which is this word.
    Script(usize),
    /// Its options are not known.
    Unknown,
}

/// How a program's options are passed over.
struct Wrapper {
    name: &'static str,
    /// Options that take the next word, one letter or long.
    with_value: &'static [&'static str],
    /// Words behind the options that are not the command: a user, a duration.
    operands: usize,
}

const WRAPPERS: [Wrapper; 24] = [
    wrapper("nohup", &[], 0),
    wrapper("nice", &["-n", "--adjustment"], 0),
    wrapper("ionice", &["-c", "-n", "--class", "--classdata"], 0),
    wrapper("setsid", &[], 0),
    wrapper("stdbuf", &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    wrapper("time", &["-f", "-o"], 0),
    wrapper("tini", &["-p", "-e"], 0),
    wrapper("dumb-init", &["-r", "--rewrite"], 0),
    wrapper("catatonit", &[], 0),
    wrapper("gosu", &[], 1),
    wrapper("su-exec", &[], 1),
    wrapper("s6-setuidgid", &[], 1),
    wrapper("chpst", &["-u", "-U", "-b", "-e", "-m", "-d", "-o", "-p", "-f", "-c", "-t", "-l", "-L", "-/", "-n"], 0),
    wrapper(
        "setpriv",
        &[
            "--reuid",
            "--regid",
            "--groups",
            "--ruid",
            "--euid",
            "--rgid",
            "--egid",
            "--inh-caps",
            "--ambient-caps",
            "--bounding-set",
            "--securebits",
            "--pdeathsig",
            "--selinux-label",
            "--apparmor-profile",
        ],
        0,
    ),
    wrapper(
        "numactl",
        &[
            "-i",
            "-p",
            "-m",
            "-N",
            "-C",
            "-w",
            "--interleave",
            "--preferred",
            "--membind",
            "--cpunodebind",
            "--physcpubind",
        ],
        0,
    ),
    wrapper("taskset", &[], 1),
    wrapper("chrt", &[], 1),
    wrapper("chroot", &[], 1),
    wrapper("sudo", &["-u", "-g", "-E", "--user", "--group"], 0),
    wrapper("busybox", &[], 0),
    wrapper("toybox", &[], 0),
    wrapper("unbuffer", &[], 0),
    wrapper("prlimit", &[], 0),
];

const fn wrapper(name: &'static str, with_value: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper { name, with_value, operands }
}

/// Whether a program is known to start another.
pub(super) fn is_wrapper(base: &str) -> bool {
    matches!(base, "env" | "su" | "runuser" | "tini-static") || WRAPPERS.iter().any(|wrapper| wrapper.name == base)
}

/// What a program starts; nothing for one that is not known to start any.
pub(super) fn command_behind(call: &Call) -> Option<Behind> {
    let name = base_name(call.known(0)?);
    match name {
        "env" => Some(behind_env(call)),
        "su" | "runuser" => Some(behind_su(call)),
        "chroot" => Some(Behind::Unknown),
        _ => {
            let name = if name == "tini-static" { "tini" } else { name };
            let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.name == name)?;
            Some(wrapper.behind(call))
        }
    }
}

impl Wrapper {
    fn behind(&self, call: &Call) -> Behind {
        let mut at = 1;
        while let Some(word) = call.words.get(at) {
            let Some(word) = word.known() else { return Behind::Unknown };
            if !word.starts_with('-') || word == "-" {
                break;
            }
            at += 1;
            if word == "--" {
                break;
            }
            at += usize::from(self.with_value.contains(&word));
        }
        let at = at + self.operands;
        let options = call.words.get(1..at).unwrap_or_default();
        let resets =
            |word: &Text| matches!((self.name, word.known()), ("setpriv", Some("--reset-env")) | ("chpst", Some("-e")));
        if self.name == "sudo" || options.iter().any(resets) {
            return Behind::Cleared { at, set: Vec::new() };
        }
        Behind::Command(at)
    }
}

/// `env [-i] [-u NAME] [NAME=VALUE]… COMMAND`
fn behind_env(call: &Call) -> Behind {
    let mut at = 1;
    let mut set = Vec::new();
    let mut is_cleared = false;
    while let Some(text) = call.words.get(at) {
        let start = text.known_start();
        match start.split_once('=') {
            Some((name, value)) if !start.starts_with('-') => {
                let mut rest = Text::from(value);
                for piece in text.pieces().iter().skip(1) {
                    rest.push_piece(piece);
                }
                set.push((name.to_owned(), Some(rest)));
                at += 1;
            }
            _ => match text.known() {
                Some("-u" | "--unset") => {
                    let Some(name) = call.known(at + 1) else { return Behind::Unknown };
                    set.push((name.to_owned(), None));
                    at += 2;
                }
                Some("-" | "-i" | "--ignore-environment") => {
                    is_cleared = true;
                    at += 1;
                }
                Some("--") => at += 1,
                Some(word) if word.starts_with("-u") || word.starts_with("--unset=") => {
                    let name = word.strip_prefix("--unset=").or_else(|| word.strip_prefix("-u"));
                    set.push((name.unwrap_or_default().to_owned(), None));
                    at += 1;
                }
                Some(word) if word.starts_with('-') => return Behind::Unknown,
                Some(_) => break,
                None => return Behind::Unknown,
            },
        }
    }
    if is_cleared { Behind::Cleared { at, set } } else { Behind::Variables { at, set } }
}

/// `su USER -c SCRIPT`
fn behind_su(call: &Call) -> Behind {
    let is_login = |word: &Text| matches!(word.known(), Some("-" | "-l" | "--login"));
    if call.arguments().iter().any(is_login) {
        return Behind::Unknown;
    }
    let at = call.words.iter().position(|word| matches!(word.known(), Some("-c" | "--command")));
    match at {
        Some(at) => Behind::Script(at + 1),
        None => Behind::Unknown,
    }
}
