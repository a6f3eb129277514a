//! `autogen migrate --amend`: which revision may be written again.

use schema_core::history::{Direction, Header, History, RevisionId};
use schema_core::runner;
use schema_core::script::checksum;

use crate::config::Config;
use crate::database::Missing;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::Topic;

/// Returns the newest revision, if it may be written again.
///
/// # Errors
///
/// That there is none, that the configured database has it, or that its scripts were edited by hand.
pub(super) fn newest<'a>(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &'a History,
    head: Option<RevisionId>,
) -> Result<&'a Header, CommandError> {
    let revision = head.and_then(|head| history.get(head)).ok_or_else(|| {
        CommandError::new("cannot amend: there is no revision yet")
            .hint("run `autogen migrate` without `--amend`")
    })?;
    refuse_applied(environment, config, revision.id)?;
    for (dialect, sums) in &revision.scripts {
        for (direction, sum) in [
            (Direction::Upgrade, &sums.upgrade),
            (Direction::Downgrade, &sums.downgrade),
        ] {
            if checksum(&history.script(revision.id, dialect, direction)?) != *sum {
                let name = schema_core::history::files::script_name(dialect, direction);
                return Err(CommandError::new(format!(
                    "cannot amend: `{name}` of revision `{}` was edited by hand, and would be lost",
                    revision.id
                ))
                .hint(
                    "write what is new as a revision of its own, without `--amend`, or delete the folder",
                ));
            }
        }
    }
    Ok(revision)
}

/// Refuses a revision that the configured database has. A database that is not there has none.
fn refuse_applied(
    environment: &mut Environment<'_>,
    config: &Config,
    revision: RevisionId,
) -> Result<(), CommandError> {
    let Ok(database) = environment.database(config) else {
        return Ok(());
    };
    if database.path().is_some_and(|path| !path.exists()) {
        return Ok(());
    }
    let applied = database
        .open(Missing::Refuse)
        .and_then(|mut connection| Ok(runner::applied(&mut *connection, database.dialect)?));
    match applied {
        Ok(applied) if applied.iter().any(|applied| applied.id == revision) => {
            Err(CommandError::new(format!(
                "cannot amend: revision `{revision}` is applied in `{}`",
                database.shown
            ))
            .hint("take it back with `autogen downgrade -1` first, or write a new revision"))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            let text = format_args!("Cannot tell whether `{revision}` is applied: {error}");
            environment.printer.warn(Topic::Migrate, text);
            Ok(())
        }
    }
}
