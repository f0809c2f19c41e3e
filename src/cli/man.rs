//! `plimsoll man`: the manual pages, made of what `--help` says.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, Command};
use clap_mangen::Man as Page;

use super::failure::Failure;
use super::output::print_bytes;

/// Which pages.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command whose page is printed, such as `policy impact`; that of the program where none is named.
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
    /// Write the pages of the program and of every command into this folder instead, as `plimsoll-COMMAND.1`.
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints one page of a program, or writes all.
    pub(crate) fn run(&self, program: Command) -> Result<ExitCode, Failure> {
        let mut program = program.disable_help_subcommand(true);
        program.build();
        if let Some(folder) = &self.dir {
            write_pages(&program, folder)?;
        } else {
            let page = render_page(find_command(&program, &self.path)?)?;
            print_bytes(&page)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The command under its names, from the outside in.
fn find_command<'a>(program: &'a Command, path: &[String]) -> Result<&'a Command, Failure> {
    let mut command = program;
    for name in path {
        let Some(below) = command.find_subcommand(name) else {
            let all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let all = if all.is_empty() { "it has none".to_owned() } else { format!("one of {}", all.join(", ")) };
            let above = command.get_bin_name().unwrap_or_else(|| command.get_name());
            return Err(Failure::Usage(format!("`{above}` has no command `{name}`: {all}")));
        };
        command = below;
    }
    Ok(command)
}

fn render_page(command: &Command) -> Result<Vec<u8>, Failure> {
    let source = concat!("plimsoll ", env!("CARGO_PKG_VERSION"));
    let mut page = Vec::new();
    let rendered = Page::new(command.clone()).source(source).manual("Plimsoll").render(&mut page);
    rendered.map_err(|error| Failure::Run(error.to_string()))?;
    // The empty date has to be there, or what follows it would move up by one.
    Ok(String::from_utf8_lossy(&page).replacen(" 1  ", " 1 \"\" ", 1).into_bytes())
}

fn write_pages(program: &Command, folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| write_failure(folder, &error))?;
    let mut all = vec![program];
    while let Some(command) = all.pop() {
        let path = folder.join(Page::new(command.clone()).get_filename());
        fs::write(&path, render_page(command)?).map_err(|error| write_failure(&path, &error))?;
        all.extend(command.get_subcommands());
    }
    Ok(())
}

fn write_failure(path: &Path, error: &io::Error) -> Failure {
    Failure::Run(format!("{}: {error}", path.display()))
}
