//! Indexes that are there for nothing, and those that are missing.

use std::collections::BTreeSet;

use crate::hazard::{Code, Hazard};
use crate::schema::{ForeignKey, Index, IndexKey, Schema, Table};

/// Indexes of a table that another one makes needless: the same, or one that begins with the same.
pub(in crate::dialect) fn redundant(table: &Table) -> Vec<Hazard> {
    let key = table.primary_key.as_ref().map(|key| {
        let keys = key.columns.iter().map(IndexKey::column).collect();
        Index {
            unique: true,
            ..Index::new(key.name.clone(), keys)
        }
    });
    let mut found = Vec::new();
    for index in table.indexes.values() {
        let others = key.iter().chain(table.indexes.values());
        let mut others = others.filter(|other| other.name != index.name);
        let Some((other, is_same)) = others.find_map(|other| {
            let same = is_same(index, other);
            (same || is_beginning(index, other)).then_some((other, same))
        }) else {
            continue;
        };
        let (name, of, by) = (&index.name, &table.name, &other.name);
        let (code, text) = if is_same {
            (Code::S06, format!("`{name}` of `{of}` is the same as `{by}`"))
        } else {
            let text =
                format!("`{name}` of `{of}` finds nothing that `{by}` does not, which begins with the same");
            (Code::S05, text)
        };
        let safe = format!("drop `{name}`: each write has to keep it, too");
        found.push(Hazard::new(code, text, safe).of(of, &[name]));
    }
    found
}

/// Tells whether an index can go because of one over the same: that is unique if this one is and, of two that are alike, the first.
fn is_same(index: &Index, other: &Index) -> bool {
    let alike = index.keys == other.keys
        && is_over_same_rows(index, other)
        && index.include.iter().all(|column| other.include.contains(column));
    let is_weaker = match (index.unique, other.unique) {
        (false, true) => true,
        (true, false) => false,
        (false, false) => (other.include.len(), &index.name) > (index.include.len(), &other.name),
        (true, true) => index.nulls_not_distinct == other.nulls_not_distinct && index.name > other.name,
    };
    alike && is_weaker
}

/// Tells whether another index begins as one does that is there for nothing but to find rows.
fn is_beginning(index: &Index, other: &Index) -> bool {
    let is_shorter = index.keys.len() < other.keys.len() && other.keys.starts_with(&index.keys);
    let is_ordered = |index: &Index| {
        index
            .using
            .as_deref()
            .is_none_or(|using| using.eq_ignore_ascii_case("btree"))
    };
    is_shorter
        && !index.unique
        && index.include.is_empty()
        && is_ordered(index)
        && is_ordered(other)
        && is_over_same_rows(index, other)
}

fn is_over_same_rows(index: &Index, other: &Index) -> bool {
    index.predicate == other.predicate && index.using == other.using
}

/// Foreign keys of a table that no index of it begins with.
pub(in crate::dialect) fn unindexed(table: &Table) -> Vec<Hazard> {
    let is_found = |key: &&ForeignKey| {
        let primary = table
            .primary_key
            .iter()
            .map(|key| key.columns.iter().map(String::as_str).collect());
        let indexes = table.indexes.values().filter(|index| covers(index, key));
        primary
            .chain(indexes.filter_map(Index::columns))
            .any(|columns: Vec<&str>| begins_with(&columns, &key.columns))
    };
    let keys = table.foreign_keys.values().filter(|key| !is_found(key));
    keys.map(|key| {
        let (name, of, parent, columns) = (&key.name, &table.name, &key.references, key.columns.join(", "));
        let text = format!("`{name}` has no index over `{of}` ({columns}), so each row that goes from `{parent}` has all of `{of}` read");
        let safe = match key.columns.as_slice() {
            [_] => "`index` beside `references`".to_owned(),
            _ => format!("`#[model(index({columns}))]` on the struct"),
        };
        Hazard::new(Code::S07, text, safe).of(of, &[name])
    })
    .collect()
}

/// Tells whether an index holds every row that a foreign key may be about: all, or those where its columns are not NULL.
fn covers(index: &Index, key: &ForeignKey) -> bool {
    index.predicate.as_ref().is_none_or(|predicate| {
        let plain = predicate.0.replace(['"', '(', ')', '`'], "").to_lowercase();
        let mut columns = key.columns.iter();
        columns.any(|column| plain == format!("{} is not null", column.to_lowercase()))
    })
}

/// Tells whether the first columns are those, in any order.
fn begins_with(columns: &[&str], wanted: &[String]) -> bool {
    let first: BTreeSet<&str> = columns.iter().take(wanted.len()).copied().collect();
    columns.len() >= wanted.len() && wanted.iter().all(|column| first.contains(column.as_str()))
}

/// Foreign keys of a table that refer to what several rows may have; `what` says what comes of it.
pub(in crate::dialect) fn refers_to_many(table: &Table, schema: &Schema, what: &str) -> Vec<Hazard> {
    let is_one = |key: &&ForeignKey| {
        let Some(parent) = schema.table(&key.references) else {
            return true;
        };
        let primary = parent
            .primary_key
            .iter()
            .map(|key| key.columns.iter().map(String::as_str).collect());
        let unique = parent
            .indexes
            .values()
            .filter(|index| index.unique && index.predicate.is_none());
        primary
            .chain(unique.filter_map(Index::columns))
            .any(|columns: Vec<&str>| {
                columns.len() == key.referenced_columns.len()
                    && begins_with(&columns, &key.referenced_columns)
            })
    };
    let keys = table.foreign_keys.values().filter(|key| !is_one(key));
    keys.map(|key| {
        let (name, parent, columns) = (&key.name, &key.references, key.referenced_columns.join(", "));
        let text = format!(
            "`{name}` of `{}` refers to `{parent}` ({columns}), which is not unique: {what}",
            table.name
        );
        let safe = "`#[model(unique)]` on what it refers to; or refer to the primary key";
        Hazard::new(Code::S08, text, safe).of(&table.name, &[name])
    })
    .collect()
}
