//! `grand-arena completions` and `grand-arena man`: what packages ship beside the binary, written
//! by the binary itself, so that it is of the same version.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::error::CommandError;

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// For which shell.
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// A folder that is there, for a page of each command.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints what a shell needs.
pub(super) fn complete(
    arguments: &CompletionsArguments,
    mut command: Command,
) -> Result<(), CommandError> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    // Into memory first: a reader who leaves early is no reason to panic.
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    Ok(io::Write::write_all(&mut io::stdout(), &script)?)
}

/// Prints the page of the whole, or writes all pages.
pub(super) fn write(arguments: &ManArguments, command: Command) -> Result<(), CommandError> {
    match &arguments.folder {
        Some(folder) => clap_mangen::generate_to(command, folder)?,
        // Without a page for `help`, as in a folder.
        None => {
            let command = command.disable_help_subcommand(true);
            clap_mangen::Man::new(command).render(&mut io::stdout())?;
        }
    }
    Ok(())
}
