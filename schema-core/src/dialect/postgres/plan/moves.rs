//! Room for the indexes of tables that go from one schema to another.
//!
//! An index, and the key or constraint on it, is in the schema of its table and goes there with it. The indexes of two tables of one name have the
//! same names by convention, so while one table stands where the other one was, one of them waits under another name. So may a table
//! that is made where one stands that has not gone yet. It knows operations, and of SQL only that of a sequence, which no schema names.

use std::collections::BTreeMap;

use crate::dialect::postgres::RESERVED_PREFIX;
use crate::dialect::postgres::ddl::{qualified, text};
use crate::operation::{ApplyError, Operation, aside};
use crate::plan::Statement;
use crate::schema::{Auto, Index, PrimaryKey, Schema, Table, TableName, naming};

/// The names under which indexes wait, by their tables and by their own.
type Waiting = BTreeMap<(TableName, String), String>;

/// Returns the operations with those between them that make room.
///
/// # Errors
///
/// An operation that does not fit what it finds.
pub(super) fn with_room(from: &Schema, operations: &[Operation]) -> Result<Vec<Operation>, ApplyError> {
    let moves = |operation: &Operation| matches!(operation, Operation::RenameTable { from, to } if from.schema != to.schema);
    if !operations.iter().any(moves) {
        return Ok(operations.to_vec());
    }
    let mut schema = from.clone();
    let mut waiting = Waiting::new();
    let mut roomy = Vec::new();
    for operation in operations {
        let mut operation = operation.clone();
        follow_waiting(&mut operation, &mut waiting);
        wait(&schema, &mut operation, &mut waiting);
        for (table, name) in in_the_way(&schema, &operation) {
            let aside = aside(&name, |_| false);
            push(rename(&schema, &table, &name, &aside), &mut schema, &mut roomy)?;
            waiting.insert((table, name), aside);
        }
        if let Operation::RenameTable { from, to } = &operation {
            let follow = |(table, name): (TableName, String)| {
                let table = if table == *from { to.clone() } else { table };
                (table, name)
            };
            waiting = waiting
                .into_iter()
                .map(|(key, aside)| (follow(key), aside))
                .collect();
        }
        push(Some(operation), &mut schema, &mut roomy)?;
    }
    for ((table, name), aside) in waiting {
        push(rename(&schema, &table, &aside, &name), &mut schema, &mut roomy)?;
    }
    Ok(roomy)
}

fn push(
    operation: Option<Operation>,
    schema: &mut Schema,
    operations: &mut Vec<Operation>,
) -> Result<(), ApplyError> {
    let Some(operation) = operation else { return Ok(()) };
    operation.apply(schema)?;
    operations.push(operation);
    Ok(())
}

/// Returns the indexes that have to wait: those of a table that moves whose names are taken where it goes, and those whose names a new table needs.
fn in_the_way(schema: &Schema, operation: &Operation) -> Vec<(TableName, String)> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only these two bring indexes into a schema"
    )]
    match operation {
        Operation::RenameTable { from, to } if from.schema != to.schema => {
            let moving = schema.table(from).into_iter().flat_map(names);
            let taken = |name: &&String| {
                let mut there = schema
                    .tables
                    .values()
                    .filter(|table| table.name.schema == to.schema);
                there.any(|table| names(table).any(|other| other == *name))
            };
            moving
                .filter(taken)
                .map(|name| (from.clone(), name.clone()))
                .collect()
        }
        Operation::CreateTable { table: new } => {
            let there = schema
                .tables
                .values()
                .filter(|table| table.name.schema == new.name.schema);
            let pairs = there.flat_map(|table| names(table).map(|name| (&table.name, name)));
            let wanted = pairs.filter(|(_, name)| names(new).any(|other| other == *name));
            wanted
                .map(|(table, name)| (table.clone(), name.clone()))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the names of a table's indexes, that of its key included.
fn names(table: &Table) -> impl Iterator<Item = &String> {
    let key = table.primary_key.iter().map(|key| &key.name);
    key.chain(table.indexes.keys())
}

/// Returns the operation that gives an index, or a key, another name.
fn rename(schema: &Schema, table: &TableName, from: &str, to: &str) -> Option<Operation> {
    let standing = schema.table(table)?;
    let key = standing.primary_key.as_ref().filter(|key| key.name == from);
    if let Some(key) = key {
        let renamed = PrimaryKey {
            name: to.to_owned(),
            ..key.clone()
        };
        return Some(Operation::AlterPrimaryKey {
            table: table.clone(),
            from: Some(key.clone()),
            to: Some(renamed),
        });
    }
    Some(Operation::RenameIndex {
        table: table.clone(),
        from: standing.indexes.get(from)?.clone(),
        to: to.to_owned(),
    })
}

/// Has an index wait that would come to a name which one of another table still has.
fn wait(schema: &Schema, operation: &mut Operation, waiting: &mut Waiting) {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only these three name an index of a table that stands"
    )]
    let (table, name) = match operation {
        Operation::RenameIndex { table, to, .. } => (table, to),
        Operation::AddIndex { table, index } => (table, &mut index.name),
        Operation::AlterPrimaryKey {
            table, to: Some(key), ..
        } => (table, &mut key.name),
        _ => return,
    };
    let mut others = schema
        .tables
        .values()
        .filter(|other| other.name != *table && other.name.schema == table.schema);
    if others.any(|other| names(other).any(|taken| taken == name)) {
        let aside = aside(name, |_| false);
        waiting.insert((table.clone(), std::mem::replace(name, aside.clone())), aside);
    }
}

/// Gives an operation the names under which indexes wait, which they do no longer if it drops them or gives them other ones.
fn follow_waiting(operation: &mut Operation, waiting: &mut Waiting) {
    let mut follow = |table: &TableName, name: &mut String| {
        if let Some(aside) = waiting.remove(&(table.clone(), name.clone())) {
            *name = aside;
        }
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only these four name an index that stands"
    )]
    match operation {
        Operation::RenameIndex { table, from, .. } => follow(table, &mut from.name),
        Operation::DropIndex { table, index } => follow(table, &mut index.name),
        Operation::AlterPrimaryKey {
            table,
            from: Some(key),
            ..
        } => follow(table, &mut key.name),
        Operation::DropTable { table } => {
            let name = table.name.clone();
            if let Some(key) = &mut table.primary_key {
                follow(&name, &mut key.name);
            }
            let indexes = std::mem::take(&mut table.indexes).into_values();
            table.indexes = indexes
                .map(|mut index: Index| {
                    follow(&name, &mut index.name);
                    (index.name.clone(), index)
                })
                .collect();
        }
        _ => {}
    }
}

/// Returns what gives the sequences behind the numbers of a table names that are free in the schema that it goes to, if other tables are numbered there.
pub(super) fn sequences(schema: &Schema, from: &TableName, to: &TableName) -> Vec<Statement> {
    let numbered = |table: &Table| table.columns.iter().any(|column| column.auto != Auto::No);
    let mut there = schema
        .tables
        .values()
        .filter(|table| table.name.schema == to.schema);
    let Some(table) = schema.table(from).filter(|_| there.any(numbered)) else {
        return Vec::new();
    };
    let target = to.schema.as_deref().unwrap_or("public");
    let columns = table.columns.iter().filter(|column| column.auto != Auto::No);
    let statements = columns.map(|column| {
        let sequence = format!(
            "pg_get_serial_sequence({}, {})",
            text(&qualified(from)),
            text(&column.name)
        );
        let waits = to.name.starts_with(RESERVED_PREFIX);
        let name = if waits { &from.name } else { &to.name };
        let free = naming::shorten(format!("{target}_{name}_{}_seq", column.name));
        Statement::execute(format!(
            "DO $sequence$ BEGIN
    IF EXISTS (
        SELECT 1 FROM pg_class AS own JOIN pg_class AS other USING (relname)
        WHERE own.oid = {sequence}::regclass AND other.relnamespace = {}::regnamespace
    ) THEN
        EXECUTE 'ALTER SEQUENCE ' || {sequence} || ' RENAME TO ' || quote_ident({});
    END IF;
END $sequence$",
            text(&crate::dialect::postgres::ddl::quote(target)),
            text(&free)
        ))
        .because("a sequence goes with its table, and its name may be taken there")
    });
    statements.collect()
}
