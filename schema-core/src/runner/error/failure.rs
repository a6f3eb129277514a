//! A statement of a script that failed: which, where, why, and what stays of the script.

use std::fmt;
use std::path::PathBuf;

use super::{Halfway, database_hint, halfway, listed};
use crate::db::{self, ErrorKind, Value};
use crate::history::{Direction, RevisionId};

/// A statement that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Which script of the revision.
    pub direction: Direction,
    /// The revision.
    pub revision: RevisionId,
    /// What the revision is for, in words.
    pub message: String,
    /// The script's file; `None` if it is the script that the database kept.
    pub script: Option<PathBuf>,
    /// The line of the script.
    pub line: usize,
    /// The statement.
    pub statement: String,
    /// Why it failed.
    pub cause: FailureCause,
    /// What stays of the script.
    pub kept: Kept,
    /// What the statement left behind.
    pub remains: Remains,
    /// The revisions that were done before it in this run, and stay done.
    pub done: Vec<RevisionId>,
    /// This revision and those after it. If it shared a transaction with some before it, they are among these.
    pub left: Vec<RevisionId>,
}

/// What stays of a script that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: its transaction was rolled back, and all that ran in it.
    Nothing,
    /// The steps before, since it runs out of a transaction.
    Steps {
        /// How many are done.
        done: usize,
        /// How many the script has.
        of: usize,
    },
}

/// What a statement that failed left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remains {
    /// Nothing.
    Nothing,
    /// Nothing, but those before it left something in the session that no other run can have: what such a run would say.
    SessionLost(Box<Halfway>),
    /// It could not be looked at; the next run does.
    Unknown,
    /// Nobody can tell, or it was done by halves.
    Unclear {
        /// What the database says of it.
        found: String,
        /// What notes that it took effect.
        if_done: String,
        /// What notes that it did not.
        if_not: String,
    },
}

/// Why a statement failed.
#[derive(Debug, Clone, PartialEq)]
pub enum FailureCause {
    /// The database refused it.
    Database(db::Error),
    /// A query that must find nothing found rows.
    Rows {
        /// What that means, in the script's words.
        message: String,
        /// The first of the rows.
        rows: Vec<Vec<Value>>,
        /// Whether there are more.
        more: bool,
    },
    /// `restore-dependents` for a table of which nothing was kept.
    NothingKept,
}

impl Failure {
    /// Tells whether someone else had what the statement needs.
    pub(in crate::runner) fn is_locked_out(&self) -> bool {
        matches!(&self.cause, FailureCause::Database(error) if error.kind == ErrorKind::Locked)
    }

    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let cause = self.cause.hint();
        let Kept::Steps { .. } = self.kept else {
            return cause;
        };
        let resume = self.remains.hint();
        Some(cause.map_or_else(|| resume.clone(), |cause| format!("{cause}; {resume}")))
    }

    /// Tells whether the database refused the statement as it read it, for only then it says where in the text: nothing of it was run.
    pub(in crate::runner) fn is_unread(&self) -> bool {
        matches!(&self.cause, FailureCause::Database(error) if error.kind == ErrorKind::Statement && error.offset.is_some())
    }
}

impl Remains {
    /// Returns how to go on with the script.
    fn hint(&self) -> String {
        match self {
            Remains::Nothing => "correct what is in the way, in the script from this statement on or in the database, and run it again: it goes on at this statement".to_owned(),
            Remains::SessionLost(halfway) => halfway.hint(),
            Remains::Unknown => "run the script again as it is: it finds out what became of this statement, and goes on at it or behind it".to_owned(),
            Remains::Unclear { found: _, if_done, if_not } => format!(
                "{}then correct what is in the way, in what is left of the script or in the database, and run it again",
                halfway::either_way(if_done, if_not)
            ),
        }
    }
}

impl FailureCause {
    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            FailureCause::Database(error) if error.kind == ErrorKind::Unreachable => {
                Some("the connection was there and is lost: see that the server answers again".into())
            }
            FailureCause::Database(error) => database_hint(error),
            FailureCause::Rows { .. } => {
                Some("correct these rows, or edit the script, then run it again".into())
            }
            FailureCause::NothingKept => {
                Some("put `-- autogen: keep-dependents` with the same table above it".into())
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            direction,
            revision,
            message,
            script,
            line,
            statement,
            cause,
            kept,
            remains,
            done,
            left: _,
        } = self;
        let to = match direction {
            Direction::Upgrade => "upgrade to",
            Direction::Downgrade => "take back",
        };
        write!(f, "cannot {to} `{revision}` ({message}): ")?;
        match script {
            Some(path) => write!(f, "`{}`, line {line}: ", path.display())?,
            None => write!(f, "the downgrade script that the database kept, line {line}: ")?,
        }
        writeln!(f, "{cause}")?;
        for line in statement.lines() {
            writeln!(f, "  | {line}")?;
        }
        match (kept, done.as_slice()) {
            (Kept::Nothing, []) => f.write_str("nothing was changed"),
            (Kept::Nothing, done) => write!(
                f,
                "nothing of this revision was kept; done before it: {}",
                listed(done)
            ),
            (kept, done) => {
                write!(f, "of this script, {kept}")?;
                remains.fmt(f)?;
                if done.is_empty() {
                    Ok(())
                } else {
                    write!(f, "; done before it: {}", listed(done))
                }
            }
        }
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remains::Nothing => Ok(()),
            Remains::SessionLost(halfway) => write!(f, ", but no run can go on: {}", halfway.cause),
            Remains::Unknown => f.write_str("; what became of this statement is not known"),
            Remains::Unclear { found, .. } => {
                write!(f, "; whether this statement did something is not clear: {found}")
            }
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Nothing => f.write_str("nothing was kept"),
            Kept::Steps { done: 0, of: _ } => f.write_str("nothing is done"),
            Kept::Steps { done, of } => write!(
                f,
                "the first {done} of {of} steps are done and stay, since it runs out of a transaction"
            ),
        }
    }
}

impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureCause::Database(error) => error.fmt(f),
            FailureCause::Rows { message, rows, more } => {
                let why = if message.is_empty() {
                    "there are rows where none may be"
                } else {
                    message
                };
                f.write_str(why)?;
                for row in rows {
                    let row: Vec<String> = row.iter().map(ToString::to_string).collect();
                    write!(f, "\n  ({})", row.join(", "))?;
                }
                if *more { f.write_str("\n  …") } else { Ok(()) }
            }
            FailureCause::NothingKept => f.write_str("nothing of this table was kept"),
        }
    }
}
