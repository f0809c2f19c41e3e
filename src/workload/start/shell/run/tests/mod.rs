//! Scripts run over a small container, and what is believed of the server that they start.

use std::collections::BTreeMap;

use crate::workload::start::shell::run::call::Call;
use crate::workload::start::shell::run::content::Content;
use crate::workload::start::shell::run::interpreter::Interpreter;
use crate::workload::start::shell::run::shared::Shared;
use crate::workload::start::shell::run::start::{After, Outcome};
use crate::workload::start::shell::run::state::State;
use crate::workload::start::shell::run::world::{Known, Seen, World};
use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};

mod allowed;
mod generate;
mod generated;

/// A container with a read-only folder `/cfg`, a folder `/data` whose content is not known, and variables.
#[derive(Default)]
struct SmallWorld {
    /// What stands before these folders, so that a real shell can run the same script.
    root: String,
    files: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
}

impl World for SmallWorld {
    fn look(&self, path: &str) -> Seen {
        let inner = path.strip_prefix(&self.root).unwrap_or(path);
        match self.files.get(inner) {
            Some(text) => Seen::File(Content::of_object(path, text)),
            None if inner.starts_with("/cfg/") => Seen::Missing,
            None if ["/", "/cfg", "/data", "/tmp"].contains(&inner) => Seen::Folder,
            None => Seen::Unknown(format!("{path} of the image")),
        }
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        let inner = folder.strip_prefix(&self.root).unwrap_or(folder);
        let mut names = Vec::new();
        for path in self.files.keys() {
            names.extend(path.strip_prefix("/cfg/").map(str::to_owned));
        }
        (inner == "/cfg").then_some(names)
    }

    fn is_writable(&self, path: &str) -> bool {
        !path.strip_prefix(&self.root).unwrap_or(path).starts_with("/cfg")
    }

    fn locate(&self, path: &str) -> String {
        path.to_owned()
    }

    fn look_at_location(&self, location: &str) -> Seen {
        self.look(location)
    }

    fn variable(&self, name: &str) -> Text {
        let shape = if name == "HOSTNAME" { Shape::Word } else { Shape::Any };
        let unknown = || Unknown::new(shape, format!("the value of {name}")).into();
        self.variables.get(name).map_or_else(unknown, |value| Text::from(value.as_str()))
    }

    fn shape_of_variable(&self, name: &str) -> Shape {
        if name.ends_with("_HOST") { Shape::Word } else { Shape::Any }
    }

    fn known_command(&self, name: &str, _arguments: &[Text]) -> Option<Known> {
        (name == "replace_in_file").then_some(Known::ReplacesInFile)
    }
}

impl SmallWorld {
    fn at(root: &str) -> Self {
        let mut world = Self { root: root.to_owned(), ..Self::default() };
        world.files.insert("/cfg/redis.conf".to_owned(), "maxmemory 1gb\nport 6379\n".to_owned());
        world.files.insert("/cfg/words.sh".to_owned(), "W=words\nf() { echo f $1; }\n".to_owned());
        world.variables.insert("PORT".to_owned(), "6380".to_owned());
        world
    }

    fn run(&self, shell: &str, script: &str) -> Outcome {
        let mut runner = Interpreter::new(self);
        let words = [shell, "-c", script].map(Text::from).to_vec();
        let state = State::new(Some(format!("{}/data", self.root)), Shared::default());
        let end = runner.run_container(Call::program(words), state);
        runner.into_outcome(end)
    }
}

fn run(shell: &str, script: &str) -> Outcome {
    SmallWorld::at("").run(shell, script)
}

/// A text with `<Shape>` for what is not known.
fn shown(text: &Text) -> String {
    let mut shown = String::new();
    for piece in text.pieces() {
        match piece {
            Piece::Known(known) => shown.push_str(known),
            Piece::Unknown(unknown) => shown.extend(["<", &format!("{:?}", unknown.shape), ">"]),
        }
    }
    shown
}

/// The words of each start, and what is hidden.
#[track_caller]
fn starts(shell: &str, script: &str, expected: &[&str]) {
    let outcome = run(shell, script);
    let mut found: Vec<String> = Vec::new();
    for start in &outcome.starts {
        let mut words: Vec<String> = start.words.iter().map(shown).collect();
        words.extend(start.rest.as_ref().map(|_| "…".to_owned()));
        found.push(words.join(" "));
    }
    found.extend(outcome.hidden.iter().map(|needs| format!("?{needs}")));
    assert_eq!(found, expected, "{script}");
}

/// What the server that a script starts finds in a file; `(…)` around what may not be there.
#[track_caller]
fn finds(shell: &str, script: &str, path: &str, expected: &str) {
    let outcome = run(shell, &format!("{script}\nexec redis-server {path}"));
    let [start] = outcome.starts.as_slice() else { panic!("{:?}", outcome.starts) };
    let found = match start.files.look(path, &SmallWorld::default()) {
        Seen::File(content) => {
            let part = |part: &super::content::Part| {
                if part.is_certain { shown(&part.text) } else { format!("({})", shown(&part.text)) }
            };
            content.parts().iter().map(part).collect()
        }
        Seen::Missing => "missing".to_owned(),
        Seen::Folder => "folder".to_owned(),
        Seen::Unknown(needs) => format!("?{needs}"),
    };
    assert_eq!(found, expected, "{script}");
}

#[test]
fn a_straight_script_is_known() {
    starts("sh", "exec redis-server /cfg/redis.conf --port $PORT", &["redis-server /cfg/redis.conf --port 6380"]);
    starts("sh", "A=x; A=$A.y; f() { exec redis-server \"$1\" $A; }; f \"a b\"", &["redis-server a b x.y"]);
    starts("bash", "A=(--port 1); A+=(--bind \"*\"); redis-server \"${A[@]}\"", &["redis-server --port 1 --bind *"]);
}

#[test]
fn branches_are_joined() {
    starts(
        "sh",
        "if [ \"$X\" = 1 ]; then P=1; else P=2; fi; exec redis-server --port $P",
        &["redis-server --port <Word>"],
    );
    starts("sh", "[ \"$X\" ] && exec redis-server a\nexec redis-server b", &["redis-server a", "redis-server b"]);
    finds(
        "sh",
        "cp /cfg/redis.conf /data/r.conf; [ \"$X\" ] && echo 'appendonly yes' >> /data/r.conf",
        "/data/r.conf",
        "maxmemory 1gb\nport 6379(\nappendonly yes)\n",
    );
}

#[test]
fn a_library_replaces_lines() {
    let script = "f() { local value=\"$2\"; value=\"${value//\\\\/\\\\\\\\}\"; value=\"${value//&/\\\\&}\"; replace_in_file /data/r.conf \"^#*\\s*$1 .*\" \"$1 $value\" false; }\nM_HOST=$(cat /x)\ncp /cfg/redis.conf /data/r.conf\nf port \"a \"$M_HOST\" 2\"";
    finds("bash", script, "/data/r.conf", "maxmemory 1gb\nport a <Word> 2\n");
}

#[test]
fn what_runs_at_the_same_time_spoils_files() {
    finds(
        "sh",
        "(sleep 1; echo port 1 >> /data/r.conf) & cp /cfg/redis.conf /data/r.conf",
        "/data/r.conf",
        "?a command that runs at the same time",
    );
    finds(
        "sh",
        "trap 'rm /data/r.conf' TERM; cp /cfg/redis.conf /data/r.conf",
        "/data/r.conf",
        "maxmemory 1gb\nport 6379\n",
    );
    finds("sh", "ln -s /data/a /data/b; cp /cfg/redis.conf /data/r.conf", "/data/r.conf", "?a link");
    let outcome = run("sh", "redis-server /data/r.conf & cp /cfg/redis.conf /data/r.conf; wait");
    let seen = outcome.starts[0].files.look("/data/r.conf", &SmallWorld::default());
    assert!(matches!(seen, Seen::Unknown(_)), "{seen:?}");
}

#[test]
fn another_process_keeps_its_variables_to_itself() {
    starts("sh", "A=1; env A=2 true; nice cd /; exec redis-server --port $A r.conf", &["redis-server --port 1 r.conf"]);
    starts(
        "bash",
        "set -e; sh -c 'false; true'; printf -v P '%s' 1; exec redis-server --port $P",
        &["redis-server --port 1"],
    );
    starts("sh", "redis-server --version; exec redis-server -v x", &[]);
}

#[test]
fn what_a_program_sees_of_the_environment() {
    starts("sh", "env -u PORT sh -c 'exec redis-server --port ${PORT:-1}'", &["redis-server --port 1"]);
    starts("bash", "export -n PORT; sh -c 'exec redis-server --port ${PORT:-1}'", &["redis-server --port 1"]);
    starts("sh", "env -i sh -c 'exec redis-server --port ${PORT:-1}'", &["redis-server --port …"]);
    starts("sh", "A=1; A=2 :; exec redis-server --port \"$A\"", &["redis-server --port <Any>"]);
    starts("sh", "sh -s -- --port 1 <<E\nexec redis-server \"\\$@\"\nE", &["redis-server --port 1"]);
}

#[test]
fn a_server_that_does_not_start_is_followed_by_another() {
    starts("sh", "redis-server a || exec redis-server b", &["redis-server a", "redis-server b"]);
    starts("sh", "redis-server a; exec redis-server b", &["redis-server a", "redis-server b"]);
    let outcome = run("sh", "redis-server a; sleep 1");
    assert_eq!(outcome.starts[0].after, After::GoesOn);
    starts("sh", "while :; do redis-server a; sleep 1; done", &["redis-server a"]);
    starts("sh", "redis-server --check-system; exec redis-server b", &["redis-server b"]);
}

#[test]
fn options_of_a_shell_that_change_words_leave_them_unknown() {
    starts("bash", "shopt -s nullglob; exec redis-server /cfg/*.none", &["redis-server …"]);
    starts("bash", "shopt -s lastpipe; exec redis-server a", &["redis-server a", "?what `shopt` changes"]);
    starts("sh", "alias s=redis-server; exec redis-server a", &["redis-server a", "?what an alias stands for"]);
    finds("sh", "echo a > /data/r; set -C; echo b > /data/r", "/data/r", "?the text of /data/r after `set -C`");
}
