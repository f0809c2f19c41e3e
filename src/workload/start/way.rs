//! One way in which a container starts its server: the command line, and the files as they are then.

use std::sync::Arc;

use super::container::ContainerWorld;
use super::shell::run::content::Content;
use super::shell::run::files::Files;
use super::shell::run::shared::Shared;
use super::shell::run::start::{After, Start};
use super::shell::run::world::{Seen, World};
use super::shell::text::{Piece, Shape, Text};
use crate::redis::{self, FileSeen};

/// One way in which a container starts its server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    /// The program and its words, or the words for the image's own program or start script; what is not known of one reads
    /// `${…}`.
    pub(crate) argv: Vec<String>,
    /// Why more words may follow.
    pub(crate) hidden: Option<String>,
    /// The files as scripts left them.
    pub(crate) files: Shared<Files>,
    /// Files that something else writes at the same time.
    pub(crate) spoiled: Vec<String>,
    /// The working directory, where it is known.
    pub(crate) directory: Option<String>,
    /// What stands on its standard input, where that is known.
    pub(crate) input: Option<String>,
    /// Whether another start may come after it.
    pub(crate) is_replaceable: bool,
    /// Whether a start script of the image makes the command line.
    pub(crate) is_of_image: bool,
}

impl Way {
    /// The way of an image's own entrypoint with these words.
    pub(super) fn of_image(words: &[Text], files: Shared<Files>, directory: Option<String>) -> Self {
        let (argv, hidden) = arguments(words, &[], true);
        Self { argv, hidden, files, directory, ..Self::default() }
    }

    /// The way of a server that a script starts.
    pub(super) fn of_start(start: &Start) -> Self {
        let words = start.words.get(usize::from(start.is_of_image)..).unwrap_or_default();
        let (argv, hidden) = arguments(words, &start.optional, start.is_of_image);
        Self {
            argv,
            is_of_image: start.is_of_image,
            hidden: hidden.or_else(|| start.rest.as_ref().map(ToString::to_string)),
            files: start.files.clone(),
            spoiled: Vec::new(),
            directory: start.directory.clone(),
            input: start.input.as_ref().and_then(Text::known).map(str::to_owned),
            is_replaceable: start.after == After::GoesOn,
        }
    }
}

/// The words as far as it is certain what each of them is, and why those behind are not known. An unknown word is a value
/// where it stands behind an option; anywhere else it could be an option itself.
fn arguments(
    words: &[Text],
    optional: &[(usize, Arc<[Text]>)],
    is_without_program: bool,
) -> (Vec<String>, Option<String>) {
    let mut argv: Vec<String> = Vec::new();
    for at in 0..=words.len() {
        let word = words.get(at);
        for (_, run) in optional.iter().filter(|(before, _)| *before == at) {
            if !add_optional(run, word, &mut argv) {
                return (argv, Some("words that the start script's branches add".to_owned()));
            }
        }
        let Some(word) = word else { break };
        let Some(unknown) = word.unknown() else {
            argv.push(word.known().unwrap_or_default().to_owned());
            continue;
        };
        let is_file = at == usize::from(!is_without_program);
        let is_value = argv.last().is_some_and(|last| last.starts_with("--") && last.len() > 2 && !last.contains(' '));
        let starts_known = !word.known_start().is_empty() && !word.known_start().starts_with('-');
        let is_one_word = word.shape() <= Shape::Field
            && words.get(at + 1).is_none_or(|next| next.known_start().starts_with("--"))
            && argv.iter().any(|word| word.starts_with("--"));
        if !(word.shape() == Shape::Word || is_file || is_value || starts_known || is_one_word) {
            return (argv, Some(unknown.needs.to_string()));
        }
        argv.push(shown(word));
    }
    (argv, None)
}

/// Adds whole options that may be there or not: each is named, its value is not known. Not where one could be the value of
/// an option, or have what comes behind for its own.
fn add_optional(run: &[Text], next: Option<&Text>, argv: &mut Vec<String>) -> bool {
    let is_option = |word: &Text| word.known().is_some_and(|word| word.starts_with("--") && !word.contains(' '));
    let awaits_value = argv.last().is_some_and(|last| last.starts_with("--"));
    if awaits_value || !run.first().is_some_and(is_option) || !next.is_none_or(is_option) {
        return false;
    }
    for word in run.iter().filter(|word| is_option(word)) {
        argv.push(word.known().unwrap_or_default().to_owned());
        argv.push("${unknown}".to_owned());
    }
    true
}

/// A text with `${…}` for what is not known of it.
pub(super) fn shown(text: &Text) -> String {
    let mut shown = String::new();
    for piece in text.pieces() {
        match piece {
            Piece::Known(known) => shown.push_str(known),
            Piece::Unknown(unknown) => {
                let name = unknown.needs.strip_prefix("the value of ").filter(|name| !name.contains(' '));
                shown.push_str("${");
                shown.push_str(name.unwrap_or("unknown"));
                shown.push('}');
            }
        }
    }
    shown
}

/// The files of a server, as it finds them when it starts.
pub(crate) struct WayFiles<'w, 's, 'a> {
    pub(crate) world: &'w ContainerWorld<'s, 'a>,
    pub(crate) way: &'w Way,
}

impl WayFiles<'_, '_, '_> {
    /// What is at a path.
    pub(crate) fn look(&self, path: &str) -> Seen {
        if redis::has_placeholder(path.as_bytes()) && path.contains("${") {
            return Seen::Unknown(format!("the file {path}"));
        }
        if self.way.spoiled.iter().any(|spoiled| spoiled == path) {
            return Seen::Unknown(format!("the text of {path}, which the postStart hook writes"));
        }
        self.way.files.look(path, self.world)
    }
}

impl redis::Files for WayFiles<'_, '_, '_> {
    fn read(&self, path: &str) -> FileSeen {
        match self.look(path) {
            Seen::File(content) => match rendered(&content) {
                Ok(text) => FileSeen::Text(text.into_bytes()),
                Err(needs) => FileSeen::Unknown(needs),
            },
            Seen::Missing => FileSeen::Missing,
            Seen::Folder => FileSeen::Folder,
            Seen::Unknown(needs) => FileSeen::Unknown(needs),
        }
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        self.world.list(folder)
    }
}

/// A file as the grammar reads it: a value that is not known reads `${…}`, and so does that of a line which may not be
/// there. The error says what it takes where it is not certain which directives it holds.
fn rendered(content: &Content) -> Result<String, String> {
    const NEEDS: &str = "a file whose lines do not depend on the start script's branches";
    let mut text = String::new();
    let mut is_behind_uncertain = false;
    for (at, part) in content.parts().iter().enumerate() {
        // What begins in the middle of a line is a part of it, or of another one.
        let begins_line = at == 0 || part.text.known_start().starts_with('\n');
        if !begins_line && (is_behind_uncertain || !part.is_certain) {
            return Err(NEEDS.to_owned());
        }
        is_behind_uncertain = !part.is_certain;
        if part.is_certain {
            render(&part.text, &mut text)?;
            continue;
        }
        for line in part.text.lines().ok_or(NEEDS)? {
            render_uncertain(&line, &mut text).ok_or(NEEDS)?;
        }
    }
    Ok(text)
}

fn render(part: &Text, text: &mut String) -> Result<(), String> {
    for piece in part.pieces() {
        match piece {
            Piece::Known(known) => text.push_str(known),
            Piece::Unknown(unknown) => {
                let line = text.rsplit('\n').next().unwrap_or_default();
                let names_directive = line.trim_start().contains([' ', '\t']);
                if unknown.shape == Shape::Any || !names_directive {
                    return Err(unknown.needs.to_string());
                }
                text.push_str(&shown(&unknown.clone().into()));
            }
        }
    }
    Ok(())
}

/// A line that may not be there: its directive is named, its value is not known. Nothing where it does more than set one.
fn render_uncertain(line: &Text, text: &mut String) -> Option<()> {
    let start = line.known_start().trim_start();
    if (start.is_empty() && line.known().is_some()) || start.starts_with('#') {
        return Some(());
    }
    let mut words = start.split([' ', '\t', '\n']);
    let name = words.next()?;
    // A name is complete where something stands behind it.
    if name.len() == start.len() && line.unknown().is_some() {
        return None;
    }
    let second = words.next().unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "include" | "loadmodule" => None,
        "sentinel" if second.eq_ignore_ascii_case("monitor") || second.is_empty() => None,
        "sentinel" => {
            text.extend(["\nsentinel ", second, " ${unknown}"]);
            Some(())
        }
        _ => {
            text.extend(["\n", name, " ${unknown}"]);
            Some(())
        }
    }
}
