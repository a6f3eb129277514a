//! What can go wrong while a database is brought to a revision: data, one text each, and a hint.

mod failure;
mod halfway;

pub use failure::{Failure, FailureCause, Kept, Remains};
pub use halfway::{Halfway, HalfwayCause};

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Apart, Finding};
use crate::db::{self, ErrorKind, Value};
use crate::dialect::Unsupported;
use crate::history::{HistoryError, RevisionId, Stuck};
use crate::script::ScriptError;

/// A run that stopped. What was committed before stays; of a script that runs out of a transaction, that is all steps before the one that failed.
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
        path: Option<PathBuf>,
        /// What is wrong, and on which line.
        error: ScriptError,
    },
    /// Another session has the lock, and had it for as long as it was waited for.
    Locked {
        /// Who that is, as far as the database can tell.
        holder: Option<String>,
        /// How long it was waited for.
        timeout: Duration,
        /// What the database said at last.
        error: db::Error,
    },
    /// A statement of a script failed.
    Failed(Box<Failure>),
    /// A script that stopped half-way cannot be finished.
    Halfway(Box<Halfway>),
    /// What a script left behind did not hold, or could not be committed.
    Commit {
        /// The revision.
        revision: RevisionId,
        /// What was found.
        error: db::Error,
        /// What stays of the script.
        kept: Kept,
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
    /// A revision that does not fit beside one of another branch.
    Apart(Box<Apart>),
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
    /// A revision on which others were built while it was about to be taken back.
    DependedOn {
        /// The revision.
        revision: RevisionId,
        /// Those that build on it.
        by: Vec<RevisionId>,
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
    pub(super) fn in_run(mut self, done: &[RevisionId], left: Vec<RevisionId>) -> Self {
        if let RunError::Failed(failure) = &mut self {
            failure.done = done.to_vec();
            failure.left = left;
        }
        self
    }

    /// Returns how to go on.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use std::time::Duration;
    /// # use schema_core::{Migrations, db::sqlite::SqliteConnection, dialect, history::History, runner};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
    /// # let options = runner::Options::new("1.0.0", || Duration::ZERO, Duration::from_secs(10));
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// let older = History::embedded(&Migrations::new("migrations", &MIGRATIONS.revisions()[..1]))?;
    /// let unknown = history.heads();
    /// let error = runner::upgrade(&mut connection, sqlite, &older, unknown, &options, &mut |_| {}).unwrap_err();
    /// println!("{error}\nhint: {}", error.hint().unwrap_or_default());
    /// # assert!(error.to_string().contains("6b03689cd779"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            RunError::Database { doing: _, error } | RunError::Commit { error, .. } => {
                return database_hint(error);
            }
            RunError::Locked { .. } => {
                "run it again when that is done, or wait longer with `--lock-timeout`".into()
            }
            RunError::History(error) => return error.hint(),
            RunError::Script { error, .. } => return error.hint(),
            RunError::Failed(failure) => return failure.hint(),
            RunError::Halfway(halfway) => halfway.hint(),
            RunError::Integrity { findings } => return findings.first().map(Finding::hint),
            RunError::UnknownTarget { .. } => "list the revisions with `autogen history`".into(),
            RunError::Stuck(stuck) => stuck.hint(),
            RunError::Apart(apart) => apart.hint(),
            RunError::NotApplied { .. } => "`autogen current` shows what the database has".into(),
            RunError::NoWayBack {
                why: WayBack::Irreversible { .. },
                ..
            } => "restore a backup, or write a new revision that undoes it".into(),
            RunError::NoWayBack {
                why: WayBack::Missing,
                ..
            } => "restore its scripts, as they were applied, from version control".into(),
            RunError::DependedOn { .. } => {
                "someone else has just applied them; run it again to take those back too".into()
            }
            RunError::VersionRow { .. } => {
                "use the version of autogen that wrote it, or repair the row in `_autogen_revisions`".into()
            }
            RunError::Unsupported(_) => return None,
        })
    }
}

/// Returns how to go on after what a database reported.
fn database_hint(error: &db::Error) -> Option<String> {
    Some(match error.kind {
        ErrorKind::Unreachable => {
            "check the database URL, and that the file's folder exists or the server answers".into()
        }
        ErrorKind::NoDatabase => "create the database, or check the database URL".into(),
        ErrorKind::NotADatabase => "check the database URL: the file holds something else, or is damaged".into(),
        ErrorKind::Locked => {
            "another process is at work on the database; run it again when that is done, or have a run wait longer with `--lock-timeout`".into()
        }
        ErrorKind::ReadOnly => "make the database file and its folder writable".into(),
        ErrorKind::ReadOnlyServer => {
            "connect to the server that is written to, with a session whose transactions may write".into()
        }
        ErrorKind::Denied => "grant this user the right, or connect as one who has it".into(),
        ErrorKind::Full => "make room on the disk, then run it again".into(),
        ErrorKind::TimedOut => "allow it more with `--timeout`, or split the statement".into(),
        ErrorKind::System => "see that the disk and the memory are well, then run it again".into(),
        ErrorKind::Statement if error.message.contains("already exists") => {
            "it was made outside the revisions: check that the database URL names the right database; if it does, and nothing of it is recorded yet, adopt it with `autogen baseline`; else drop or rename what is there, or take it out of the models".into()
        }
        ErrorKind::Statement if error.message.starts_with("no schema has been selected to create in") => {
            "create the schema, or name one that exists, such as with `?options=-csearch_path%3Dpublic` in the database URL".into()
        }
        ErrorKind::Statement if error.message.contains("search_path now has") || error.message.contains("comes before that") => {
            "rename or drop the schema that came later, or say which one is meant, such as with `?options=-csearch_path%3Dpublic` in the database URL".into()
        }
        ErrorKind::Statement if error.message.contains("is not what is found in it") => {
            "look for triggers or rules on `_autogen_revisions` that change what is written to it, and drop them".into()
        }
        ErrorKind::Statement => return missing_value_hint(&error.message).or_else(|| dependent_hint(&error.message)),
        ErrorKind::Unknown => {
            "if no revision makes it, such as an extension, a domain, a type, a sequence or a function, create it in the database first; if it is misspelled, correct the script by `autogen edit`; then run it again".into()
        }
    })
}

/// Returns how to go on where a rebuild on SQLite meets a NULL that it did not expect: in a primary key that was not declared NOT NULL
/// (<https://sqlite.org/lang_createtable.html#the_primary_key>).
fn missing_value_hint(message: &str) -> Option<String> {
    let failed = message.strip_prefix("NOT NULL constraint failed: _autogen_new_")?;
    let (table, column) = failed.rsplit_once('.')?;
    Some(format!(
        "rows of `{table}` hold NULL in `{column}`: give them a value, or delete them, then run it again"
    ))
}

/// Returns how to go on where a view, a trigger or something else stands in a statement's way that depends on what it changes. SQLite reads all of
/// them, and what does not say that it is so only after the change is broken already.
fn dependent_hint(message: &str) -> Option<String> {
    let named = ["error in view ", "error in trigger "];
    let read = named.iter().any(|begin| message.starts_with(begin));
    let refused = [
        "because other objects depend on it",
        "cannot alter type of a column used ",
    ];
    if read && !message.contains(" after ") {
        Some("that is broken whatever the script does: mend or drop it, then run it again".to_owned())
    } else if read || refused.iter().any(|why| message.contains(why)) {
        Some("have the script drop that before and create it again behind, by `autogen edit`, then run it again".to_owned())
    } else {
        None
    }
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
                path: Some(path),
                error,
            } => {
                write!(
                    f,
                    "cannot read the script of `{revision}`: `{}`, {error}",
                    path.display()
                )
            }
            RunError::Script {
                revision,
                path: None,
                error,
            } => {
                write!(
                    f,
                    "cannot read the downgrade script of `{revision}` that the database kept: {error}"
                )
            }
            RunError::Locked {
                holder,
                timeout,
                error,
            } => {
                write!(f, "cannot lock the database within {timeout:?}: ")?;
                match holder {
                    // A server's lock says itself who has it.
                    Some(holder) if !error.message.contains(holder) => {
                        write!(f, "it is held by {holder} ({error})")
                    }
                    Some(_) | None => error.fmt(f),
                }
            }
            RunError::Failed(failure) => failure.fmt(f),
            RunError::Halfway(halfway) => halfway.fmt(f),
            RunError::Commit {
                revision,
                error,
                kept: Kept::Nothing,
            } => write!(
                f,
                "cannot commit revision `{revision}`, nothing of which was kept: {error}"
            ),
            RunError::Commit {
                revision,
                error,
                kept,
            } => write!(f, "cannot finish revision `{revision}`, of which {kept}: {error}"),
            RunError::Integrity { findings } => {
                let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
                write!(f, "the database does not fit the files: {}", findings.join("; "))
            }
            RunError::UnknownTarget { revision } => write!(f, "there is no revision `{revision}`"),
            RunError::Stuck(stuck) => stuck.fmt(f),
            RunError::Apart(apart) => apart.fmt(f),
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
                "cannot take back `{revision}`: neither the files nor the database have the downgrade script of what was applied"
            ),
            RunError::DependedOn { revision, by } => write!(
                f,
                "cannot take back `{revision}`: {} in the database build on it",
                listed(by)
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
