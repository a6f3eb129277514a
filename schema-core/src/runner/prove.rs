//! The proof that a revision's scripts do what its operations say, on a scratch database.

mod error;

pub use error::{ProofCause, ProofError};

use std::collections::BTreeSet;
use std::time::Duration;

use super::leftovers::Leftovers;
use super::{Tables, execute};
use crate::db::{Connection, ErrorKind};
use crate::dialect::{Dialect, Limits, Mode, Session, Within};
use crate::diff::{Answers, diff};
use crate::history::Direction;
use crate::history::files::Scripts;
use crate::plan::{Plan, concerned, restricted};
use crate::schema::{Schema, TableName};
use crate::script;

/// Proves on an empty scratch database that the upgrade script leads from one schema to the other, both as models say them, and the downgrade
/// script back.
///
/// Only the tables that differ, those the scripts name and those tied to them by foreign keys are made, so the cost is that of the change. A
/// downgrade that says it is irreversible is not run. Tables that are [left alone](Tables::excludes) may come and go as a script likes.
///
/// # Errors
///
/// [`ProofError`] with the script, and the statement that failed or the differences.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// use schema_core::history::files::Scripts;
/// use schema_core::runner::{Tables, prove};
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column::new("name", Type::Text { length: None }));
/// let (from, to) = (Schema::default(), Schema::from_iter([items]));
///
/// let mut scripts = Scripts {
///     upgrade: "CREATE TABLE items (name TEXT NOT NULL);".into(),
///     downgrade: "DROP TABLE items;".into(),
/// };
/// prove(&mut scratch, sqlite, &from, &to, &scripts, &Tables::default())?;
///
/// let mut scratch = SqliteConnection::in_memory()?;
/// scripts.upgrade = "CREATE TABLE items (name TEXT);".into();
/// let error = prove(&mut scratch, sqlite, &from, &to, &scripts, &Tables::default());
/// assert!(error.unwrap_err().to_string().contains("items.name"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prove(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    from: &Schema,
    to: &Schema,
    scripts: &Scripts,
    tables: &Tables,
) -> Result<(), ProofError> {
    let Scripts { upgrade, downgrade } = scripts;
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
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column::new("name", Type::Text { length: None }));
/// let schema = sqlite.normalize(&Schema::from_iter([items]))?;
/// runner::create(&mut scratch, sqlite, &schema)?;
/// assert_eq!(sqlite.reflect(&mut scratch)?, schema);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// let error = runner::run_script(&mut scratch, sqlite, "CREATE TABLE a (x);\n\nDROP TABLE b;\n").unwrap_err();
/// assert!(error.to_string().contains("line 3"));
/// assert!(sqlite.reflect(&mut scratch)?.tables.is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
