//! The indexes of one table, those that go with its foreign keys included.

use std::collections::{BTreeMap, BTreeSet};

use super::Alter;
use crate::dialect::mysql::ddl::{self, quote};
use crate::dialect::mysql::normalize::implied_indexes;
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
        let stays = |index: &Index| after.get(&index.name) == Some(index) && !touches(index, &self.gone);
        for index in before.values() {
            let old = old_names.get(&index.name).unwrap_or(&index.name);
            if !stays(index) {
                let clause = format!("DROP INDEX {}", quote(old));
                if touches(index, &self.gone_first) {
                    self.first.drops.push(clause);
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
