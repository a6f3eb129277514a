//! The version table, in which a database records its revisions: one row for each that is applied.

use std::time::Duration;

use super::RunError;
use crate::db::{Connection, Value};
use crate::dialect::Dialect;
use crate::history::RevisionId;
use crate::operation::Operation;
use crate::plan::Step;
use crate::schema::{Column, PrimaryKey, Schema, Table, TableName, Type, naming};

/// The table's name.
const TABLE: &str = "_autogen_revisions";

/// A revision that a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The id.
    pub id: RevisionId,
    /// Its parents at the time, so that a database that is ahead of the files still has an order.
    pub parents: Vec<RevisionId>,
    /// What it is for, in words.
    pub message: String,
    /// The checksum of the script that ran.
    pub checksum: String,
    /// The script that takes it back, if there was one.
    pub downgrade: Option<String>,
    /// When it was applied, as RFC 3339 writes it.
    pub applied_at: String,
    /// How long its script took.
    pub duration: Duration,
    /// How many steps of its script were done.
    pub statements_done: usize,
    /// The version of the tool that applied it.
    pub tool_version: String,
}

/// Returns the table as a value of the IR, so that each dialect creates it in its own words.
fn table() -> Table {
    let name = TableName::new(TABLE.trim_start_matches('_'));
    let text = || Type::Text { length: None };
    let mut table = Table::new(name.clone());
    table.columns = vec![
        // A key of unbounded text is more than some databases can index.
        Column::new("id", Type::Text { length: Some(12) }),
        Column::new("parents", text()),
        Column::new("message", text()),
        Column::new("checksum", text()),
        Column {
            nullable: true,
            ..Column::new("downgrade", text())
        },
        Column::new("applied_at", text()),
        Column::new("duration_ms", Type::I64),
        Column::new("statements_done", Type::I64),
        Column::new("tool_version", text()),
    ];
    table.primary_key = Some(PrimaryKey {
        name: naming::primary_key(&name),
        columns: vec!["id".to_owned()],
    });
    table
}

/// Creates the table. It is called with the lock held, so that no two processes create it at once.
pub(super) fn create_if_missing(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
) -> Result<(), RunError> {
    if exists(connection, dialect)? {
        return Ok(());
    }
    // Dialects refuse models with the tool's own names, so the table gets its name only after it was normalized.
    let schema = dialect
        .normalize(&Schema::from_iter([table()]))
        .map_err(RunError::Unsupported)?;
    let create: Vec<Operation> = schema
        .tables
        .into_values()
        .map(|mut table| {
            table.name = TableName::new(TABLE);
            Operation::CreateTable { table }
        })
        .collect();
    let plan = dialect
        .plan(&Schema::default(), &create)
        .map_err(RunError::Unsupported)?;
    for statement in &plan.statements {
        if let Step::Execute { sql } = &statement.step {
            connection
                .execute(sql, &[])
                .map_err(|error| RunError::database("create the version table", error))?;
        }
    }
    Ok(())
}

fn exists(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<bool, RunError> {
    dialect
        .session()
        .has_table(connection, TABLE)
        .map_err(|error| RunError::database("look for the version table", error))
}

/// Returns the rows by id; none if there is no table.
pub(super) fn read(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<Vec<Applied>, RunError> {
    if !exists(connection, dialect)? {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT id, parents, message, checksum, downgrade, applied_at, duration_ms, statements_done, tool_version FROM {TABLE} ORDER BY id"
    );
    let rows = connection
        .query(&sql, &[])
        .map_err(|error| RunError::database("read the version table", error))?;
    rows.into_iter()
        .map(|row| from_row(&row).ok_or(RunError::VersionRow { row }))
        .collect()
}

fn from_row(row: &[Value]) -> Option<Applied> {
    let [
        id,
        parents,
        message,
        checksum,
        downgrade,
        applied_at,
        duration,
        statements_done,
        tool_version,
    ] = row
    else {
        return None;
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(Applied {
        id: id.as_str()?.parse().ok()?,
        parents: parents
            .as_str()?
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?,
        message: text(message)?,
        checksum: text(checksum)?,
        downgrade: text(downgrade),
        applied_at: text(applied_at)?,
        duration: Duration::from_millis(u64::try_from(duration.as_integer()?).ok()?),
        statements_done: usize::try_from(statements_done.as_integer()?).ok()?,
        tool_version: text(tool_version)?,
    })
}

/// Tells whether the database has the revision. The table exists.
pub(super) fn has(connection: &mut dyn Connection, id: RevisionId) -> Result<bool, RunError> {
    let rows = connection
        .query(
            &format!("SELECT 1 FROM {TABLE} WHERE id = ?"),
            &[id.to_string().as_str().into()],
        )
        .map_err(|error| RunError::database("read the version table", error))?;
    Ok(!rows.is_empty())
}

/// Returns how many revisions the database has. The table exists.
pub(super) fn count(connection: &mut dyn Connection) -> Result<usize, RunError> {
    let rows = connection
        .query(&format!("SELECT count(*) FROM {TABLE}"), &[])
        .map_err(|error| RunError::database("read the version table", error))?;
    let count = rows
        .first()
        .and_then(|row| row.first())
        .and_then(Value::as_integer);
    Ok(count
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or_default())
}

/// Records a revision.
pub(super) fn insert(connection: &mut dyn Connection, row: &Applied) -> Result<(), RunError> {
    let Applied {
        id,
        parents,
        message,
        checksum,
        downgrade,
        applied_at,
        duration,
        statements_done,
        tool_version,
    } = row;
    let parents: Vec<String> = parents.iter().map(ToString::to_string).collect();
    let number = |number: Option<i64>| Value::Integer(number.unwrap_or(i64::MAX));
    let values = [
        id.to_string().as_str().into(),
        parents.join(" ").as_str().into(),
        message.as_str().into(),
        checksum.as_str().into(),
        downgrade.as_deref().into(),
        applied_at.as_str().into(),
        number(duration.as_millis().try_into().ok()),
        number((*statements_done).try_into().ok()),
        tool_version.as_str().into(),
    ];
    let sql = format!(
        "INSERT INTO {TABLE} (id, parents, message, checksum, downgrade, applied_at, duration_ms, statements_done, tool_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    connection
        .execute(&sql, &values)
        .map(drop)
        .map_err(|error| RunError::database("record the revision in the version table", error))
}

/// Forgets a revision.
pub(super) fn delete(connection: &mut dyn Connection, id: RevisionId) -> Result<(), RunError> {
    connection
        .execute(
            &format!("DELETE FROM {TABLE} WHERE id = ?"),
            &[id.to_string().as_str().into()],
        )
        .map(drop)
        .map_err(|error| RunError::database("remove the revision from the version table", error))
}
