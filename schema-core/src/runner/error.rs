//! What can go wrong while a database is brought to a revision: data, one text each, and a hint.

use std::fmt;
use std::path::PathBuf;

use super::Finding;
use crate::db::{self, ErrorKind, Value};
use crate::dialect::Unsupported;
use crate::history::{Direction, HistoryError, RevisionId, Stuck};
use crate::script::ScriptError;

/// A run that stopped. The revision it stopped at is not applied (or not taken back); those before it are.
#[derive(Debug)]
pub enum RunError {
    /// The database refused something outside the scripts.
    Database {
        /// What was tried: `lock the database`.
        doing: &'static str,
        /// What it said.
        error: db::Error,
    },
    /// The files cannot be read.
    History(HistoryError),
    /// A script cannot be understood.
    Script {
        /// The revision.
        revision: RevisionId,
        /// The file, or `None` for the script that the database kept.
        path: PathBuf,
        /// What is wrong, and on which line.
        error: ScriptError,
    },
    /// A statement of a script failed.
    Failed(Box<Failure>),
    /// What a script left behind did not hold, or could not be committed.
    Commit {
        /// The revision.
        revision: RevisionId,
        /// What was found.
        error: db::Error,
    },
    /// Database and files do not fit together, so nothing was run.
    Integrity {
        /// What does not fit.
        findings: Vec<Finding>,
    },
    /// A revision that the files do not have.
    UnknownTarget {
        /// Its id.
        revision: RevisionId,
    },
    /// The database cannot go on from where it is.
    Stuck(Stuck),
    /// A revision to go back to that the database does not have.
    NotApplied {
        /// Its id.
        revision: RevisionId,
    },
    /// A revision that cannot be taken back.
    NoWayBack {
        /// The revision.
        revision: RevisionId,
        /// Why.
        why: WayBack,
    },
    /// A revision that others in the database build on.
    DependedOn {
        /// The revision.
        revision: RevisionId,
        /// Those that build on it.
        by: Vec<RevisionId>,
    },
    /// A script that wants no transaction, on a database that runs every script in one.
    NoTransaction {
        /// The revision.
        revision: RevisionId,
        /// The file.
        path: PathBuf,
        /// The dialect.
        dialect: &'static str,
    },
    /// A row of the version table that makes no sense.
    VersionRow {
        /// The row.
        row: Vec<Value>,
    },
    /// The database cannot hold the version table.
    Unsupported(Unsupported),
}

/// Why a revision cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// Its downgrade script says so.
    Irreversible {
        /// In its words; may be empty.
        reason: String,
    },
    /// Neither the files nor the database have its downgrade script.
    Missing,
}

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
    /// The revisions that were done before it in this run, and stay done.
    pub done: Vec<RevisionId>,
    /// This revision and those after it, of which nothing was done.
    pub left: Vec<RevisionId>,
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

impl From<HistoryError> for RunError {
    fn from(error: HistoryError) -> Self {
        RunError::History(error)
    }
}

impl RunError {
    pub(super) fn database(doing: &'static str, error: db::Error) -> Self {
        RunError::Database { doing, error }
    }

    /// Adds what the run had done before, and what it has not.
    pub(super) fn in_run(mut self, done: &[RevisionId], left: &[RevisionId]) -> Self {
        if let RunError::Failed(failure) = &mut self {
            failure.done = done.to_vec();
            failure.left = left.to_vec();
        }
        self
    }

    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            RunError::Database { doing: _, error } | RunError::Commit { revision: _, error } => {
                return database_hint(error);
            }
            RunError::History(error) => return error.hint(),
            RunError::Script { error, .. } => return error.hint(),
            RunError::Failed(failure) => return failure.cause.hint(),
            RunError::Integrity { findings } => return findings.first().map(Finding::hint),
            RunError::UnknownTarget { .. } => "list the revisions with `autogen history`".into(),
            RunError::Stuck(stuck) => stuck.hint(),
            RunError::NotApplied { .. } => "`autogen current` shows what the database has".into(),
            RunError::NoWayBack {
                why: WayBack::Irreversible { .. },
                ..
            } => "restore a backup, or write a new revision that undoes it".into(),
            RunError::NoWayBack {
                why: WayBack::Missing,
                ..
            } => "restore the downgrade script from version control".into(),
            RunError::DependedOn { .. } => "take those back first".into(),
            RunError::NoTransaction { .. } => {
                "remove the directive `-- autogen: no-transaction`: no statement of this database needs it"
                    .into()
            }
            RunError::VersionRow { .. } => {
                "use the version of autogen that wrote it, or repair the row in `_autogen_revisions`".into()
            }
            RunError::Unsupported(_) => return None,
        })
    }
}

impl FailureCause {
    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
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

/// Returns how to go on after what a database reported.
fn database_hint(error: &db::Error) -> Option<String> {
    Some(match error.kind {
        ErrorKind::Unreachable => "check the database URL, and that its folder exists".into(),
        ErrorKind::NotADatabase => "check the database URL: the file holds something else, or is damaged".into(),
        ErrorKind::Locked => "another process is writing; run it again, or wait longer with `--lock-timeout`".into(),
        ErrorKind::ReadOnly => "make the database file and its folder writable".into(),
        ErrorKind::Full => "make room on the disk, then run it again".into(),
        ErrorKind::TimedOut => "allow it more with `--timeout`, or split the statement".into(),
        ErrorKind::Statement if error.message.contains("already exists") => {
            "it was made outside the revisions: check that the database URL names the right file; if it does, drop or rename what is there, or take it out of the models".into()
        }
        ErrorKind::Statement => return None,
    })
}

/// Lists ids as `a`, `b`.
pub(super) fn listed(ids: &[RevisionId]) -> String {
    ids.iter()
        .map(|id| format!("`{id}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Database { doing, error } => write!(f, "cannot {doing}: {error}"),
            RunError::History(error) => error.fmt(f),
            RunError::Script {
                revision,
                path,
                error,
            } => {
                write!(
                    f,
                    "cannot read the script of `{revision}`: `{}`, {error}",
                    path.display()
                )
            }
            RunError::Failed(failure) => failure.fmt(f),
            RunError::Commit { revision, error } => {
                write!(
                    f,
                    "cannot commit revision `{revision}`, nothing of which was kept: {error}"
                )
            }
            RunError::Integrity { findings } => {
                let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
                write!(f, "the database does not fit the files: {}", findings.join("; "))
            }
            RunError::UnknownTarget { revision } => write!(f, "there is no revision `{revision}`"),
            RunError::Stuck(stuck) => stuck.fmt(f),
            RunError::NotApplied { revision } => {
                write!(f, "cannot go back to `{revision}`: the database does not have it")
            }
            RunError::NoWayBack {
                revision,
                why: WayBack::Irreversible { reason },
            } => {
                write!(
                    f,
                    "cannot take back `{revision}`: its downgrade script says that it is irreversible"
                )?;
                if reason.is_empty() {
                    Ok(())
                } else {
                    write!(f, " ({reason})")
                }
            }
            RunError::NoWayBack {
                revision,
                why: WayBack::Missing,
            } => write!(
                f,
                "cannot take back `{revision}`: neither the files nor the database have its downgrade script"
            ),
            RunError::DependedOn { revision, by } => {
                write!(
                    f,
                    "cannot take back `{revision}`: {} in the database build on it",
                    listed(by)
                )
            }
            RunError::NoTransaction {
                revision,
                path,
                dialect,
            } => write!(
                f,
                "cannot run the script of `{revision}` without a transaction (`{}`): {dialect} runs every script in one",
                path.display()
            ),
            RunError::VersionRow { row } => {
                let row: Vec<String> = row.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "cannot understand a row of the version table: {}",
                    row.join(", ")
                )
            }
            RunError::Unsupported(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {}

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
        match done.as_slice() {
            [] => f.write_str("nothing was changed"),
            done => write!(
                f,
                "nothing of this revision was kept; done before it: {}",
                listed(done)
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
