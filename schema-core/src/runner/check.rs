//! How a database and the files stand to each other. It changes nothing.

mod drift;
mod finding;

pub use drift::Uncompared;
pub use finding::Finding;

use super::{Applied, RunError, Tables, version_table};
use crate::db::Connection;
use crate::dialect::{Dialect, Unmanaged};
use crate::history::{Cause, Direction, History, RevisionId};
use crate::script;

/// How a database and the files stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// All that differs.
    pub findings: Vec<Finding>,
    /// What of the tables could not be compared, if there is such a thing. It is no finding.
    pub uncompared: Option<Uncompared>,
    /// What no model can say and changes what the tables do, each with its [effect](Unmanaged::effect). It is no finding: no revision says whether it
    /// is meant, and none undoes it.
    pub unmanaged: Vec<Unmanaged>,
}

/// Compares a database with the files, and its tables with what its revisions made of them.
///
/// `tables` says which of them count; by [`Claim::IfMade`](super::Claim::IfMade), those that no applied revision ever created are other people's. As long as the
/// database has revisions that the files do not have, or half of one, its tables cannot be judged. A session that may only read will do:
/// what cannot be compared without trying it out on the database is [told](Checked::uncompared).
///
/// # Errors
///
/// [`RunError`] if the database or the files cannot be read.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use std::time::Duration;
/// # use schema_core::{Migrations, db::sqlite::SqliteConnection, dialect, history::History, runner};
/// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
/// # let history = History::embedded(&MIGRATIONS)?;
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let options = runner::Options::new("1.0.0", || Duration::ZERO, Duration::from_secs(10));
/// # let mut connection = SqliteConnection::in_memory()?;
/// use schema_core::runner::Tables;
///
/// let checked = runner::check(&mut connection, sqlite, &history, &Tables::default())?;
/// assert_eq!(checked.findings[0].code(), "pending");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    tables: &Tables,
) -> Result<Checked, RunError> {
    let rows = version_table::look(connection, dialect)?;
    let mut findings = integrity(history, dialect, &rows)?;
    findings.extend(rows.iter().filter_map(unfinished));
    let mut uncompared = None;
    let mut unmanaged = Vec::new();
    let has = history.settled(&rows.iter().map(|row| row.id).collect());
    let whole = rows.iter().all(|row| row.unfinished.is_none());
    if whole && has.iter().all(|id| history.get(*id).is_some()) {
        let applied: Vec<RevisionId> = history
            .revisions()
            .iter()
            .map(|header| header.id)
            .filter(|id| has.contains(id))
            .collect();
        let drift = drift::drift(connection, dialect, (history, &applied), tables)?;
        findings.extend(drift.operations.into_iter().map(|operation| Finding::Drift {
            operation: Box::new(operation),
        }));
        findings.extend(drift.unenforced.into_iter().map(Finding::Unenforced));
        uncompared = drift.uncompared;
        unmanaged = drift.unmanaged;
    }
    match history.pending(history.heads(), &has) {
        Ok(pending) => findings.extend(pending.run.into_iter().filter_map(|id| {
            history.get(id).map(|header| Finding::Pending {
                revision: header.id,
                message: header.message.clone(),
                heads: history.heads().len(),
            })
        })),
        Err(stuck) => findings.push(Finding::Stuck(stuck)),
    }
    Ok(Checked {
        findings,
        uncompared,
        unmanaged,
    })
}

/// Refuses to go on if an applied revision's script was edited or is missing, or its revision is unknown.
pub(super) fn refuse_broken(
    history: &History,
    dialect: &dyn Dialect,
    rows: &[Applied],
) -> Result<(), RunError> {
    refuse(integrity(history, dialect, rows)?)
}

/// Refuses to go on if the database has revisions that the files do not have.
pub(super) fn refuse_unknown(history: &History, rows: &[Applied]) -> Result<(), RunError> {
    refuse(unknown(history, rows))
}

fn refuse(findings: Vec<Finding>) -> Result<(), RunError> {
    if findings.is_empty() {
        Ok(())
    } else {
        Err(RunError::Integrity { findings })
    }
}

/// Returns the revisions that the files do not have.
fn unknown(history: &History, rows: &[Applied]) -> Vec<Finding> {
    // What was squashed is in the files under another name, which the next upgrade gives it.
    let unknown: Vec<&Applied> = rows.iter().filter(|row| !history.speaks_of(row.id)).collect();
    let ids: Vec<RevisionId> = unknown.iter().map(|row| row.id).collect();
    let back_to = super::back_to(history, rows, &ids);
    let finding = |row: &Applied| Finding::UnknownRevision {
        revision: row.id,
        message: row.message.clone(),
        back_to: back_to.clone(),
        halfway: (row.unfinished.as_ref()).is_some_and(|note| note.script == Direction::Upgrade),
    };
    unknown.into_iter().map(finding).collect()
}

fn unfinished(row: &Applied) -> Option<Finding> {
    let note = row.unfinished.as_ref()?;
    Some(Finding::Unfinished {
        direction: note.script,
        revision: row.id,
        message: row.message.clone(),
        done: note.done,
    })
}

/// Returns what an applied revision builds on in the files, if it was put there since and the database does not have that, or if its script
/// was written anew since by other hands than a person's.
pub(super) fn moved<'a>(
    history: &'a History,
    dialect: &dyn Dialect,
    row: &Applied,
    rows: &[Applied],
) -> Result<Option<&'a [RevisionId]>, RunError> {
    let Some(known) = history.get(row.id) else {
        return Ok(None);
    };
    let has = history.settled(&rows.iter().map(|row| row.id).collect());
    let there = known.parents.iter().all(|parent| has.contains(parent));
    let is_moved = !there && row.parents != known.parents
        || !history.is_edited(row.id, dialect.name(), Direction::Upgrade)?;
    Ok(is_moved.then_some(&known.parents))
}

/// Returns the one revision that has all that a database has, if it is known and the database has it.
fn at(history: &History, rows: &[Applied]) -> Option<RevisionId> {
    let mut tips = super::tips(history, rows).into_iter().map(|tip| tip.id);
    tips.find(|tip| {
        let there = history.applied_at(&[*tip]);
        let is_in = |id: RevisionId| there.contains(&history.replaced_by(id).unwrap_or(id));
        rows.iter().all(|row| is_in(row.id))
    })
}

/// Returns the finding for an applied revision whose script was written anew.
fn written_anew(history: &History, revision: RevisionId, onto: &[RevisionId], rows: &[Applied]) -> Finding {
    let left = super::left(history, rows, &[revision]);
    let ids = |rows: &[Applied]| rows.iter().map(|row| row.id).collect();
    let (at, has) = (at(history, rows), history.settled(&ids(rows)));
    Finding::Moved {
        revision,
        onto: onto.to_vec(),
        back_to: super::tips(history, &left).iter().map(|tip| tip.id).collect(),
        then: history.pending(history.heads(), &ids(&left)).err().map(Box::new),
        at,
        whole: at.is_some_and(|at| history.applied_at(&[at]).iter().all(|id| has.contains(id))),
    }
}

fn integrity(history: &History, dialect: &dyn Dialect, rows: &[Applied]) -> Result<Vec<Finding>, RunError> {
    let mut findings = unknown(history, rows);
    for row in rows.iter().filter(|row| history.speaks_of(row.id)) {
        // Whether a script that is under way is still the same, is another question.
        if row
            .unfinished
            .as_ref()
            .is_some_and(|note| note.script == Direction::Upgrade)
        {
            continue;
        }
        let revision = row.id;
        if history.replaced_by(revision).is_some() {
            continue;
        }
        let path = || {
            let path = history.script_path(revision, dialect.name(), Direction::Upgrade);
            path.unwrap_or_default()
        };
        match history.script(revision, dialect.name(), Direction::Upgrade) {
            Ok(text) if script::checksum(&text) == row.checksum => {}
            Ok(_) => findings.push(match moved(history, dialect, row, rows)? {
                Some(onto) => written_anew(history, revision, onto, rows),
                None => Finding::EditedScript {
                    revision,
                    path: path(),
                },
            }),
            Err(error) if matches!(error.cause, Cause::NoScript { .. }) => {
                findings.push(Finding::MissingScript {
                    revision,
                    path: path(),
                });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(findings)
}
