//! What scripts leave in their session, put back: each begins with the session as the first one of its run had it, so it does not matter how many
//! run at once, and a program's own connection comes back as it was.

use super::RunError;
use super::job::Job;
use super::run::{Outcome, Run};
use crate::db::{Connection, Error};
use crate::dialect::{Session, Stock, Within};
use crate::plan::Plan;

/// What the session had before scripts that may leave something in it.
pub(super) struct Leftovers<'a> {
    statements: Vec<&'a str>,
    before: Stock,
}

impl<'a> Leftovers<'a> {
    /// Takes stock before scripts; `None` if none of them may leave anything.
    pub(super) fn look(
        connection: &mut dyn Connection,
        session: &dyn Session,
        plans: impl Iterator<Item = &'a Plan>,
    ) -> Result<Option<Self>, Error> {
        let leaving = plans.filter(|plan| may_leave(session, plan));
        let statements: Vec<&str> = leaving.flat_map(Plan::executed).collect();
        if statements.is_empty() {
            return Ok(None);
        }
        let before = session.stock(connection, &statements)?;
        Ok(Some(Leftovers { statements, before }))
    }

    /// Makes the session what it was.
    pub(super) fn clear(
        &self,
        connection: &mut dyn Connection,
        session: &dyn Session,
        within: Within,
    ) -> Result<(), Error> {
        session
            .put_back(connection, &self.before, &self.statements, within)
            .map_err(|error| Error {
                message: format!(
                    "what the script changed in its session cannot be put back: {}",
                    error.message
                ),
                ..error
            })
    }
}

impl Run<'_> {
    /// Takes stock of the session before scripts that may leave something in it.
    pub(super) fn look<'j>(&mut self, jobs: &'j [Job]) -> Result<Option<Leftovers<'j>>, RunError> {
        let plans = jobs.iter().map(|job| &job.plan);
        Leftovers::look(self.connection, self.dialect.session(), plans)
            .map_err(|error| RunError::database("take stock of the session", error))
    }

    /// Makes the session what it was, now that no transaction is open.
    pub(super) fn cleared(
        &mut self,
        leftovers: Option<&Leftovers<'_>>,
        outcome: Result<Outcome, RunError>,
    ) -> Result<Outcome, RunError> {
        let Some(leftovers) = leftovers else {
            return outcome;
        };
        let cleared = leftovers.clear(self.connection, self.dialect.session(), Within::Nothing);
        // Who failed has something worse to tell.
        let outcome = outcome?;
        cleared.map_err(|error| RunError::database("go on with the next revision", error))?;
        Ok(outcome)
    }
}

/// Tells whether a script may leave something in its session.
pub(super) fn may_leave(session: &dyn Session, plan: &Plan) -> bool {
    plan.executed().any(|sql| session.may_leave(sql))
}

/// Tells whether a script leaves in its session what is put back only once its transaction is over.
pub(super) fn outlives_transaction(session: &dyn Session, plan: &Plan) -> bool {
    plan.executed().any(|sql| session.outlives_transaction(sql))
}
