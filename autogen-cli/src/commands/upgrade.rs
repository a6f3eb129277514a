//! `autogen upgrade`.

use clap::Args;
use schema_core::history::Direction;
use schema_core::runner;

use super::running::{Reporter, RunArgs, options};
use crate::database::Missing;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};

/// Run the scripts that the database lacks
///
/// Each revision runs in one transaction, together with the note that it is applied; a failure takes the revision
/// back, and a second process that upgrades at the same time waits. A SQLite file that does not exist is created.
///
/// Example: autogen upgrade
///
/// With --json: {"database", "revisions": [{"id", "message", "milliseconds"}], "current": ["ID"]}
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// How far: an id, a unique beginning of one, a slug, `head`, `heads`, `+1`
    #[arg(value_name = "REV", default_value = "head", allow_hyphen_values = true)]
    revision: String,

    #[command(flatten)]
    run: RunArgs,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &UpgradeArgs,
) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let database = environment.database(&config)?;
    let current = super::current::current_for(environment, &history, &arguments.revision)?;
    let targets = history.resolve(&arguments.revision, &current)?;
    let mut connection = database.open(Missing::Create)?;
    let mut reporter = Reporter::new(environment.printer, &database, &history, Direction::Upgrade);
    let result = runner::upgrade(
        &mut *connection,
        database.dialect,
        &history,
        &targets,
        &options(&arguments.run),
        &mut |event| reporter.event(&event),
    );
    reporter.finish(&mut *connection, result)
}
