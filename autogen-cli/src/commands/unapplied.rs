//! What may only be done to revisions that no database has, and what is lost by it.

use schema_core::history::{History, RevisionId, files};
use schema_core::rewrite::KeptScript;
use schema_core::runner;
use schema_core::script::{Allow, Covers};

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
    history: &History,
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
            Some(one) => {
                let to: Vec<String> = runner::back_to(history, &applied, revisions)
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let to = if to.is_empty() {
                    "base".to_owned()
                } else {
                    to.join(" ")
                };
                Err(CommandError::new(format!(
                    "cannot {doing}: revision `{}` is applied in `{}`",
                    one.id, database.shown
                ))
                .hint(if history.strays().is_empty() {
                    format!("take it back with `autogen downgrade {to}` first, or write a new revision")
                } else {
                    format!("take it back with `autogen downgrade {to}` first, which drops what it added")
                }))
            }
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

/// Says what a script allowed that is not in the script which was written in its place.
pub(super) fn report_left(environment: &mut Environment<'_>, script: &KeptScript, allow: &Allow) {
    let name = files::script_name(&script.dialect, script.direction);
    let why = match allow.covers {
        Covers::Script => "which is only a part of the new one",
        Covers::Statement(_) => "whose statement the new one does not have",
    };
    let text = format_args!(
        "Left out what `{name}` of `{}` allowed, {why}: `-- autogen: allow {} {}`",
        script.revision, allow.code, allow.reason
    );
    environment.printer.warn(Topic::Migrate, text);
}
