//! Writes a tree as shell text, in one way of the many.

use super::print_word::Place;
use crate::workload::start::shell::syntax::{
    Argument, Arm, ArmEnd, AssignedValue, Assignment, Command, CommandKind, Connector, Item, Part, Pipeline, Redirect,
    RedirectKind, Word,
};

/// The text of a list.
pub(super) fn print(list: &[Item]) -> String {
    let mut printer = Printer::default();
    printer.list(list);
    printer.text
}

#[derive(Default)]
pub(super) struct Printer {
    text: String,
    /// The here-documents that begin behind the next line break.
    pending: Vec<String>,
    ends: usize,
}

impl Printer {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn ends_in_dollar(&self) -> bool {
        self.text.ends_with('$')
    }

    fn line_break(&mut self) {
        self.push("\n");
        for text in std::mem::take(&mut self.pending) {
            self.push(&text);
        }
    }

    fn list(&mut self, list: &[Item]) {
        for item in list {
            self.pipeline(&item.first);
            for (connector, pipeline) in &item.rest {
                self.push(if *connector == Connector::And { " && " } else { " || " });
                self.pipeline(pipeline);
            }
            if item.is_background {
                self.push(" &");
            }
            self.line_break();
        }
    }

    pub(super) fn substitution(&mut self, opening: &str, list: &[Item]) {
        let pending = std::mem::take(&mut self.pending);
        self.push(opening);
        self.push(" ");
        self.list(list);
        self.push(")");
        self.pending = pending;
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        if pipeline.is_timed {
            self.push("time ");
        }
        if pipeline.is_negated {
            self.push("! ");
        }
        for (number, command) in pipeline.commands.iter().enumerate() {
            if number > 0 {
                self.push(" | ");
            }
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.assignments(assignments);
                self.words(words);
            }
            CommandKind::Declare { assignments, program, arguments } => {
                self.assignments(assignments);
                self.push(program);
                for argument in arguments {
                    self.push(" ");
                    match argument {
                        Argument::Word(word) => self.word(word, Place::Bare),
                        Argument::Assignment(assignment) => self.assignment(assignment),
                    }
                }
            }
            CommandKind::Group(list) => self.block("{", list, "}"),
            CommandKind::Subshell(list) => self.block("(", list, ")"),
            CommandKind::If { branches, otherwise } => {
                for (number, (condition, body)) in branches.iter().enumerate() {
                    self.block(if number == 0 { "if" } else { "elif" }, condition, "then");
                    self.block("", body, "");
                }
                if let Some(otherwise) = otherwise {
                    self.block("else", otherwise, "");
                }
                self.push("fi");
            }
            CommandKind::Loop { is_until, condition, body } => {
                self.block(if *is_until { "until" } else { "while" }, condition, "");
                self.block("do", body, "done");
            }
            CommandKind::For { name, words, body } => {
                self.push(&format!("for {name}"));
                if let Some(words) = words {
                    self.push(" in ");
                    self.words(words);
                }
                self.line_break();
                self.block("do", body, "done");
            }
            CommandKind::ArithmeticFor { init, condition, step, body } => {
                self.push("for ((");
                for (number, part) in [init, condition, step].into_iter().enumerate() {
                    self.push(if number > 0 { ";" } else { "" });
                    self.word(part, Place::Arithmetic);
                }
                self.push("))");
                self.line_break();
                self.block("do", body, "done");
            }
            CommandKind::Case { subject, arms } => self.case(subject, arms),
            CommandKind::Function { name, body, is_keyword } => {
                self.push(&if *is_keyword { format!("function {name} ") } else { format!("{name}() ") });
                self.command(body);
            }
            CommandKind::Condition(words) => {
                self.push("[[ ");
                self.words(words);
                self.push("]]");
            }
            CommandKind::Arithmetic(expression) => {
                self.push("((");
                self.word(expression, Place::Arithmetic);
                self.push("))");
            }
        }
        for redirect in &command.redirects {
            self.redirect(redirect);
        }
    }

    fn block(&mut self, opening: &str, list: &[Item], end: &str) {
        self.push(opening);
        self.line_break();
        self.list(list);
        self.push(end);
    }

    fn case(&mut self, subject: &Word, arms: &[Arm]) {
        self.push("case ");
        self.word(subject, Place::Bare);
        self.push(" in");
        self.line_break();
        for arm in arms {
            for (number, pattern) in arm.patterns.iter().enumerate() {
                self.push(if number > 0 { " | " } else { "(" });
                self.word(pattern, Place::Bare);
            }
            self.push(")");
            self.line_break();
            self.list(&arm.body);
            self.push(match arm.end {
                ArmEnd::Leave => ";;",
                ArmEnd::FallThrough => ";&",
                ArmEnd::TryNext => ";;&",
            });
            self.line_break();
        }
        self.push("esac");
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.word(word, Place::Bare);
            self.push(" ");
        }
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            self.assignment(assignment);
            self.push(" ");
        }
    }

    fn assignment(&mut self, assignment: &Assignment) {
        self.push(&assignment.name);
        if let Some(index) = &assignment.index {
            self.brackets(index);
        }
        self.push(if assignment.is_append { "+=" } else { "=" });
        match &assignment.value {
            AssignedValue::Word(word) => self.word(word, Place::Bare),
            AssignedValue::Array(elements) => {
                self.push("(");
                for (index, word) in elements {
                    if let Some(index) = index {
                        self.brackets(index);
                        self.push("=");
                    }
                    self.word(word, Place::Bare);
                    self.push(" ");
                }
                self.push(")");
            }
        }
    }

    fn redirect(&mut self, redirect: &Redirect) {
        self.push(" ");
        if let Some(descriptor) = redirect.descriptor {
            self.push(&descriptor.to_string());
        }
        let (operator, word) = match &redirect.kind {
            RedirectKind::Read(word) => ("<", word),
            RedirectKind::Write(word) => (">", word),
            RedirectKind::Append(word) => (">>", word),
            RedirectKind::ReadWrite(word) => ("<>", word),
            RedirectKind::Duplicate(word) => (">&", word),
            RedirectKind::WriteBoth(word) => ("&>", word),
            RedirectKind::AppendBoth(word) => ("&>>", word),
            RedirectKind::HereString(word) => ("<<<", word),
            RedirectKind::Here(word) => return self.here(word),
        };
        self.push(operator);
        self.push(" ");
        self.word(word, Place::Bare);
    }

    fn here(&mut self, word: &Word) {
        self.ends += 1;
        let end = format!("END{}", self.ends);
        let mut body = Printer { ends: self.ends, ..Printer::default() };
        if let [Part::Quoted(text)] = word.parts.as_slice() {
            self.push(&format!("<<'{end}'"));
            body.push(text);
        } else {
            self.push(&format!("<<{end}"));
            body.word(word, Place::Here);
        }
        self.ends = body.ends;
        let line_break = if body.text.is_empty() || body.text.ends_with('\n') { "" } else { "\n" };
        self.pending.push(format!("{}{line_break}{end}\n", body.text));
    }
}
