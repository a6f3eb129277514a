//! Whether a database that exists is what a schema says, before anything of it is recorded.

use std::collections::BTreeMap;

use super::{Claim, RunError, Tables};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::diff::{Answers, diff};
use crate::operation::Operation;
use crate::schema::{Schema, TableName};

/// How a database stands to a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// What leads from the schema to the tables that are there: nothing, if they agree.
    pub differences: Vec<Operation>,
    /// The tables that do not count. They are other people's.
    pub others: Vec<TableName>,
}

/// Compares the tables of a neutral schema with those that a database has. `tables` says which of either count; by
/// [`Claim::IfMade`], those that the schema has.
///
/// # Errors
///
/// [`RunError`] if the dialect cannot hold the schema, or the database cannot be read.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// use schema_core::runner::{Tables, agree};
/// use schema_core::schema::Schema;
///
/// runner::run_script(&mut scratch, sqlite, "CREATE TABLE items (id INTEGER PRIMARY KEY);")?;
/// let tables = Tables::new(["item*"], [])?; // claims them though no schema has them
/// let found = agree(&mut scratch, sqlite, &Schema::default(), &tables)?;
/// assert_eq!(found.differences[0].describe(), "added table 'items'");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn agree(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    schema: &Schema,
    tables: &Tables,
) -> Result<Agreement, RunError> {
    let failed = |error| RunError::database("read the database's tables", error);
    let mut expected = dialect.normalize(schema).map_err(RunError::Unsupported)?;
    expected
        .tables
        .retain(|name, _| tables.claim(name) != Claim::Never);
    let called = dialect.table_names(connection).map_err(failed)?;
    let said: BTreeMap<TableName, TableName> = expected
        .tables
        .keys()
        .map(|name| (called(name), name.clone()))
        .collect();
    let expected = dialect.stored(connection, expected).map_err(failed)?;
    let mut found = dialect.reflect(connection).map_err(failed)?;
    let mut others = Vec::new();
    found.tables.retain(|name, _| {
        let counts = match tables.claim(said.get(name).unwrap_or(name)) {
            Claim::IfMade => said.contains_key(name),
            Claim::Always => true,
            Claim::Never => false,
        };
        if !counts {
            others.push(name.clone());
        }
        counts
    });
    Ok(Agreement {
        differences: diff(&expected, &found, &Answers::default()),
        others,
    })
}
