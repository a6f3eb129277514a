//! The way up: what a database lacks of some revisions, parents first.

use std::collections::BTreeSet;

use super::{Applied, Event, Job, Options, RunError, apart, check, resume, run, stamp, version_table};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::history::{Direction, History, RevisionId};

/// Applies what the database lacks of the targets and all that they build on, and returns what was applied here, in that order; without targets,
/// nothing. [`History::heads`] are all that there is.
///
/// Before anything runs, every pending script is read and every applied one is compared with what ran. Where the database can, scripts that want
/// the same mode run in one transaction. A script that stopped half-way in an earlier run is finished first. What another process
/// applies meanwhile is skipped.
///
/// # Errors
///
/// [`RunError`]. What was committed before it stays; of a script that runs in a transaction, nothing else does.
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
/// use schema_core::runner::Event;
///
/// let mut running = Vec::new();
/// runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |event| {
///     if let Event::Running { message, .. } = event {
///         running.push(message.to_owned());
///     }
/// })?;
/// assert_eq!(running, ["create stores", "add items.description"]);
/// let again = runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// assert!(again.is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn upgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RevisionId>, RunError> {
    refuse_unknown_target(history, targets)?;
    adopt_squashed(connection, dialect, history, targets, options, on_event)?;
    let ahead = |rows: &[Applied]| ahead(dialect, history, targets, rows);
    run::run(connection, dialect, options, on_event, Direction::Upgrade, &ahead)
}

/// Returns what [`upgrade`] would run, in that order. It changes nothing.
///
/// # Errors
///
/// As [`upgrade`], as far as it can be known.
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
/// let jobs = runner::ahead_of_upgrade(&mut connection, sqlite, &history, history.heads())?;
/// assert_eq!(jobs[1].message, "add items.description");
/// assert!(jobs[1].text.contains(r#"ALTER TABLE "items" ADD COLUMN "description" TEXT"#));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ahead_of_upgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
) -> Result<Vec<Job>, RunError> {
    refuse_unknown_target(history, targets)?;
    let mut rows = version_table::look(connection, dialect)?;
    let mut jobs = resume::as_if_finished(dialect, history, &mut rows)?;
    jobs.extend(ahead(dialect, history, targets, &rows)?);
    Ok(jobs)
}

fn refuse_unknown_target(history: &History, targets: &[RevisionId]) -> Result<(), RunError> {
    match targets.iter().find(|id| history.get(**id).is_none()) {
        Some(unknown) => Err(RunError::UnknownTarget { revision: *unknown }),
        None => Ok(()),
    }
}

fn ahead(
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    rows: &[Applied],
) -> Result<Vec<Job>, RunError> {
    check::refuse_broken(history, dialect, rows)?;
    if let Some(job) = resume::unfinished(dialect, history, rows)? {
        return Ok(vec![job]);
    }
    let has = ids(rows);
    let pending = history.pending(targets, &has).map_err(RunError::Stuck)?;
    let jobs = pending
        .run
        .into_iter()
        .map(|id| Job::upgrade(history, dialect, id))
        .collect::<Result<Vec<Job>, RunError>>()?;
    apart::refuse_apart(history, dialect, &jobs, has)?;
    Ok(jobs)
}

/// Lets revisions take the place of those that they were squashed from, if the database has all of those.
fn adopt_squashed(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<(), RunError> {
    if history
        .revisions()
        .iter()
        .all(|header| header.replaces.is_empty())
    {
        return Ok(());
    }
    let rows = run::first_look(connection, dialect, options, on_event)?;
    if rows.iter().any(|row| row.unfinished.is_some()) {
        return Ok(());
    }
    check::refuse_broken(history, dialect, &rows)?;
    let pending = history.pending(targets, &ids(&rows)).map_err(RunError::Stuck)?;
    if !pending.adopt.is_empty() {
        let stamped = stamp::adopt(connection, dialect, history, &pending.adopt, options)?;
        on_event(Event::Adopted { stamped: &stamped });
    }
    Ok(())
}

fn ids(rows: &[Applied]) -> BTreeSet<RevisionId> {
    rows.iter().map(|row| row.id).collect()
}
