//! A script that stopped half-way and from which no run can go on by itself: each case with both ways out.

use std::fmt;
use std::path::PathBuf;

use super::RunError;
use crate::history::{Direction, RevisionId};
use crate::runner::Unfinished;
use crate::runner::job::Job;
use crate::runner::version_table::TABLE;

/// A script that stopped half-way and cannot be finished as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halfway {
    /// Which script of the revision.
    pub direction: Direction,
    /// The revision.
    pub revision: RevisionId,
    /// What the revision is for, in words.
    pub message: String,
    /// The script's file; `None` if the files do not have it.
    pub script: Option<PathBuf>,
    /// How many of its steps are done.
    pub done: usize,
    /// Why it cannot be finished.
    pub cause: HalfwayCause,
}

/// Why a script cannot be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HalfwayCause {
    /// It is not the script any more that began.
    Changed,
    /// The files do not have the revision.
    Missing,
    /// Nobody can tell what became of a statement that was interrupted.
    Unclear {
        /// The line of the script.
        line: usize,
        /// The statement.
        statement: String,
        /// What the database says of it.
        found: String,
        /// What notes that it took effect.
        if_done: String,
        /// What notes that it did not.
        if_not: String,
    },
    /// A statement left in its session what cannot be had again in another one, or asks for such a thing: the key of the last row, a time, what was read from
    /// tables that have changed since.
    SessionLost {
        /// The line of the script.
        line: usize,
        /// The statement.
        statement: String,
        /// What notes that the rest of the script is done.
        if_done: String,
    },
}

impl Halfway {
    pub(in crate::runner) fn new(job: &Job, note: &Unfinished, cause: HalfwayCause) -> Self {
        Halfway {
            direction: job.direction,
            revision: job.revision,
            message: job.message.clone(),
            script: job.path.clone(),
            done: note.done,
            cause,
        }
    }

    /// Returns both ways to go on.
    #[must_use]
    pub fn hint(&self) -> String {
        let forget = format!("`DELETE FROM {TABLE} WHERE id = '{}'`", self.revision);
        let other = match (self.direction, self.done) {
            (Direction::Upgrade, 0) => format!("or, as none of its steps is done, forget it with {forget}"),
            (Direction::Upgrade, done) => {
                format!("or undo its first {done} steps by hand, and forget it with {forget}")
            }
            (Direction::Downgrade, _) => {
                format!("or do what is left of it by hand, and forget the revision with {forget}")
            }
        };
        match &self.cause {
            HalfwayCause::Changed => {
                format!("restore the script as it was, and run it again; {other}")
            }
            HalfwayCause::Missing => format!("check out the branch that has it, and run it again; {other}"),
            HalfwayCause::Unclear { if_done, if_not, .. } => {
                format!("{}then run it again", either_way(if_done, if_not))
            }
            HalfwayCause::SessionLost { if_done, .. } => format!(
                "do what is left of it by hand, with what that statement should find or leave, and note that with\n{}then run it again; {other}",
                to_copy(if_done)
            ),
        }
    }
}

impl fmt::Display for Halfway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Halfway {
            direction,
            revision,
            message,
            script,
            done,
            cause,
        } = self;
        write!(
            f,
            "cannot go on with the {direction} script of `{revision}` ({message}), {done} steps of which are done: "
        )?;
        match (cause, script) {
            (HalfwayCause::Changed, Some(path)) => write!(f, "`{}` has been edited since", path.display()),
            (cause, _) => cause.fmt(f),
        }
    }
}

impl fmt::Display for HalfwayCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HalfwayCause::Changed => f.write_str("it has changed since"),
            HalfwayCause::Missing => f.write_str("the files do not have the revision"),
            HalfwayCause::Unclear {
                line,
                statement,
                found,
                ..
            } => {
                write!(
                    f,
                    "it was interrupted at line {line}, and it is not clear whether that statement took effect: {found}"
                )?;
                quoted(f, statement)
            }
            HalfwayCause::SessionLost { line, statement, .. } => {
                write!(
                    f,
                    "what the statement at line {line} left in its session, or asks of it, went with that session and cannot be had again"
                )?;
                quoted(f, statement)
            }
        }
    }
}

/// Returns both ways out of a statement of which nobody can tell whether it took effect.
pub(super) fn either_way(if_done: &str, if_not: &str) -> String {
    format!(
        "look at the database; if the statement took effect, note that with\n{}and if it did not, undo what is there of it and note that with\n{}",
        to_copy(if_done),
        to_copy(if_not)
    )
}

/// Returns a statement as a line of its own, as a shell takes it.
fn to_copy(sql: &str) -> String {
    format!("    {sql};\n")
}

fn quoted(f: &mut fmt::Formatter<'_>, statement: &str) -> fmt::Result {
    statement.lines().try_for_each(|line| write!(f, "\n  | {line}"))
}

impl From<Halfway> for RunError {
    fn from(halfway: Halfway) -> Self {
        RunError::Halfway(Box::new(halfway))
    }
}
