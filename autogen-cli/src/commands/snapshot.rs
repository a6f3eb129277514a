//! `autogen snapshot`.

use clap::Args;
use schema_core::history::files::{self, SNAPSHOT_FILE};
use serde_json::json;

use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

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

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, _: &SnapshotArgs) -> Result<Outcome, CommandError> {
    let schema = environment.history()?.schema()?;
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
