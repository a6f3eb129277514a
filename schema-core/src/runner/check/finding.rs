//! What is found where a database and the files differ.

use std::fmt;
use std::path::PathBuf;

use crate::dialect::Unenforced;
use crate::history::{Direction, RevisionId, Stuck, downgrade_to, taken_back};
use crate::operation::Operation;

/// One way in which a database and the files differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The script of an applied revision is not the one that ran.
    EditedScript {
        /// The revision.
        revision: RevisionId,
        /// The script.
        path: PathBuf,
    },
    /// An applied revision has been written anew since, on top of another one or with what it builds on.
    Moved {
        /// The revision.
        revision: RevisionId,
        /// What it builds on in the files.
        onto: Vec<RevisionId>,
        /// What to go back to for the database to lose it.
        back_to: Vec<RevisionId>,
        /// What keeps the database from going on from there, if something does.
        then: Option<Box<Stuck>>,
        /// The one revision at which the database would be if it had what the files have, if there is such a one.
        at: Option<RevisionId>,
        /// Whether it has all that the files have up to there: the way back that it kept was made without some of that.
        whole: bool,
    },
    /// The script of an applied revision is gone.
    MissingScript {
        /// The revision.
        revision: RevisionId,
        /// Where it was.
        path: PathBuf,
    },
    /// The database has a revision that the files do not have.
    UnknownRevision {
        /// The revision.
        revision: RevisionId,
        /// What it is for, in words.
        message: String,
        /// What to go back to for the database to have none of that kind.
        back_to: Vec<RevisionId>,
        /// Whether its upgrade stopped half-way, which nothing but its script can finish.
        halfway: bool,
    },
    /// A script stopped half-way.
    Unfinished {
        /// Which script of the revision.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// What it is for, in words.
        message: String,
        /// How many of its steps are done.
        done: usize,
    },
    /// The files have a revision that the database does not have.
    Pending {
        /// The revision.
        revision: RevisionId,
        /// What it is for, in words.
        message: String,
        /// How many heads the files have.
        heads: usize,
    },
    /// The database cannot go on from where it is.
    Stuck(Stuck),
    /// The database's tables are not what its revisions made.
    Drift {
        /// What someone did to the database besides them.
        operation: Box<Operation>,
    },
    /// A constraint stands in the database and may not hold.
    Unenforced(Unenforced),
}

impl Finding {
    /// Returns the stable code of the kind of finding.
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
    /// let checked = runner::check(&mut connection, sqlite, &history, &runner::Tables::default())?;
    /// assert_eq!(checked.findings[0].code(), "pending");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Finding::EditedScript { .. } => "edited-script",
            Finding::Moved { .. } => "moved",
            Finding::MissingScript { .. } => "missing-script",
            Finding::UnknownRevision { .. } => "unknown-revision",
            Finding::Unfinished { .. } => "unfinished",
            Finding::Pending { .. } => "pending",
            Finding::Stuck(_) => "stuck",
            Finding::Drift { .. } => "drift",
            Finding::Unenforced(_) => "unenforced",
        }
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
    /// let checked = runner::check(&mut connection, sqlite, &history, &runner::Tables::default())?;
    /// assert_eq!(checked.findings[0].hint(), "apply it with `autogen upgrade`");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Finding::EditedScript { .. } => "restore the file, and put the edit in a new revision".into(),
            Finding::Moved { back_to, then, at, whole, .. } => {
                let back = taken_back(back_to, then.as_deref());
                let keep = at.map(|at| format!(
                    "run the SQL of `autogen diff --from URL --to {at}`, with the database's URL, in its own shell, and `autogen stamp {at} --purge`: that makes the tables what they are at `{at}`, but runs nothing that scripts do to rows"
                ));
                match keep {
                    None => back,
                    Some(keep) if *whole => keep,
                    Some(keep) => format!("{back}; or, to keep that, {keep}"),
                }
            }
            Finding::MissingScript { .. } => "restore the file from version control".into(),
            Finding::UnknownRevision { halfway: true, .. } => {
                "check out the branch that has it, and finish it with `autogen upgrade`".into()
            }
            Finding::UnknownRevision { back_to, .. } => format!(
                "check out the branch that has it, or take it back with `{}`, which drops what it added",
                downgrade_to(back_to)
            ),
            Finding::Unfinished { .. } => "`autogen upgrade` goes on where it stopped".into(),
            Finding::Pending { heads: 0 | 1, .. } => "apply it with `autogen upgrade`".into(),
            Finding::Pending { .. } => {
                "join the heads with `autogen merge`, and apply it with `autogen upgrade`; or apply what all of them have with `autogen upgrade heads`".into()
            }
            Finding::Stuck(stuck) => stuck.hint(),
            Finding::Drift { .. } => {
                "undo it in the database, or put it in the models and make a revision of it".into()
            }
            Finding::Unenforced(_) => {
                "see to its rows and enforce it: `VALIDATE CONSTRAINT`, `ENABLE TRIGGER ALL` (PostgreSQL), `ALTER CHECK … ENFORCED` (MySQL)".into()
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::EditedScript { revision, path } => {
                write!(
                    f,
                    "the script of applied revision `{revision}` was edited (`{}`)",
                    path.display()
                )
            }
            Finding::Moved { revision, onto, .. } => {
                write!(
                    f,
                    "the script of applied revision `{revision}` was written anew since"
                )?;
                for (nth, id) in onto.iter().enumerate() {
                    write!(f, "{} `{id}`", if nth == 0 { ", on top of" } else { " and" })?;
                }
                Ok(())
            }
            Finding::MissingScript { revision, path } => {
                write!(
                    f,
                    "the script of applied revision `{revision}` is missing (`{}`)",
                    path.display()
                )
            }
            Finding::UnknownRevision {
                revision, message, ..
            } => {
                write!(
                    f,
                    "the database has revision `{revision}` ({message}), which the files do not have"
                )
            }
            Finding::Unfinished {
                direction,
                revision,
                message,
                done,
            } => write!(
                f,
                "the {direction} script of `{revision}` ({message}) stopped half-way, with {done} steps done"
            ),
            Finding::Pending {
                revision,
                message,
                heads: _,
            } => {
                write!(f, "the database does not have revision `{revision}` ({message})")
            }
            Finding::Stuck(stuck) => stuck.fmt(f),
            Finding::Drift { operation } => {
                write!(
                    f,
                    "the database is not what its revisions made: {}",
                    operation.describe()
                )
            }
            Finding::Unenforced(Unenforced {
                table,
                constraint,
                why,
            }) => {
                write!(
                    f,
                    "the constraint `{constraint}` of `{table}` may not hold: {why}"
                )
            }
        }
    }
}
