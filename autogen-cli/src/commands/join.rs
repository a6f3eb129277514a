//! Joining branches: whether they fit together, by their operations and by their scripts.

use schema_core::history::{BranchConflict, Direction, History, RevisionId};
use schema_core::runner;

use crate::config::Config;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::scratch::all_scripts;

/// Refuses heads that touch the same things, or whose scripts do not run one after the other.
///
/// # Errors
///
/// The operations and the revisions that they are in; or the script, and what it fails on.
pub(super) fn refuse_apart(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    heads: &[RevisionId],
) -> Result<(), CommandError> {
    if heads.len() < 2 {
        return Ok(());
    }
    refuse_conflicts(history, heads)?;
    prove_orders(environment, config, history, heads, &[])
}

/// Refuses heads that touch the same things.
///
/// # Errors
///
/// The operations and the revisions that they are in.
pub(super) fn refuse_conflicts(history: &History, heads: &[RevisionId]) -> Result<(), CommandError> {
    match &history.conflicts(heads)?[..] {
        [] => Ok(()),
        conflicts => Err(apart(history, heads, conflicts)),
    }
}

/// Returns the error for heads that touch the same things.
pub(super) fn apart(history: &History, heads: &[RevisionId], conflicts: &[BranchConflict]) -> CommandError {
    let named: Vec<String> = heads.iter().map(|id| super::named(history, *id)).collect();
    let error = CommandError::new(format!("cannot join the heads {}", named.join(" and ")));
    let error = conflicts
        .iter()
        .fold(error, |error, conflict| error.cause(conflict.to_string()));
    error
        .hint(decision_hint(heads))
        .hint("or take one of them back: remove its folder, and write it again with `autogen migrate`")
}

/// Returns how a decision is given.
pub(super) fn decision_hint(heads: &[RevisionId]) -> String {
    let choices: Vec<String> = heads
        .iter()
        .map(|head| format!("`autogen merge --prefer {head}`"))
        .collect();
    format!("decide whose change counts: {}", choices.join(", "))
}

/// Proves that the scripts of the branches run in every order in which a database may get them.
///
/// # Errors
///
/// The script that fails, after which others, and how to go on.
pub(super) fn prove_orders(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    heads: &[RevisionId],
    overruled: &[RevisionId],
) -> Result<(), CommandError> {
    let orders = history.orders(heads, overruled);
    for dialect in config.dialects()? {
        let scripts = all_scripts(history, dialect)?;
        for order in &orders.orders {
            let Some(mut scratch) = environment.scratch(config, dialect, &scripts)? else {
                break;
            };
            let proof = runner::prove_order(
                &mut scratch,
                dialect,
                history,
                &orders.common,
                order,
                &config.tables,
            );
            let Err(error) = proof else { continue };
            let Some(failed) = error.revision else {
                return Err(error.into());
            };
            // Of more than two, it is a pair that fails, as a rule: the hint has to name both of it, and no other.
            if heads.len() > 2 {
                for (one, other) in pairs(heads) {
                    prove_orders(environment, config, history, &[one, other], overruled)?;
                }
            }
            let (script, fault) = match error.direction {
                Some(Direction::Downgrade) => (
                    "downgrade script",
                    "does not take it back beside the other branch",
                ),
                Some(Direction::Upgrade) | None => ("script", "does not run after those of the other branch"),
            };
            let message = format!(
                "cannot join the heads: the {} {script} of {} {fault}",
                dialect.name(),
                super::named(history, failed)
            );
            let error = CommandError::because(message, &error);
            return Err(match way_on(history, heads, failed, overruled) {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
    }
    Ok(())
}

/// Returns how scripts of branches come to run one after the other: one branch is put on top of the other. A revision that is decided against touches
/// what one of the other branch does, so no branch can be moved with it, and none on top of it.
fn way_on(
    history: &History,
    heads: &[RevisionId],
    failed: RevisionId,
    overruled: &[RevisionId],
) -> Option<String> {
    let is_behind = |head: &RevisionId| history.ancestors(&[*head]).contains(&failed);
    let failed = *heads.iter().find(|head| is_behind(head))?;
    let other = *heads.iter().find(|head| **head != failed)?;
    let (failed, other) = (history.only(failed, other), history.only(other, failed));
    let is_lost = |id: &RevisionId| overruled.contains(id);
    let stands = |id: &RevisionId| !history.ancestors(&[*id]).iter().any(is_lost);
    let last = |branch: &[RevisionId]| branch.iter().rev().copied().find(stands);
    let whole = |branch: &[RevisionId]| branch.first().copied().filter(|_| !branch.iter().any(is_lost));
    let rebase = |first: RevisionId, onto: RevisionId| {
        format!("write its scripts for where it comes to stand, with `autogen rebase {first} --onto {onto}`")
    };
    let ways = [(whole(&failed), last(&other)), (whole(&other), last(&failed))];
    let way = ways
        .into_iter()
        .find_map(|(first, onto)| Some(rebase(first?, onto?)));
    way.or_else(|| {
        let lost = *failed.iter().chain(&other).find(|id| is_lost(id))?;
        let parent = history.get(lost)?.parents.first().map_or("base".to_owned(), ToString::to_string);
        let beginning = history.descendants(&[lost]);
        let folders: Vec<String> = beginning.iter().map(|id| format!("`{id}`")).collect();
        Some(format!(
            "put the folders of {} aside, since this decides against `{lost}`, and write what is still wanted of them with `autogen migrate`; a database that has them takes them back before, with `autogen downgrade {parent}`",
            folders.join(", ")
        ))
    })
}

fn pairs(heads: &[RevisionId]) -> impl Iterator<Item = (RevisionId, RevisionId)> {
    let later = |at: usize| heads[at + 1..].iter().copied();
    heads
        .iter()
        .enumerate()
        .flat_map(move |(at, one)| later(at).map(|other| (*one, other)))
}

/// Returns the message of a revision that only joins heads.
pub(super) fn message(history: &History, heads: &[RevisionId]) -> String {
    let names: Vec<String> = heads
        .iter()
        .map(|id| match history.get(*id) {
            Some(header) => header.message.clone(),
            None => id.to_string(),
        })
        .collect();
    format!("merge {}", names.join(" and "))
}
