//! The ALTERs of one table: one, or two around the rows that change, after those that rename its columns if they cannot do that by the way.
//!
//! With rows to change, the first ALTER gives every column the name that it ends up with and room for the values on their way; the second makes
//! the table what it shall be. A column is always written whole, since MODIFY forgets what it is not told.
//!
//! What MariaDB follows by itself and MySQL refuses is written out, so that both take it: a check or computed column that names a column
//! which is renamed goes and comes back (`ER_DEPENDENT_BY_GENERATED_COLUMN`,
//! `ER_DEPENDENT_BY_CHECK_CONSTRAINT`).

mod apart;
pub(super) mod checks;
mod indexes;
mod options;

use std::collections::BTreeSet;

use self::apart::{drop_clause, rename_clause};
use super::change::{Change, Changes, Source};
use super::clauses::Clauses;
use super::keys::Keys;
use super::values::{self, mentions_any};
use crate::dialect::mysql::RESERVED_PREFIX;
use crate::dialect::mysql::ddl::{self, quote, quoted_list};
use crate::plan::Statement;
use crate::schema::{Auto, Column, Storage, Table};

/// Returns the statements that change one standing table, all but its unsteady foreign keys.
pub(super) fn alter(change: &Change, changes: &Changes, keys: &Keys) -> Vec<Statement> {
    let mut alter = Alter::new(change, changes, keys);
    alter.checks();
    alter.columns();
    alter.primary_key();
    alter.indexes();
    alter.foreign_keys();
    alter.options();
    alter.finish()
}

/// Returns the standing columns that are dropped and added again.
pub(super) fn remade(change: &Change, changes: &Changes) -> BTreeSet<String> {
    let keys = Keys::default();
    let alter = Alter::new(change, changes, &keys);
    let standing = alter.standing();
    standing
        .filter(|(standing, column, _)| alter.fate(standing, column) == Fate::Remade)
        .map(|(_, column, _)| column.name.clone())
        .collect()
}

/// How a column that stands becomes what it shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing but perhaps the name changes.
    Kept,
    /// It is defined anew.
    Modified,
    /// It is computed, so it can be dropped and added in one statement.
    Remade,
    /// It was computed when it was read, and its values are kept from now on.
    Carried,
}

struct Alter<'a> {
    change: &'a Change,
    changes: &'a Changes,
    keys: &'a Keys,
    /// The columns that get another name, by that name.
    renamed: BTreeSet<&'a String>,
    /// The columns that what is computed from them cannot stand through: renamed, dropped, or dropped and added again.
    unsteady: BTreeSet<&'a String>,
    /// Whether rows change between two ALTERs.
    in_two: bool,
    /// Whether columns are renamed by an ALTER of their own.
    apart: bool,
    /// What goes before columns are renamed apart.
    leading: Clauses,
    /// How columns are renamed apart.
    renames: Clauses,
    first: Clauses,
    second: Clauses,
    updates: Vec<Statement>,
    /// The columns that indexes have to let go of: dropped, or dropped and added again.
    gone: BTreeSet<String>,
    /// Those of them that go with the first ALTER.
    gone_first: BTreeSet<String>,
    /// The columns that the first ALTER has added so far.
    added: BTreeSet<String>,
}

impl<'a> Alter<'a> {
    fn new(change: &'a Change, changes: &'a Changes, keys: &'a Keys) -> Self {
        let renamed: BTreeSet<&String> = change
            .sources
            .iter()
            .filter(|(name, source)| source.stands && change.old_name(name) != name.as_str())
            .map(|(name, _)| name)
            .collect();
        let dropped = change.before.columns.iter().map(|column| &column.name);
        let dropped = dropped.filter(|name| !change.sources.get(*name).is_some_and(|source| source.stands));
        let mut alter = Alter {
            change,
            changes,
            keys,
            unsteady: dropped.chain(renamed.iter().copied()).collect(),
            renamed,
            in_two: false,
            apart: false,
            leading: Clauses::default(),
            renames: Clauses::default(),
            first: Clauses::default(),
            second: Clauses::default(),
            updates: values::updates(change),
            gone: BTreeSet::new(),
            gone_first: BTreeSet::new(),
            added: BTreeSet::new(),
        };
        // A chain of computed columns settles after as many rounds as it is long.
        for _ in &change.after.columns {
            let remade: Vec<&String> = alter
                .standing()
                .filter(|(standing, column, _)| alter.fate(standing, column) == Fate::Remade)
                .map(|(_, column, _)| &column.name)
                .collect();
            alter.unsteady.extend(remade);
        }
        alter.in_two = !alter.updates.is_empty()
            || alter.standing().any(|(standing, column, source)| {
                alter.fate(standing, column) == Fate::Carried
                    || values::type_between(change, column, source).is_some()
            });
        alter.apart = alter.parts();
        alter
    }

    /// Returns the columns that stand and stay, as they are and as they shall be.
    fn standing(&self) -> impl Iterator<Item = (&'a Column, &'a Column, &'a Source)> {
        let change = self.change;
        change.after.columns.iter().filter_map(move |column| {
            let source = change.sources.get(&column.name)?;
            Some((change.standing(&column.name)?, column, source))
        })
    }

    fn finish(mut self) -> Vec<Statement> {
        let table = &self.change.after.name;
        let mut statements = Vec::new();
        if self.apart {
            self.leading.drops.append(&mut self.first.drops);
            statements.extend(self.leading.into_statements(table));
            statements.extend(self.renames.into_statements(table));
        }
        if !self.in_two {
            self.first.append(self.second);
            statements.extend(self.first.into_statements(table));
            return statements;
        }
        statements.extend(self.first.into_statements(table));
        statements.extend(self.updates);
        statements.extend(self.second.into_statements(table));
        statements
    }

    fn fate(&self, standing: &Column, column: &Column) -> Fate {
        let is_same = ddl::column(standing) == ddl::column(column)
            && !self.follows_table(column)
            && !self.loses_its_check(column)
            && !self.goes_by_another_type(column);
        let follows = self.follows(column);
        let storage = |column: &Column| column.generated.as_ref().map(|generated| generated.storage);
        match (storage(standing), storage(column)) {
            (Some(_), Some(_)) if follows => Fate::Remade,
            _ if is_same => Fate::Kept,
            (Some(Storage::Virtual), None) => Fate::Carried,
            (Some(Storage::Stored), Some(Storage::Stored)) | (Some(Storage::Stored) | None, None) => {
                Fate::Modified
            }
            (None | Some(_), Some(_)) => Fate::Remade,
        }
    }

    /// Tells whether a column has another type while its rows change, be the one that it ends up with the same or not.
    fn goes_by_another_type(&self, column: &Column) -> bool {
        let source = self.change.sources.get(&column.name);
        source.is_some_and(|source| values::type_between(self.change, column, source).is_some())
    }

    /// Tells whether a column is computed from one that it cannot stand through.
    fn follows(&self, column: &Column) -> bool {
        let generated = column.generated.as_ref();
        generated.is_some_and(|generated| mentions_any(&generated.expression, self.unsteady.iter().copied()))
    }

    fn columns(&mut self) {
        let change = self.change;
        let dropped = change.before.columns.iter().filter(|column| {
            let source = change.sources.get(&column.name);
            !source.is_some_and(|source| source.stands)
        });
        for column in dropped {
            self.drop_column(column);
        }
        for column in in_turn(&change.after) {
            let source = change.sources.get(&column.name).cloned().unwrap_or_default();
            match change.standing(&column.name) {
                Some(standing) => self.standing_column(standing, column, &source),
                None => self.add_column(column, &source),
            }
        }
    }

    fn standing_column(&mut self, standing: &Column, column: &Column, source: &Source) {
        let fate = self.fate(standing, column);
        let mut old = self.change.old_name(&column.name);
        let mut rename = (old != column.name).then(|| rename_clause(old, &column.name));
        if self.apart && fate != Fate::Remade {
            self.renames.columns.extend(rename.take());
            old = &column.name;
        }
        match fate {
            Fate::Kept => self.first.columns.extend(rename),
            Fate::Modified => {
                let between = values::type_between(self.change, column, source)
                    .map(|ty| values::under_way(column, Some(ty), standing.nullable));
                match between {
                    Some(between) => self.first.columns.push(redefined(old, &between)),
                    None if self.in_two => self.first.columns.extend(rename.clone()),
                    None => {}
                }
                let now = if self.in_two { &column.name } else { old };
                self.second.columns.push(redefined(now, column));
            }
            Fate::Remade => {
                self.leaving().push(drop_clause(old));
                self.push_added(column);
                self.gone.insert(column.name.clone());
                self.gone_first.insert(column.name.clone());
            }
            Fate::Carried => {
                let between = format!("{RESERVED_PREFIX}new_{}", self.change.after.columns.len());
                let carried = values::under_way(
                    &Column {
                        name: between.clone(),
                        ..column.clone()
                    },
                    None,
                    true,
                );
                self.first.columns.extend(rename);
                self.first
                    .columns
                    .push(format!("ADD COLUMN {}", ddl::column(&carried)));
                self.updates
                    .insert(0, values::carry(self.change, &column.name, &between));
                self.second.columns.push(drop_clause(&column.name));
                self.second.columns.push(redefined(&between, column));
                self.gone.insert(column.name.clone());
            }
        }
    }

    fn add_column(&mut self, column: &Column, source: &Source) {
        if column.auto != Auto::No {
            // It comes with its key.
            self.second.columns.push(self.add(column));
            return;
        }
        let filled = values::fill(self.change, column, source).is_some();
        if filled && !column.nullable {
            let between = values::under_way(column, None, true);
            self.add_first(&between);
            self.second.columns.push(redefined(&column.name, column));
        } else if filled && self.follows_table(column) {
            self.add_first(column);
            self.second.columns.push(redefined(&column.name, column));
        } else {
            self.push_added(column);
        }
    }

    /// Adds a column with the first ALTER, unless it must come with its table's new collation.
    fn push_added(&mut self, column: &Column) {
        if self.comes_with_collation(column) {
            self.second.columns.push(self.add(column));
        } else {
            self.add_first(column);
        }
    }

    fn add_first(&mut self, column: &Column) {
        self.first.columns.push(self.add(column));
        self.added.insert(column.name.clone());
    }

    /// Returns the clause that adds a column where it is declared.
    fn add(&self, column: &Column) -> String {
        let columns = &self.change.after.columns;
        let at = columns
            .iter()
            .position(|other| other.name == column.name)
            .unwrap_or_default();
        let stands = |other: &Column| {
            let standing = self.change.standing(&other.name);
            standing.is_some_and(|standing| self.fate(standing, other) != Fate::Remade)
                || self.added.contains(&other.name)
        };
        // What is computed from something computed comes after it, wherever that is.
        let place = if self.change.after.generation(column) > 1 || !columns[at..].iter().any(stands) {
            String::new()
        } else {
            match columns[..at].iter().rev().find(|other| stands(other)) {
                Some(previous) => format!(" AFTER {}", quote(&previous.name)),
                None => " FIRST".to_owned(),
            }
        };
        format!("ADD COLUMN {}{place}", ddl::column(column))
    }

    fn primary_key(&mut self) {
        let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
        let (old, new) = (columns(&self.change.before), columns(&self.change.after));
        if old == new {
            return;
        }
        if old.is_some() {
            self.second.drops.push("DROP PRIMARY KEY".to_owned());
        }
        if let Some(columns) = new {
            let list = quoted_list(columns.iter().map(String::as_str));
            self.second.adds.push(format!("ADD PRIMARY KEY ({list})"));
        }
    }

    fn foreign_keys(&mut self) {
        let Change { before, after, .. } = self.change;
        for key in before.foreign_keys.values() {
            let goes = after.foreign_keys.get(&key.name) != Some(key);
            if goes && !self.keys.is_early(&after.name, &key.name) {
                self.first
                    .drops
                    .insert(0, format!("DROP FOREIGN KEY {}", quote(&key.name)));
            }
        }
        for key in after.foreign_keys.values() {
            let comes = before.foreign_keys.get(&key.name) != Some(key);
            if comes && !self.keys.is_late(&after.name, &key.name) {
                self.second.adds.push(format!("ADD {}", ddl::foreign_key(key)));
            }
        }
    }
}

/// Returns a table's columns with those that are computed after what they are computed from.
fn in_turn(table: &Table) -> Vec<&Column> {
    let mut columns: Vec<&Column> = table.columns.iter().collect();
    columns.sort_by_key(|column| table.generation(column));
    columns
}

/// Returns the clause that defines the column `old` anew, under the name in its definition.
fn redefined(old: &str, column: &Column) -> String {
    if old == column.name {
        format!("MODIFY COLUMN {}", ddl::column(column))
    } else {
        format!("CHANGE COLUMN {} {}", quote(old), ddl::column(column))
    }
}
