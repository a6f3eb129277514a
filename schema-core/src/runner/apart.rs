//! Branches that nobody has joined, side by side in one database: where that cannot go well, nothing is run.
//!
//! Whoever joins branches proves that they fit together, in whichever order a database gets them. Without that, two things may be wrong: both touch
//! the same thing, so that the outcome depends on which came last; or a script writes a whole table anew, as its own branch knows it.

use std::collections::BTreeSet;
use std::fmt;

use super::{Job, RunError};
use crate::dialect::Dialect;
use crate::history::{BranchConflict, Direction, History, Replaced, RevisionId};
use crate::operation::changed_tables;

/// A revision that cannot run beside one of another branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Which of its scripts.
    pub direction: Direction,
    /// The revision.
    pub revision: RevisionId,
    /// The one of the other branch.
    pub beside: RevisionId,
    /// Why not.
    pub cause: ApartCause,
}

/// Why two branches that are not joined cannot be in one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApartCause {
    /// Both touch the same thing.
    Conflict(Box<BranchConflict>),
    /// The script writes a table anew that the other branch has changed.
    Replaces {
        /// The table.
        table: String,
    },
}

impl Apart {
    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> String {
        let (revision, beside) = (self.revision, self.beside);
        match self.direction {
            Direction::Upgrade => format!(
                "join the branches with `autogen merge`, which proves that they fit or says how they come to; or put one on top of the other with `autogen rebase {revision} --onto {beside}`"
            ),
            Direction::Downgrade => format!("take back `{beside}` as well, or write it anew first"),
        }
    }
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (revision, beside) = (self.revision, self.beside);
        let doing = match self.direction {
            Direction::Upgrade => "upgrade to",
            Direction::Downgrade => "take back",
        };
        write!(
            f,
            "cannot {doing} `{revision}` beside `{beside}`, which is on a branch that was not joined with its own: "
        )?;
        match &self.cause {
            ApartCause::Conflict(conflict) => conflict.fmt(f),
            ApartCause::Replaces { table } => write!(
                f,
                "its script writes table `{table}` anew as its branch knows it, and `{beside}` has changed that table"
            ),
        }
    }
}

impl std::error::Error for Apart {}

/// Refuses scripts that cannot run on a database that has those revisions; what is taken back in the same run does not count.
pub(super) fn refuse_apart(
    history: &History,
    dialect: &dyn Dialect,
    jobs: &[Job],
    has: BTreeSet<RevisionId>,
) -> Result<(), RunError> {
    let joined: Vec<BTreeSet<RevisionId>> = history
        .heads()
        .iter()
        .map(|head| history.applied_at(&[*head]).into_iter().collect())
        .collect();
    let mut there = has;
    let gone = jobs.iter().filter(|job| job.direction == Direction::Downgrade);
    gone.for_each(|job| {
        there.remove(&job.revision);
    });
    add_squashed(history, &mut there);
    let run: Vec<RevisionId> = jobs.iter().map(|job| job.revision).collect();
    let concerned = || run.iter().chain(&there);
    let is_whole = |joined: &BTreeSet<RevisionId>| concerned().all(|id| joined.contains(id));
    let is_overtaken = history.descendants(&run).iter().any(|id| there.contains(id));
    if !is_overtaken && joined.iter().any(is_whole) {
        return Ok(());
    }
    // Where the files do not have a revision, nobody knows what it builds on.
    for job in jobs.iter().filter(|job| history.get(job.revision).is_some()) {
        let below: BTreeSet<RevisionId> = history.ancestors(&[job.revision]).into_iter().collect();
        // What was put on top of it when the database had it already.
        let above: BTreeSet<RevisionId> = history.descendants(&[job.revision]).into_iter().collect();
        let is_joined = |id: &RevisionId| {
            joined
                .iter()
                .any(|joined| joined.contains(id) && joined.contains(&job.revision))
        };
        let beside: Vec<RevisionId> = history
            .revisions()
            .iter()
            .map(|header| header.id)
            .filter(|id| there.contains(id) && !below.contains(id) && (above.contains(id) || !is_joined(id)))
            .collect();
        if let Some(apart) = apart(history, dialect, job, &beside)? {
            // Joined they are, then, but for this one.
            let decided = history.overruled_anywhere(apart.beside, &there);
            let decided = decided.filter(|_| job.direction == Direction::Upgrade);
            let overtaken = || {
                let table = match &apart.cause {
                    ApartCause::Conflict(_) => None,
                    ApartCause::Replaces { table } => Some(table.clone()),
                };
                history.overtaken(job.revision, apart.beside, table, &there)
            };
            return Err(match decided {
                Some(stuck) => RunError::Stuck(stuck),
                None if above.contains(&apart.beside) => RunError::Stuck(overtaken()),
                None => RunError::Apart(Box::new(apart)),
            });
        }
        if job.direction == Direction::Upgrade {
            there.insert(job.revision);
        }
    }
    Ok(())
}

/// Adds the revisions of whose squashed ones a database has all or some: those stand in no graph any more, and what they did is there.
fn add_squashed(history: &History, there: &mut BTreeSet<RevisionId>) {
    let squashes = history
        .revisions()
        .iter()
        .filter(|header| !header.replaces.is_empty());
    let found: Vec<RevisionId> = squashes
        .map(|header| header.id)
        .filter(|id| history.replaced(*id, there) != Replaced::None)
        .collect();
    there.extend(found);
}

/// Refuses revisions of different branches that touch the same things.
pub(super) fn refuse_conflicts(history: &History, heads: &[RevisionId]) -> Result<(), RunError> {
    match history.conflicts(heads)?.into_iter().next() {
        None => Ok(()),
        Some(conflict) => Err(RunError::Apart(Box::new(Apart {
            direction: Direction::Upgrade,
            revision: conflict.left.revision,
            beside: conflict.right.revision,
            cause: ApartCause::Conflict(Box::new(conflict)),
        }))),
    }
}

/// Returns why a script cannot run beside those revisions of other branches.
fn apart(
    history: &History,
    dialect: &dyn Dialect,
    job: &Job,
    beside: &[RevisionId],
) -> Result<Option<Apart>, RunError> {
    let of = |beside, cause| Apart {
        direction: job.direction,
        revision: job.revision,
        beside,
        cause,
    };
    if job.direction == Direction::Upgrade {
        let conflicts = history.conflicts_with(job.revision, beside)?;
        if let Some(conflict) = conflicts.into_iter().next() {
            let other = conflict.right.revision;
            return Ok(Some(of(other, ApartCause::Conflict(Box::new(conflict)))));
        }
    }
    let replaced = job.written_anew(dialect);
    if replaced.is_empty() {
        return Ok(None);
    }
    for id in beside {
        let operations = history.operations(*id)?;
        let mut changed = operations.iter().flat_map(changed_tables);
        if let Some(table) = changed.find(|table| replaced.contains(&table.name.to_lowercase())) {
            return Ok(Some(of(
                *id,
                ApartCause::Replaces {
                    table: table.to_string(),
                },
            )));
        }
    }
    Ok(None)
}
