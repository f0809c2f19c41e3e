//! What init containers leave in the volumes of their Pod.

use super::container::ContainerWorld;
use super::entrypoint::CommandLine;
use super::environment::Environment;
use super::filesystem::Mounts;
use super::images::{Images, directory_of};
use super::pod::Pod;
use super::shell::run::call::Call;
use super::shell::run::files::Files;
use super::shell::run::interpreter::Interpreter;
use super::shell::run::shared::Shared;
use super::shell::run::state::State;
use crate::kubernetes::{list, text};

/// More init containers than this are not followed.
const MAX_INIT_CONTAINERS: usize = 16;

/// What the containers of a Pod find.
pub(crate) struct Prepared {
    /// What init containers left in its volumes.
    pub(crate) files: Shared<Files>,
    /// What is known of images.
    pub(crate) images: &'static dyn Images,
}

impl Prepared {
    /// Runs the init containers one after the other.
    pub(crate) fn of_pod(pod: &Pod, images: &'static dyn Images) -> Self {
        Self { files: prepare_files(pod, images), images }
    }
}

/// What is in the volumes when the last init container ends.
fn prepare_files(pod: &Pod, images: &dyn Images) -> Shared<Files> {
    let containers = list(pod.template, "/spec/initContainers");
    let mut files = Shared::default();
    if containers.len() > MAX_INIT_CONTAINERS {
        return files;
    }
    for container in containers {
        if text(container, "/restartPolicy") == "Always" || list(container, "/volumeMounts").is_empty() {
            continue;
        }
        let environment = Environment::read(pod, container);
        let mounts = Mounts::of_manifest(pod, container, &environment);
        let directory = directory_of(container, images);
        let world =
            ContainerWorld { mounts: &mounts, environment: &environment, directory, keeps_files: false, images };
        files = run_container(&world, files);
        files.keep_volumes();
    }
    files
}

/// What is in the volumes after one init container; one that can't be followed may have changed all that it mounts.
fn run_container(world: &ContainerWorld, files: Shared<Files>) -> Shared<Files> {
    let line = CommandLine::read(world);
    if line.is_for_image() {
        return Shared::default();
    }
    let mut runner = Interpreter::new(world);
    let state = State::new(world.directory.map(str::to_owned), files);
    let end = runner.run_container(Call::program(line.words), state);
    let outcome = runner.into_outcome(end);
    if !outcome.hidden.is_empty() {
        return Shared::default();
    }
    outcome.files.unwrap_or_default()
}
