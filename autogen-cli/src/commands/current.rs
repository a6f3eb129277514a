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
        Err(Stuck::Overruled { .. } | Stuck::Overtaken { .. } | Stuck::DecidedAgainst { .. }) | Ok(_) => None,
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
    let places = places(history, &applied);
    match places.iter().find(|place| history.get(**place).is_none()) {
        Some(lost) => Err(nowhere(history, &applied, *lost)),
        None => Ok(places),
    }
}

/// Returns the revisions at which a database is. All that one was squashed from is that one, whether the database has noted it or not.
pub(super) fn places(history: &History, applied: &[Applied]) -> Vec<RevisionId> {
    let settled = history.settled(&applied.iter().map(|one| one.id).collect());
    let tips: Vec<RevisionId> = runner::tips(history, applied).iter().map(|tip| tip.id).collect();
    let below = history.ancestors(&tips);
    let mut places = Vec::with_capacity(tips.len());
    for tip in tips {
        match history.replaced_by(tip).filter(|by| settled.contains(by)) {
            None => places.push(tip),
            Some(by) if below.contains(&by) || places.contains(&by) => {}
            Some(by) => places.push(by),
        }
    }
    places
}

/// Returns the error for a database at a revision that the files do not have as it is there: nothing can be counted from it.
fn nowhere(history: &History, applied: &[Applied], lost: RevisionId) -> CommandError {
    let message = applied
        .iter()
        .find(|one| one.id == lost)
        .map(|one| &one.message[..]);
    let at = format!(
        "the database is at revision `{lost}` ({})",
        message.unwrap_or_default()
    );
    if let Some(by) = history.replaced_by(lost) {
        return CommandError::new(format!(
            "{at}, which was squashed into `{by}` with some that it lacks"
        ))
        .hint("name revisions by their ids; `autogen upgrade` says how to go on with the database");
    }
    let ids = applied.iter().map(|one| one.id);
    let unknown: Vec<RevisionId> = ids.filter(|id| !history.speaks_of(*id)).collect();
    let back: Vec<String> = runner::back_to(history, applied, &unknown)
        .iter()
        .map(ToString::to_string)
        .collect();
    let back = if back.is_empty() {
        "base".to_owned()
    } else {
        back.join(" ")
    };
    CommandError::new(format!("{at}, which the files do not have")).hint(format!(
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
