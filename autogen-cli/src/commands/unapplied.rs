//! What may only be done to revisions that no database has.

use schema_core::history::RevisionId;
use schema_core::runner;

use crate::config::Config;
use crate::database::Missing;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::Topic;

/// Refuses to do something to revisions of which the configured database has one. A database that is not there has none.
pub(super) fn refuse_applied(
    environment: &mut Environment<'_>,
    config: &Config,
    doing: &str,
    revisions: &[RevisionId],
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
        Ok(applied) => match applied.iter().find(|applied| revisions.contains(&applied.id)) {
            Some(applied) => Err(CommandError::new(format!(
                "cannot {doing}: revision `{}` is applied in `{}`",
                applied.id, database.shown
            ))
            .hint("take it back with `autogen downgrade` first, or write a new revision")),
            None => Ok(()),
        },
        Err(error) => {
            let named: Vec<String> = revisions.iter().map(|id| format!("`{id}`")).collect();
            let text = format_args!("Cannot tell whether {} is applied: {error}", named.join(", "));
            environment.printer.warn(Topic::Migrate, text);
            Ok(())
        }
    }
}
