//! A script that is about to run: read and checked before anything does.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::error::{Kept, Remains};
use super::{Applied, Event, Failure, Options, RunError, WayBack, execute, time};
use crate::dialect::Dialect;
use crate::history::{Cause, Direction, Header, History, RevisionId};
use crate::plan::Plan;
use crate::script;

/// A revision's script on its way into a database, or out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which of the revision's scripts.
    pub direction: Direction,
    /// The revision.
    pub revision: RevisionId,
    /// Its parents.
    pub parents: Vec<RevisionId>,
    /// What it is for, in words.
    pub message: String,
    /// The script's file; `None` if it is the one that the database kept.
    pub path: Option<PathBuf>,
    /// The script.
    pub text: String,
    /// How many of its steps are done already, if an earlier run stopped in it.
    pub resumes_after: Option<usize>,
    /// The script, read.
    pub(super) plan: Plan,
    /// The script that takes an upgrade back, for the database to keep.
    pub(super) downgrade: Option<String>,
}

impl Job {
    /// Reads the script that applies a revision.
    pub(super) fn upgrade(
        history: &History,
        dialect: &dyn Dialect,
        id: RevisionId,
    ) -> Result<Self, RunError> {
        let header = history.get(id).ok_or(RunError::UnknownTarget { revision: id })?;
        let text = history.script(id, dialect.name(), Direction::Upgrade)?;
        let path = history.script_path(id, dialect.name(), Direction::Upgrade);
        Ok(Job {
            direction: Direction::Upgrade,
            revision: id,
            parents: header.parents.clone(),
            message: header.message.clone(),
            plan: parse(dialect, id, path.as_ref(), &text)?,
            path,
            text,
            resumes_after: None,
            downgrade: history.script(id, dialect.name(), Direction::Downgrade).ok(),
        })
    }

    /// Returns the tables, in lower case, that the script writes anew, as its branch knows them.
    pub(super) fn written_anew(&self, dialect: &dyn Dialect) -> BTreeSet<String> {
        let statements = self.plan.statements.iter();
        statements
            .filter_map(|statement| script::replaced_table(&statement.step, dialect.lexicon()))
            .collect()
    }

    /// Reads the script that takes a revision back, one of the rows: the file's or, where the files do not have what was applied, the one that the
    /// database kept.
    pub(super) fn downgrade(
        history: &History,
        dialect: &dyn Dialect,
        row: &Applied,
        parents: &[RevisionId],
        rows: &[Applied],
    ) -> Result<Self, RunError> {
        let (path, text) = find_downgrade(history, dialect, row, parents, rows)?;
        if let Some(reason) = script::irreversible(&text) {
            return Err(RunError::NoWayBack {
                revision: row.id,
                why: WayBack::Irreversible { reason },
            });
        }
        Ok(Job {
            direction: Direction::Downgrade,
            revision: row.id,
            parents: parents.to_vec(),
            message: row.message.clone(),
            plan: parse(dialect, row.id, path.as_ref(), &text)?,
            path,
            text,
            resumes_after: None,
            downgrade: None,
        })
    }

    /// Returns the checksum of the script.
    pub(super) fn checksum(&self) -> String {
        script::checksum(&self.text)
    }

    /// Returns the event of its beginning.
    pub(super) fn running(&self) -> Event<'_> {
        let own = std::slice::from_ref(&self.revision);
        let (from, to): (&[_], &[_]) = match self.direction {
            Direction::Upgrade => (&self.parents, own),
            Direction::Downgrade => (own, &self.parents),
        };
        Event::Running {
            direction: self.direction,
            revision: self.revision,
            message: &self.message,
            from,
            to,
        }
    }

    /// Returns the event of its end.
    pub(super) fn finished(&self, duration: Duration) -> Event<'_> {
        Event::Finished {
            direction: self.direction,
            revision: self.revision,
            duration,
        }
    }

    /// Returns the row of an applied revision.
    pub(super) fn row(&self, options: &Options, began: Duration, ended: Duration) -> Applied {
        Applied {
            id: self.revision,
            parents: self.parents.clone(),
            message: self.message.clone(),
            checksum: self.checksum(),
            downgrade: self.downgrade.clone(),
            applied_at: time::rfc3339(ended),
            duration: ended.saturating_sub(began),
            statements_done: self.plan.statements.len(),
            tool_version: options.tool_version.clone(),
            tag: None,
            unfinished: None,
        }
    }

    /// Returns the error of a step that failed.
    pub(super) fn failure(&self, failure: execute::StepFailure, kept: Kept) -> RunError {
        RunError::Failed(Box::new(Failure {
            direction: self.direction,
            revision: self.revision,
            message: self.message.clone(),
            script: self.path.clone(),
            line: failure.line,
            statement: failure.statement,
            cause: failure.cause,
            kept,
            remains: Remains::Nothing,
            done: Vec::new(),
            left: Vec::new(),
        }))
    }
}

fn parse(
    dialect: &dyn Dialect,
    revision: RevisionId,
    path: Option<&PathBuf>,
    text: &str,
) -> Result<Plan, RunError> {
    script::parse(text, dialect.lexicon()).map_err(|error| RunError::Script {
        revision,
        path: path.cloned(),
        error,
    })
}

/// Tells whether the files have the revision as it was applied. Written anew since, such as on top of another one, its scripts are for another schema.
pub(super) fn has_what_ran(history: &History, dialect: &dyn Dialect, row: &Applied) -> bool {
    history.get(row.id).is_some()
        && history
            .script(row.id, dialect.name(), Direction::Upgrade)
            .map_or(true, |text| script::checksum(&text) == row.checksum)
}

/// Returns the downgrade script and its file, or the one that the database kept.
fn find_downgrade(
    history: &History,
    dialect: &dyn Dialect,
    row: &Applied,
    parents: &[RevisionId],
    rows: &[Applied],
) -> Result<(Option<PathBuf>, String), RunError> {
    // Put on top of another one that the database does not have, the same script up may have another one back. It has one that was squashed
    // from what it has, whether it has noted that or not.
    let moved = || {
        let has = history.settled(&rows.iter().map(|row| row.id).collect());
        let there = |known: &Header| known.parents.iter().all(|parent| has.contains(parent));
        history
            .get(row.id)
            .is_some_and(|known| known.parents != parents && !there(known))
    };
    if has_what_ran(history, dialect, row) && !(row.downgrade.is_some() && moved()) {
        match history.script(row.id, dialect.name(), Direction::Downgrade) {
            Ok(text) => {
                return Ok((
                    history.script_path(row.id, dialect.name(), Direction::Downgrade),
                    text,
                ));
            }
            Err(error) if matches!(error.cause, Cause::NoScript { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let kept = row.downgrade.clone();
    kept.map(|text| (None, text)).ok_or(RunError::NoWayBack {
        revision: row.id,
        why: WayBack::Missing,
    })
}
