//! `autogen migrate --amend`: which revision may be written again, and what of it goes along.

use schema_core::history::{Direction, History, Revision, RevisionId, files};
use schema_core::rewrite::KeptScript;
use schema_core::script::carry_allows;

use super::message;
use super::write::AllScripts;
use crate::commands::unapplied::{refuse_applied, report_left};
use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::CommandError;

/// Returns the newest revision, if it may be written again.
///
/// # Errors
///
/// That there is none, that the configured database has it, or that its scripts were edited by hand.
pub(super) fn newest(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    followed: &[RevisionId],
) -> Result<Revision, CommandError> {
    let head = match followed {
        [] => None,
        [head] => history.get(*head),
        several => {
            return Err(
                CommandError::new(format!("cannot amend: history has {} heads", several.len()))
                    .hint("run `autogen migrate` without `--amend`, which joins them"),
            );
        }
    };
    let revision = head.ok_or_else(|| {
        CommandError::new("cannot amend: there is no revision yet")
            .hint("run `autogen migrate` without `--amend`")
    })?;
    if !revision.overrules.is_empty() || !revision.replaces.is_empty() {
        return Err(CommandError::new(format!(
            "cannot amend: revision `{}` holds a decision between branches, or was squashed",
            revision.id
        ))
        .hint("write what is new as a revision of its own, without `--amend`"));
    }
    refuse_applied(environment, config, "amend", history, &[revision.id])?;
    for dialect in history.script_dialects(revision.id)? {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            if history.is_edited(revision.id, &dialect, direction)? {
                let name = files::script_name(&dialect, direction);
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
    Ok(history.revision(revision.id)?)
}

/// Returns the message that a person gave the revision; one that was made of its operations says what they were.
pub(super) fn own_message(revision: &Revision) -> Option<String> {
    let made = message::describe(&revision.operations);
    Some(revision.message.clone()).filter(|message| *message != made)
}

/// Returns the scripts of a revision, for what they allow.
pub(super) fn allowing(history: &History, id: RevisionId) -> Result<Vec<(KeptScript, String)>, CommandError> {
    let mut scripts = Vec::new();
    for dialect in history.script_dialects(id)? {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            let Ok(text) = history.script(id, &dialect, direction) else {
                continue;
            };
            let script = KeptScript {
                revision: id,
                dialect: dialect.clone(),
                direction,
            };
            scripts.push((script, text));
        }
    }
    Ok(scripts)
}

/// Puts what scripts allowed into those that are written in their place, and says what of it is left out.
pub(super) fn carry(
    environment: &mut Environment<'_>,
    allowing: &[(KeptScript, String)],
    scripts: &mut AllScripts,
) -> Result<(), CommandError> {
    for (script, old) in allowing {
        let Some(texts) = scripts.get_mut(&script.dialect) else {
            continue;
        };
        let new = match script.direction {
            Direction::Upgrade => &mut texts.upgrade,
            Direction::Downgrade => &mut texts.downgrade,
        };
        let lexicon = find_dialect(&script.dialect)?.lexicon();
        let (text, left) = carry_allows(old, new, lexicon).map_err(|error| {
            let name = files::script_name(&script.dialect, script.direction);
            CommandError::because(format!("cannot read `{name}` of `{}`", script.revision), &error)
                .hints(error.hint())
        })?;
        *new = text;
        for allow in &left {
            report_left(environment, script, allow);
        }
    }
    Ok(())
}
