//! `autogen downgrade`.

use clap::Args;
use schema_core::history::{Direction, History, RevisionId};
use schema_core::runner::{self, PerRevision};

use super::ahead;
use super::offline::{self, OfflineArgs};
use super::running::{Reporter, RunArgs, options, watch};
use crate::database::{Database, Missing};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};

/// Take revisions back, down to the one that is named
///
/// Runs the downgrade scripts of what lies above it, the newest first. A revision that the files lack is taken back
/// with the script that the database kept. What a revision added is dropped, with its data.
///
/// With --sql nothing runs: one script for the database's own shell is printed, for a range `b:a`.
///
/// Example: autogen downgrade -1
///
/// With --json: {"database", "backup": PATH or null, "revisions": [{"id", "message", "milliseconds"}], "current": ["ID"], "broken_views": ["NAME"], "broken_triggers": ["NAME"]}; with --dry-run
/// {"database", "would_run": [{"direction", "id", "message", "steps_done", "script"}], "current": ["ID"]}; with --sql {"scripts": {dialect: script}}; where
/// the run fails, {"error", "backup", "revisions"} with what was committed before
#[derive(Debug, Args)]
pub(crate) struct DowngradeArgs {
    /// How far: an id, a unique beginning of one, a slug, `base`, `-1`; of several, all stay, and what they build on. A squashed
    /// revision that the database still has is named by its id
    #[arg(value_name = "REV", allow_negative_numbers = true, required = true)]
    revisions: Vec<String>,

    #[command(flatten)]
    offline: OfflineArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// Returns what a name means that the files do not have any more, if the database has a squashed revision of that name.
fn squashed(history: &History, database: &Database, name: &str) -> Option<Vec<RevisionId>> {
    let lower = name.to_ascii_lowercase();
    let applied = super::current::applied_in(database).ok()?;
    let ids = applied.iter().map(|one| one.id);
    let found: Vec<RevisionId> = ids
        .filter(|id| history.replaced_by(*id).is_some() && id.to_string().starts_with(&lower))
        .collect();
    (found.len() == 1).then_some(found)
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &DowngradeArgs,
) -> Result<Outcome, CommandError> {
    if arguments.offline.sql {
        let [range] = &arguments.revisions[..] else {
            return Err(CommandError::new("`--sql` takes one range, `b:a`"));
        };
        return offline::print(environment, range, Direction::Downgrade, &arguments.offline);
    }
    let config = environment.config()?;
    // A branch from the midst of what was squashed is taken back as any other: what the database has of it is in the database.
    let history = environment.history_with_strays()?;
    let database = environment.database(&config)?;
    let mut targets = Vec::new();
    for name in &arguments.revisions {
        let current = super::current::current_for(environment, &history, name)?;
        let found = history.resolve(name, &current);
        targets.extend(found.or_else(|error| squashed(&history, &database, name).ok_or(error))?);
    }
    if arguments.run.dry_run {
        return ahead::print(environment, &database, &history, |connection| {
            runner::ahead_of_downgrade(connection, database.dialect, &history, &targets)
        });
    }
    let options = options(&arguments.run, PerRevision::Always, &database)?;
    let mut connection = database.open(Missing::Refuse)?;
    watch(environment.printer, &mut *connection);
    let mut reporter = Reporter::new(environment.printer, &database, &history, Direction::Downgrade);
    let result = runner::downgrade(
        &mut *connection,
        database.dialect,
        &history,
        &targets,
        &options,
        &mut |event| reporter.event(&event),
    );
    reporter.finish(&mut *connection, &arguments.run, result)
}
