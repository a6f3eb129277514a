//! `autogen upgrade`.

use clap::Args;
use schema_core::history::Direction;
use schema_core::runner::{self, PerRevision};

use super::ahead;
use super::offline::{self, OfflineArgs};
use super::running::{Reporter, RunArgs, options, watch};
use crate::database::Missing;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};

/// Run the scripts that the database lacks
///
/// A script runs in one transaction with the note that it is applied, wherever the database can do that; on SQLite, all that
/// are pending do, as far as they want the same mode. A failure takes back what its transaction did. A script that runs out of a transaction goes on
/// where it stopped. A second process that upgrades at the same time waits. A SQLite file that does not exist is created.
///
/// With --sql nothing runs: one script for the database's own shell is printed, that leads to exactly the same database, or stops and says why. Its head says
/// how to run it and, for SQLite, from which version on.
///
/// Example: autogen upgrade
///
/// With --json: {"database", "backup": PATH or null, "revisions": [{"id", "message", "milliseconds"}], "current": ["ID"], "broken_views": ["NAME"], "broken_triggers": ["NAME"]}; with --dry-run
/// {"database", "would_run": [{"direction", "id", "message", "steps_done", "script"}], "current": ["ID"]}; with --sql {"scripts": {dialect: script}}; where
/// the run fails, {"error", "backup", "revisions"} with what was committed before
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// How far: an id, a unique beginning of one, a slug, `head`, `heads`, `+1`
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    revision: String,

    /// Commit after each revision, where the database could commit all of them at once
    #[arg(long, conflicts_with = "sql")]
    per_revision: bool,

    #[command(flatten)]
    offline: OfflineArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &UpgradeArgs,
) -> Result<Outcome, CommandError> {
    if arguments.offline.sql {
        return offline::print(
            environment,
            &arguments.revision,
            Direction::Upgrade,
            &arguments.offline,
        );
    }
    let config = environment.config()?;
    let history = environment.history()?;
    let database = environment.database(&config)?;
    let current = super::current::current_for(environment, &history, &arguments.revision)?;
    let targets = history.resolve(&arguments.revision, &current)?;
    if arguments.run.dry_run {
        return ahead::print(environment, &database, &history, |connection| {
            runner::ahead_of_upgrade(connection, database.dialect, &history, &targets)
        });
    }
    let per_revision = if arguments.per_revision {
        PerRevision::Always
    } else {
        PerRevision::WhereNeeded
    };
    let options = options(&arguments.run, per_revision, &database)?;
    let mut connection = database.open(Missing::Create)?;
    watch(environment.printer, &mut *connection);
    let mut reporter = Reporter::new(environment.printer, &database, &history, Direction::Upgrade);
    let result = runner::upgrade(
        &mut *connection,
        database.dialect,
        &history,
        &targets,
        &options,
        &mut |event| reporter.event(&event),
    );
    reporter.finish(&mut *connection, &arguments.run, result)
}
