//! Scripts in a transaction, with their rows: all of them are there, or none.

use std::time::Duration;

use super::error::Kept;
use super::job::Job;
use super::leftovers::{Leftovers, may_leave};
use super::run::{Known, Outcome, Run};
use super::{RunError, execute, version_table};
use crate::db::ErrorKind;
use crate::dialect::Within;
use crate::history::Direction;

impl Run<'_> {
    /// Runs scripts that want the same mode in one transaction, together with their rows.
    pub(super) fn together(&mut self, jobs: &[Job], known: &Known) -> Result<Outcome, RunError> {
        let Some(last) = jobs.last() else {
            return Ok(Outcome::Done);
        };
        let mut took = Vec::new();
        let mode = &last.plan.mode;
        let outcome = self.entered(mode, |run| {
            let leftovers = run.look(jobs)?;
            let mut attempt = |run: &mut Self, attempt: Attempt| {
                took.clear();
                run.transaction(last, |run| {
                    version_table::create_if_missing(run.connection, &run.place)?;
                    if !run.is_as_known(known)? {
                        return Ok(Outcome::Overtaken);
                    }
                    run.back_up()?;
                    for job in jobs {
                        took.push(run.whole(job, attempt, leftovers.as_ref())?);
                    }
                    Ok(Outcome::Done)
                })
            };
            let outcome = match attempt(run, Attempt::First) {
                Err(RunError::Commit { error, .. })
                    if error.kind == ErrorKind::Statement
                        && run.dialect.session().looks_first(run.connection, mode) =>
                {
                    attempt(run, Attempt::Second)
                }
                outcome => outcome,
            };
            run.cleared(leftovers.as_ref(), outcome)
        })?;
        if outcome == Outcome::Done {
            for (job, took) in jobs.iter().zip(took) {
                (self.on_event)(job.finished(took));
            }
        }
        Ok(outcome)
    }

    /// Runs all of a script in the open transaction, and writes its row; returns how long it took.
    fn whole(
        &mut self,
        job: &Job,
        attempt: Attempt,
        leftovers: Option<&Leftovers<'_>>,
    ) -> Result<Duration, RunError> {
        let began = self.now();
        match attempt {
            Attempt::First => (self.on_event)(job.running()),
            Attempt::Second => {}
        }
        let session = self.dialect.session();
        execute::run(self.connection, session, &job.plan)
            .map_err(|failure| job.failure(failure, Kept::Nothing))?;
        let leftovers = leftovers.filter(|_| may_leave(session, &job.plan));
        session
            .check(self.connection, &job.plan.mode)
            .and_then(|()| {
                leftovers.map_or(Ok(()), |leftovers| {
                    leftovers.clear(self.connection, session, Within::Transaction)
                })
            })
            .map_err(|error| RunError::Commit {
                revision: job.revision,
                error,
                kept: Kept::Nothing,
            })?;
        let ended = self.now();
        match job.direction {
            Direction::Upgrade => {
                let row = job.row(self.options, began, ended);
                version_table::insert(self.connection, &self.place, &row)?;
            }
            Direction::Downgrade => version_table::delete(self.connection, &self.place, job.revision)?,
        }
        Ok(ended.saturating_sub(began))
    }
}

/// How often the scripts of a transaction have been tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    /// With a look at what did not hold before.
    Second,
}
