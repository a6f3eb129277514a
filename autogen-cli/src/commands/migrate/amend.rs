//! `autogen migrate --amend`: which revision may be written again.

use schema_core::history::{Direction, History, Revision, RevisionId};

use super::message;
use crate::commands::unapplied::refuse_applied;
use crate::config::Config;
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
    refuse_applied(environment, config, "amend", &[revision.id])?;
    for dialect in history.script_dialects(revision.id)? {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            if history.is_of_a_person(revision.id, &dialect, direction)? {
                let name = schema_core::history::files::script_name(&dialect, direction);
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
