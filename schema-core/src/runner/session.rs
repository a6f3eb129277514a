//! The session of a script that is gone on with: what its first steps left in theirs went with the process that ran them.

use super::error::{Halfway, HalfwayCause};
use super::job::Job;
use super::run::Run;
use super::unfinished::Unfinished;
use super::version_table::Place;
use super::{RunError, execute, stepwise, version_table};
use crate::dialect::{Effect, drops_temporary, recalling, to_run_again};
use crate::plan::{Statement, Step};

impl Run<'_> {
    /// Runs again those of the steps that left something in their session, such as `SET`.
    pub(super) fn restore_session(&mut self, job: &Job, note: &Unfinished) -> Result<(), RunError> {
        for at in self.steps_to_restore(job, note)? {
            let mut tables = note.kept.clone();
            execute::step(
                self.connection,
                self.dialect.session(),
                &[],
                &job.plan.statements[at],
                &mut tables,
            )
            .map_err(|failure| job.failure(failure, stepwise::kept(job, note)))?;
        }
        Ok(())
    }

    /// Returns which of the steps that are done have to be run again for the rest to find a session like theirs.
    ///
    /// # Errors
    ///
    /// [`RunError::Halfway`] if what they left in theirs cannot be had again.
    pub(super) fn steps_to_restore(&mut self, job: &Job, note: &Unfinished) -> Result<Vec<usize>, RunError> {
        if note.done == job.plan.statements.len() {
            return Ok(Vec::new());
        }
        // One that was interrupted may have changed what those before it read.
        let begun = note.done + usize::from(note.intent.is_some());
        let statements = job.plan.statements.get(..begun).unwrap_or_default();
        let lexicon = self.dialect.lexicon();
        let effects: Vec<Effect> = (0..statements.len())
            .map(|at| {
                let made = executed(&statements[at]);
                let mut later = statements.iter().take(note.done).skip(at + 1);
                if later.any(|later| drops_temporary(made, executed(later), lexicon)) {
                    return Effect::Nothing;
                }
                let effect = self.effect(&statements[at].step);
                // One that was interrupted is run again itself, and needs what it releases.
                if at >= note.done && matches!(effect, Effect::Released(_)) {
                    return Effect::Nothing;
                }
                effect
            })
            .collect();
        let again = to_run_again(&effects).map_err(|at| self.lost(job, note, &statements[at]))?;
        let left = &job.plan.statements[note.done..];
        let texts = left.iter().map(executed);
        if let Some(at) = recalling(texts, self.dialect.lexicon()).filter(|_| note.done > 0) {
            return Err(self.lost(job, note, &left[at]));
        }
        let done: Vec<&str> = job.plan.statements[..note.done].iter().map(executed).collect();
        let texts: Vec<&str> = left.iter().map(executed).collect();
        let forgotten = self
            .dialect
            .session()
            .forgotten(self.connection, &done, &texts)
            .map_err(|error| RunError::database("look what the script had set in its session", error))?;
        if let Some(at) = forgotten {
            return Err(self.lost(job, note, &left[at]));
        }
        Ok(again.into_iter().filter(|at| *at < note.done).collect())
    }

    fn effect(&self, step: &Step) -> Effect {
        match step {
            Step::Execute { sql } => self.dialect.session().effect(sql),
            Step::ExpectNoRows { .. } | Step::ExplainFailure { .. } => Effect::Nothing,
            Step::RedefineTable { .. } | Step::KeepDependents { .. } | Step::RestoreDependents { .. } => {
                Effect::Lasting
            }
        }
    }

    /// Says that what a step left in its session or asks of it cannot be had again, and what notes that a person has done the rest.
    fn lost(&self, job: &Job, note: &Unfinished, step: &Statement) -> RunError {
        let rest = job.plan.statements.iter().skip(note.done);
        let finished = rest.fold(note.clone(), |note, statement| {
            note.after(&statement.step, note.kept.clone())
        });
        let cause = HalfwayCause::SessionLost {
            line: step.line,
            statement: execute::text(&step.step),
            if_done: version_table::progress_sql(
                &Place::elsewhere(self.dialect),
                job.revision,
                Some(note),
                Some(&finished),
            ),
        };
        Halfway::new(job, note, cause).into()
    }
}

/// Returns the statement that a step runs as it is; an empty text for any other step, so that each has its place.
fn executed(statement: &Statement) -> &str {
    statement.step.executed().unwrap_or_default()
}
