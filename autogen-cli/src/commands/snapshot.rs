//! `autogen snapshot`.

use clap::Args;
use schema_core::history::files::{self, SNAPSHOT_FILE};
use schema_core::history::{Cause, History, HistoryError};
use serde_json::json;

use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Write `snapshot.json` anew from the revisions
///
/// The snapshot is derived: it shows the schema at the head, one column per line, so that a review sees what a revision
/// does to it. Write it anew when a merge of branches has left it in conflict.
///
/// Example: autogen snapshot
///
/// With --json: {"snapshot": path}
#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {}

/// Writes the snapshot of a history that has changed, if there is one: heads that touch the same things have none before someone decides.
pub(super) fn renew(environment: &mut Environment<'_>, history: &History) -> Result<(), CommandError> {
    match history.schema() {
        Ok(schema) => files::write_snapshot(&environment.migrations, &schema)?,
        Err(HistoryError {
            cause: Cause::Replay { .. },
            ..
        }) if history.heads().len() > 1 => {
            let text = format_args!("Left `{SNAPSHOT_FILE}` as it is, since the heads do not fit together");
            environment.printer.warn(Topic::Migrate, text);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, _: &SnapshotArgs) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    super::join::refuse_conflicts(&history, history.heads())?;
    let schema = history.schema()?;
    let shown = environment.shown(&environment.migrations.join(SNAPSHOT_FILE));
    let migrations = &environment.migrations;
    environment.printer.step(format_args!("Generating {shown}"), || {
        files::write_snapshot(migrations, &schema)
    })?;
    if environment.printer.format() == Format::Json {
        environment
            .printer
            .document(&json!({ "snapshot": shown.to_string() }));
    }
    Ok(Outcome::Done)
}
