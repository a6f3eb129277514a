//! The runner: brings a database to a revision and back, and tells how the two stand.
//!
//! The state of a database is the set of revisions in its version table. A revision's script and its row commit together, in
//! one transaction that holds the database's lock from before the table is read; so a revision is applied once however many
//! processes start at once, and a killed one leaves nothing half done. The runner has no clock and prints nothing: what
//! it does it tells as [`Event`]s.

mod check;
mod downgrade;
mod error;
mod execute;
mod prove;
mod rehearse;
mod stamp;
mod time;
mod verify;
mod version_table;

pub use check::{Claim, Finding, check};
pub use downgrade::downgrade;
pub use error::{Failure, FailureCause, RunError, WayBack};
pub use prove::{ProofCause, ProofError, create, prove, run_script};
pub use rehearse::{load, rehearse};
pub use stamp::{Stamped, Unknown, stamp};
pub use verify::verify;
pub use version_table::Applied;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::db::Connection;
use crate::dialect::{Dialect, Limits, Mode};
use crate::history::{Direction, History, Pending, RevisionId};
use crate::plan::Plan;
use crate::script;

/// What a run needs to be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for the database's lock.
    pub lock_timeout: Duration,
    /// What the version table notes as the version of the tool.
    pub tool_version: String,
    /// Returns the time since 1970.
    pub clock: fn() -> Duration,
}

impl Options {
    fn limits(&self) -> Limits {
        Limits {
            lock: self.lock_timeout,
            statement: None,
        }
    }
}

/// What happens during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// There is something to run.
    Context {
        /// The dialect's name.
        dialect: &'static str,
        /// Whether a script and its version row commit together.
        transactional: bool,
    },
    /// Revisions took the place of those that they were squashed from, all of which the database had.
    Adopted {
        /// Which.
        stamped: &'a Stamped,
    },
    /// Another session holds the lock; it is waited for.
    Waiting {
        /// For how long at most.
        timeout: Duration,
    },
    /// A revision's script begins.
    Running {
        /// Which of its scripts.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// What it is for, in words.
        message: &'a str,
        /// What the database is at, as far as this revision goes: its parents on the way up, itself on the way down.
        from: &'a [RevisionId],
        /// What the database comes to.
        to: &'a [RevisionId],
    },
    /// The script and its row are committed.
    Finished {
        /// Which of its scripts.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// How long it took.
        duration: Duration,
    },
}

/// Returns the revisions that a database has, by id; none if it has no version table, which is not made.
///
/// # Errors
///
/// [`RunError`] if the table cannot be read.
pub fn applied(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<Vec<Applied>, RunError> {
    version_table::read(connection, dialect)
}

/// Applies what the database lacks of the targets and all that they build on, and returns what was applied here.
///
/// Before anything runs, every pending script is read and every applied one is compared with what ran. One revision
/// is one transaction; what another process applies meanwhile is skipped.
///
/// # Errors
///
/// [`RunError`]. The revisions applied before it stay; of the one that failed, nothing does.
pub fn upgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RevisionId>, RunError> {
    if let Some(unknown) = targets.iter().find(|id| history.get(**id).is_none()) {
        return Err(RunError::UnknownTarget { revision: *unknown });
    }
    let before = version_table::read(connection, dialect)?;
    check::refuse_broken(history, dialect, &before)?;
    let has: BTreeSet<RevisionId> = before.iter().map(|row| row.id).collect();
    let Pending { run: pending, adopt } = history.pending(targets, &has).map_err(RunError::Stuck)?;
    if !adopt.is_empty() {
        let stamped = stamp::adopt(connection, dialect, history, &adopt, options)?;
        on_event(Event::Adopted { stamped: &stamped });
    }
    let steps = pending
        .iter()
        .map(|id| Upgrade::read(history, dialect, *id))
        .collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    on_event(Event::Context {
        dialect: dialect.name(),
        transactional: dialect.session().transactional(),
    });
    wait_for_lock(connection, dialect, options, on_event)?;
    let mut done = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let run = Run {
            connection: &mut *connection,
            dialect,
            options,
            on_event: &mut *on_event,
        };
        let applied = step
            .apply(run, history, before.len() + done.len())
            .map_err(|error| error.in_run(&done, &pending[at..]))?;
        if applied {
            done.push(step.id);
        }
    }
    Ok(done)
}

/// What every step of a run works with.
struct Run<'a> {
    connection: &'a mut dyn Connection,
    dialect: &'a dyn Dialect,
    options: &'a Options,
    on_event: &'a mut dyn FnMut(Event<'_>),
}

impl Run<'_> {
    /// Runs `work` in the transaction of one script and commits it if that says so; otherwise nothing is changed.
    fn transaction(
        &mut self,
        mode: &Mode,
        revision: RevisionId,
        work: impl FnOnce(&mut Self) -> Result<bool, RunError>,
    ) -> Result<bool, RunError> {
        let session = self.dialect.session();
        let limits = self.options.limits();
        let locked = |error| RunError::database("lock the database", error);
        session.enter(self.connection, mode, &limits).map_err(locked)?;
        if let Err(error) = session.begin(self.connection, mode, &limits) {
            session.leave(self.connection, mode);
            return Err(locked(error));
        }
        let mut outcome = work(self);
        if let Ok(true) = outcome {
            outcome = session
                .check(self.connection, mode)
                .and_then(|()| session.commit(self.connection))
                .map(|()| true)
                .map_err(|error| RunError::Commit { revision, error });
        }
        if !matches!(outcome, Ok(true)) {
            session.rollback(self.connection);
        }
        session.leave(self.connection, mode);
        outcome
    }

    fn now(&self) -> Duration {
        (self.options.clock)()
    }
}

/// Tells, once a run, that the lock is held by someone else. It is only looked at: each script takes it for itself, with
/// the whole time to wait.
fn wait_for_lock(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<(), RunError> {
    let mut waiting = |_: &str| {
        on_event(Event::Waiting {
            timeout: options.lock_timeout,
        });
    };
    dialect
        .session()
        .lock(connection, &options.limits(), &mut waiting)
        .map_err(|error| RunError::database("lock the database", error))
}

/// One revision on its way into the database, read and checked before anything runs.
struct Upgrade {
    id: RevisionId,
    parents: Vec<RevisionId>,
    message: String,
    path: PathBuf,
    plan: Plan,
    checksum: String,
    downgrade: Option<String>,
}

impl Upgrade {
    fn read(history: &History, dialect: &dyn Dialect, id: RevisionId) -> Result<Self, RunError> {
        let header = history.get(id).ok_or(RunError::UnknownTarget { revision: id })?;
        let text = history.script(id, dialect.name(), Direction::Upgrade)?;
        let path = history
            .script_path(id, dialect.name(), Direction::Upgrade)
            .unwrap_or_default();
        let plan = script::parse(&text, dialect.lexicon()).map_err(|error| RunError::Script {
            revision: id,
            path: path.clone(),
            error,
        })?;
        refuse_without_transaction(&plan, dialect, id, &path)?;
        Ok(Upgrade {
            id,
            parents: header.parents.clone(),
            message: header.message.clone(),
            path,
            plan,
            checksum: script::checksum(&text),
            downgrade: history.script(id, dialect.name(), Direction::Downgrade).ok(),
        })
    }

    /// Runs the script and writes the row, unless another process did so meanwhile; tells whether it was done here.
    ///
    /// `expected` is how many revisions the database has if no one else is at work.
    fn apply(&self, mut run: Run<'_>, history: &History, expected: usize) -> Result<bool, RunError> {
        let started = run.now();
        let applied = run.transaction(&self.plan.mode, self.id, |run| {
            version_table::create_if_missing(run.connection, run.dialect)?;
            if version_table::has(run.connection, self.id)? {
                return Ok(false);
            }
            // Someone else was here, perhaps with other files.
            if version_table::count(run.connection)? != expected {
                let now = version_table::read(run.connection, run.dialect)?;
                check::refuse_unknown(history, &now)?;
            }
            (run.on_event)(Event::Running {
                direction: Direction::Upgrade,
                revision: self.id,
                message: &self.message,
                from: &self.parents,
                to: &[self.id],
            });
            let statements_done = execute::run(run.connection, run.dialect.session(), &self.plan)
                .map_err(|failure| self.failure(failure))?;
            let now = run.now();
            let row = Applied {
                id: self.id,
                parents: self.parents.clone(),
                message: self.message.clone(),
                checksum: self.checksum.clone(),
                downgrade: self.downgrade.clone(),
                applied_at: time::rfc3339(now),
                duration: now.saturating_sub(started),
                statements_done,
                tool_version: run.options.tool_version.clone(),
            };
            version_table::insert(run.connection, &row)?;
            Ok(true)
        })?;
        if applied {
            let duration = run.now().saturating_sub(started);
            (run.on_event)(Event::Finished {
                direction: Direction::Upgrade,
                revision: self.id,
                duration,
            });
        }
        Ok(applied)
    }

    fn failure(&self, failure: execute::StepFailure) -> RunError {
        RunError::Failed(Box::new(Failure {
            direction: Direction::Upgrade,
            revision: self.id,
            message: self.message.clone(),
            script: Some(self.path.clone()),
            line: failure.line,
            statement: failure.statement,
            cause: failure.cause,
            done: Vec::new(),
            left: Vec::new(),
        }))
    }
}

/// A database whose scripts run in transactions promises that all of one is applied or nothing; a script that wants none
/// would break that without a word.
fn refuse_without_transaction(
    plan: &Plan,
    dialect: &dyn Dialect,
    revision: RevisionId,
    path: &std::path::Path,
) -> Result<(), RunError> {
    if plan.mode.no_transaction {
        return Err(RunError::NoTransaction {
            revision,
            path: path.to_owned(),
            dialect: dialect.name(),
        });
    }
    Ok(())
}
