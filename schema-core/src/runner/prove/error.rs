//! What a proof finds wrong, or what it could not be had for.

use std::fmt;

use crate::db::{self, ErrorKind};
use crate::dialect::Unsupported;
use crate::history::{Direction, HistoryError, RevisionId};
use crate::operation::Operation;
use crate::runner::FailureCause;
use crate::script::ScriptError;

/// A script that does not do what the operations say, or a proof that could not be had.
#[derive(Debug)]
pub struct ProofError {
    /// The revision, where a whole history is verified.
    pub revision: Option<RevisionId>,
    /// The script; `None` if it failed while the schema before the revision was set up.
    pub direction: Option<Direction>,
    /// What is wrong.
    pub cause: ProofCause,
}

/// What can be wrong with a proof.
#[derive(Debug)]
pub enum ProofCause {
    /// The script cannot be understood.
    Script(ScriptError),
    /// A statement failed.
    Statement {
        /// The line of the script; 0 while the schema before is set up.
        line: usize,
        /// The statement.
        statement: String,
        /// Why.
        cause: FailureCause,
    },
    /// The script led to another schema than the operations.
    Differs {
        /// What leads from the expected schema to the one that was found.
        operations: Vec<Operation>,
    },
    /// The scratch database holds tables already.
    NotEmpty,
    /// The dialect cannot hold the schema.
    Unsupported(Unsupported),
    /// The scratch database failed outside the scripts.
    Database(db::Error),
    /// The files cannot be read.
    History(HistoryError),
}

impl ProofError {
    /// Returns how to go on.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
    /// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
    /// # let mut scratch = SqliteConnection::in_memory()?;
    /// runner::load(&mut scratch, sqlite, "CREATE TABLE mine (id INTEGER PRIMARY KEY);")?;
    /// let none = schema_core::schema::Schema::default();
    /// let error = runner::prove(&mut scratch, sqlite, &none, &none, &Default::default(), &Default::default()).unwrap_err();
    /// assert_eq!(error.hint().unwrap(), "name an empty database: everything in it would be changed");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.cause {
            ProofCause::Script(error) => error.hint(),
            ProofCause::Statement { cause, .. } => match cause {
                FailureCause::Database(_) => self.lacking(),
                FailureCause::Rows { .. } | FailureCause::NothingKept => cause.hint(),
            },
            ProofCause::Differs { .. } => Some(
                "a script may change rows as it likes, but its tables must come out as the models say: correct the script, or name a table that no model is to have in `exclude` under `[tables]` in `autogen.toml`".into(),
            ),
            ProofCause::NotEmpty => Some("name an empty database: everything in it would be changed".into()),
            ProofCause::Unsupported(_) | ProofCause::Database(_) => None,
            ProofCause::History(error) => error.hint(),
        }
    }
}

impl ProofError {
    /// Tells whether the database refused a statement; it may hold SQL that a person wrote.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
    /// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
    /// # let mut scratch = SqliteConnection::in_memory()?;
    /// let error = runner::run_script(&mut scratch, sqlite, "DROP TABLE nowhere;").unwrap_err();
    /// assert!(error.is_refusal());
    /// let error = runner::run_script(&mut scratch, sqlite, "SELECT 'no end").unwrap_err();
    /// assert!(!error.is_refusal()); // it never came to the database
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.cause,
            ProofCause::Statement {
                cause: FailureCause::Database(_),
                ..
            }
        )
    }

    /// Returns how to go on if the scratch database lacks something that no revision makes.
    #[must_use]
    pub fn lacking(&self) -> Option<String> {
        let ProofCause::Statement {
            cause: FailureCause::Database(error),
            ..
        } = &self.cause
        else {
            return None;
        };
        (error.kind == ErrorKind::Unknown).then(|| {
            "a scratch database holds no tables but those of the revisions, and has the extensions, domains, types, sequences and functions of the configured database: create what is missing \
             there first, or in an SQL script that is named under `[scratch]` in `autogen.toml`: `postgres = { setup = \"scratch.sql\" }`"
                .to_owned()
        })
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.direction {
            Some(direction) => format!("the {direction} script"),
            None => "the schema before".to_owned(),
        };
        let of = self.revision.map(|id| format!(" of `{id}`")).unwrap_or_default();
        match &self.cause {
            ProofCause::Script(error) => write!(f, "cannot read {what}{of}: {error}"),
            ProofCause::Statement {
                line,
                statement,
                cause,
            } => {
                write!(f, "{what}{of} fails on a scratch database")?;
                if *line > 0 {
                    write!(f, ", line {line}")?;
                }
                write!(f, ": {cause}")?;
                statement.lines().try_for_each(|line| write!(f, "\n  | {line}"))
            }
            ProofCause::Differs { operations } => {
                write!(
                    f,
                    "{what}{of} does not lead to the schema that its operations describe: on the scratch database, it has"
                )?;
                operations
                    .iter()
                    .try_for_each(|operation| write!(f, "\n  {}", operation.describe()))
            }
            ProofCause::NotEmpty => {
                f.write_str("cannot prove anything on a scratch database that is not empty")
            }
            ProofCause::Unsupported(error) => error.fmt(f),
            ProofCause::Database(error) => write!(f, "the scratch database failed at {what}{of}: {error}"),
            ProofCause::History(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProofError {}

impl From<ProofCause> for ProofError {
    fn from(cause: ProofCause) -> Self {
        ProofError {
            revision: None,
            direction: None,
            cause,
        }
    }
}
