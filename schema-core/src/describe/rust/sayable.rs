//! The part of a schema that attributes can say, and the rest in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Auto, Column, ForeignKey, Index, IndexPart, Schema, Table, Type};

/// The most bytes of a name that the derive takes.
const MAX_NAME: usize = 63;

/// Returns the schema without what models cannot say, and one sentence for each thing that is missing.
pub(super) fn sayable(schema: &Schema) -> (Schema, Vec<String>) {
    let mut left_out = Vec::new();
    let mut said: Schema = schema
        .tables
        .values()
        .filter(|table| {
            let why = match (unsayable_name(table), alike_columns(table)) {
                _ if table.columns.is_empty() => "it has no columns".to_owned(),
                (Some(name), _) => format!("models have no names like `{name}`"),
                (None, Some((one, other))) => {
                    format!("its columns `{one}` and `{other}` differ only in case")
                }
                (None, None) => return true,
            };
            left_out.push(format!("table `{}`: {why}", table.name));
            false
        })
        .cloned()
        .collect();
    for table in said.tables.values_mut() {
        indexes(table, &mut left_out);
        checks(table, &mut left_out);
        comments(table, &mut left_out);
        numbers(table, &mut left_out);
    }
    share_enums(&mut said);
    let whole = said.clone();
    for table in said.tables.values_mut() {
        foreign_keys(table, &whole, &mut left_out);
    }
    (said, left_out)
}

/// Returns two columns of a table that differ in nothing but case. Databases compare names without case, but for PostgreSQL's quoted ones.
fn alike_columns(table: &Table) -> Option<(&str, &str)> {
    let mut seen = BTreeMap::new();
    table.columns.iter().find_map(|column| {
        let first = seen.insert(column.name.to_lowercase(), column.name.as_str());
        first.map(|first| (first, column.name.as_str()))
    })
}

/// Returns the name of the table, or of a column of it, that the derive does not take.
fn unsayable_name(table: &Table) -> Option<&str> {
    let columns = table.columns.iter().map(|column| &column.name);
    let parts = table.name.schema.iter().chain([&table.name.name]);
    parts
        .chain(columns)
        .find(|name| !is_name(name))
        .map(String::as_str)
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty()
        && name.len() <= MAX_NAME
        && !name.contains(|c: char| matches!(c, '"' | '\\') || c.is_control())
}

fn is_said(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('\0')
}

fn indexes(table: &mut Table, left_out: &mut Vec<String>) {
    let name = table.name.clone();
    table.indexes.retain(|_, index| {
        let sayable = is_name(&index.name) && (!index.constraint || is_plain(index));
        if !sayable {
            left_out.push(format!("index `{}` of `{name}`", index.name));
        }
        sayable
    });
}

/// Tells whether a UNIQUE constraint has columns and nothing beside them.
fn is_plain(index: &Index) -> bool {
    let Index {
        name: _,
        keys,
        unique: _,
        constraint: _,
        predicate: _,
        using,
        include,
        nulls_not_distinct: _,
    } = index;
    using.is_none()
        && include.is_empty()
        && keys.iter().all(|key| match &key.part {
            IndexPart::Column(column) => *key == crate::schema::IndexKey::column(column.clone()),
            IndexPart::Expression(_) => false,
        })
}

fn checks(table: &mut Table, left_out: &mut Vec<String>) {
    let name = table.name.clone();
    table.checks.retain(|_, check| {
        let sayable = is_name(&check.name) && is_said(&check.expression.0);
        if !sayable {
            left_out.push(format!("check `{}` of `{name}`", check.name));
        }
        sayable
    });
}

/// A comment of blanks says nothing, and no attribute can.
fn comments(table: &mut Table, left_out: &mut Vec<String>) {
    let name = table.name.clone();
    let of_columns = table
        .columns
        .iter_mut()
        .map(|column| (format!("`{name}.{}`", column.name), &mut column.comment));
    let of_table = std::iter::once((format!("`{name}`"), &mut table.options.comment));
    for (what, comment) in of_columns.chain(of_table) {
        if comment.as_deref().is_some_and(|comment| !is_said(comment)) {
            *comment = None;
            left_out.push(format!("the comment of {what}, which is blank"));
        }
    }
}

/// A number that the database gives has no collation, even where the database lets it be said.
fn numbers(table: &mut Table, left_out: &mut Vec<String>) {
    let name = table.name.clone();
    for column in table.columns.iter_mut().filter(|column| column.auto != Auto::No) {
        let by_dialect = std::mem::take(&mut column.collations);
        if column.collation.take().is_some() || !by_dialect.is_empty() {
            left_out.push(format!(
                "the collation of `{name}.{}`, which is a number",
                column.name
            ));
            (column.ty, column.sql_type) = (Type::I64, BTreeMap::new());
        }
    }
}

/// Gives a column the enum of the column that it refers to: where enums have no names, both have the same texts and are one.
fn share_enums(schema: &mut Schema) {
    // A chain of foreign keys is no longer than there are tables.
    for _ in 0..schema.tables.len() {
        let before = schema.clone();
        for table in schema.tables.values_mut() {
            let keys: Vec<ForeignKey> = table.foreign_keys.values().cloned().collect();
            for (column, target) in keys.iter().flat_map(|key| pairs(key, &before)) {
                let Some(column) = table.column_mut(column) else {
                    continue;
                };
                if column.ty.values().is_some() && column.ty.values() == target.ty.values() {
                    column.ty = target.ty.clone();
                }
            }
        }
        if *schema == before {
            return;
        }
    }
}

/// Returns the columns of a foreign key, each with the one that it refers to.
fn pairs<'a>(key: &'a ForeignKey, schema: &'a Schema) -> impl Iterator<Item = (&'a str, &'a Column)> {
    let target = schema.table(&key.references);
    let columns = key.columns.iter().zip(&key.referenced_columns);
    columns.filter_map(move |(from, to)| Some((from.as_str(), target?.column(to)?)))
}

/// Tells whether all columns have the types of those that they refer to, but for their sizes.
fn fits(table: &Table, key: &ForeignKey, schema: &Schema) -> bool {
    pairs(key, schema).all(|(from, to)| {
        let from = table.column(from).map(|column| base(&column.ty));
        from == Some(base(&to.ty))
    })
}

fn base(ty: &Type) -> Type {
    if let Type::Text { .. } | Type::Native(_) = ty {
        Type::Text { length: None }
    } else if let Type::Bytes { .. } = ty {
        Type::Bytes { length: None }
    } else if let Type::Decimal { .. } = ty {
        Type::Decimal {
            precision: None,
            scale: None,
        }
    } else {
        ty.clone()
    }
}

fn foreign_keys(table: &mut Table, schema: &Schema, left_out: &mut Vec<String>) {
    let name = table.name.clone();
    let whole = table.clone();
    // The first foreign key of a column stands on its field, where it may name a column of another type.
    let mut on_fields = BTreeSet::new();
    table.foreign_keys.retain(|_, key| {
        let on_field = key.columns.len() == 1 && on_fields.insert(key.columns.clone());
        let target = schema.table(&key.references);
        let why = match target {
            None => Some(format!("`{}` has no model", key.references)),
            Some(_) if key.columns.len() != key.referenced_columns.len() => Some(format!(
                "the key of `{}` has another number of columns",
                key.references
            )),
            Some(target) if !is_unique(target, &key.referenced_columns) => {
                Some(format!("its columns in `{}` are not unique", key.references))
            }
            Some(_) if !on_field && !fits(&whole, key, schema) => {
                Some("its columns have other types than those they refer to".to_owned())
            }
            Some(_) if !is_name(&key.name) => Some("models have no such names".to_owned()),
            Some(_) => None,
        };
        if let Some(why) = &why {
            left_out.push(format!("foreign key `{}` of `{name}`: {why}", key.name));
        }
        why.is_none()
    });
}

fn is_unique(table: &Table, columns: &[String]) -> bool {
    let sorted = |columns: &[&str]| {
        let mut sorted: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        sorted.sort();
        sorted
    };
    let wanted: Vec<&str> = columns.iter().map(String::as_str).collect();
    let wanted = sorted(&wanted);
    let key = table.primary_key.as_ref().map(|key| {
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        sorted(&columns)
    });
    key.as_ref() == Some(&wanted)
        || table.indexes.values().any(|index| {
            let whole = index.unique && index.predicate.is_none();
            whole && index.columns().is_some_and(|columns| sorted(&columns) == wanted)
        })
}
