//! Runs the commands of `sed` over a text.

use std::sync::Arc;

use super::Program;
use super::command::{Command, Current, Function, RangeState, Selected};
use super::substitute::Substituted;
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::lines::{Line, lines_of};
use crate::workload::start::shell::tools::unseen::{MAX_OUTPUT, needs_of, unseen};

/// How running commands on a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Its text is printed unless `-n` is given.
    Next,
    /// Its text is not printed.
    Deleted,
    Quit,
    /// It may be printed or not.
    LostLine,
    /// Neither is it known what becomes of the lines that follow.
    LostRest,
}

impl Program {
    /// What it prints of a text; with `-i`, what a file holds then. Lines that hold unknown pieces stay where certainly no
    /// command is for them.
    pub(crate) fn apply_text(&self, input: &Text) -> Text {
        let needs = needs_of([input], "what `sed` prints");
        let ranges = vec![RangeState::default(); count(&self.commands)];
        let mut editor = Editor { program: self, ranges, output: Output::default(), needs };
        let lines = lines_of(input);
        let last = lines.iter().rposition(Line::is_certain);
        for (index, line) in lines.iter().enumerate() {
            let is_last =
                if last == Some(index) && index + 1 < lines.len() { None } else { Some(index + 1 == lines.len()) };
            let flow = editor.edit_line(line, (index + 1, is_last));
            if editor.output.size > MAX_OUTPUT {
                return unseen(Shape::Any, &editor.needs);
            }
            match flow {
                Flow::LostRest => editor.output.push_unseen(&editor.needs),
                Flow::Quit => {}
                _ => continue,
            }
            break;
        }
        editor.output.text
    }
}

/// A program on its way through a text.
struct Editor<'p> {
    program: &'p Program,
    ranges: Vec<RangeState>,
    output: Output,
    needs: Arc<str>,
}

impl Editor<'_> {
    /// Runs the commands on a line. `place` is its number, from 1, and whether it is the last one.
    fn edit_line(&mut self, line: &Line, place: (usize, Option<bool>)) -> Flow {
        if !line.is_certain() {
            return self.pass_by(line);
        }
        let mut run = Run {
            text: line.text.clone(),
            has_break: line.has_break,
            appended: Vec::new(),
            printed: Output::default(),
            // Busybox adds a line break then.
            is_printable: line.has_break || !self.program.is_quiet,
            ranges: &mut self.ranges,
            place,
            needs: &self.needs,
        };
        let flow = run.commands(&self.program.commands);
        match flow {
            Flow::Next | Flow::Quit if !self.program.is_quiet => run.print(),
            // Its range may have moved on or not.
            Flow::LostLine if !self.program.looks_at_single_lines() => return Flow::LostRest,
            Flow::LostLine => {
                self.output.push_unseen(&self.needs);
                return Flow::Next;
            }
            Flow::LostRest => return Flow::LostRest,
            _ => {}
        }
        run.print_appended();
        let mut printed = run.printed.text;
        if self.program.may_fail && printed != line.whole() {
            printed = one_of(&printed, line, &self.needs);
        }
        self.output.push(&printed);
        flow
    }

    /// A stretch in which line breaks may be anywhere: it stays where no command is for any line of it.
    fn pass_by(&mut self, line: &Line) -> Flow {
        if !self.program.looks_at_single_lines() {
            return Flow::LostRest;
        }
        if self.program.is_quiet || self.program.commands.iter().any(|command| command.may_touch(&line.text)) {
            self.output.push_unseen(&self.needs);
        } else {
            self.output.push(&line.whole());
        }
        Flow::Next
    }
}

/// What was printed.
#[derive(Debug, Clone, Default)]
struct Output {
    text: Text,
    /// What it costs to keep.
    size: usize,
    /// Whether the last line has no line break: one is added before more is printed.
    lacks_break: bool,
}

impl Output {
    fn push(&mut self, text: &Text) {
        self.text.push_str(if self.lacks_break { "\n" } else { "" });
        self.lacks_break = false;
        self.size += text.size() + 1;
        self.text.push(text);
    }

    fn push_unseen(&mut self, needs: &Arc<str>) {
        self.push(&unseen(Shape::Any, needs));
    }
}

/// What a line became, or the line itself: a line that became another line is a line still.
fn one_of(printed: &Text, line: &Line, needs: &Arc<str>) -> Text {
    let is_line = line.has_break && printed.known_end().ends_with('\n') && lines_of(printed).len() == 1;
    if !is_line {
        return unseen(Shape::Any, needs);
    }
    let mut line = unseen(Shape::Line, needs);
    line.push_str("\n");
    line
}

/// One line while commands are run on it.
struct Run<'r> {
    text: Text,
    has_break: bool,
    /// What `a` has put behind the line.
    appended: Vec<Text>,
    printed: Output,
    /// Whether it is certain how `p` prints it.
    is_printable: bool,
    ranges: &'r mut [RangeState],
    /// Its number, from 1, and whether it is the last one.
    place: (usize, Option<bool>),
    needs: &'r Arc<str>,
}

impl Run<'_> {
    fn commands(&mut self, commands: &[Command]) -> Flow {
        for command in commands {
            let (number, is_last) = self.place;
            let selected = command.selects(&Current { number, is_last, text: &self.text }, self.ranges);
            let flow = match (selected, &command.function) {
                (Selected::No, _) => continue,
                (Selected::Lost, _) | (Selected::Unknown, Function::Quit) => Flow::LostRest,
                (Selected::Unknown, Function::Substitute(substitution)) if !substitution.prints => {
                    match substitution.apply(&self.text, self.needs) {
                        Substituted::Unchanged => Flow::Next,
                        Substituted::Changed(text) => self.become_one_of(&text),
                        Substituted::Unknown(text) => self.become_text(text),
                    }
                }
                (Selected::Unknown, _) => Flow::LostLine,
                (Selected::Yes, function) => self.function(function),
            };
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn function(&mut self, function: &Function) -> Flow {
        match function {
            Function::Substitute(substitution) => match substitution.apply(&self.text, self.needs) {
                Substituted::Unchanged => {}
                Substituted::Unknown(_) if substitution.prints => return Flow::LostLine,
                Substituted::Changed(_) if substitution.prints && !self.is_printable => return Flow::LostLine,
                Substituted::Unknown(text) => return self.become_text(text),
                Substituted::Changed(text) => {
                    self.text = text;
                    if substitution.prints {
                        self.print();
                    }
                }
            },
            Function::Delete => return Flow::Deleted,
            Function::Print if !self.is_printable => return Flow::LostLine,
            Function::Print => self.print(),
            // Busybox adds a line break then.
            Function::Quit if !self.has_break => return Flow::LostRest,
            Function::Quit => return Flow::Quit,
            Function::Append(text) => self.appended.push(text.clone()),
            Function::Insert(text) => self.print_line(text),
            Function::Change(text) => {
                self.print_line(text);
                return Flow::Deleted;
            }
            Function::Group(commands) => return self.commands(commands),
        }
        Flow::Next
    }

    /// The text becomes an unknown one, of which it must be certain that it is one line.
    fn become_text(&mut self, text: Text) -> Flow {
        if text.may_hold('\n') {
            return Flow::LostLine;
        }
        self.text = text;
        Flow::Next
    }

    /// The text becomes another one or stays.
    fn become_one_of(&mut self, other: &Text) -> Flow {
        if other.may_hold('\n') {
            return Flow::LostLine;
        }
        if *other != self.text {
            self.text = unseen(Shape::Line, self.needs);
        }
        Flow::Next
    }

    fn print(&mut self) {
        let mut text = self.text.clone();
        text.push_str(if self.has_break { "\n" } else { "" });
        self.printed.push(&text);
        self.printed.lacks_break = !self.has_break;
    }

    fn print_line(&mut self, text: &Text) {
        let mut line = text.clone();
        line.push_str("\n");
        self.printed.push(&line);
    }

    fn print_appended(&mut self) {
        for text in std::mem::take(&mut self.appended) {
            self.print_line(&text);
        }
    }
}

/// How many commands there are, those of groups included.
fn count(commands: &[Command]) -> usize {
    let mut number = 0;
    for command in commands {
        number += 1;
        if let Function::Group(inner) = &command.function {
            number += count(inner);
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    const CONFIG: &str = "# redis\nport 6379\nmaxmemory 1gb\n\nsave 60 1\n";

    #[track_caller]
    fn edits(script: &str, input: &str, expected: &str) {
        let program = Program::read(&script.into(), false, false).unwrap();
        assert_eq!(program.apply(input).as_deref(), Some(expected), "{script}");
    }

    #[test]
    fn runs_commands() {
        edits("s/^port .*/port 0/", CONFIG, "# redis\nport 0\nmaxmemory 1gb\n\nsave 60 1\n");
        edits("/^#/d;/^$/d", CONFIG, "port 6379\nmaxmemory 1gb\nsave 60 1\n");
        edits("2,3d", "1\n2\n3\n4\n", "1\n4\n");
        edits("/2/,/3/d", "1\n2\n3\n4\n", "1\n4\n");
        edits("$d", "1\n2\n", "1\n");
        edits("2!d", "1\n2\n3\n", "2\n");
        edits("2q", "1\n2\n3\n", "1\n2\n");
        edits("$a end", "1\n2\n", "1\n2\nend\n");
        edits("$a end", "1", "1\nend\n");
        edits("1i start", "1\n", "start\n1\n");
        edits("/1/c other", "1\n2\n", "other\n2\n");
        edits("/a/{s/a/b/;s/b/c/g}", "ab\nb\n", "cc\nb\n");
        edits("s/x*/-/g", "abc\n", "-a-b-c-\n");
        edits("s/a/b/2", "aaa\n", "aba\n");
        edits("s/A/[&]/I", "xax\n", "x[a]x\n");
        edits("s,a\\,b,c,", "a,b\n", "c\n");
        edits("s/a/b\\nc/", "a\n", "b\nc\n");
        edits("s/\\(.*\\)=\\(.*\\)/\\2=\\1/", "a=b=c\n", "c=a=b\n");
        edits("p", "a\nb", "a\na\nb\nb");
        edits("s/[/]/x/", "a/\n", "ax\n");
    }

    #[test]
    fn reads_nothing_that_tools_read_differently() {
        for script in [
            "0,/a/d",
            "1~2d",
            "s/a/\\L&/",
            "s|a\\|b|c|",
            "N",
            ":a",
            "s/a/b/w file",
            "s/a/b",
            "y/a/b/",
            "s/[\\n]/x/",
            "s//x/",
            "e",
            "s/a/\\2/",
            "s/a/b/gg",
            "a",
        ] {
            assert!(Program::read(&script.into(), false, false).is_none(), "{script}");
        }
    }

    #[test]
    fn leaves_open_what_tools_do_differently() {
        let apply = |script: &str, input: &str| Program::read(&script.into(), false, true).unwrap().apply(input);
        // Its first line is gone before the range is reached.
        assert_eq!(apply("1d;1,2p", "1\n2\n"), None);
        assert_eq!(apply("p", "1"), None);
        assert_eq!(apply("1q", "1"), None);
    }

    #[test]
    fn keeps_lines_that_no_command_is_for() {
        let mut input = Text::from("port 1\nrequirepass ");
        input.push(&Unknown::new(Shape::Line, "x").into());
        input.push_str("\nsave 1\n");
        let edit = |script: &str| Program::read(&script.into(), false, false).unwrap().apply_text(&input);
        assert_eq!(edit("s/^maxmemory .*/x/"), input);
        assert_eq!(edit("/^# /d"), input);
        assert_eq!(edit("3d").known_start(), "port 1\nrequirepass ");
        let masked = edit("s/^requirepass .*/requirepass x/");
        assert_eq!((masked.known_start(), masked.known_end()), ("port 1\n", "\nsave 1\n"));
        let removed = edit("/foo/d");
        assert_eq!((removed.known_start(), removed.known_end()), ("port 1\n", "save 1\n"));
        assert_eq!(edit("/foo/,/bar/d").known_end(), "");
    }

    #[test]
    fn keeps_stretches_that_no_command_is_for() {
        let mut input = Text::from("port 1\n");
        input.push(&Text::any("x"));
        input.push_str("\nsave 1\n");
        let edit = |script: &str| Program::read(&script.into(), false, false).unwrap().apply_text(&input);
        let edited = edit("s/port/PORT/");
        assert_eq!((edited.known_start(), edited.known_end()), ("PORT 1\n", "save 1\n"));
        assert_eq!(edit("$d").known_start(), "port 1\n");
    }
}
