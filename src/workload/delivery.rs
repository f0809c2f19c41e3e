//! How a directive reaches a server: the one place where it takes effect and wins.

use std::borrow::Cow;

use serde_json::Value;

use super::config::read::Read;
use super::flags::find_variable;
use super::flavours;
use super::model::{Container, Delivery};
use super::overlay::overlay;
use super::start::Startup;
use super::start::base_name;
use super::start::entrypoint::Process;
use crate::kubernetes::{list, text, words};

impl Container {
    /// How this directive reaches the server: as any other does, but where the start script gives it on the command line,
    /// which wins over every file.
    #[must_use]
    pub fn delivery_of(&self, directive: &str) -> Cow<'_, Delivery> {
        let is_file = matches!(self.delivery, Delivery::Overlay(_) | Delivery::Display(_));
        if is_file && self.config.as_ref().is_some_and(|config| config.is_given_by_script(directive)) {
            return Cow::Owned(Delivery::Display(format!(
                "the start script gives {directive} itself: change it there"
            )));
        }
        Cow::Borrowed(&self.delivery)
    }
}

/// How directives reach one server container.
pub(crate) fn delivery(start: &Startup, read: &Read, servers: usize) -> Delivery {
    let Startup { mounts, process, .. } = start;
    if let Some(needs) = &read.config.unseen {
        return Delivery::Unknown(needs.clone());
    }
    if let Some(name) = find_variable(mounts.container, process) {
        return env(mounts.container, name);
    }
    if process.scripted {
        return match overlay(start, read, servers) {
            Ok(overlay) => Delivery::Overlay(overlay),
            Err(why) => Delivery::Display(why),
        };
    }
    args(mounts.container, process)
}

fn args(container: &Value, process: &Process) -> Delivery {
    let server = process.argv.first().is_some_and(|program| base_name(program).ends_with("-server"));
    // A lone `-` at the end is standard input, and stops being it when words follow.
    if process.argv.last().is_some_and(|word| word == "-") {
        return Delivery::Display("it reads its configuration from standard input: write the line there".to_owned());
    }
    if server || flavours::takes_arguments(text(container, "/image")) || !words(container, "/args").is_empty() {
        return Delivery::Args;
    }
    Delivery::Display(format!(
        "the entrypoint of image {} is not known: write the line into its configuration",
        super::image::image_name(text(container, "/image"))
    ))
}

fn env(container: &Value, name: &str) -> Delivery {
    let entry = list(container, "/env").iter().find(|entry| text(entry, "/name") == name);
    if entry.is_some_and(|entry| entry.get("valueFrom").is_some_and(|from| !from.is_null())) {
        return Delivery::Display(format!("env {name} comes from elsewhere: write the words there"));
    }
    Delivery::Env(name.to_owned())
}
