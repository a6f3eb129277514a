//! A script out of a transaction: each step noted before and after, so that a run that is killed goes on where it stopped.
//!
//! The row of the revision holds an [`Unfinished`] note while the script runs. A step that can stand in a transaction shares one with the next
//! note. Of any other, the note says first that it is meant to be run, with the fingerprint of what it is about; after an
//! interruption the dialect tells from that whether it took effect. A note is only written over the one it follows: where the lock does
//! not last from one transaction to the next, a second process that took the script for abandoned cannot do a step twice.

use std::collections::BTreeMap;

use super::error::{Halfway, HalfwayCause, Kept, Remains};
use super::job::Job;
use super::leftovers::Leftovers;
use super::run::{Known, Outcome, Run};
use super::unfinished::Unfinished;
use super::version_table::Place;
use super::{Event, RunError, execute, version_table};
use crate::dialect::{Patience, Progress, Within};
use crate::history::Direction;
use crate::plan::{Statement, Step};

impl Run<'_> {
    /// Runs a script step by step, from where it is.
    pub(super) fn stepwise(&mut self, job: &Job, known: &Known) -> Result<Outcome, RunError> {
        self.entered(&job.plan.mode, |run| {
            let leftovers = run.look(std::slice::from_ref(job))?;
            let outcome = run.steps(job, known, leftovers.as_ref());
            match outcome {
                Ok(Outcome::Done) => outcome,
                Ok(Outcome::Overtaken) | Err(_) => run.cleared(leftovers.as_ref(), outcome),
            }
        })
    }

    fn steps(
        &mut self,
        job: &Job,
        known: &Known,
        leftovers: Option<&Leftovers<'_>>,
    ) -> Result<Outcome, RunError> {
        let began = self.now();
        let Some(mut note) = self.claim(job, known)? else {
            return Ok(Outcome::Overtaken);
        };
        if let Some(remembered) = &note.remembered {
            self.dialect
                .session()
                .recall(self.connection, remembered)
                .map_err(|error| RunError::database("remember what was so before the script", error))?;
        }
        self.restore_session(job, &note)?;
        if let Some(intent) = note.intent.clone() {
            match self.settle(job, &note, &intent)? {
                Some(next) => note = next,
                None => return Ok(Outcome::Overtaken),
            }
        }
        while let Some(statement) = job.plan.statements.get(note.done) {
            let next = if self.joins_transaction(&statement.step)? {
                self.joined(job, &note, statement)?
            } else {
                self.alone(job, &note, statement)?
            };
            match next {
                Some(next) => note = next,
                None => return Ok(Outcome::Overtaken),
            }
        }
        let session = self.dialect.session();
        session
            .check(self.connection, &job.plan.mode)
            .and_then(|()| {
                leftovers.map_or(Ok(()), |leftovers| {
                    leftovers.clear(self.connection, session, Within::Nothing)
                })
            })
            .map_err(|error| RunError::Commit {
                revision: job.revision,
                error,
                kept: kept(job, &note),
            })?;
        let ended = self.now();
        let outcome = self.transaction(job, |run| {
            if !version_table::progress(run.connection, &run.place, job.revision, Some(&note), None)? {
                return Ok(Outcome::Overtaken);
            }
            match job.direction {
                Direction::Upgrade => {
                    let row = job.row(run.options, began, ended);
                    version_table::finish(run.connection, &run.place, &row)?;
                }
                Direction::Downgrade => version_table::delete(run.connection, &run.place, job.revision)?,
            }
            Ok(Outcome::Done)
        })?;
        if outcome == Outcome::Done {
            (self.on_event)(job.finished(ended.saturating_sub(began)));
        }
        Ok(outcome)
    }

    /// Notes that the script begins, or returns the note of where it stopped; `None` if someone else was faster.
    fn claim(&mut self, job: &Job, known: &Known) -> Result<Option<Unfinished>, RunError> {
        let remembered = self
            .dialect
            .session()
            .remembered(self.connection, &job.plan.mode)
            .map_err(|error| RunError::database("look what was so before the script", error))?;
        let fresh = Unfinished {
            remembered,
            ..Unfinished::begin(job.direction, &job.checksum())
        };
        let mut found = None;
        let outcome = self.transaction(job, |run| {
            version_table::create_if_missing(run.connection, &run.place)?;
            if !run.is_as_known(known)? {
                return Ok(Outcome::Overtaken);
            }
            run.back_up()?;
            let row = version_table::find(run.connection, &run.place, job.revision)?;
            match row.as_ref().map(|row| &row.unfinished) {
                None => {
                    let now = run.now();
                    let mut row = job.row(run.options, now, now);
                    row.statements_done = 0;
                    row.unfinished = Some(fresh.clone());
                    version_table::insert(run.connection, &run.place, &row)?;
                }
                Some(None) => {
                    version_table::progress(run.connection, &run.place, job.revision, None, Some(&fresh))?;
                }
                Some(Some(note)) => {
                    if note.script != job.direction || !note.fits(&job.plan, &job.checksum()) {
                        return Ok(Outcome::Overtaken);
                    }
                    // Behind a step that failed the script may be another one; from now on it is that one.
                    let note_now = Unfinished {
                        checksum: job.checksum(),
                        ..note.clone()
                    };
                    if note_now != *note {
                        let (before, after) = (Some(note), Some(&note_now));
                        version_table::progress(run.connection, &run.place, job.revision, before, after)?;
                    }
                    found = Some(note_now);
                }
            }
            Ok(Outcome::Done)
        })?;
        if outcome == Outcome::Overtaken {
            return Ok(None);
        }
        match &found {
            None => (self.on_event)(job.running()),
            Some(note) => (self.on_event)(Event::Resuming {
                direction: job.direction,
                revision: job.revision,
                message: &job.message,
                done: note.done,
                of: job.plan.statements.len(),
                line: job.plan.statements.get(note.done).map(|statement| statement.line),
            }),
        }
        Ok(Some(found.unwrap_or(fresh)))
    }

    /// Finds out what became of a step that was begun, and notes it.
    fn settle(&mut self, job: &Job, note: &Unfinished, intent: &str) -> Result<Option<Unfinished>, RunError> {
        let Some(statement) = job.plan.statements.get(note.done) else {
            return Ok(Some(note.clone()));
        };
        let undone = Unfinished {
            intent: None,
            ..note.clone()
        };
        let done = note.after(&statement.step, note.kept.clone());
        let sql = execute::text(&statement.step);
        let progress = self
            .dialect
            .session()
            .probe(self.connection, &sql, intent)
            .map_err(|error| RunError::database("look what became of the interrupted statement", error))?;
        let next = match progress {
            Progress::Nothing => undone,
            Progress::Whole => done,
            Progress::Unclear { found } => {
                let (if_done, if_not) = self.ways_out(job, note, statement);
                let cause = HalfwayCause::Unclear {
                    line: statement.line,
                    statement: sql,
                    found,
                    if_done,
                    if_not,
                };
                return Err(Halfway::new(job, note, cause).into());
            }
        };
        self.note(job, note, next)
    }

    /// Tells whether a step and the note of it are there together or not at all.
    fn joins_transaction(&mut self, step: &Step) -> Result<bool, RunError> {
        let Some(sql) = step.executed() else {
            return Ok(true);
        };
        let session = self.dialect.session();
        let joins = session.joins_transaction(sql)
            && session.rolls_back(self.connection, sql).map_err(|error| {
                RunError::database("look whether the next statement can be rolled back", error)
            })?;
        Ok(joins)
    }

    /// Runs a step in one transaction with the note that it is done.
    fn joined(
        &mut self,
        job: &Job,
        note: &Unfinished,
        statement: &Statement,
    ) -> Result<Option<Unfinished>, RunError> {
        let mut next = None;
        let outcome = self.transaction(job, |run| {
            if !run.is_noted(job, note)? {
                return Ok(Outcome::Overtaken);
            }
            let after = run.act(job, note, statement)?;
            if !version_table::progress(run.connection, &run.place, job.revision, Some(note), Some(&after))? {
                return Ok(Outcome::Overtaken);
            }
            next = Some(after);
            Ok(Outcome::Done)
        });
        match outcome {
            Ok(Outcome::Done) => Ok(next),
            Ok(Outcome::Overtaken) => Ok(None),
            // The transaction is rolled back: nothing of the step is there.
            Err(error @ RunError::Failed(_)) => Err(self.without_effect(job, note, error)),
            Err(RunError::Commit {
                revision,
                error,
                kept: _,
            }) => Err(RunError::Commit {
                revision,
                error,
                kept: kept(job, note),
            }),
            Err(error) => Err(error),
        }
    }

    /// Runs a step that stands alone, between a note that it is meant to be run and one that it is done.
    fn alone(
        &mut self,
        job: &Job,
        note: &Unfinished,
        statement: &Statement,
    ) -> Result<Option<Unfinished>, RunError> {
        let sql = execute::text(&statement.step);
        let session = self.dialect.session();
        let fingerprint = session
            .fingerprint(self.connection, &sql)
            .map_err(|error| RunError::database("look what the next statement is about", error))?;
        let Some(intending) = self.note(job, note, note.intending(fingerprint.clone()))? else {
            return Ok(None);
        };
        match self.patiently(job, &intending, statement) {
            Ok(next) => self.note(job, &intending, next),
            // It failed because someone else has done it.
            Err(error @ RunError::Failed(_)) if matches!(self.is_noted(job, &intending), Ok(false)) => {
                self.taken_for_done = Some(error);
                Ok(None)
            }
            Err(RunError::Failed(failure)) if failure.is_unread() => {
                Err(self.without_effect(job, &intending, RunError::Failed(failure)))
            }
            Err(error) => match session.probe(self.connection, &sql, &fingerprint) {
                Ok(Progress::Nothing) => Err(self.without_effect(job, &intending, error)),
                Ok(Progress::Unclear { found }) => {
                    let (if_done, if_not) = self.ways_out(job, &intending, statement);
                    Err(leaving(
                        error,
                        Remains::Unclear {
                            found,
                            if_done,
                            if_not,
                        },
                    ))
                }
                Ok(Progress::Whole) | Err(_) => Err(leaving(error, Remains::Unknown)),
            },
        }
    }

    /// Returns what notes that the step that was begun took effect, and what notes that it did not, and may be corrected.
    fn ways_out(&self, job: &Job, note: &Unfinished, statement: &Statement) -> (String, String) {
        let place = Place::elsewhere(self.dialect);
        let sql = |next| version_table::progress_sql(&place, job.revision, Some(note), Some(next));
        let done = note.after(&statement.step, note.kept.clone());
        (sql(&done), sql(&note.failing()))
    }

    /// Runs a step that stands alone; again, where the database does not wait by itself for someone who is done with it before long.
    fn patiently(
        &mut self,
        job: &Job,
        note: &Unfinished,
        statement: &Statement,
    ) -> Result<Unfinished, RunError> {
        let mut patience = Patience::new(self.options.lock_timeout);
        loop {
            let outcome = self.act(job, note, statement);
            let again = matches!(&outcome, Err(RunError::Failed(failure)) if failure.is_locked_out())
                && !self.dialect.session().waits_alone()
                && patience.wait()
                && matches!(self.is_noted(job, note), Ok(true));
            if !again {
                return outcome;
            }
        }
    }

    fn act(&mut self, job: &Job, note: &Unfinished, statement: &Statement) -> Result<Unfinished, RunError> {
        let mut tables: BTreeMap<_, _> = note.kept.clone();
        let before = job.plan.statements.get(..note.done).unwrap_or_default();
        execute::step(
            self.connection,
            self.dialect.session(),
            before,
            statement,
            &mut tables,
        )
        .map_err(|failure| job.failure(failure, kept(job, note)))?;
        Ok(note.after(&statement.step, tables))
    }

    /// Tells whether that is what the version table says of the script.
    fn is_noted(&mut self, job: &Job, note: &Unfinished) -> Result<bool, RunError> {
        let noted = version_table::note(self.connection, &self.place, job.revision)?;
        Ok(noted.as_ref() == Some(note))
    }

    /// Writes a note over the one it follows and returns it; `None` if that is not there any more.
    fn note(
        &mut self,
        job: &Job,
        before: &Unfinished,
        after: Unfinished,
    ) -> Result<Option<Unfinished>, RunError> {
        let outcome = self.transaction(job, |run| {
            let (connection, place) = (&mut *run.connection, &run.place);
            let noted = version_table::progress(connection, place, job.revision, Some(before), Some(&after))?;
            Ok(if noted { Outcome::Done } else { Outcome::Overtaken })
        })?;
        Ok((outcome == Outcome::Done).then_some(after))
    }

    /// Notes that a step failed and left nothing behind, so that it may be corrected. If all that was done before it was to look, the script
    /// might as well not have begun, and nothing is noted of it. The error says more than one of this would.
    fn without_effect(&mut self, job: &Job, note: &Unfinished, mut error: RunError) -> RunError {
        let mut done = job.plan.statements.iter().take(note.done);
        if done.all(|statement| statement.step.guard().is_some()) {
            if let (Ok(Outcome::Done), RunError::Failed(failure)) = (self.withdraw(job, note), &mut error) {
                failure.kept = Kept::Nothing;
            }
            return error;
        }
        let after = note.failing();
        if after != *note {
            let _ = self.note(job, note, after.clone());
        }
        match self.steps_to_restore(job, &after) {
            Err(RunError::Halfway(halfway)) => leaving(error, Remains::SessionLost(halfway)),
            Ok(_) | Err(_) => error,
        }
    }

    /// Takes back the note that a script has begun.
    fn withdraw(&mut self, job: &Job, note: &Unfinished) -> Result<Outcome, RunError> {
        self.transaction(job, |run| {
            let (connection, place) = (&mut *run.connection, &run.place);
            if !version_table::progress(connection, place, job.revision, Some(note), None)? {
                return Ok(Outcome::Overtaken);
            }
            match job.direction {
                Direction::Upgrade => version_table::delete(connection, place, job.revision)?,
                Direction::Downgrade => {}
            }
            Ok(Outcome::Done)
        })
    }
}

/// Returns an error with what its statement left behind.
fn leaving(mut error: RunError, remains: Remains) -> RunError {
    if let RunError::Failed(failure) = &mut error {
        failure.remains = remains;
    }
    error
}

pub(super) fn kept(job: &Job, note: &Unfinished) -> Kept {
    Kept::Steps {
        done: note.done,
        of: job.plan.statements.len(),
    }
}
