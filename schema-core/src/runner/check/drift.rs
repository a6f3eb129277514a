//! Whether a database's tables are what its revisions made of them, as far as the session may find out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::db::{self, Connection, ErrorKind};
use crate::dialect::{Dialect, Unenforced, Unmanaged};
use crate::diff::{Answers, diff};
use crate::history::{History, RevisionId};
use crate::operation::Operation;
use crate::runner::{Claim, RunError, Tables};
use crate::schema::{Expression, Index, IndexPart, Schema, Table, TableName};

/// Expressions that could not be compared: servers write them anew as they store them, and this session may not try out how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncompared {
    /// What they are, in words: ``the check `positive` of `items` ``.
    pub expressions: Vec<String>,
    /// What the database said when they were tried out.
    pub error: db::Error,
}

impl Uncompared {
    /// Returns how to have them compared.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        if self.error.kind == ErrorKind::ReadOnlyServer {
            "to compare them, check in a session that may write: they are tried out in temporary tables, of which nothing stays"
        } else {
            "to compare them, check as a user who may make temporary tables, of which nothing stays"
        }
    }
}

impl fmt::Display for Uncompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not compared, since this session may not try them out ({}): {}",
            self.error,
            self.expressions.join(", ")
        )
    }
}

/// What became of a database's tables besides the revisions.
pub(super) struct Drift {
    /// What leads from the schema that the applied revisions made to the one that is there.
    pub(super) operations: Vec<Operation>,
    /// What is there and may not hold.
    pub(super) unenforced: Vec<Unenforced>,
    /// What could not be compared.
    pub(super) uncompared: Option<Uncompared>,
    /// What no model can say and changes what the tables do.
    pub(super) unmanaged: Vec<Unmanaged>,
}

/// Compares the tables that the applied revisions made with those that are there.
pub(super) fn drift(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    (history, applied): (&History, &[RevisionId]),
    tables: &Tables,
) -> Result<Drift, RunError> {
    let mut expected = Schema::default();
    let mut made: BTreeSet<TableName> = BTreeSet::new();
    for id in applied {
        history.replay(*id, &mut expected)?;
        made.extend(expected.tables.keys().cloned());
    }
    let mut expected = dialect.normalize(&expected).map_err(RunError::Unsupported)?;
    expected
        .tables
        .retain(|name, _| tables.claim(name) != Claim::Never);
    made.extend(expected.tables.keys().cloned());
    let called = dialect
        .table_names(connection)
        .map_err(|error| RunError::database("ask how the database calls tables", error))?;
    // What is claimed is said by the names that models and revisions use.
    let owned: BTreeMap<TableName, TableName> = made.into_iter().map(|name| (called(&name), name)).collect();
    let found = dialect
        .reflect(connection)
        .map_err(|error| RunError::database("read the database's tables", error))?;
    let counted: BTreeMap<_, _> = found
        .tables
        .into_iter()
        .filter(|(name, _)| match tables.claim(owned.get(name).unwrap_or(name)) {
            Claim::IfMade => owned.contains_key(name),
            Claim::Always => true,
            Claim::Never => false,
        })
        .collect();
    let found = Schema { tables: counted };
    let mut unenforced = dialect
        .unenforced(connection)
        .map_err(|error| RunError::database("look for constraints that are not enforced", error))?;
    unenforced.retain(|constraint| found.tables.contains_key(&constraint.table));
    let mut unmanaged = dialect
        .peculiarities(connection)
        .map_err(|error| RunError::database("look for what no model can say", error))?;
    unmanaged.retain(|thing| {
        let table = thing.part_of.as_ref();
        table.is_some_and(|table| found.tables.contains_key(table))
    });
    let (expected, uncompared) = as_kept(connection, dialect, expected, &found)?;
    Ok(Drift {
        operations: diff(&expected, &found, &Answers::default()),
        unenforced,
        uncompared,
        unmanaged,
    })
}

/// Returns what is expected as the database keeps it; where the session may not try out how it does, with the expressions that were found
/// for those that are said in other words.
fn as_kept(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    expected: Schema,
    found: &Schema,
) -> Result<(Schema, Option<Uncompared>), RunError> {
    let failed = |error| RunError::database("learn how the database keeps expressions", error);
    let error = match dialect.stored(connection, expected.clone()) {
        Ok(stored) => return Ok((stored, None)),
        Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::ReadOnlyServer) => error,
        Err(error) => return Err(failed(error)),
    };
    let mut expected = dialect.stored_unprobed(connection, expected).map_err(failed)?;
    let mut expressions = Vec::new();
    for table in expected.tables.values_mut() {
        if let Some(found) = found.table(&table.name) {
            assume(dialect, table, found, &mut expressions);
        }
    }
    let uncompared = (!expressions.is_empty()).then_some(Uncompared { expressions, error });
    Ok((expected, uncompared))
}

/// Puts the expressions of the table that was found in for those of the expected one, wherever both have one, and tells which.
fn assume(dialect: &dyn Dialect, table: &mut Table, found: &Table, assumed: &mut Vec<String>) {
    let name = &table.name;
    for column in &mut table.columns {
        let Some(there) = found.columns.iter().find(|there| there.name == column.name) else {
            continue;
        };
        let differs = column.default.is_some() && there.default.is_some() && column.default != there.default;
        if differs && !dialect.keeps_default(column) {
            assumed.push(format!("the default of column `{name}.{}`", column.name));
            column.default.clone_from(&there.default);
        }
        if let (Some(said), Some(kept)) = (&mut column.generated, &there.generated) {
            if take(&mut said.expression, &kept.expression) {
                assumed.push(format!("the expression of column `{name}.{}`", column.name));
            }
        }
    }
    for (key, check) in &mut table.checks {
        let there = found.checks.get(key);
        if there.is_some_and(|there| take(&mut check.expression, &there.expression)) {
            assumed.push(format!("the check `{}` of `{name}`", check.name));
        }
    }
    for (key, index) in &mut table.indexes {
        let there = found.indexes.get(key);
        if there.is_some_and(|there| assume_index(index, there)) {
            assumed.push(format!("the expressions of index `{}` of `{name}`", index.name));
        }
    }
}

/// Does the same with those of an index, and tells whether there were any.
fn assume_index(index: &mut Index, found: &Index) -> bool {
    let mut any = false;
    if let (Some(said), Some(kept)) = (&mut index.predicate, &found.predicate) {
        any |= take(said, kept);
    }
    for (key, there) in index.keys.iter_mut().zip(&found.keys) {
        if let (IndexPart::Expression(said), IndexPart::Expression(kept)) = (&mut key.part, &there.part) {
            // Whether the expression has its collation by itself is part of what was to be tried.
            if take(said, kept) || key.collation != there.collation {
                any = true;
                key.collation.clone_from(&there.collation);
            }
        }
    }
    any
}

fn take(said: &mut Expression, kept: &Expression) -> bool {
    let differs = said != kept;
    if differs {
        said.clone_from(kept);
    }
    differs
}
