//! The proof that a revision's scripts do what its operations say, on a scratch database.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::leftovers::Leftovers;
use super::{FailureCause, Tables, execute};
use crate::db::{self, Connection, ErrorKind};
use crate::dialect::{Dialect, Limits, Mode, Session, Unsupported, Within};
use crate::diff::{Answers, diff};
use crate::history::{Direction, HistoryError, RevisionId};
use crate::operation::Operation;
use crate::plan::{Plan, concerned, restricted};
use crate::schema::{Schema, TableName};
use crate::script::{self, ScriptError};

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

/// Proves on an empty scratch database that the upgrade script leads from one schema to the other and the downgrade
/// script back.
///
/// Only the tables that differ, those the scripts name and those tied to them by foreign keys are made, so the cost is that of the change. A
/// downgrade that says it is irreversible is not run. Tables that are [left alone](Tables::excludes) may come and go as a script likes.
///
/// # Errors
///
/// [`ProofError`] with the script, and the statement that failed or the differences.
pub fn prove(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    from: &Schema,
    to: &Schema,
    upgrade: &str,
    downgrade: &str,
    tables: &Tables,
) -> Result<(), ProofError> {
    let lexicon = dialect.lexicon();
    let named = [upgrade, downgrade].map(|script| script::names(script, lexicon));
    let is_named = |table: &TableName| {
        named
            .iter()
            .any(|names| names.contains(&table.name.to_lowercase()))
    };
    let made = concerned(from, to, &Answers::default(), is_named);
    let (from, to) = (standing(from, to, &made), standing(to, from, &made));
    let (from, to) = (normalized(dialect, &from)?, normalized(dialect, &to)?);
    refuse_filled(scratch, dialect)?;
    build(scratch, dialect, &from)?;
    let at = |direction| {
        move |cause| ProofError {
            revision: None,
            direction: Some(direction),
            cause,
        }
    };
    run_text(scratch, dialect, upgrade).map_err(at(Direction::Upgrade))?;
    compare(scratch, dialect, &to, tables).map_err(at(Direction::Upgrade))?;
    if script::irreversible(downgrade).is_some() {
        return Ok(());
    }
    run_text(scratch, dialect, downgrade).map_err(at(Direction::Downgrade))?;
    compare(scratch, dialect, &from, tables).map_err(at(Direction::Downgrade))
}

/// Returns the schema of those tables alone. One that only stands by, the same before and after and named in no script,
/// keeps just the foreign keys that lead to another of them.
fn standing(schema: &Schema, other: &Schema, tables: &BTreeSet<TableName>) -> Schema {
    let mut part = restricted(schema, tables);
    for table in part
        .tables
        .values_mut()
        .filter(|table| other.table(&table.name) == schema.table(&table.name))
    {
        table
            .foreign_keys
            .retain(|_, key| tables.contains(&key.references));
    }
    part
}

pub(super) fn normalized(dialect: &dyn Dialect, schema: &Schema) -> Result<Schema, ProofCause> {
    dialect.normalize(schema).map_err(ProofCause::Unsupported)
}

pub(super) fn refuse_filled(scratch: &mut dyn Connection, dialect: &dyn Dialect) -> Result<(), ProofCause> {
    let found = dialect.reflect(scratch).map_err(ProofCause::Database)?;
    if found.tables.is_empty() {
        Ok(())
    } else {
        Err(ProofCause::NotEmpty)
    }
}

/// Creates the tables of a normalized schema in an empty database.
///
/// # Errors
///
/// [`ProofError`]: what the dialect cannot do, or the statement that failed.
pub fn create(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    schema: &Schema,
) -> Result<(), ProofError> {
    build(scratch, dialect, schema).map_err(ProofError::from)
}

pub(super) fn build(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    schema: &Schema,
) -> Result<(), ProofCause> {
    let operations = diff(&Schema::default(), schema, &Answers::default());
    let plan = dialect
        .plan(&Schema::default(), &operations)
        .map_err(ProofCause::Unsupported)?;
    run_plan(scratch, dialect, &plan)
}

/// Runs a script as an upgrade would, but for the version table: what happens to it is recorded nowhere.
///
/// # Errors
///
/// [`ProofError`]: the script cannot be understood, or a statement of it failed. Nothing is changed then, unless it runs out of a
/// transaction.
pub fn run_script(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    text: &str,
) -> Result<(), ProofError> {
    run_text(connection, dialect, text).map_err(ProofError::from)
}

pub(super) fn run_text(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    text: &str,
) -> Result<(), ProofCause> {
    let plan = script::parse(text, dialect.lexicon()).map_err(ProofCause::Script)?;
    run_plan(scratch, dialect, &plan)
}

fn run_plan(scratch: &mut dyn Connection, dialect: &dyn Dialect, plan: &Plan) -> Result<(), ProofCause> {
    let session = dialect.session();
    let leftovers = Leftovers::look(scratch, session, std::iter::once(plan)).map_err(ProofCause::Database)?;
    in_session(scratch, dialect, &plan.mode, |scratch| {
        execute::run(scratch, session, plan).map_err(|failure| ProofCause::Statement {
            line: failure.line,
            statement: failure.statement,
            cause: failure.cause,
        })
    })?;
    leftovers
        .map_or(Ok(()), |leftovers| {
            leftovers.clear(scratch, session, Within::Nothing)
        })
        .map_err(ProofCause::Database)
}

/// Runs something on a scratch database as the script of a revision would be: in a transaction, which is taken back if it fails, or out of one.
pub(super) fn in_session<T>(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    mode: &Mode,
    mut work: impl FnMut(&mut dyn Connection) -> Result<T, ProofCause>,
) -> Result<T, ProofCause> {
    let session = dialect.session();
    // No one else has the scratch database.
    let limits = Limits {
        lock: Duration::ZERO,
        statement: None,
    };
    session
        .enter(scratch, mode, &limits)
        .map_err(ProofCause::Database)?;
    let mut checked = |scratch: &mut dyn Connection| {
        let done = work(scratch)?;
        session.check(scratch, mode).map_err(ProofCause::Database)?;
        Ok(done)
    };
    let outcome = if session.transactional() && !mode.no_transaction {
        match in_transaction(scratch, session, mode, &limits, &mut checked) {
            Err(ProofCause::Database(error))
                if error.kind == ErrorKind::Statement && session.looks_first(scratch, mode) =>
            {
                in_transaction(scratch, session, mode, &limits, &mut checked)
            }
            outcome => outcome,
        }
    } else {
        checked(scratch)
    };
    session.leave(scratch, mode);
    outcome
}

fn in_transaction<T>(
    scratch: &mut dyn Connection,
    session: &dyn Session,
    mode: &Mode,
    limits: &Limits,
    work: &mut impl FnMut(&mut dyn Connection) -> Result<T, ProofCause>,
) -> Result<T, ProofCause> {
    session
        .begin(scratch, mode, limits)
        .map_err(ProofCause::Database)?;
    let outcome = work(scratch).and_then(|done| {
        session.commit(scratch).map_err(ProofCause::Database)?;
        Ok(done)
    });
    if outcome.is_err() {
        session.rollback(scratch);
    }
    outcome
}

/// Compares the scratch database with the normalized schema it should hold, but for tables that are left alone.
pub(super) fn compare(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    expected: &Schema,
    tables: &Tables,
) -> Result<(), ProofCause> {
    let stored = dialect
        .stored(scratch, expected.clone())
        .map_err(ProofCause::Database)?;
    let mut found = dialect.reflect(scratch).map_err(ProofCause::Database)?;
    found
        .tables
        .retain(|name, _| stored.table(name).is_some() || !tables.excludes(name));
    if found == stored {
        return Ok(());
    }
    Err(ProofCause::Differs {
        operations: diff(&stored, &found, &Answers::default()),
    })
}
