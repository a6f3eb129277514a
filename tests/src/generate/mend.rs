//! Takes out of a generated schema what no database could hold.

use std::collections::BTreeSet;

use schema_core::schema::{Auto, Column, Index, IndexPart, Schema, Table, TableName, Type};

use super::member::CONVENTIONAL;
use super::{COLUMNS, is_integer};

/// Mends tables one by one, then what ties them together.
pub(super) fn mend(schema: &mut Schema) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    for name in &names {
        if let Some(table) = schema.tables.get_mut(name) {
            mend_table(table);
        }
    }
    for name in &names {
        mend_foreign_keys(schema, name);
    }
    // Giving a foreign key its target's type may have changed a column that another key refers to.
    while drop_mismatches(schema, &names) {}
}

fn mend_table(table: &mut Table) {
    let columns: BTreeSet<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    if let Some(key) = table.primary_key.as_mut().filter(|key| key.name == CONVENTIONAL) {
        key.name = schema_core::schema::naming::primary_key(&table.name);
    }
    if table
        .primary_key
        .as_ref()
        .is_some_and(|key| key.columns.iter().any(|column| !columns.contains(column)))
    {
        table.primary_key = None;
    }
    mend_generated(table);
    mend_columns(table);
    let fits = |index: &Index| {
        let known = |name: &&str| columns.contains(*name) || !index.mentions(name);
        COLUMNS.iter().chain(&super::FRESH).all(known)
    };
    let indexes = std::mem::take(&mut table.indexes);
    table.indexes = indexes
        .into_values()
        .filter(fits)
        .map(|mut index| {
            // In most databases the names of indexes are the schema's, not the table's.
            let base = index.name.split(" of ").next().unwrap_or_default();
            index.name = format!("{base} of {}", table.name.name);
            (index.name.clone(), index)
        })
        .collect();
    let mut seen = BTreeSet::new();
    table.indexes.retain(|_, index| {
        let columns = index.keys.iter().map(|key| match &key.part {
            IndexPart::Column(name) => name.clone(),
            IndexPart::Expression(expression) => expression.0.clone(),
        });
        !index.constraint || seen.insert(columns.collect::<Vec<_>>())
    });
    table.checks.retain(|_, check| {
        COLUMNS
            .iter()
            .chain(&super::FRESH)
            .all(|name| columns.contains(*name) || !check.expression.mentions(name))
    });
    table
        .foreign_keys
        .retain(|_, key| key.columns.iter().all(|column| columns.contains(column)));
    // An action of a foreign key writes to its columns.
    let generated = |name: &String| {
        let column = table.columns.iter().find(|column| column.name == *name);
        column.is_some_and(|column| column.generated.is_some())
    };
    table
        .foreign_keys
        .retain(|_, key| !key.columns.iter().any(generated));
}

/// A generated column is computed from columns before it, and is no key.
fn mend_generated(table: &mut Table) {
    for at in 0..table.columns.len() {
        let column = &table.columns[at];
        let Some(generated) = &column.generated else {
            continue;
        };
        let known = |name: &str| table.columns[..at].iter().any(|column| column.name == name);
        let fits = COLUMNS
            .iter()
            .chain(&super::FRESH)
            .all(|name| known(name) || !generated.expression.mentions(name));
        let column_is_key = table.is_key(&column.name);
        let column = &mut table.columns[at];
        if !fits || column_is_key {
            column.generated = None;
        } else {
            column.default = None;
            column.auto = Auto::No;
        }
    }
}

/// A database makes numbers for a key that is one whole-number column, and a server for one that such a column begins; and a key is never NULL.
fn mend_columns(table: &mut Table) {
    let key = table
        .primary_key
        .as_ref()
        .map(|key| key.columns.clone())
        .unwrap_or_default();
    if key.is_empty() {
        table.options.without_rowid = false;
    }
    for column in &mut table.columns {
        let is_key = key.contains(&column.name);
        // A strict table has no types of one's own.
        if table.options.strict {
            column.sql_type.clear();
        }
        let is_number = is_integer(&column.ty) && column.sql_type.is_empty();
        // SQLite refuses those that are not the whole key, and with them the table, so they are few.
        let leads = key.first() == Some(&column.name) && (key.len() == 1 || column.ty == Type::U32);
        if !leads || !is_number || table.options.without_rowid {
            column.auto = Auto::No;
        }
        if column.auto != Auto::No {
            column.default = None;
        }
        if is_key {
            column.nullable = false;
        }
    }
}

/// Points each foreign key at a key of its target with as many columns, or drops it.
fn mend_foreign_keys(schema: &mut Schema, name: &TableName) {
    let Some(mut table) = schema.tables.remove(name) else {
        return;
    };
    let own = table.clone();
    table.foreign_keys.retain(|_, key| {
        let target = if key.references == *name {
            Some(&own)
        } else {
            schema.table(&key.references)
        };
        let Some(target) = target else { return false };
        let Some(columns) = keys(target)
            .into_iter()
            .find(|columns| columns.len() <= key.columns.len())
        else {
            return false;
        };
        key.columns.truncate(columns.len());
        key.referenced_columns = columns;
        true
    });
    let wanted: Vec<(String, Column)> = table
        .foreign_keys
        .values()
        .flat_map(|key| {
            key.columns
                .iter()
                .zip(&key.referenced_columns)
                .map(move |(column, target)| (key, column, target))
        })
        .filter_map(|(key, column, target)| {
            let target_table = if key.references == *name {
                &own
            } else {
                schema.table(&key.references)?
            };
            Some((column.clone(), target_table.column(target)?.clone()))
        })
        .collect();
    let strict = table.options.strict;
    for (column, target) in wanted {
        if let Some(column) = table.column_mut(&column).filter(|column| column.auto == Auto::No) {
            column.ty = target.ty;
            column.sql_type = target.sql_type;
            if strict {
                column.sql_type.clear();
            }
            column.collation = target.collation;
            column.collations = target.collations;
            column.default = None;
        }
    }
    schema.insert(table);
}

/// Returns the lists of columns that name a row: the primary key and UNIQUE constraints.
fn keys(table: &Table) -> Vec<Vec<String>> {
    let unique = table.indexes.values().filter(|index| index.constraint);
    let unique = unique.filter_map(|index| Some(index.columns()?.into_iter().map(str::to_owned).collect()));
    table
        .primary_key
        .iter()
        .map(|key| key.columns.clone())
        .chain(unique)
        .collect()
}

pub(super) fn drop_mismatches(schema: &mut Schema, names: &[TableName]) -> bool {
    let mut dropped = false;
    for name in names {
        let Some(table) = schema.table(name) else { continue };
        let broken: Vec<String> =
            table
                .foreign_keys
                .values()
                .filter(|key| {
                    schema.table(&key.references).is_none_or(|target| {
                        !keys(target).contains(&key.referenced_columns)
                            || key.columns.iter().zip(&key.referenced_columns).any(
                                |(column, target_column)| {
                                    let types = |table: &Table, column: &str| {
                                        table
                                            .column(column)
                                            .map(|column| (column.ty.clone(), column.sql_type.clone()))
                                    };
                                    types(table, column) != types(target, target_column)
                                },
                            )
                    })
                })
                .map(|key| key.name.clone())
                .collect();
        if let Some(table) = schema.tables.get_mut(name) {
            dropped |= !broken.is_empty();
            table.foreign_keys.retain(|name, _| !broken.contains(name));
        }
    }
    dropped
}
