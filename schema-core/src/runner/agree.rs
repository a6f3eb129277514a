//! Whether a database that exists is what a schema says, before anything of it is recorded.

use super::RunError;
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
    /// The tables that the schema does not have. They are other people's.
    pub others: Vec<TableName>,
}

/// Compares the tables of a neutral schema with those that a database has.
///
/// # Errors
///
/// [`RunError`] if the dialect cannot hold the schema, or the database cannot be read.
pub fn agree(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    schema: &Schema,
) -> Result<Agreement, RunError> {
    let failed = |error| RunError::database("read the database's tables", error);
    let expected = dialect.normalize(schema).map_err(RunError::Unsupported)?;
    let expected = dialect.stored(connection, expected).map_err(failed)?;
    let mut found = dialect.reflect(connection).map_err(failed)?;
    let mut others = Vec::new();
    found.tables.retain(|name, _| {
        let known = expected.table(name).is_some();
        if !known {
            others.push(name.clone());
        }
        known
    });
    Ok(Agreement {
        differences: diff(&expected, &found, &Answers::default()),
        others,
    })
}
