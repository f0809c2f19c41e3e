//! `plimsoll man`: the manual pages, made of what `--help` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man as Page;

use super::output::print;
use super::{Failure, Plimsoll};

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
    /// Prints one page, or writes all.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let mut program = Plimsoll::command().disable_help_subcommand(true);
        program.build();
        if let Some(folder) = &self.dir {
            write(&program, folder)?;
        } else {
            let page = render(find(&program, &self.path)?)?;
            print(|out| out.write_all(&page))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The command under its names, from the outside in.
fn find<'a>(program: &'a Command, path: &[String]) -> Result<&'a Command, Failure> {
    path.iter().try_fold(program, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            let all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let all = if all.is_empty() { "it has none".to_owned() } else { format!("one of {}", all.join(", ")) };
            let above = command.get_bin_name().unwrap_or_else(|| command.get_name());
            Failure::Usage(format!("`{above}` has no command `{name}`: {all}"))
        })
    })
}

fn render(command: &Command) -> Result<Vec<u8>, Failure> {
    let source = concat!("plimsoll ", env!("CARGO_PKG_VERSION"));
    let mut page = Vec::new();
    let rendered = Page::new(command.clone()).source(source).manual("Plimsoll").render(&mut page);
    rendered.map_err(|error| Failure::Run(error.to_string()))?;
    // The empty date has to be there, or what follows it would move up by one.
    Ok(String::from_utf8_lossy(&page).replacen(" 1  ", " 1 \"\" ", 1).into_bytes())
}

fn write(program: &Command, folder: &Path) -> Result<(), Failure> {
    let fails = |path: &Path, error: std::io::Error| Failure::Run(format!("{}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| fails(folder, error))?;
    let mut all = vec![program];
    while let Some(command) = all.pop() {
        let path = folder.join(Page::new(command.clone()).get_filename());
        fs::write(&path, render(command)?).map_err(|error| fails(&path, error))?;
        all.extend(command.get_subcommands());
    }
    Ok(())
}
