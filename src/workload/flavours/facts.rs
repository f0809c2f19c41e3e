//! The questions that each flavour answers.

use serde_json::Value;

use crate::workload::role::Role;
use crate::workload::start::Startup;
use crate::workload::start::entrypoint::Process;
use crate::workload::start::environment::Environment;
use crate::workload::start::shell::run::world::Known;
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::topology::Topology;

/// What images and charts of one maker do on their own. A question that a flavour does not answer is asked of the others.
pub(crate) trait FlavourFacts: Sync {
    /// The name in the model's JSON and in policies.
    fn name(&self) -> &'static str;

    /// What it is, for the schema of policies.
    fn summary(&self) -> &'static str;

    /// Whether a server or Sentinel of this container makes its workload one of this flavour.
    fn is_it(&self, container: &Value, process: &Process) -> bool;

    /// What an image of this name runs when it is given nothing, options, or a configuration file.
    fn role_of_image(&self, _name: &str) -> Option<Role> {
        None
    }

    /// What a start script of its images runs, by the script's path.
    fn role_of_script(&self, _path: &str) -> Option<Role> {
        None
    }

    /// Whether a start script of its images makes the whole command line, whatever the manifest says behind it.
    fn makes_command_line(&self, _process: &Process) -> bool {
        false
    }

    /// The environment variable whose words its entrypoint appends to the command line.
    fn flags_variable(&self, _container: &Value, _process: &Process) -> Option<&'static str> {
        None
    }

    /// What it takes to know what an image starts with `args`, where those replace its own start script.
    fn replaced_start(&self, _image: &str) -> Option<&'static str> {
        None
    }

    /// The files that its entrypoint reads, where one is mounted: the first of them that is there.
    fn config_files(&self, _is_sentinel: bool) -> &'static [&'static str] {
        &[]
    }

    /// The files that its entrypoint reads after those, where they are mounted.
    fn override_files(&self, _is_sentinel: bool) -> &'static [&'static str] {
        &[]
    }

    /// Whether nothing but this container's own start writes below a folder: it is empty before that.
    fn is_fresh_folder(&self, _container: &Value, _path: &str) -> bool {
        false
    }

    /// What is certain of a variable of its scripts, whoever sets it.
    fn shape_of_variable(&self, _container: &Value, _name: &str) -> Option<Shape> {
        None
    }

    /// What a program or function of its images does.
    fn known_command(&self, _container: &Value, _name: &str, _arguments: &[Text]) -> Option<Known> {
        None
    }

    /// Whether its entrypoint turns the append-only file on.
    fn turns_append_only_on(&self, _environment: &Environment) -> bool {
        false
    }

    /// The directory that an image starts in, where the manifest says none.
    fn working_directory(&self, _image: &str) -> Option<&'static str> {
        None
    }

    /// Whether an image's entrypoint hands options to the server.
    fn takes_arguments(&self, _image: &str) -> bool {
        false
    }

    /// The data directory that its entrypoint writes into the configuration which it makes where none is mounted.
    fn data_directory(&self, _start: &Startup) -> Option<String> {
        None
    }

    /// What the image and the environment say of the topology; the configuration says the rest.
    fn topology(&self, _start: &Startup) -> Option<Topology> {
        None
    }
}
