//! `autogen revision`: a revision to write by hand.

use clap::Args;

use super::migrate::{self, MigrateArgs};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};

/// Write an empty revision, to fill in by hand
///
/// For what models do not say: data to correct, triggers, views. With `--autogenerate` it is `autogen migrate`.
///
/// Example: autogen revision -m "fill in missing prices"
///
/// With --json: as `autogen migrate`.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    /// Write what changed in the models, as `autogen migrate` does
    #[arg(long)]
    autogenerate: bool,

    #[command(flatten)]
    migrate: MigrateArgs,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &RevisionArgs,
) -> Result<Outcome, CommandError> {
    if arguments.autogenerate {
        migrate::run(environment, &arguments.migrate)
    } else {
        arguments.migrate.refuse_comparison()?;
        migrate::by_hand(environment, &arguments.migrate)
    }
}
