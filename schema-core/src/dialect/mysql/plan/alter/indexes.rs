//! The indexes of one table, those that go with its foreign keys included.

use std::collections::{BTreeMap, BTreeSet};

use super::Alter;
use crate::dialect::mysql::RESERVED_PREFIX;
use crate::dialect::mysql::ddl::{self, quote, quoted_list};
use crate::dialect::mysql::normalize::{has_index_for, implied_indexes};
use crate::dialect::mysql::plan::made::{clauses, made_for};
use crate::schema::{Index, IndexPart, Table};

impl Alter<'_> {
    pub(super) fn indexes(&mut self) {
        let (mut before, after) = (all_indexes(&self.change.before), all_indexes(&self.change.after));
        let mut old_names: BTreeMap<String, String> = BTreeMap::new();
        for (old, new) in &self.change.renamed_indexes {
            let first = old_names.remove(old).unwrap_or_else(|| old.clone());
            old_names.insert(new.clone(), first);
        }
        for (old, new) in following(&before, &after) {
            if let Some(index) = before.remove(&old) {
                before.insert(
                    new.clone(),
                    Index {
                        name: new.clone(),
                        ..index
                    },
                );
                old_names.insert(new, old);
            }
        }
        let touches = |index: &Index, columns: &BTreeSet<String>| {
            let mut columns = columns.iter();
            columns.any(|column| index.mentions(column) || has_prefix_of(index, column))
        };
        let mut standing = self.change.before.clone();
        standing.indexes = before.clone();
        let stays = |index: &Index| after.get(&index.name) == Some(index) && !touches(index, &self.gone);
        for index in before.values() {
            let old = old_names.get(&index.name).unwrap_or(&index.name);
            if !stays(index) {
                let clause = format!("DROP INDEX {}", quote(old));
                if touches(index, &self.gone_first) {
                    self.first.drops.push(clause);
                    standing.indexes.remove(&index.name);
                } else {
                    self.second.drops.push(clause);
                }
            } else if *old != index.name {
                self.second
                    .adds
                    .push(format!("RENAME INDEX {} TO {}", quote(old), quote(&index.name)));
            }
        }
        for index in after.values() {
            if before.get(&index.name).is_none_or(|old| !stays(old)) {
                self.second.adds.push(format!("ADD {}", ddl::index(index)));
            }
        }
        self.keep_made(&before);
        if self.in_two || self.apart {
            self.hold_keys(&standing);
        }
    }

    /// Keeps an index that the server may have made for a foreign key, and would drop when another one comes that serves the key.
    fn keep_made(&mut self, before: &BTreeMap<String, Index>) {
        let after = &self.change.after;
        let comes = |index: &Index| !before.contains_key(&index.name);
        for key in self.change.before.foreign_keys.values() {
            let Some(made) = made_for(&self.change.before, key) else {
                continue;
            };
            let wanted: Vec<IndexPart> = key.columns.iter().cloned().map(IndexPart::Column).collect();
            let serves = |index: &Index| {
                index.keys.len() >= wanted.len()
                    && index
                        .keys
                        .iter()
                        .zip(&wanted)
                        .all(|(key, part)| key.part == *part)
            };
            let is_kept = after.indexes.get(&made.name) == Some(made);
            if is_kept && after.indexes.values().any(|index| comes(index) && serves(index)) {
                let [drop, add] = clauses(made);
                self.second.drops.push(drop);
                self.second.adds.push(add);
            }
        }
    }

    /// Gives an index of its own, from one ALTER to another, to each foreign key whose index goes with the first of them and comes back with the last: the server
    /// lets no key be without (`ER_DROP_INDEX_FK`).
    fn hold_keys(&mut self, standing: &Table) {
        let name = &self.change.after.name;
        let mut wanted: BTreeSet<&Vec<String>> = BTreeSet::new();
        for table in self.changes.before.tables.values() {
            let after = self.changes.after.table(&table.name);
            for key in table.foreign_keys.values() {
                let stays = after.and_then(|table| table.foreign_keys.get(&key.name)) == Some(key);
                if !stays || self.keys.is_early(&table.name, &key.name) {
                    continue;
                }
                let own = (table.name == *name).then_some(&key.columns);
                let other = (key.references == *name).then_some(&key.referenced_columns);
                wanted.extend(own.into_iter().chain(other));
            }
        }
        wanted.retain(|columns| !has_index_for(standing, columns));
        for (at, columns) in wanted.into_iter().enumerate() {
            let held = quote(&format!("{RESERVED_PREFIX}key_{at}"));
            let old_names = columns.iter().map(|column| self.change.old_name(column));
            let (going, list) = if self.apart {
                (&mut self.leading, quoted_list(old_names))
            } else {
                (&mut self.first, quoted_list(columns.iter().map(String::as_str)))
            };
            going.adds.push(format!("ADD INDEX {held} ({list})"));
            self.second.drops.push(format!("DROP INDEX {held}"));
        }
    }
}

/// Returns the indexes of a table, those that go with its foreign keys included.
fn all_indexes(table: &Table) -> BTreeMap<String, Index> {
    let mut indexes = table.indexes.clone();
    for index in implied_indexes(table) {
        indexes.entry(index.name.clone()).or_insert(index);
    }
    indexes
}

/// Returns the old and new names of indexes that go with a foreign key and follow its name.
fn following(before: &BTreeMap<String, Index>, after: &BTreeMap<String, Index>) -> Vec<(String, String)> {
    let mut following: Vec<(String, String)> = Vec::new();
    for (old, index) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        let same = after.iter().find(|(name, new)| {
            let is_free = !before.contains_key(*name) && !following.iter().any(|(_, taken)| taken == *name);
            let renamed = Index {
                name: old.clone(),
                ..(*new).clone()
            };
            is_free && renamed == *index
        });
        following.extend(same.map(|(name, _)| (old.clone(), name.clone())));
    }
    following
}

/// Tells whether an index has the first characters of a column as a key.
fn has_prefix_of(index: &Index, column: &str) -> bool {
    index.keys.iter().any(|key| match &key.part {
        IndexPart::Expression(expression) => ddl::prefix(expression).is_some_and(|(name, _)| name == column),
        IndexPart::Column(_) => false,
    })
}
