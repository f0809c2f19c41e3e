//! A server that a script starts, and what of its starts could not be followed.

use std::sync::Arc;

use super::files::Files;
use super::shared::Shared;
use crate::workload::start::shell::text::Text;

/// A server or Sentinel that is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// The program and its words.
    pub(crate) words: Vec<Text>,
    /// Words of which all or none stand before one of `words`, by the index of that.
    pub(crate) optional: Vec<(usize, Arc<[Text]>)>,
    /// Why any number of others may come behind those.
    pub(crate) rest: Option<Arc<str>>,
    /// Its files.
    pub(crate) files: Shared<Files>,
    /// Its working directory, where it is known.
    pub(crate) directory: Option<String>,
    /// What it can read from its standard input, where that is known.
    pub(crate) input: Option<Text>,
    /// What the script does after it.
    pub(crate) after: After,
    /// Whether the image makes its command line.
    pub(crate) is_of_image: bool,
}

/// What a script does after it started a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Nothing: the server took the place of its shell.
    Nothing,
    /// It waits for the server, and ends with it.
    Ends,
    /// It goes on when the server ends, and may start another.
    GoesOn,
    /// It goes on at once: what it writes then, the server may find or not.
    IsBeside,
}

/// What running a container's scripts comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// The starts, one of which happens.
    pub(crate) starts: Vec<Start>,
    /// What may start a server and could not be followed.
    pub(crate) hidden: Vec<String>,
    /// What it takes to see a script that is an object's.
    pub(crate) unread: Option<String>,
    /// What may change a running server's configuration.
    pub(crate) changes: Option<String>,
    /// Programs that were run and are not known.
    pub(crate) programs: Vec<String>,
    /// Whether a script was run.
    pub(crate) has_script: bool,
    /// The files that were run as scripts, in order.
    pub(crate) scripts: Vec<String>,
    /// The files when the script ends, where it does.
    pub(crate) files: Option<Shared<Files>>,
}

impl Outcome {
    /// Adds what may start a server, once.
    pub(crate) fn hide(&mut self, needs: String) {
        if self.hidden.len() < 8 && !self.hidden.contains(&needs) {
            self.hidden.push(needs);
        }
    }
}
