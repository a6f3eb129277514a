//! `autogen current`.

use clap::Args;
use schema_core::history::{History, Replaced, RevisionId, Stuck, counts_from_current};
use schema_core::runner::{self, Applied};
use serde_json::json;

use crate::database::{Database, Missing};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// Show the revisions at which the database is
///
/// Example: autogen current
///
/// With --json: {"database", "current": [{"id", "message", "head", "known", "tag", "unfinished"}], "applied": how many}; `known` is false
/// if the files lack the revision, `unfinished` names the script that stopped half-way
#[derive(Debug, Args)]
pub(crate) struct CurrentArgs {}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, _: &CurrentArgs) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    let config = environment.config()?;
    let database = environment.database(&config)?;
    let applied = applied_in(&database)?;
    let tips = runner::tips(&history, &applied);
    match environment.printer.format() {
        Format::Json => {
            let current: Vec<_> = tips
                .iter()
                .map(|tip| {
                    json!({
                        "id": tip.id,
                        "message": tip.message,
                        "head": history.heads().contains(&tip.id),
                        "known": history.get(tip.id).is_some(),
                        "tag": tip.tag,
                        "unfinished": tip.unfinished.as_ref().map(|note| note.script.to_string()),
                    })
                })
                .collect();
            environment.printer.document(&json!({
                "database": database.url.to_string(),
                "current": current,
                "applied": applied.len(),
            }));
        }
        Format::Text => {
            if tips.is_empty() {
                environment
                    .printer
                    .say(format_args!("No revision is applied in `{}`.", database.shown));
            }
            for tip in tips {
                let mark = match (history.get(tip.id), history.heads().contains(&tip.id)) {
                    (None, _) => squashed(&history, &applied, tip.id),
                    (Some(_), true) => lacking(&history, &applied, tip.id).unwrap_or(" (head)"),
                    (Some(_), false) => lacking(&history, &applied, tip.id).unwrap_or(""),
                };
                let half = match &tip.unfinished {
                    Some(note) => format!(" ({} stopped after {} steps)", note.script, note.done),
                    None => String::new(),
                };
                let tag = tip
                    .tag
                    .as_ref()
                    .map(|tag| format!(" ({tag})"))
                    .unwrap_or_default();
                environment
                    .printer
                    .data(format_args!("{}{mark}{half}{tag}, {}", tip.id, tip.message));
            }
        }
    }
    Ok(Outcome::Done)
}

/// Returns what became of a revision that the files do not have.
fn squashed(history: &History, applied: &[Applied], id: RevisionId) -> &'static str {
    let has = applied.iter().map(|applied| applied.id).collect();
    match history.replaced_by(id).map(|by| history.replaced(by, &has)) {
        Some(Replaced::All) => " (squashed; the next upgrade notes it)",
        Some(Replaced::Some { .. }) => {
            " (squashed with some that the database lacks; finish with the files from before)"
        }
        Some(Replaced::None) | None => " (not in the files)",
    }
}

/// Tells that a database lacks some of what was squashed below a revision that it has, if so.
fn lacking(history: &History, applied: &[Applied], id: RevisionId) -> Option<&'static str> {
    let has = applied.iter().map(|applied| applied.id).collect();
    match history.pending(&[id], &has) {
        Err(Stuck::PartlySquashed { .. }) => Some(
            " (on top of what was squashed, of which the database lacks some; `autogen upgrade` says how to go on)",
        ),
        Err(Stuck::Overruled { .. } | Stuck::DecidedAgainst { .. }) | Ok(_) => None,
    }
}

/// Returns what the database has. One that does not exist has nothing.
pub(super) fn applied_in(database: &Database) -> Result<Vec<Applied>, CommandError> {
    if database.path().is_some_and(|path| !path.exists()) {
        return Ok(Vec::new());
    }
    let mut connection = database.open(Missing::Refuse)?;
    Ok(runner::applied(&mut *connection, database.dialect)?)
}

/// Returns the revisions at which the configured database is.
///
/// # Errors
///
/// That there is no such database, or that it cannot be read.
pub(super) fn current(
    environment: &mut Environment<'_>,
    history: &History,
) -> Result<Vec<RevisionId>, CommandError> {
    let config = environment.config()?;
    let database = environment.database(&config)?;
    let applied = applied_in(&database)?;
    let tips = runner::tips(history, &applied);
    match tips.iter().find(|tip| !history.speaks_of(tip.id)) {
        Some(unknown) => Err(not_in_files(history, &applied, unknown)),
        None => Ok(tips.iter().map(|tip| tip.id).collect()),
    }
}

/// Returns the error for a database that is at a revision that the files do not have: nothing can be counted from there.
fn not_in_files(history: &History, applied: &[Applied], unknown: &Applied) -> CommandError {
    let known: Vec<Applied> = applied
        .iter()
        .filter(|one| history.get(one.id).is_some())
        .cloned()
        .collect();
    let common: Vec<String> = runner::tips(history, &known)
        .iter()
        .map(|tip| tip.id.to_string())
        .collect();
    let back = if common.is_empty() {
        "base".to_owned()
    } else {
        common.join(" ")
    };
    CommandError::new(format!(
        "the database is at revision `{}` ({}), which the files do not have",
        unknown.id, unknown.message
    ))
    .hint(format!(
        "check out the branch that has it, or take it back with `autogen downgrade {back}`"
    ))
}

/// Returns the revisions at which the database is, if the name of a revision or a range depends on it; the database is not
/// opened otherwise.
///
/// # Errors
///
/// As [`current`].
pub(crate) fn current_for(
    environment: &mut Environment<'_>,
    history: &History,
    name: &str,
) -> Result<Vec<RevisionId>, CommandError> {
    if counts_from_current(name) {
        current(environment, history)
    } else {
        Ok(Vec::new())
    }
}
