//! What a database claims, set without running anything.

use std::collections::BTreeSet;
use std::time::Duration;

use super::version_table::{self, Place};
use super::{Applied, Options, RunError, apart, check, job, time};
use crate::db::Connection;
use crate::dialect::{Dialect, Mode};
use crate::history::{Direction, Header, History, RevisionId, Squashed};
use crate::script;

/// What becomes of revisions that the files do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are a reason to refuse.
    Refuse,
    /// They are forgotten, and with them their way back.
    Forget,
}

/// What a stamp changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamped {
    /// The revisions that the database claims from now on, parents first.
    pub added: Vec<RevisionId>,
    /// The revisions that it claims no more.
    pub removed: Vec<RevisionId>,
}

/// Makes the database claim that it is at the targets, without any at the base, and runs nothing; `unknown` says what becomes of what it has and the
/// files do not.
///
/// # Errors
///
/// [`RunError`] if a target is unknown, if the database has revisions that the files do not have and they are not to be
/// forgotten, or if the version table cannot be written. The table is as it was then.
///
/// # Example
///
/// A database that was made by other means, and is as the first revision makes it:
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
/// use schema_core::runner::Unknown;
///
/// let first = history.revisions()[0].id;
/// let stamped = runner::stamp(&mut connection, sqlite, &history, &[first], Unknown::Refuse, &options)?;
/// assert_eq!(stamped.added, [first]);
/// let jobs = runner::ahead_of_upgrade(&mut connection, sqlite, &history, history.heads())?;
/// assert_eq!(jobs.len(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stamp(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    unknown: Unknown,
    options: &Options,
) -> Result<Stamped, RunError> {
    if let Some(unknown) = targets.iter().find(|id| history.get(**id).is_none()) {
        return Err(RunError::UnknownTarget { revision: *unknown });
    }
    apart::refuse_conflicts(history, targets)?;
    let wanted = history.applied_at(targets);
    rewrite(connection, dialect, options, |rows| {
        if unknown == Unknown::Refuse {
            check::refuse_unknown(history, rows)?;
        }
        // Half a revision is none: it is written anew if it is wanted. So is one that ran on top of something else, with the way back from there.
        let mut has = BTreeSet::new();
        for row in rows.iter().filter(|row| row.unfinished.is_none()) {
            let moved = !job::has_what_ran(history, dialect, row)
                && check::moved(history, dialect, row, rows)?.is_some();
            has.extend((!moved).then_some(row.id));
        }
        let added = wanted.iter().filter(|id| !has.contains(id)).copied();
        let removed = rows
            .iter()
            .map(|row| row.id)
            .filter(|id| !has.contains(id) || !wanted.contains(id));
        let (added, removed) = (added.collect(), removed.collect());
        Ok((Stamped { added, removed }, history))
    })
}

/// Puts revisions in the place of those that they were squashed from, all of which the database has.
pub(super) fn adopt(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    revisions: &[RevisionId],
    options: &Options,
) -> Result<Stamped, RunError> {
    rewrite(connection, dialect, options, |rows| {
        let mut has: BTreeSet<RevisionId> = rows.iter().map(|row| row.id).collect();
        let mut stamped = Stamped::default();
        // Another process may have been faster.
        let pending = history.pending(revisions, &has).map_err(RunError::Stuck)?;
        for id in revisions.iter().filter(|id| pending.adopt.contains(id)) {
            let replaces = history.get(*id).into_iter().flat_map(|header| &header.replaces);
            let replaced = replaces.flat_map(Squashed::ids);
            stamped
                .removed
                .extend(replaced.filter(|replaced| has.remove(replaced)));
            stamped.added.push(*id);
        }
        Ok((stamped, history))
    })
}

/// Changes the version table in one transaction, to what `decide` makes of its rows.
fn rewrite<'a>(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    options: &Options,
    decide: impl FnOnce(&[Applied]) -> Result<(Stamped, &'a History), RunError>,
) -> Result<Stamped, RunError> {
    let session = dialect.session();
    let (mode, limits) = (Mode::default(), options.limits());
    let locked = |error| RunError::database("lock the database", error);
    session.lock(connection, &limits, &mut |_| {}).map_err(locked)?;
    let place = Place::find(connection, dialect).inspect_err(|_| session.unlock(connection))?;
    place.widen(connection);
    let entered = session
        .enter(connection, &mode, &limits)
        .and_then(|()| session.begin(connection, &mode, &limits));
    let outcome = entered.map_err(locked).and_then(|()| {
        let (stamped, history) = decide(&version_table::read(connection, dialect, limits.lock)?)?;
        write(connection, &place, history, &stamped, options)?;
        session
            .commit(connection)
            .map_err(|error| RunError::database("commit the version table", error))?;
        Ok(stamped)
    });
    if outcome.is_err() {
        session.rollback(connection);
    }
    session.leave(connection, &mode);
    session.unlock(connection);
    outcome
}

fn write(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    history: &History,
    stamped: &Stamped,
    options: &Options,
) -> Result<(), RunError> {
    let dialect = place.dialect();
    version_table::create_if_missing(connection, place)?;
    for id in &stamped.removed {
        version_table::delete(connection, place, *id)?;
    }
    for id in &stamped.added {
        let header = history
            .get(*id)
            .ok_or(RunError::UnknownTarget { revision: *id })?;
        let now = time::rfc3339((options.clock)());
        let row = row(history, dialect, header, &now, &options.tool_version)?;
        version_table::insert(connection, place, &row)?;
    }
    Ok(())
}

/// Returns the row of a revision of which nothing was run.
pub(super) fn row(
    history: &History,
    dialect: &dyn Dialect,
    header: &Header,
    applied_at: &str,
    tool_version: &str,
) -> Result<Applied, RunError> {
    let id = header.id;
    let upgrade = history.script(id, dialect.name(), Direction::Upgrade)?;
    Ok(Applied {
        id,
        parents: header.parents.clone(),
        message: header.message.clone(),
        checksum: script::checksum(&upgrade),
        downgrade: history.script(id, dialect.name(), Direction::Downgrade).ok(),
        applied_at: applied_at.to_owned(),
        duration: Duration::ZERO,
        statements_done: 0,
        tool_version: tool_version.to_owned(),
        tag: None,
        unfinished: None,
    })
}
