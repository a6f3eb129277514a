//! `autogen completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};

/// Print what a shell needs to complete `autogen` commands
///
/// Example: autogen completions bash > ~/.local/share/bash-completion/completions/autogen
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &CompletionsArgs,
) -> Result<Outcome, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "autogen", &mut script);
    environment.printer.text(&String::from_utf8_lossy(&script));
    Ok(Outcome::Done)
}
