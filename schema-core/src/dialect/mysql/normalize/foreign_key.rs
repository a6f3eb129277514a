//! Foreign keys as the server holds them, and the indexes that come with them.
//!
//! Every foreign key needs an index that begins with its columns. If there is none the server makes one with the key's name, and takes it away once
//! another serves. It belongs to the key: a normalized schema does not show it, and an index of a model that is just that is left out.

use std::collections::BTreeSet;

use super::super::ddl::native;
use super::super::types::Class;
use super::{index, unsupported};
use crate::dialect::Unsupported;
use crate::schema::{
    Action, Column, Deferrable, Expression, ForeignKey, Index, IndexKey, IndexPart, Order, Schema, Storage,
    Table,
};

pub(super) fn foreign_key(table: &Table, key: &ForeignKey) -> Result<ForeignKey, Unsupported> {
    let ForeignKey {
        name,
        columns,
        references,
        referenced_columns,
        on_delete,
        on_update,
        deferrable,
    } = key;
    let what = || format!("foreign key `{name}` of `{}`", table.name);
    match deferrable {
        Deferrable::Never | Deferrable::Immediate => {}
        Deferrable::Deferred => {
            return Err(unsupported(
                what(),
                "the server checks every row at once; leave out `deferrable` and write rows in the order of their keys",
            ));
        }
    }
    if [*on_delete, *on_update].contains(&Action::SetDefault) {
        return Err(unsupported(
            what(),
            "InnoDB has no SET DEFAULT; use `set_null` or `restrict`",
        ));
    }
    for name in columns {
        let Some(column) = table.column(name) else {
            continue;
        };
        if [*on_delete, *on_update].contains(&Action::SetNull) && !column.nullable {
            return Err(unsupported(
                what(),
                &format!("it sets `{name}` to NULL, and that is NOT NULL; make the field an `Option`"),
            ));
        }
        if column
            .generated
            .as_ref()
            .is_some_and(|generated| generated.storage == Storage::Virtual)
        {
            return Err(unsupported(
                what(),
                &format!("`{name}` is computed when it is read; make it `stored`"),
            ));
        }
        if native(column) == "json" {
            return Err(unsupported(
                what(),
                &format!("`{name}` is a `json`, which is no key"),
            ));
        }
    }
    index::refuse_long_key(table, &what(), columns)?;
    Ok(ForeignKey {
        name: name.clone(),
        columns: columns.clone(),
        references: references.clone(),
        referenced_columns: referenced_columns.clone(),
        on_delete: action(*on_delete),
        on_update: action(*on_update),
        deferrable: Deferrable::Never,
    })
}

/// InnoDB checks at once whichever of the two is written.
pub(in crate::dialect::mysql) fn action(action: Action) -> Action {
    match action {
        Action::Restrict | Action::NoAction => Action::NoAction,
        Action::Cascade | Action::SetNull | Action::SetDefault => action,
    }
}

/// Refuses keys between columns that the server cannot compare: it says of them only that the key is incorrectly formed.
pub(super) fn refuse_mismatches(schema: &Schema) -> Result<(), Unsupported> {
    for table in schema.tables.values() {
        for key in table.foreign_keys.values() {
            let Some(target) = schema.table(&key.references) else {
                continue;
            };
            if !begins_a_key(target, &key.referenced_columns) {
                return Err(unsupported(
                    format!("foreign key `{}` of `{}`", key.name, table.name),
                    &format!(
                        "no key of `{}` begins with `{}`, in that order; make them unique there, or reorder them",
                        target.name,
                        key.referenced_columns.join("`, `")
                    ),
                ));
            }
            for (own, other) in key.columns.iter().zip(&key.referenced_columns) {
                if let (Some(own), Some(other)) = (table.column(own), target.column(other)) {
                    if key.on_update == Action::Cascade && other.nullable && !own.nullable {
                        return Err(unsupported(
                            format!("foreign key `{}` of `{}`", key.name, table.name),
                            &format!(
                                "`{}` is NOT NULL and would follow `{}.{}`, which may become NULL; make both or none of them an `Option`, or leave out `on_update`",
                                own.name, target.name, other.name
                            ),
                        ));
                    }
                    let (one, two) = (comparable(table, own), comparable(target, other));
                    if one != two {
                        return Err(unsupported(
                            format!("foreign key `{}` of `{}`", key.name, table.name),
                            &format!(
                                "`{}` is a `{one}` and `{}.{}` is a `{two}`, and they have to be the same",
                                own.name, target.name, other.name
                            ),
                        ));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Returns what two columns must have in common to be compared: the type, but not the length of texts and bytes, and the collation.
fn comparable(table: &Table, column: &Column) -> String {
    let native = native(column);
    let name = native.split(" on update").next().unwrap_or(native);
    let name = name.trim_end_matches(" invisible");
    let class = Class::of(native);
    if matches!(class, Class::Char(_)) {
        let options = &table.options;
        let own = column.collation.as_ref().or(options.collation.as_ref());
        let collation = own.or(options.charset.as_ref());
        return collation.map_or_else(|| "text".to_owned(), |collation| format!("text of `{collation}`"));
    }
    match class {
        Class::Binary(_) => "binary".to_owned(),
        Class::Enum | Class::Set => "list of texts".to_owned(),
        Class::Integer
        | Class::Decimal(_)
        | Class::Float
        | Class::Double
        | Class::Bit
        | Class::Char(_)
        | Class::Text
        | Class::Blob
        | Class::Json
        | Class::Date
        | Class::Time(_)
        | Class::DateTime(_)
        | Class::Timestamp(_)
        | Class::Other => name.replace("tinyint(1)", "tinyint"),
    }
}

/// Refuses what the server works out from a column that a foreign key changes by itself.
pub(super) fn refuse_over_acting_key(
    table: &Table,
    expression: &Expression,
    what: impl FnOnce() -> String,
    way_out: &str,
) -> Result<(), Unsupported> {
    let changes = |action: Action| match action {
        Action::Cascade | Action::SetNull | Action::SetDefault => true,
        Action::NoAction | Action::Restrict => false,
    };
    let acting = table.foreign_keys.values().find(|key| {
        // A row that is deleted with its target is gone, not changed.
        let on_delete = key.on_delete != Action::Cascade && changes(key.on_delete);
        (on_delete || changes(key.on_update)) && key.columns.iter().any(|column| expression.mentions(column))
    });
    match acting {
        Some(key) => Err(unsupported(
            what(),
            &format!(
                "the foreign key `{}` changes a column that it uses; {way_out}",
                key.name
            ),
        )),
        None => Ok(()),
    }
}

/// Takes out indexes that are what the server makes for a key.
pub(in crate::dialect::mysql) fn leave_out_implied(table: &mut Table) {
    let implied: Vec<String> = table
        .foreign_keys
        .values()
        .filter(|key| {
            let index = table.indexes.get(&key.name);
            index.is_some_and(|index| *index == made_for(key)) && !serves(table, key, |name| name != key.name)
        })
        .map(|key| key.name.clone())
        .collect();
    for name in implied {
        table.indexes.remove(&name);
    }
}

/// Returns the indexes that the server makes for the foreign keys of a normalized table, each with its key's name.
pub(in crate::dialect::mysql) fn implied_indexes(table: &Table) -> Vec<Index> {
    let mut made: Vec<Index> = Vec::new();
    let mut served: BTreeSet<Vec<&str>> = BTreeSet::new();
    // A longer key's index serves a shorter one; of two that are as long, the last one's does.
    let mut keys: Vec<&ForeignKey> = table.foreign_keys.values().rev().collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.columns.len()));
    for key in keys {
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let by_another = served.iter().any(|others| others.starts_with(&columns));
        if !by_another && !serves(table, key, |_| true) {
            served.insert(columns);
            made.push(made_for(key));
        }
    }
    made
}

fn made_for(key: &ForeignKey) -> Index {
    Index::new(
        key.name.clone(),
        key.columns.iter().map(IndexKey::column).collect(),
    )
}

/// Tells whether the primary key or one of some indexes begins with a foreign key's columns.
fn serves(table: &Table, key: &ForeignKey, among: impl Fn(&str) -> bool) -> bool {
    begins_one_of(table, &key.columns, among)
}

/// Tells whether the primary key or an index of a table begins with those columns, be it one that goes with a foreign key.
fn begins_a_key(table: &Table, wanted: &[String]) -> bool {
    let of_key = |key: &ForeignKey| key.columns.starts_with(wanted);
    has_index_for(table, wanted) || table.foreign_keys.values().any(of_key)
}

/// Tells whether the primary key or an index of a table, as they are listed there, begins with those columns.
pub(in crate::dialect::mysql) fn has_index_for(table: &Table, columns: &[String]) -> bool {
    begins_one_of(table, columns, |_| true)
}

fn begins_one_of(table: &Table, wanted: &[String], among: impl Fn(&str) -> bool) -> bool {
    let begins =
        |columns: &[&str]| columns.len() >= wanted.len() && wanted.iter().zip(columns).all(|(a, b)| a == b);
    let primary = table.primary_key.as_ref();
    let primary = primary.is_some_and(|primary| {
        let columns: Vec<&str> = primary.columns.iter().map(String::as_str).collect();
        begins(&columns)
    });
    primary
        || table
            .indexes
            .values()
            .filter(|index| index.using.is_none() && among(&index.name))
            .any(|index| begins(&leading_columns(index)))
}

/// Returns the whole columns that an index begins with, as far as a foreign key can use them.
fn leading_columns(index: &Index) -> Vec<&str> {
    let columns = index.keys.iter().map_while(|key| match (&key.part, key.order) {
        (IndexPart::Column(column), Order::Ascending) => Some(column.as_str()),
        (IndexPart::Column(_), Order::Descending) | (IndexPart::Expression(_), _) => None,
    });
    columns.collect()
}
