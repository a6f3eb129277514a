//! From operations to statements: the order of a script.
//!
//! All changes of one table are taken together ([`change`]) and made in place if ALTER TABLE can ([`native`]), else by one
//! rebuild ([`rebuild`]). No statement relies on a table being empty: what passes here passes on a filled table, or is stopped by
//! a [`guard`] that shows the rows in its way.
//!
//! SQLite resolves the names in foreign keys when rows change, not when tables do, so tables can be changed in any order, once all renames
//! are made: those are followed by every foreign key that there is, and must not meet one that has the new names already. Names
//! of indexes are one namespace, so all that go are gone before any comes.

mod change;
mod guard;
mod native;
mod rebuild;
mod times;

use self::change::{Change, Changes, Structural};
use super::ddl::{Wording, create_index, create_table, quote};
use super::normalize::unsupported;
use crate::dialect::{Mode, Unsupported};
use crate::operation::Operation;
use crate::plan::{Plan, Statement, Step};
use crate::schema::{Index, Schema, Table, TableName};

/// Returns the statements that take a database from `from` through the operations.
///
/// # Errors
///
/// An operation that does not fit, or a backfill that is no expression.
pub(super) fn plan(from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported> {
    let changes = Changes::collect(from, operations)?;
    let mut statements = Vec::new();
    for change in &changes.tables {
        drop_indexes(change, &mut statements);
    }
    for step in &changes.structural {
        structural(step, &mut statements);
    }
    for change in &changes.tables {
        rename_columns(change, &mut statements);
    }
    let created = || changes.created().filter_map(|name| changes.after.table(name));
    for table in created() {
        let sql = create_table(table, &table.name.name, &Wording::default());
        statements.push(Statement::execute(sql));
    }
    for change in changes.in_turn() {
        table(&changes, change, &mut statements)?;
    }
    for table in created() {
        create_indexes(&table.name, table.indexes.values(), &mut statements);
    }
    let replaces = |statement: &Statement| match &statement.step {
        Step::KeepDependents { .. } | Step::RestoreDependents { .. } => true,
        // DROP TABLE deletes the rows first, and where foreign keys are enforced others follow them.
        Step::Execute { sql } => sql.starts_with("DROP TABLE "),
        Step::ExpectNoRows { .. } | Step::ExplainFailure { .. } | Step::RedefineTable { .. } => false,
    };
    Ok(Plan {
        mode: Mode {
            foreign_keys_off: statements.iter().any(replaces)
                || changes.tables.iter().any(|change| changes.map_keys(change)),
            no_transaction: false,
        },
        statements,
    })
}

/// Returns the statements that rebuild one table with the columns that it has.
pub(super) fn rebuilt(before: &Table, after: &Table, why: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    rebuild::rebuild(&Change::in_place(before, after), why, &mut statements);
    statements
}

/// Drops the indexes that go, or come back as others.
fn drop_indexes(change: &Change, statements: &mut Vec<Statement>) {
    for index in change.before.indexes.values() {
        if !index.constraint && change.after.indexes.get(&index.name) != Some(index) {
            statements.push(Statement::execute(format!("DROP INDEX {}", quote(&index.name))));
        }
    }
}

fn create_indexes<'a>(
    table: &TableName,
    indexes: impl Iterator<Item = &'a Index>,
    statements: &mut Vec<Statement>,
) {
    for index in indexes.filter(|index| !index.constraint) {
        statements.push(Statement::execute(create_index(&table.name, index)));
    }
}

fn structural(step: &Structural, statements: &mut Vec<Statement>) {
    let rename = |from: &str, to: &str| {
        Statement::execute(format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to)))
    };
    match step {
        Structural::Create(_) => {}
        Structural::Drop(name) => {
            statements.push(Statement::execute(format!("DROP TABLE {}", quote(&name.name))));
        }
        Structural::Rename(from, to) if from.name.eq_ignore_ascii_case(&to.name) => {
            let between = format!("{}rename_{}", super::RESERVED_PREFIX, to.name);
            statements.push(
                rename(&from.name, &between)
                    .because("SQLite takes names that differ only in case for the same"),
            );
            statements.push(rename(&between, &to.name));
        }
        Structural::Rename(from, to) => statements.push(rename(&from.name, &to.name)),
    }
}

fn rename_columns(change: &Change, statements: &mut Vec<Statement>) {
    let table = quote(&change.after.name.name);
    statements.extend(change.renames.iter().map(|(from, to)| {
        Statement::execute(format!(
            "ALTER TABLE {table} RENAME COLUMN {} TO {}",
            quote(from),
            quote(to)
        ))
    }));
}

/// Changes one standing table, in place or by a rebuild.
fn table(changes: &Changes, change: &Change, statements: &mut Vec<Statement>) -> Result<(), Unsupported> {
    guard::refuse_broken_backfills(change)?;
    match native::alter(changes, change) {
        Ok(altered) => {
            statements.extend(guard::guards(change));
            statements.extend(altered);
            let new = change.after.indexes.values();
            let new = new.filter(|index| change.before.indexes.get(&index.name) != Some(index));
            create_indexes(&change.after.name, new, statements);
        }
        Err(why) => rebuild::rebuild(change, &why, statements),
    }
    Ok(())
}

fn misfit(error: &crate::operation::ApplyError) -> Unsupported {
    unsupported(format!("`{}`", error.operation), &error.found)
}
