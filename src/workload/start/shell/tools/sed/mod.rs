//! `sed`, as GNU's and busybox's read it alike.

mod command;
mod edit;
mod script;
mod substitute;

use crate::workload::start::shell::text::Text;
use command::Command;

/// What a call of `sed` is to do.
#[derive(Debug, Clone)]
pub(crate) struct SedCall {
    /// Whether files are changed, not printed.
    pub(crate) in_place: bool,
    /// What the name of a copy of a changed file ends in.
    pub(crate) backup_suffix: Option<String>,
    /// Nothing where it is not understood.
    pub(crate) program: Option<Program>,
    /// Whether a program that is not understood may write files that are none of its operands, or run commands.
    pub(crate) may_write_others: bool,
    /// Without any, the standard input.
    pub(crate) files: Vec<Text>,
}

/// What `sed` does with a text.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    commands: Vec<Command>,
    /// `-n`
    is_quiet: bool,
    /// Whether what an unknown piece of it holds may be a mistake, at which nothing is changed.
    may_fail: bool,
}

impl SedCall {
    /// Reads the words behind the name; none where it is not certain which of them are files, or whether it changes them.
    pub(crate) fn read(arguments: &[Text]) -> Option<Self> {
        let mut reader = Reader::default();
        let mut rest = arguments;
        while let Some((word, behind)) = rest.split_first() {
            rest = reader.word(word, behind)?;
        }
        reader.finish()
    }
}

impl Program {
    /// Reads a script; none where it is not understood.
    pub(crate) fn read(script: &Text, is_extended: bool, is_quiet: bool) -> Option<Self> {
        let (commands, may_fail) = script::read(script, is_extended)?;
        Some(Self { commands, is_quiet, may_fail })
    }

    /// `s` with the flag `g`, whatever delimiter its parts allow.
    pub(crate) fn replacing(pattern: &str, with: &Text, is_extended: bool) -> Option<Self> {
        let delimiter = "\u{1}";
        if pattern.contains(delimiter) {
            return None;
        }
        let mut script = Text::from(format!("s{delimiter}{pattern}{delimiter}"));
        script.push(with);
        script.push_str(delimiter);
        script.push_str("g");
        Self::read(&script, is_extended, false)
    }

    /// Whether what it makes of a line hangs on no other line.
    pub(crate) fn looks_at_single_lines(&self) -> bool {
        !self.commands.iter().any(Command::counts_lines)
    }

    /// What it prints of a known text; none where that is not certain.
    #[cfg(test)]
    fn apply(&self, input: &str) -> Option<String> {
        self.apply_text(&input.into()).known().map(str::to_owned)
    }
}

/// Reads options and operands in any order.
#[derive(Default)]
struct Reader {
    /// `i`, `n`, `E`, `f`, and `?` for what busybox lacks or is not modelled.
    flags: String,
    backup_suffix: Option<String>,
    /// Those of all `-e`, each on a line of its own.
    script: Option<Text>,
    operands: Vec<Text>,
    are_options_over: bool,
}

impl Reader {
    /// Reads one word, and gives those that are left.
    fn word<'w>(&mut self, word: &Text, behind: &'w [Text]) -> Option<&'w [Text]> {
        if self.are_options_over || !word.may_begin_with('-') || word.known() == Some("-") {
            self.operands.push(word.clone());
            return Some(behind);
        }
        if word.known() == Some("--") {
            self.are_options_over = true;
            return Some(behind);
        }
        if word.known_start().starts_with("--") { self.long(word, behind) } else { self.cluster(word, behind) }
    }

    fn long<'w>(&mut self, word: &Text, behind: &'w [Text]) -> Option<&'w [Text]> {
        if let Some(script) = without_start(word, "--expression=") {
            self.add_script(&script);
            return Some(behind);
        }
        match word.known()? {
            "--quiet" | "--silent" => self.flags.push('n'),
            "--regexp-extended" => self.flags.push('E'),
            "--in-place" => self.flags.push('i'),
            "--posix" | "--separate" | "--debug" | "--null-data" | "--unbuffered" | "--sandbox" => self.flags.push('?'),
            "--expression" => {
                let (script, behind) = behind.split_first()?;
                self.add_script(script);
                return Some(behind);
            }
            known if known.starts_with("--file=") => self.add_file(),
            known => self.set_in_place(known.strip_prefix("--in-place=")?),
        }
        Some(behind)
    }

    /// `-ni.bak`
    fn cluster<'w>(&mut self, word: &Text, behind: &'w [Text]) -> Option<&'w [Text]> {
        let letters = word.known_start().strip_prefix('-')?;
        for (index, letter) in letters.char_indices() {
            let before = letters.get(..index)?;
            let rest = without_start(word, &format!("-{before}{letter}"))?;
            match letter {
                'n' | 'E' => self.flags.push(letter),
                'r' => self.flags.push('E'),
                's' | 'u' | 'z' => self.flags.push('?'),
                'i' => {
                    self.set_in_place(rest.known()?);
                    return Some(behind);
                }
                'e' | 'f' => {
                    let (value, behind) = if rest.is_empty() { behind.split_first()? } else { (&rest, behind) };
                    if letter == 'e' {
                        self.add_script(value);
                    } else {
                        self.add_file();
                    }
                    return Some(behind);
                }
                _ => return None,
            }
        }
        // What follows in the word are options too.
        word.known().map(|_| behind)
    }

    fn set_in_place(&mut self, suffix: &str) {
        self.flags.push('i');
        if !suffix.is_empty() {
            // A star in it stands for the name, a slash for a folder.
            self.flags.push_str(if suffix.contains(['*', '/']) { "?" } else { "" });
            self.backup_suffix = Some(suffix.to_owned());
        }
    }

    fn add_script(&mut self, script: &Text) {
        match &mut self.script {
            Some(before) => {
                before.push_str("\n");
                before.push(script);
            }
            None => self.script = Some(script.clone()),
        }
    }

    /// A script in a file is not read.
    fn add_file(&mut self) {
        self.flags.push_str("?f");
        self.add_script(&Text::default());
    }

    fn finish(mut self) -> Option<SedCall> {
        let script = match self.script {
            Some(script) => script,
            None if self.operands.is_empty() => return None,
            None => self.operands.remove(0),
        };
        let has = |flag| self.flags.contains(flag);
        let program = if has('?') { None } else { Program::read(&script, has('E'), has('n')) };
        let in_place = has('i');
        let may_write_others = program.is_none() && (has('f') || may_write(&script));
        // A mistake leaves a file as it is, but prints nothing.
        let program = program.filter(|program| in_place || !program.may_fail);
        let (backup_suffix, files) = (self.backup_suffix, self.operands);
        Some(SedCall { in_place, backup_suffix, program, may_write_others, files })
    }
}

/// Whether a script may hold `w`, `W` or `e`, as a command or a flag: wherever they stand behind no other letter than a
/// flag.
fn may_write(script: &Text) -> bool {
    let Some(known) = script.known() else { return true };
    let mut before = ' ';
    for letter in known.chars() {
        if matches!(letter, 'w' | 'W' | 'e') && (!before.is_alphabetic() || "gpIiMm".contains(before)) {
            return true;
        }
        before = letter;
    }
    false
}

/// The rest of a word that begins with these characters.
fn without_start(word: &Text, start: &str) -> Option<Text> {
    let mut rest = Text::from(word.known_start().strip_prefix(start)?);
    for piece in word.pieces().iter().skip(1) {
        rest.push_piece(piece);
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::{Shape, Unknown};

    fn read(words: &[&str]) -> SedCall {
        let words: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
        SedCall::read(&words).unwrap()
    }

    #[test]
    fn reads_options_and_operands() {
        let call = read(&["-i.bak", "-E", "s/(a)/[\\1]/", "/etc/redis.conf"]);
        assert!(call.in_place && call.backup_suffix.as_deref() == Some(".bak"));
        assert_eq!(call.files, ["/etc/redis.conf".into()]);
        assert_eq!(call.program.unwrap().apply("bab\n").unwrap(), "b[a]b\n");
        let call = read(&["s/a/b/", "-i", "file", "--in-place"]);
        assert!(call.in_place && call.backup_suffix.is_none() && call.files == ["file".into()]);
        let call = read(&["-ne", "/a/p", "-e", "s/a/b/p", "--", "-x"]);
        assert_eq!(call.files, ["-x".into()]);
        assert_eq!(call.program.unwrap().apply("a\nc\n").unwrap(), "a\nb\n");
        assert!(read(&["-iE", "s/a/b/", "f"]).backup_suffix.as_deref() == Some("E"));
        assert!(read(&["-f", "script", "f"]).program.is_none());
        assert!(read(&["-z", "s/a/b/"]).program.is_none());
        assert!(SedCall::read(&[]).is_none());
        assert!(SedCall::read(&["--follow-symlinks".into(), "p".into()]).is_none());
    }

    #[test]
    fn says_which_programs_may_write_other_files() {
        for script in ["w file", "s/a/b/w file", "s/a/b/gw file", "/a/{N;W file\n}", "1e date", "s/a/date/e"] {
            assert!(read(&["-n", script]).may_write_others, "{script}");
        }
        assert!(read(&["-f", "script"]).may_write_others);
        for script in [":a;N;$!ba;s/\n/ /g", "s/wax/b/", "y/abc/xyz/"] {
            assert!(!read(&[script]).may_write_others, "{script}");
        }
    }

    #[test]
    fn reads_no_words_that_may_be_options() {
        let unknown = |shape| Text::from(Unknown::new(shape, "x"));
        assert!(SedCall::read(&["p".into(), unknown(Shape::Line)]).is_none());
        let call = SedCall::read(&["p".into(), unknown(Shape::Word)]).unwrap();
        assert_eq!(call.files, [unknown(Shape::Word)]);
    }

    #[test]
    fn keeps_what_it_puts_in_even_if_it_is_unknown() {
        let mut script = Text::from("s|^port .*|port ");
        script.push(&Unknown::new(Shape::Word, "x").into());
        script.push_str("|");
        let call = SedCall::read(&[script]).unwrap();
        let output = call.program.unwrap().apply_text(&"bind *\nport 1\nsave 1\n".into());
        assert_eq!((output.known_start(), output.known_end()), ("bind *\nport ", "\nsave 1\n"));
        // The unknown word may hold the delimiter.
        let mut script = Text::from("s/^port .*/port ");
        script.push(&Unknown::new(Shape::Word, "x").into());
        script.push_str("/");
        assert!(SedCall::read(&[script.clone()]).unwrap().program.is_none());
        let call = SedCall::read(&["-i".into(), script, "f".into()]).unwrap();
        let output = call.program.unwrap().apply_text(&"bind *\nport 1\nsave 1\n".into());
        assert_eq!((output.known_start(), output.known_end()), ("bind *\n", "\nsave 1\n"));
    }

    #[test]
    fn replaces_as_image_libraries_do() {
        let program = Program::replacing("^#?(save) .*", &"\\1 \"\"".into(), true).unwrap();
        assert_eq!(program.apply("#save 5\nx\n").unwrap(), "save \"\"\nx\n");
    }
}
