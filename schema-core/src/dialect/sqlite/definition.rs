//! The definition of one table, as the text of its CREATE TABLE gives it, and how another takes its place.
//!
//! SQLite keeps a definition as text, so one that asks nothing else of the stored bytes can be put in the place of the
//! other without touching a row. [`rewrites`] knows when that is so; [`Definition::reworded`] makes the text. Here nothing is
//! read from a database or written to one.

use std::collections::BTreeMap;

use super::ddl::{self, Wording};
use super::parse::{self, ParsedTable};
use super::reflect::{self, Described};
use super::types::{self, Affinity};
use crate::schema::{Auto, Check, Column, Default, Index, Table, Type};

/// A table and the text that defines it.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) table: Table,
    parsed: ParsedTable,
    /// The names of the UNIQUE constraints, in the order of the text.
    uniques: Vec<String>,
}

impl Definition {
    /// Reads the text of a CREATE TABLE, or returns `None` if it is none.
    pub(super) fn read(sql: &str) -> Option<Self> {
        let parsed = parse::create_table(sql)?;
        let name = parsed.name.clone();
        let all = BTreeMap::from([(name.clone(), parsed)]);
        let Described { table, uniques } = reflect::table(&name, &all[&name], &all);
        let parsed = all.into_values().next()?;
        Some(Definition {
            table,
            parsed,
            uniques,
        })
    }

    /// Returns the text that gives this table the other definition, over the rows that it has.
    ///
    /// Columns and keys stay in the order that the rows and indexes are stored in.
    ///
    /// # Errors
    ///
    /// Why it cannot be had without looking at the rows, or writing them anew.
    pub(super) fn reworded(&self, other: &Definition) -> Result<String, String> {
        if let Some(why) =
            rewrites(&self.table, &other.table).or_else(|| unchecked(&self.table, &other.table))
        {
            return Err(why);
        }
        let mut table = other.table.clone();
        table.columns = self
            .table
            .columns
            .iter()
            .filter_map(|column| other.table.column(&column.name).cloned())
            .collect();
        let wording = self.wording(&table).with_conflicts(other.wording(&table));
        let text = ddl::create_table(&table, &self.table.name.name, &wording);
        match Definition::read(&text) {
            Some(read) if read.table == other.table => Ok(text),
            Some(_) | None => Err("its definition does not read as it was written".to_owned()),
        }
    }

    /// Returns the text of the same table with another default of one column.
    pub(super) fn with_default(&self, column: &str, default: Default) -> String {
        let mut table = self.table.clone();
        if let Some(column) = table.column_mut(column) {
            column.default = Some(default);
        }
        ddl::create_table(&table, &table.name.name, &self.wording(&table))
    }

    /// Returns the text of the other table, with what this one says of conflicts, or `None` if it says nothing.
    pub(super) fn conflicts_for(&self, other: &Definition) -> Option<String> {
        let mut wording = self.wording(&other.table);
        wording.uniques.clone_from(&other.uniques);
        wording.before_key = other.parsed.primary_key.as_ref().map_or(0, |key| key.after);
        let plain = other.wording(&other.table);
        let wording = wording.with_conflicts(plain.clone());
        (wording != plain).then(|| ddl::create_table(&other.table, &other.table.name.name, &wording))
    }

    /// Returns the columns of each key that has an index of its own, in the order of the text.
    pub(super) fn stored_keys(&self) -> Vec<Vec<&str>> {
        let table = &self.table;
        let is_rowid = table.columns.iter().any(|column| column.auto != Auto::No);
        let primary = table.primary_key.as_ref().filter(|_| !is_rowid);
        let place = self.parsed.primary_key.as_ref().map(|key| key.after);
        let mut keys: Vec<Vec<&str>> = Vec::new();
        for at in 0..=self.uniques.len() {
            if let Some(key) = primary.filter(|_| place == Some(at)) {
                keys.push(key.columns.iter().map(String::as_str).collect());
            }
            let unique = self.uniques.get(at).and_then(|name| table.indexes.get(name));
            keys.extend(unique.and_then(Index::columns));
        }
        keys
    }

    /// Returns the column whose default differs from that of the other definition and which is stored last.
    pub(super) fn last_new_default(&self, other: &Definition) -> Option<&Column> {
        let differs = |column: &&Column| {
            let new = other.table.column(&column.name);
            column.generated.is_none() && new.is_some_and(|new| new.default != column.default)
        };
        self.table.columns.iter().rfind(differs)
    }

    /// Returns the wording for a table with the same keys, which may have other names there. What has no counterpart is left out.
    fn wording(&self, table: &Table) -> Wording {
        let mut wording = Wording::default();
        let mut free: Vec<&Index> = constraints(table).collect();
        for (at, (name, parsed)) in self.uniques.iter().zip(&self.parsed.uniques).enumerate() {
            let own = self.table.indexes.get(name);
            let place = free
                .iter()
                .position(|index| own.is_some_and(|own| own.keys == index.keys));
            let Some(index) = place.map(|place| free.remove(place)) else {
                continue;
            };
            let key_follows = self.parsed.primary_key.as_ref().is_some_and(|key| key.after > at);
            wording.before_key += usize::from(key_follows);
            wording.uniques.push(index.name.clone());
            if let Some(conflict) = &parsed.conflict {
                let name = index.name.clone();
                wording.unique_conflicts.insert(name, conflict.clone());
            }
        }
        let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
        if columns(&self.table) == columns(table) {
            let key = self.parsed.primary_key.as_ref();
            wording.key_conflict = key.and_then(|key| key.conflict.clone());
        }
        for column in &self.parsed.columns {
            if let Some(conflict) = &column.conflict {
                let name = column.name.clone();
                wording.null_conflicts.insert(name, conflict.clone());
            }
        }
        wording
    }
}

/// Names what the rows would have to be checked against first, which ALTER TABLE does by itself.
fn unchecked(before: &Table, after: &Table) -> Option<String> {
    for from in before.columns.iter().filter(|column| column.nullable) {
        if after.column(&from.name).is_some_and(|to| !to.nullable) {
            return Some(format!(
                "`{0}` becomes NOT NULL; ALTER COLUMN `{0}` SET NOT NULL checks the rows",
                from.name
            ));
        }
    }
    let is_new = |check: &&Check| {
        before
            .checks
            .values()
            .all(|old| old.expression != check.expression)
    };
    let new = after.checks.values().find(is_new)?;
    Some(format!(
        "the check `{}` is new; ADD CONSTRAINT checks the rows",
        new.name
    ))
}

/// Tells why one definition cannot take the place of another without the rows being written anew.
///
/// Only what is known to leave the bytes, and what they mean, alone is let pass.
pub(super) fn rewrites(before: &Table, after: &Table) -> Option<String> {
    if before.options != after.options {
        return Some("STRICT or WITHOUT ROWID changes".to_owned());
    }
    let key = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
    if key(before) != key(after) {
        return Some("the primary key changes".to_owned());
    }
    if !same_keys(before, after) {
        return Some("a UNIQUE constraint comes or goes".to_owned());
    }
    if let Some(new) = after
        .columns
        .iter()
        .find(|column| before.column(&column.name).is_none())
    {
        return Some(format!("the table has no column `{}`", new.name));
    }
    for from in &before.columns {
        let Some(to) = after.column(&from.name) else {
            return Some(format!("the table has a column `{}` besides", from.name));
        };
        if let Some(what) = column_rewrites(from, to, after.options.strict) {
            return Some(format!("{what} of `{}` changes", from.name));
        }
    }
    None
}

/// Names what of a column cannot change without its values being written anew.
pub(super) fn column_rewrites(from: &Column, to: &Column, strict: bool) -> Option<&'static str> {
    let Column {
        name: _,
        ty,
        sql_type: _,
        nullable: _,
        default: _,
        generated,
        auto,
        collation,
        collations: _,
        comment: _,
    } = to;
    if !stores_alike(&from.ty, ty, strict) {
        Some("the type")
    } else if from.generated != *generated {
        Some("the computed value")
    } else if from.auto != *auto {
        Some("the numbering")
    } else if from.collation != *collation {
        Some("the collation")
    } else {
        None
    }
}

/// Tells whether SQLite stores and compares the values of two declared types alike.
///
/// Between the affinities of the manual only INTEGER and NUMERIC do not differ (but for CAST); a STRICT table holds each value to the very type.
fn stores_alike(from: &Type, to: &Type, strict: bool) -> bool {
    let (Type::Native(from), Type::Native(to)) = (from, to) else {
        return from == to;
    };
    if from == to {
        return true;
    }
    if strict {
        let whole = |declared: &str| matches!(declared, "INT" | "INTEGER");
        return whole(from) && whole(to);
    }
    let number = |affinity: Affinity| matches!(affinity, Affinity::Integer | Affinity::Numeric);
    let (from, to) = (types::affinity(from), types::affinity(to));
    from == to || (number(from) && number(to))
}

/// Tells whether a value of one declared type equals one of the other only if a foreign key between them holds.
pub(super) fn compares_alike(column: &Type, referenced: &Type) -> bool {
    let (Type::Native(column), Type::Native(referenced)) = (column, referenced) else {
        return column == referenced;
    };
    let (column, referenced) = (types::affinity(column), types::affinity(referenced));
    let number =
        |affinity: Affinity| matches!(affinity, Affinity::Integer | Affinity::Numeric | Affinity::Real);
    column == referenced || (number(column) && number(referenced))
}

fn constraints(table: &Table) -> impl Iterator<Item = &Index> {
    table.indexes.values().filter(|index| index.constraint)
}

/// Tells whether two tables have the same UNIQUE constraints, whatever their names.
pub(super) fn same_keys(before: &Table, after: &Table) -> bool {
    let mut free: Vec<&Index> = constraints(after).collect();
    let all = constraints(before).all(|index| {
        let place = free.iter().position(|other| other.keys == index.keys);
        place.map(|place| free.remove(place)).is_some()
    });
    all && free.is_empty()
}
