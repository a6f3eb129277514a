//! A short notation of operations, for cases that are about lists of them.
//!
//! ```text
//! create items: id i64 auto; name text; primary key (id)
//! drop items
//! rename items = wares
//! rename items.name = title
//! add items: price f64 default 0
//! add items: index ix_items_name (name)
//! alter items: name text(80) := 'nobody'
//! drop items.name
//! drop items: index ix_items_name (name)
//! rename items: index ix_items_name = ix_items_title
//! options items: strict
//! key items: primary key (id, name)
//! map items.status: live = on_sale
//! ```
//!
//! Members are in the [notation](mod@crate::notation) of schemas. `:= SQL` is what rows get. Every operation is applied to a running
//! schema, from which it takes what it needs to know of the past.

use std::collections::BTreeMap;

use schema_core::operation::Operation;
use schema_core::schema::{Default, Expression, Schema, Table, TableName};

use crate::notation;

/// Reads operations, one a line, and applies them to the schema.
///
/// # Panics
///
/// If a line is no operation, or does not fit the schema: it says the line.
#[must_use]
pub fn operations(text: &str, schema: &mut Schema) -> Vec<Operation> {
    let mut operations = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (verb, rest) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("no operation: `{line}`"));
        let (rest, backfill) = match rest.split_once(" := ") {
            Some((rest, sql)) => (
                rest,
                Some(Default::Expression {
                    sql: Expression::new(sql),
                }),
            ),
            None => (rest, None),
        };
        let operation =
            read(verb, rest, backfill, schema).unwrap_or_else(|| panic!("no operation: `{line}`"));
        operation
            .apply(schema)
            .unwrap_or_else(|error| panic!("`{line}`: {error}"));
        operations.push(operation);
    }
    operations
}

fn read(verb: &str, rest: &str, backfill: Option<Default>, schema: &Schema) -> Option<Operation> {
    let (subject, member) = match rest.split_once(": ") {
        Some((subject, member)) => (subject, Some(member)),
        None => (rest, None),
    };
    Some(match (verb, member) {
        ("create", Some(members)) => Operation::CreateTable {
            table: only(subject, members)?,
        },
        ("add", Some(member)) => add(schema.table(&name(subject))?, only(subject, member)?, backfill)?,
        ("drop", Some(member)) => add(&Table::new(name(subject)), only(subject, member)?, None)?.reverse(),
        ("drop", None) => match subject.split_once('.') {
            Some((of, column)) => drop_column(schema.table(&name(of))?, column)?,
            None => Operation::DropTable {
                table: schema.table(&name(subject))?.clone(),
            },
        },
        ("alter", Some(member)) => {
            let to = only(subject, member)?.columns.pop()?;
            let from = schema.table(&name(subject))?.column(&to.name)?.clone();
            let table = name(subject);
            Operation::AlterColumn {
                table,
                from,
                to,
                backfill,
            }
        }
        ("options", Some(member)) => Operation::AlterTable {
            table: name(subject),
            from: schema.table(&name(subject))?.options.clone(),
            to: only(subject, member)?.options,
        },
        ("key", Some(member)) => Operation::AlterPrimaryKey {
            table: name(subject),
            from: schema.table(&name(subject))?.primary_key.clone(),
            to: only(subject, member)?.primary_key,
        },
        ("rename", None) => rename(subject)?,
        ("rename", Some(member)) => rename_member(schema.table(&name(subject))?, member)?,
        ("map", Some(pair)) => {
            let (of, column) = subject.split_once('.')?;
            let (old, new) = pair.split_once(" = ")?;
            Operation::MapValues {
                table: name(of),
                column: column.to_owned(),
                values: BTreeMap::from([(old.to_owned(), new.to_owned())]),
                back: BTreeMap::from([(new.to_owned(), old.to_owned())]),
            }
        }
        _ => return None,
    })
}

fn name(text: &str) -> TableName {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Returns a table with just those members.
fn only(table: &str, members: &str) -> Option<Table> {
    let lines: Vec<String> = members
        .split("; ")
        .map(|member| format!("    {member}"))
        .collect();
    let schema = notation::schema(&format!("{table}\n{}", lines.join("\n")));
    schema.tables.into_values().next()
}

fn add(to: &Table, mut member: Table, backfill: Option<Default>) -> Option<Operation> {
    let table = to.name.clone();
    if let Some(column) = member.columns.pop() {
        let after = to.columns.last().map(|last| last.name.clone());
        return Some(Operation::AddColumn {
            table,
            column,
            after,
            backfill,
        });
    }
    let (index, foreign_key, check) = (
        member.indexes.into_values().next(),
        member.foreign_keys.into_values().next(),
        member.checks.into_values().next(),
    );
    match (index, foreign_key, check) {
        (Some(index), _, _) => Some(Operation::AddIndex { table, index }),
        (_, Some(foreign_key), _) => Some(Operation::AddForeignKey { table, foreign_key }),
        (_, _, Some(check)) => Some(Operation::AddCheck { table, check }),
        (None, None, None) => None,
    }
}

fn drop_column(table: &Table, column: &str) -> Option<Operation> {
    let at = table.columns.iter().position(|found| found.name == column)?;
    let after = at.checked_sub(1).map(|before| table.columns[before].name.clone());
    Some(Operation::DropColumn {
        table: table.name.clone(),
        column: table.columns[at].clone(),
        after,
    })
}

fn rename(pair: &str) -> Option<Operation> {
    let (from, to) = pair.split_once(" = ")?;
    Some(match from.split_once('.') {
        Some((table, from)) => Operation::RenameColumn {
            table: name(table),
            from: from.to_owned(),
            to: to.to_owned(),
        },
        None => Operation::RenameTable {
            from: name(from),
            to: name(to),
        },
    })
}

fn rename_member(of: &Table, member: &str) -> Option<Operation> {
    let (kind, pair) = member.split_once(' ')?;
    let (from, to) = pair.split_once(" = ")?;
    let (table, to) = (of.name.clone(), to.to_owned());
    Some(match kind {
        "index" => Operation::RenameIndex {
            table,
            from: of.indexes.get(from)?.clone(),
            to,
        },
        "foreign_key" => Operation::RenameForeignKey {
            table,
            from: from.to_owned(),
            to,
        },
        "check" => Operation::RenameCheck {
            table,
            from: from.to_owned(),
            to,
        },
        _ => return None,
    })
}
