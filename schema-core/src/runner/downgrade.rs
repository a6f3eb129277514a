//! The way back: revisions taken out of a database, children first.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::{Applied, Event, Job, Options, RunError, apart, resume, run, version_table};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::history::{Direction, History, Replaced, RevisionId, Squashed};

/// Takes back all that the database has beyond the targets and what they build on, and returns what was taken back
/// here, in that order; without targets, everything.
///
/// The script is the file's; where the files do not have the revision, it is the one that the database kept.
/// Everything is read and checked before anything runs. Where the database can, one revision is one transaction. A script that stopped
/// half-way in an earlier run is finished first.
///
/// # Errors
///
/// [`RunError`]. The revisions taken back before it stay so; of the one that failed, everything is as it was if it runs in a transaction.
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
/// let ran = runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// let everything = runner::downgrade(&mut connection, sqlite, &history, &[], &options, &mut |_| {})?;
/// assert_eq!(everything, [ran[1], ran[0]]);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn downgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RevisionId>, RunError> {
    let asked_for = OnceCell::new();
    let ahead = |rows: &[Applied]| {
        if let Some(job) = resume::unfinished(dialect, history, rows)? {
            return Ok(vec![job]);
        }
        let jobs = ahead(dialect, history, targets, rows)?;
        let asked_for = asked_for.get_or_init(|| jobs.iter().map(|job| job.revision).collect());
        refuse_others(asked_for, &jobs)?;
        Ok(jobs)
    };
    run::run(
        connection,
        dialect,
        options,
        on_event,
        Direction::Downgrade,
        &ahead,
    )
}

/// Refuses to take back what was applied only after this was asked for: nobody has agreed to lose that.
fn refuse_others(asked_for: &BTreeSet<RevisionId>, jobs: &[Job]) -> Result<(), RunError> {
    let others = jobs.iter().filter(|job| !asked_for.contains(&job.revision));
    let by: Vec<RevisionId> = others.clone().map(|job| job.revision).collect();
    let under = others
        .flat_map(|job| &job.parents)
        .find(|id| asked_for.contains(id));
    match (under, by.first()) {
        (_, None) => Ok(()),
        (under, Some(first)) => Err(RunError::DependedOn {
            revision: *under.unwrap_or(first),
            by,
        }),
    }
}

/// Returns what [`downgrade`] would run, in that order. It changes nothing.
///
/// # Errors
///
/// As [`downgrade`], as far as it can be known.
///
/// # Example
///
/// What would be lost can be shown before anyone agrees to it:
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
/// let ran = runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// let jobs = runner::ahead_of_downgrade(&mut connection, sqlite, &history, &ran[..1])?;
/// assert!(jobs[0].text.contains(r#"DROP COLUMN "description""#));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ahead_of_downgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
) -> Result<Vec<Job>, RunError> {
    let mut rows = version_table::look(connection, dialect)?;
    let mut jobs = resume::as_if_finished(dialect, history, &mut rows)?;
    jobs.extend(ahead(dialect, history, targets, &rows)?);
    Ok(jobs)
}

fn ahead(
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    rows: &[Applied],
) -> Result<Vec<Job>, RunError> {
    let parents: BTreeMap<RevisionId, Vec<RevisionId>> = rows
        .iter()
        .map(|row| (row.id, parents_of(history, row, rows).to_vec()))
        .collect();
    let has: BTreeSet<RevisionId> = parents.keys().copied().collect();
    let targets = targets
        .iter()
        .map(|id| in_database(history, &has, *id).ok_or(RunError::NotApplied { revision: *id }))
        .collect::<Result<Vec<_>, RunError>>()?
        .concat();
    let kept = ancestors(&parents, &targets);
    let by_id: BTreeMap<RevisionId, &Applied> = rows.iter().map(|row| (row.id, row)).collect();
    let jobs = children_first(&parents)
        .into_iter()
        .filter(|id| !kept.contains(id))
        .map(|id| Job::downgrade(history, dialect, by_id[&id], &parents[&id], rows))
        .collect::<Result<Vec<Job>, RunError>>()?;
    apart::refuse_apart(history, dialect, &jobs, parents.into_keys().collect())?;
    Ok(jobs)
}

/// Returns as what a database has a revision, if it does: as itself, or as all that it was squashed from.
fn in_database(history: &History, has: &BTreeSet<RevisionId>, id: RevisionId) -> Option<Vec<RevisionId>> {
    if has.contains(&id) {
        return Some(vec![id]);
    }
    let replaces = &history.get(id)?.replaces;
    (history.replaced(id, has) == Replaced::All).then(|| {
        let squashed = replaces.iter().flat_map(Squashed::ids);
        squashed.filter(|id| has.contains(id)).collect()
    })
}

/// Returns the parents of an applied revision: as the files say, or the database where they do not have it, or have put it on top of another since.
pub(super) fn parents_of<'a>(history: &'a History, row: &'a Applied, rows: &[Applied]) -> &'a [RevisionId] {
    let is_applied = |id: &RevisionId| rows.iter().any(|row| row.id == *id);
    match history.get(row.id) {
        Some(known) if known.parents.iter().all(is_applied) => &known.parents,
        Some(_) | None => &row.parents,
    }
}

fn ancestors(parents: &BTreeMap<RevisionId, Vec<RevisionId>>, of: &[RevisionId]) -> BTreeSet<RevisionId> {
    let mut found = BTreeSet::new();
    let mut open = of.to_vec();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(parents.get(&id).into_iter().flatten());
        }
    }
    found
}

/// Returns the applied revisions, each before what it builds on; of two that could come next, the higher id.
fn children_first(parents: &BTreeMap<RevisionId, Vec<RevisionId>>) -> Vec<RevisionId> {
    let mut children: BTreeMap<RevisionId, usize> = parents.keys().map(|id| (*id, 0)).collect();
    for parent in parents.values().flatten() {
        if let Some(count) = children.get_mut(parent) {
            *count += 1;
        }
    }
    let mut ready: BTreeSet<RevisionId> = children
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(id) = ready.pop_last() {
        order.push(id);
        for parent in &parents[&id] {
            if let Some(count) = children.get_mut(parent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(*parent);
                }
            }
        }
    }
    order
}
