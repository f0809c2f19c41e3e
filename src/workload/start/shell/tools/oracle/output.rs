use proptest::prelude::*;

use super::{Sample, draw, holds, reals, run_shells, sample, status_holds, texts};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::tools::echo::echo;
use crate::workload::start::shell::tools::printf::printf;

const DIALECTS: [Dialect; 2] = [Dialect::Posix, Dialect::Bash];

const ECHOED: &[&str] = &[
    "-n", "-e", "-E", "-ne", "-eE", "-", "--", "a", "b c", "0", "7", "\\n", "\\t", "\\\\", "\\c", "\\0101", "\\101",
    "\\x41", "\\e", "\\", "\\q", "\\.", "\\\"", "é", "%s", "\\u0041", "x", "n", "\n",
];

const FORMATS: &[&str] = &[
    "%s", "%s\\n", "%d", "%i", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%x", "%X", "%o", "%u", "%c", "%b", "%5s",
    "%-5s|", "%.2s", "%5.1s", "%%", "%q", "%(x)T", "%", "%5", "%z", "\\n", "\\t", "\\101", "\\0101", "\\\\", "\\\"",
    "\\'", "\\e", "\\x41", "\\c", "\\q", "\\", "\\%", "a", "port ", "é", "-", "--", "-v", "%*d", "%#x", "%.0d", "%e",
    "%ld", "1",
];

const PRINTED: &[&str] = &[
    "",
    "a",
    "abc",
    "5",
    "-5",
    "0",
    "010",
    "0x1f",
    "08",
    "12",
    "'a",
    " 5",
    "5 ",
    "+5",
    "\\n",
    "\\c",
    "\\0101",
    "é",
    "-n",
    "9223372036854775807",
    "99999999999999999999",
    "1e3",
];

fn check_echo(words: &[Sample], dialect: Dialect) -> Option<bool> {
    let output = echo(&texts(words), dialect);
    for real in run_shells(dialect, "echo \"$@\"", &reals(words)) {
        holds(&output, &real, &words);
    }
    words.iter().all(Sample::is_known).then(|| output.known().is_some())
}

#[test]
fn echo_prints_what_the_shells_do() {
    for dialect in DIALECTS {
        draw(prop::collection::vec(sample(ECHOED, 3), 0..4), 25, |words| check_echo(&words, dialect));
    }
}

#[test]
fn echo_is_known_of_common_words() {
    let words = &["maxmemory", "1gb", "port 6379", "-x", "a=b", "# redis", "\"\"", "/data", "\n"];
    for dialect in DIALECTS {
        draw(prop::collection::vec(sample(words, 3), 0..4), 100, |words| check_echo(&words, dialect));
    }
}

fn check_printf(words: &[Sample], dialect: Dialect) -> Option<bool> {
    let printed = printf(&texts(words), dialect);
    for real in run_shells(dialect, "printf \"$@\"", &reals(words)) {
        holds(&printed.output, &real, &words);
        status_holds(printed.status, &real, &words);
    }
    words.iter().all(Sample::is_known).then(|| printed.output.known().is_some())
}

#[test]
fn printf_prints_what_the_shells_do() {
    for dialect in DIALECTS {
        let arguments = prop::collection::vec(sample(PRINTED, 1), 0..4);
        draw((sample(FORMATS, 4), arguments), 15, |(format, arguments)| {
            let mut words = vec![format];
            words.extend(arguments);
            check_printf(&words, dialect)
        });
    }
}

#[test]
fn printf_is_known_of_common_formats() {
    let formats = &["%s", "%s\\n", "maxmemory %s\\n", "%d", "%5d", "%x", "\\t", "%%", "a b", "%-4s", "%.2s", "%b"];
    for dialect in DIALECTS {
        let arguments = prop::collection::vec(sample(&["5", "12", "010", "-3"], 1), 1..4);
        draw((sample(formats, 4), arguments), 70, |(format, arguments)| {
            let mut words = vec![format];
            words.extend(arguments);
            check_printf(&words, dialect)
        });
    }
}
