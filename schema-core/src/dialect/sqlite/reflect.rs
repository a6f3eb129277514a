//! What a live database holds, in the form that normalization gives.
//!
//! Two queries read it all, however many tables there are; the rest is in the text of the CREATE statements. Constraints
//! without a name get the one that the convention would give them.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::canonical_condition;
use super::expression::{canonical, parse_default};
use super::parse::{self, ParsedKey, ParsedPart, ParsedTable};
use super::{RESERVED_PREFIX, literals, normalize, types};
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::schema::{
    Auto, Check, Column, Expression, ForeignKey, Generated, Index, IndexKey, IndexPart, PrimaryKey, Schema,
    Table, TableName, Type, naming,
};

/// Reads the tables of the main database.
///
/// Left out are SQLite's own tables, the tool's own, views, virtual tables and the tables that those keep their data in.
///
/// # Errors
///
/// What the database reports, or a table whose text cannot be read.
pub(super) fn reflect(connection: &mut dyn Connection) -> Result<Schema, Error> {
    let mut ordinary: BTreeSet<String> = BTreeSet::new();
    connection.for_each(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'",
        &[],
        &mut |row| {
            ordinary.extend(row.first().and_then(|name| name.as_str()).map(str::to_owned));
            true
        },
    )?;
    let mut tables = BTreeMap::new();
    let mut indexes = Vec::new();
    connection.for_each(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema
            WHERE type IN ('table', 'index') AND sql IS NOT NULL ORDER BY rowid",
        &[],
        &mut |row| {
            if let [kind, Value::Text(name), Value::Text(table), Value::Text(sql)] = row.as_slice() {
                if is_ours(table) && ordinary.contains(table) {
                    if kind.as_str() == Some("table") {
                        tables.insert(name.clone(), sql.clone());
                    } else {
                        indexes.push((name.clone(), table.clone(), sql.clone()));
                    }
                }
            }
            true
        },
    )?;
    let mut parsed = BTreeMap::new();
    for (name, sql) in tables {
        let table = parse::create_table(&sql).ok_or_else(|| unreadable("table", &name))?;
        parsed.insert(name, table);
    }
    let mut schema = Schema::default();
    for (name, table) in &parsed {
        schema.insert(self::table(name, table, &parsed).table);
    }
    for (name, table, sql) in indexes {
        let parsed = parse::create_index(&sql).ok_or_else(|| unreadable("index", &name))?;
        if let Some(table) = schema.tables.get_mut(&TableName::new(table)) {
            let keys = parsed.keys.iter().map(|part| key(table, part)).collect();
            let index = Index {
                unique: parsed.unique,
                predicate: parsed.predicate.map(|predicate| {
                    let predicate = literals::spelled(&predicate, &literals::names(table));
                    expression(&predicate, &table.name.name)
                }),
                ..Index::new(name, keys)
            };
            table.add_index(index);
        }
    }
    Ok(schema)
}

fn is_ours(table: &str) -> bool {
    let begins = |prefix: &str| {
        table
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    !begins("sqlite_") && !begins(RESERVED_PREFIX)
}

fn unreadable(kind: &str, name: &str) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: format!("cannot read the statement that created {kind} `{name}`"),
        offset: None,
    }
}

/// A table as its text describes it.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) table: Table,
    /// The names of its UNIQUE constraints, in the order of the text.
    pub(super) uniques: Vec<String>,
}

/// Returns what a parsed text describes. Among all tables are those that its foreign keys lead to.
pub(super) fn table(name: &str, parsed: &ParsedTable, all: &BTreeMap<String, ParsedTable>) -> Described {
    let mut table = Table::new(TableName::new(name));
    let key = parsed.primary_key.as_ref();
    let names: Vec<&str> = parsed.columns.iter().map(|column| column.name.as_str()).collect();
    table.columns = parsed
        .columns
        .iter()
        .map(|column| {
            let mut declared = types::canonical(&column.declared);
            let auto = auto(&column.name, &declared, parsed, key);
            // A key that is no rowid, though it is an INTEGER: written so it would be one.
            let is_whole_key =
                key.is_some_and(|key| key.columns.len() == 1 && contains(&key.columns, &column.name));
            if is_whole_key && auto == Auto::No && declared == "INTEGER" {
                "INT".clone_into(&mut declared);
            }
            let is_key = key.is_some_and(|key| contains(&key.columns, &column.name));
            Column {
                // SQLite lets NULL into a key that does not say NOT NULL, by an old mistake
                // (https://sqlite.org/lang_createtable.html#the_primary_key); nobody means it, and no model can say it.
                nullable: !(column.not_null || is_key),
                default: column.default.as_deref().and_then(|text| {
                    // What cannot be spelled anew is left as it is: it is a default all the same.
                    parse_default(text, name)
                        .unwrap_or_else(|_| Some(crate::schema::Default::expression(text)))
                }),
                generated: column.generated.as_ref().map(|(text, storage)| Generated {
                    expression: expression(&literals::spelled(text, &names), name),
                    storage: *storage,
                }),
                auto,
                collation: column
                    .collation
                    .as_deref()
                    .map(normalize::collation)
                    .filter(|name| name != "BINARY"),
                ..Column::new(column.name.clone(), Type::Native(declared))
            }
        })
        .collect();
    table.primary_key = key.map(|key| PrimaryKey {
        name: key
            .name
            .clone()
            .unwrap_or_else(|| naming::primary_key(&table.name)),
        columns: key.columns.iter().map(|name| resolve(parsed, name)).collect(),
    });
    table.options.strict = parsed.strict;
    table.options.without_rowid = parsed.without_rowid;
    let uniques = uniques(&mut table, parsed);
    foreign_keys(&mut table, parsed, all);
    checks(&mut table, parsed);
    Described { table, uniques }
}

fn uniques(table: &mut Table, parsed: &ParsedTable) -> Vec<String> {
    let mut names = Vec::new();
    for unique in &parsed.uniques {
        let keys: Vec<IndexKey> = unique.keys.iter().map(|part| key(table, part)).collect();
        let index = Index {
            unique: true,
            constraint: true,
            ..Index::new("", keys)
        };
        let name = unique
            .name
            .clone()
            .unwrap_or_else(|| naming::unique(&table.name, &index.columns().unwrap_or_default()));
        names.push(insert(&mut table.indexes, name, |name| Index { name, ..index }));
    }
    names
}

fn foreign_keys(table: &mut Table, parsed: &ParsedTable, all: &BTreeMap<String, ParsedTable>) {
    for key in &parsed.foreign_keys {
        let columns: Vec<String> = key.columns.iter().map(|name| resolve(parsed, name)).collect();
        // The name of a table has no case; if there is such a table, its own spelling counts.
        let target = all.iter().find(|(name, _)| **name == key.references).or_else(|| {
            all.iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&key.references))
        });
        let references = TableName::new(target.map_or(&key.references, |(name, _)| name).clone());
        let mut referenced_columns = key.referenced_columns.clone();
        if let Some((_, target)) = target {
            if referenced_columns.is_empty() {
                let own = target.primary_key.as_ref();
                referenced_columns = own.map(|key| key.columns.clone()).unwrap_or_default();
            }
            for column in &mut referenced_columns {
                *column = resolve(target, column);
            }
        }
        let name = key.name.clone().unwrap_or_else(|| {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            naming::foreign_key(&table.name, &columns, &references)
        });
        insert(&mut table.foreign_keys, name, |name| ForeignKey {
            name,
            columns,
            references,
            referenced_columns,
            on_delete: key.on_delete,
            on_update: key.on_update,
            deferrable: key.deferrable,
        });
    }
}

fn checks(table: &mut Table, parsed: &ParsedTable) {
    for check in &parsed.checks {
        let text = literals::spelled(&check.expression, &literals::names(table));
        let expression =
            canonical_condition(&text, &table.name.name).unwrap_or_else(|_| Expression::new(text.clone()));
        let name = check
            .name
            .clone()
            .unwrap_or_else(|| naming::check(&table.name, check.column.as_deref().unwrap_or(&expression.0)));
        insert(&mut table.checks, name, |name| Check { name, expression });
    }
}

/// Adds something under its name, or under the first number after it that is free, and returns that name.
fn insert<T>(items: &mut BTreeMap<String, T>, name: String, make: impl FnOnce(String) -> T) -> String {
    let mut free = name.clone();
    let mut number = 2;
    while items.contains_key(&free) {
        free = format!("{name}_{number}");
        number += 1;
    }
    items.insert(free.clone(), make(free.clone()));
    free
}

/// Tells whether a column is the rowid by another name (<https://sqlite.org/lang_createtable.html#rowid>).
fn auto(column: &str, declared: &str, table: &ParsedTable, key: Option<&ParsedKey>) -> Auto {
    match key {
        Some(key)
            if key.columns.len() == 1
                && key.columns[0].eq_ignore_ascii_case(column)
                && declared == "INTEGER"
                && !key.descending_column
                && !table.without_rowid =>
        {
            if key.autoincrement {
                Auto::NeverReused
            } else {
                Auto::Auto
            }
        }
        _ => Auto::No,
    }
}

fn contains(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// Returns a column's name as its own definition spells it.
fn resolve(table: &ParsedTable, name: &str) -> String {
    table
        .columns
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(name))
        .map_or_else(|| name.to_owned(), |column| column.name.clone())
}

fn key(table: &Table, part: &ParsedPart) -> IndexKey {
    let column = part.column.as_ref().and_then(|name| {
        table
            .columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    });
    let raw = IndexKey {
        order: part.order,
        collation: part.collation.clone(),
        ..IndexKey::new(match column {
            Some(column) => IndexPart::Column(column.name.clone()),
            None => {
                let text = literals::spelled(&part.text, &literals::names(table));
                IndexPart::Expression(Expression::new(text))
            }
        })
    };
    normalize::index_key(table, &raw).unwrap_or(raw)
}

fn expression(text: &str, table: &str) -> Expression {
    canonical(text, table).unwrap_or_else(|_| Expression::new(text))
}
