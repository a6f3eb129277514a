//! From operations to statements: the order of a script.
//!
//! Renames are made as they come. What stands between them is the difference of two schemas that use the same names, and is made in one
//! order, whichever way the script leads: guards, all that is in the way, enums, new tables, the standing tables one by
//! one, indexes, foreign keys, and what is no longer needed. PostgreSQL does all of it in one transaction.

mod change;
mod conversion;
mod enums;
mod guard;
mod member;
mod moves;
mod table;

use std::collections::BTreeSet;

use self::change::Change;
use super::ddl::{
    comment_on_column, comment_on_table, create_index, create_table, foreign_key, in_schema, qualified,
    quote, repeated, unique,
};
use super::normalize::unsupported;
use crate::dialect::{Mode, Unsupported};
use crate::operation::{ApplyError, Asides, Operation, apply_all, aside, reverse_all};
use crate::plan::{Plan, Statement, Step};
use crate::schema::{Schema, Table, TableName};

/// Returns the statements that take a database from `from` through the operations.
///
/// # Errors
///
/// An operation that does not fit, or a backfill that is no expression.
pub(super) fn plan(from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported> {
    let mut statements = Vec::new();
    let mut before = from.clone();
    let roomy = moves::with_room(from, operations).map_err(|error| misfit(&error))?;
    for run in roomy.chunk_by(|one, next| is_rename(one) == is_rename(next)) {
        let after = apply_all(before.clone(), run).map_err(|error| misfit(&error))?;
        if run.first().is_some_and(is_rename) {
            for operation in run {
                rename(operation, &before, &mut statements);
                operation.apply(&mut before).map_err(|error| misfit(&error))?;
            }
        } else {
            let change = Change::collect(&before, &after, run);
            guard::refuse_broken_backfills(&change)?;
            alter(&change, &mut statements);
        }
        before = after;
    }
    // What waits on the way up does on the way down.
    let asides = [operations, &reverse_all(operations)].map(Asides::of);
    for statement in &mut statements {
        if let Step::ExpectNoRows { message, .. } | Step::ExplainFailure { message, .. } = &mut statement.step
        {
            let words = std::mem::take(message);
            *message = asides.iter().fold(words, |words, asides| asides.resolve(words));
        }
    }
    Ok(Plan {
        mode: Mode::default(),
        statements,
    })
}

fn is_rename(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::RenameTable { .. } | Operation::RenameColumn { .. }
    )
}

/// Constraints, indexes and sequences keep their names when their table gets another one; those that the convention names are
/// renamed by operations of their own.
fn rename(operation: &Operation, before: &Schema, statements: &mut Vec<Statement>) {
    let mut execute = |sql: String| statements.push(Statement::execute(sql));
    if let Operation::RenameColumn { table, from, to } = operation {
        execute(format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            qualified(table),
            quote(from),
            quote(to)
        ));
    }
    let Operation::RenameTable { from, to } = operation else {
        return;
    };
    let call =
        |name: &TableName, new: &str| format!("ALTER TABLE {} RENAME TO {}", qualified(name), quote(new));
    if from.schema == to.schema {
        return execute(call(from, &to.name));
    }
    create_schemas(before, [to], &mut execute);
    statements.extend(moves::sequences(before, from, to));
    let mut execute = |sql: String| statements.push(Statement::execute(sql));
    // On its way it has the old name there or the new name here, whichever is free, or one that nobody has.
    let (old_there, new_here) = (to.sibling(from.name.clone()), from.sibling(to.name.clone()));
    let is_free = |name: &TableName| before.table(name).is_none();
    let between = if from.name == to.name || is_free(&new_here) {
        new_here
    } else if is_free(&old_there) {
        from.clone()
    } else {
        from.sibling(aside(&to.name, |name| !is_free(&from.sibling(name.to_owned()))))
    };
    if between.name != from.name {
        execute(call(from, &between.name));
    }
    let schema = to.schema.as_deref().unwrap_or("public");
    execute(format!(
        "ALTER TABLE {} SET SCHEMA {}",
        qualified(&between),
        quote(schema)
    ));
    if between.name != to.name {
        execute(call(&to.sibling(between.name.clone()), &to.name));
    }
}

/// All changes between two schemas that use the same names.
fn alter(change: &Change<'_>, statements: &mut Vec<Statement>) {
    let enums = &change.enums;
    statements.extend(change.tables.iter().flat_map(|table| guard::guards(table, enums)));
    drop_what_is_in_the_way(change, statements);
    let mut execute = |sql: String| statements.push(Statement::execute(sql));
    let after = change.after.tables.values();
    create_schemas(change.before, after.map(|table| &table.name), &mut execute);
    create_schemas(change.before, enums.created.keys(), &mut execute);
    statements.extend(enums.prepare());
    let created = change.created.iter().filter_map(|name| change.after.table(name));
    for table in created.clone() {
        statements.push(Statement::execute(create_table(table)));
    }
    for table in change.in_turn() {
        table::alter(table, enums, statements);
    }
    for table in created {
        create_indexes(table, statements);
    }
    for (table, key) in &change.added_keys {
        statements.push(Statement::execute(format!(
            "ALTER TABLE {} ADD {}",
            qualified(table),
            foreign_key(key)
        )));
    }
    statements.extend(enums.finish());
}

/// Names of indexes and types are those of a whole schema, so all that go are gone before any comes.
fn drop_what_is_in_the_way(change: &Change<'_>, statements: &mut Vec<Statement>) {
    for (table, name) in &change.dropped_keys {
        statements.push(Statement::execute(format!(
            "ALTER TABLE {} DROP CONSTRAINT {}",
            qualified(table),
            quote(name)
        )));
    }
    for table in &change.tables {
        member::drop(table, &change.enums, statements);
    }
    for table in &change.dropped {
        statements.push(Statement::execute(format!("DROP TABLE {}", qualified(table))));
    }
    member::rename(change, statements);
}

/// A schema may be there already: one that no table needs any more is never dropped.
fn create_schemas<'a>(
    before: &Schema,
    names: impl IntoIterator<Item = &'a TableName>,
    execute: &mut dyn FnMut(String),
) {
    let wanted: BTreeSet<&String> = names
        .into_iter()
        .filter_map(|name| name.schema.as_ref())
        .collect();
    let stands = |schema: &&&String| {
        before
            .tables
            .keys()
            .any(|table| table.schema.as_ref() == Some(**schema))
    };
    for schema in wanted.iter().filter(|schema| !stands(schema)) {
        execute(format!("CREATE SCHEMA IF NOT EXISTS {}", quote(schema)));
    }
}

/// Creates what of a new table does not stand in its own statement, and says what it is for.
fn create_indexes(table: &Table, statements: &mut Vec<Statement>) {
    let head = format!("ALTER TABLE {} ADD", qualified(&table.name));
    let repeated = repeated(table).into_iter();
    statements.extend(repeated.map(|index| Statement::execute(format!("{head} {}", unique(index)))));
    let indexes = table.indexes.values().filter(|index| !index.constraint);
    statements.extend(indexes.map(|index| Statement::execute(create_index(&table.name, index))));
    let comment = table.options.comment.as_deref();
    if comment.is_some() {
        statements.push(Statement::execute(comment_on_table(&table.name, comment)));
    }
    for column in table.columns.iter().filter(|column| column.comment.is_some()) {
        let comment = column.comment.as_deref();
        statements.push(Statement::execute(comment_on_column(
            &table.name,
            &column.name,
            comment,
        )));
    }
}

/// Returns the statement that drops an index that is no constraint.
fn drop_index(table: &TableName, name: &str) -> Statement {
    Statement::execute(format!("DROP INDEX {}", in_schema(table, name)))
}

fn misfit(error: &ApplyError) -> Unsupported {
    unsupported(format!("`{}`", error.operation), &error.found)
}
