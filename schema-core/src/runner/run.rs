//! A run: the lock around it, the look at the version table under it, and the transactions within.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::error::Kept;
use super::job::Job;
use super::leftovers::outlives_transaction;
use super::version_table::Place;
use super::{Applied, Event, Options, RunError, version_table};
use crate::db::{Connection, Error, ErrorKind};
use crate::dialect::{Broken, Dialect, Mode};
use crate::history::{Direction, RevisionId};

/// What a run works with, and what it has done.
pub(super) struct Run<'a> {
    pub(super) connection: &'a mut dyn Connection,
    pub(super) dialect: &'a dyn Dialect,
    /// Where the version table is.
    pub(super) place: Place<'a>,
    pub(super) options: &'a Options,
    pub(super) on_event: &'a mut dyn FnMut(Event<'_>),
    /// Who had the lock when it was wanted.
    holder: Option<String>,
    done: Vec<RevisionId>,
    /// The failure of a step that seemed to have failed because someone else had done it.
    pub(super) taken_for_done: Option<RunError>,
    /// Where the database is still to be copied to, before anything is changed.
    copy: Option<&'a Path>,
}

/// How often a run may look again with nothing changed since: whoever was at work meanwhile may have left everything as it was.
const MOST_IN_VAIN: usize = 3;

/// How long someone may keep readers out before a run says that it waits.
const GLANCE: Duration = Duration::from_secs(1);

/// How some scripts of a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They are done.
    Done,
    /// Someone else has changed the version table; nothing was done on the grounds of what it said before.
    Overtaken,
}

/// The revisions that a database has, and of which something is unfinished.
pub(super) type Known = BTreeMap<RevisionId, bool>;

/// What there is to do on a database, given the rows of its version table.
pub(super) type Ahead<'a> = dyn Fn(&[Applied]) -> Result<Vec<Job>, RunError> + 'a;

/// Runs what is `ahead` of a database, and returns the revisions whose scripts in that direction ended here.
///
/// Without anything ahead, no lock is taken: what the version table says is committed, and a script that is under way has a row that says so or none at
/// all, which is something ahead too. What counts is what is ahead once the lock is held.
pub(super) fn run(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
    direction: Direction,
    ahead: &Ahead<'_>,
) -> Result<Vec<RevisionId>, RunError> {
    let rows = first_look(connection, dialect, options, on_event)?;
    let jobs = ahead(&rows)?;
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let session = dialect.session();
    on_event(Event::Context {
        dialect: dialect.name(),
        transactional: session.transactional(),
        scripts: jobs.len(),
    });
    let place = Place::find(connection, dialect)?;
    let mut run = Run {
        connection,
        dialect,
        place,
        options,
        on_event,
        holder: None,
        done: Vec::new(),
        taken_for_done: None,
        copy: options.backup.as_deref(),
    };
    if !session
        .copies_in_transaction(run.connection)
        .map_err(|error| RunError::database("copy the database", error))?
    {
        run.back_up()?;
    }
    run.lock()?;
    run.place.widen(run.connection);
    let broken = run.broken();
    let outcome = run.all(rows, jobs, direction, ahead);
    run.tell_broken(broken);
    session.unlock(run.connection);
    outcome.map(|()| run.done)
}

/// Reads the version table, and waits if someone keeps readers out.
pub(super) fn first_look(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Applied>, RunError> {
    let is_locked_out = |error: &RunError| matches!(error, RunError::Database { error, .. } if error.kind == ErrorKind::Locked);
    let looked = version_table::read(connection, dialect, GLANCE.min(options.lock_timeout));
    if !matches!(&looked, Err(error) if is_locked_out(error)) {
        return looked;
    }
    let holder = dialect
        .session()
        .keeps_readers_out(connection, version_table::TABLE);
    on_event(Event::Waiting {
        holder: &holder,
        timeout: options.lock_timeout,
    });
    let looked = version_table::read(connection, dialect, options.lock_timeout);
    if let Err(RunError::Database { doing: _, error }) = &looked
        && error.kind == ErrorKind::Locked
    {
        return Err(RunError::Locked {
            holder: Some(holder),
            timeout: options.lock_timeout,
            error: error.clone(),
        });
    }
    looked
}

impl Run<'_> {
    pub(super) fn now(&self) -> Duration {
        (self.options.clock)()
    }

    /// Copies the database, if that is wanted and not done. Where it can, the transaction that changes something first does it, with the lock.
    pub(super) fn back_up(&mut self) -> Result<(), RunError> {
        if let Some(path) = self.copy.take() {
            let session = self.dialect.session();
            session
                .backup(self.connection, path)
                .map_err(|error| RunError::database("copy the database", error))?;
            (self.on_event)(Event::BackedUp { path });
        }
        Ok(())
    }

    /// Returns what cannot work any more; `None` if the database does not tell, which is no reason to stop, or to wait for those who lock something.
    fn broken(&mut self) -> Option<Broken> {
        let session = self.dialect.session();
        let mut broken = None;
        let timeout = GLANCE.min(self.options.lock_timeout);
        let looked = session.bounded(self.connection, timeout, &mut |connection| {
            broken = session.broken(connection).ok();
        });
        looked.ok().and(broken)
    }

    /// Tells what cannot work since the run: the database says nothing of views, and of triggers only to those who fire them.
    fn tell_broken(&mut self, before: Option<Broken>) {
        let (Some(before), Some(Broken { views, triggers })) = (before, self.broken()) else {
            return;
        };
        let new = |now: Vec<String>, before: &[String]| -> Vec<String> {
            now.into_iter().filter(|name| !before.contains(name)).collect()
        };
        let views = new(views, &before.views);
        if !views.is_empty() {
            (self.on_event)(Event::BrokenViews { views: &views });
        }
        let triggers = new(triggers, &before.triggers);
        if !triggers.is_empty() {
            (self.on_event)(Event::BrokenTriggers { triggers: &triggers });
        }
    }

    fn lock(&mut self) -> Result<(), RunError> {
        let limits = self.options.limits();
        let (holder, on_event) = (&mut self.holder, &mut *self.on_event);
        let mut waiting = |who: &str| {
            *holder = Some(who.to_owned());
            on_event(Event::Waiting {
                holder: who,
                timeout: limits.lock,
            });
        };
        self.dialect
            .session()
            .lock(self.connection, &limits, &mut waiting)
            .map_err(|error| self.unlocked(error))
    }

    /// Returns the error of a lock, or of a transaction, that cannot be had.
    pub(super) fn unlocked(&self, error: Error) -> RunError {
        if error.kind != ErrorKind::Locked {
            return RunError::database("lock the database", error);
        }
        RunError::Locked {
            holder: self.holder.clone(),
            timeout: self.options.lock_timeout,
            error,
        }
    }

    /// Runs all that is ahead, and looks again whenever someone else was at work.
    fn all(
        &mut self,
        mut rows: Vec<Applied>,
        mut jobs: Vec<Job>,
        direction: Direction,
        ahead: &Ahead<'_>,
    ) -> Result<(), RunError> {
        let mut vain = 0;
        loop {
            let now = version_table::read(self.connection, self.dialect, self.options.lock_timeout)?;
            if now != rows {
                rows = now;
                jobs = ahead(&rows)?;
                vain = 0;
            } else if vain > MOST_IN_VAIN {
                return Err(self.stands_still());
            }
            let done = self.done.len();
            let resumed = jobs.iter().any(|job| job.resumes_after.is_some());
            match self.groups(&jobs, &rows, direction)? {
                // An unfinished script was all that could be seen until it was done.
                Outcome::Done if !resumed => return Ok(()),
                Outcome::Done | Outcome::Overtaken => {}
            }
            vain = if self.done.len() == done { vain + 1 } else { 0 };
        }
    }

    /// Returns the error of a run that finds the version table not as it wrote it, and that nobody else writes to.
    fn stands_still(&mut self) -> RunError {
        self.taken_for_done.take().unwrap_or_else(|| {
            let error = Error {
                kind: ErrorKind::Statement,
                message: "what is written to it is not what is found in it, and nobody else has changed it"
                    .to_owned(),
                offset: None,
            };
            RunError::database("go on by the version table", error)
        })
    }

    fn groups(&mut self, jobs: &[Job], rows: &[Applied], direction: Direction) -> Result<Outcome, RunError> {
        let mut known: Known = rows
            .iter()
            .map(|row| (row.id, row.unfinished.is_some()))
            .collect();
        let mut left = jobs;
        while let Some(first) = left.first() {
            let (group, rest) = left.split_at(self.group_length(left));
            let outcome = if self.in_transaction(first) {
                self.together(group, &known)
            } else {
                self.stepwise(first, &known)
            };
            let ids = || left.iter().map(|job| job.revision).collect();
            match outcome.map_err(|error| error.in_run(&self.done, ids()))? {
                Outcome::Done => {}
                Outcome::Overtaken => return Ok(Outcome::Overtaken),
            }
            for job in group {
                match job.direction {
                    Direction::Upgrade => known.insert(job.revision, false),
                    Direction::Downgrade => known.remove(&job.revision),
                };
                if job.direction == direction {
                    self.done.push(job.revision);
                }
            }
            left = rest;
        }
        Ok(Outcome::Done)
    }

    /// Tells whether a script runs in a transaction, so that it cannot stop half-way.
    fn in_transaction(&self, job: &Job) -> bool {
        self.dialect.session().transactional() && !job.plan.mode.no_transaction
    }

    /// Returns how many of the scripts run in one transaction, or together out of one.
    fn group_length(&self, jobs: &[Job]) -> usize {
        let alike = |pair: &[Job]| pair[0].plan.mode == pair[1].plan.mode;
        let shares = self.options.per_revision == PerRevision::WhereNeeded
            && self.dialect.session().shares_transactions()
            && jobs
                .first()
                .is_some_and(|job| job.direction == Direction::Upgrade && self.in_transaction(job));
        if shares {
            1 + jobs
                .windows(2)
                .take_while(|pair| {
                    alike(pair) && !outlives_transaction(self.dialect.session(), &pair[0].plan)
                })
                .count()
        } else {
            1
        }
    }

    /// Does `work` with the session set as the mode wants it.
    pub(super) fn entered<T>(
        &mut self,
        mode: &Mode,
        work: impl FnOnce(&mut Self) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let session = self.dialect.session();
        let limits = self.options.limits();
        session
            .enter(self.connection, mode, &limits)
            .map_err(|error| self.unlocked(error))?;
        let outcome = work(self);
        session.leave(self.connection, mode);
        outcome
    }

    /// Does `work` in a transaction, and commits it if that is done; otherwise nothing is changed.
    pub(super) fn transaction(
        &mut self,
        job: &Job,
        work: impl FnOnce(&mut Self) -> Result<Outcome, RunError>,
    ) -> Result<Outcome, RunError> {
        let session = self.dialect.session();
        let limits = self.options.limits();
        session
            .begin(self.connection, &job.plan.mode, &limits)
            .map_err(|error| self.unlocked(error))?;
        let mut outcome = work(self);
        if let Ok(Outcome::Done) = outcome {
            outcome = session
                .commit(self.connection)
                .map(|()| Outcome::Done)
                .map_err(|error| RunError::Commit {
                    revision: job.revision,
                    error,
                    kept: Kept::Nothing,
                });
        }
        if !matches!(outcome, Ok(Outcome::Done)) {
            session.rollback(self.connection);
        }
        outcome
    }

    /// Tells whether the version table says what it said when the scripts were chosen. It exists.
    pub(super) fn is_as_known(&mut self, known: &Known) -> Result<bool, RunError> {
        let now = version_table::ids(self.connection, &self.place)?;
        Ok(now
            .iter()
            .copied()
            .eq(known.iter().map(|(id, unfinished)| (*id, *unfinished))))
    }
}

/// Where an upgrade of several revisions commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PerRevision {
    /// As seldom as the database can.
    #[default]
    WhereNeeded,
    /// After each revision.
    Always,
}
