//! From operations to statements: the order of a script.
//!
//! A statement that changes a schema commits itself, so nothing is taken back when a later one fails. Hence all [`guard`]s come first, under the
//! names that things have then: what stands in the way is said before anything is changed. Then tables are renamed, dropped and created, and
//! each table that changes gets one ALTER ([`alter`]), or two around the rows that have to change between them.
//!
//! Foreign keys hold tables together: one whose target changes goes before anything and comes after everything, all others go and come with
//! their table's own ALTER ([`keys`]).

mod alter;
mod change;
mod clauses;
pub(super) mod collation;
mod guard;
mod keys;
mod made;
mod values;

use self::alter::checks::drop_check;
use self::change::{Changes, Structural};
use self::keys::Keys;
use super::ddl::{create_table, foreign_key, quote, table_name};
use super::normalize::{implied_indexes, unsupported};
use crate::dialect::{Mode, Unsupported};
use crate::operation::Operation;
use crate::plan::{Plan, Statement};
use crate::schema::{Schema, Table, TableName};

/// Returns the statements that take a database from `from` through the operations.
///
/// # Errors
///
/// An operation that does not fit, or a backfill that is no expression.
pub(super) fn plan(from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported> {
    let changes = Changes::collect(from, operations)?;
    let keys = Keys::sort(&changes);
    let mut statements = Vec::new();
    for change in &changes.tables {
        values::refuse_broken_backfills(change)?;
        statements.extend(guard::guards(change, &changes, from));
    }
    statements.extend(renames(&changes));
    statements.extend(keys.early.iter().map(|(table, names)| {
        let drops = names
            .iter()
            .map(|name| format!("DROP FOREIGN KEY {}", quote(name)));
        let made_own = made::made_own(&changes, table, names);
        alter_table(table, &drops.chain(made_own).collect::<Vec<_>>())
    }));
    for change in &changes.tables {
        if let Some(names) = keys.early_checks.get(&change.after.name) {
            let drops: Vec<String> = names.iter().map(|name| drop_check(change, name)).collect();
            statements.push(alter_table(&change.after.name, &drops));
        }
    }
    for step in &changes.structural {
        structural(step, &changes, &keys, &mut statements);
    }
    for change in values::tables_in_turn(&changes) {
        statements.extend(alter::alter(change, &changes, &keys));
    }
    statements.extend(keys.late.iter().map(|(table, names)| {
        let after = changes.after.table(table);
        let added = names
            .iter()
            .filter_map(|name| after?.foreign_keys.get(name))
            .map(|key| format!("ADD {}", foreign_key(key)));
        alter_table(table, &added.collect::<Vec<_>>())
    }));
    Ok(Plan {
        mode: Mode::default(),
        statements,
    })
}

/// Returns one statement that renames tables, however many: it is done whole or not at all.
fn renames(changes: &Changes) -> Option<Statement> {
    let pairs: Vec<String> = changes
        .structural
        .iter()
        .filter_map(|step| match step {
            Structural::Rename(from, to) => Some(format!("{} TO {}", table_name(from), table_name(to))),
            Structural::Create(_) | Structural::Drop(_) => None,
        })
        .collect();
    (!pairs.is_empty()).then(|| Statement::execute(format!("RENAME TABLE {}", pairs.join(", "))))
}

fn structural(step: &Structural, changes: &Changes, keys: &Keys, statements: &mut Vec<Statement>) {
    match step {
        Structural::Create(name) => {
            if let Some(table) = changes.after.table(name) {
                let with = table
                    .foreign_keys
                    .values()
                    .filter(|key| !keys.is_late(name, &key.name));
                statements.push(Statement::execute(create_table(&with_implied(table), with)));
            }
        }
        Structural::Drop(table) => {
            statements.push(Statement::execute(format!(
                "DROP TABLE {}",
                table_name(&table.name)
            )));
        }
        Structural::Rename(..) => {}
    }
}

/// Returns the table with the indexes that the server would make for its foreign keys: made by us, they have the names that we know.
fn with_implied(table: &Table) -> Table {
    let mut table = table.clone();
    for index in implied_indexes(&table) {
        table.indexes.entry(index.name.clone()).or_insert(index);
    }
    table
}

/// Returns one ALTER of all its clauses, each on a line of its own if there are several.
fn alter_table(table: &TableName, clauses: &[String]) -> Statement {
    let separator = if clauses.len() > 1 { "\n    " } else { " " };
    Statement::execute(format!(
        "ALTER TABLE {}{separator}{}",
        table_name(table),
        clauses.join(",\n    ")
    ))
}

fn misfit(error: &crate::operation::ApplyError) -> Unsupported {
    unsupported(format!("`{}`", error.operation), &error.found)
}
