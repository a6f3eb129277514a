//! Indexes that the server may have made for a foreign key without a name, and calls like its first column.
//!
//! It drops such an index without a word as soon as there is another one that serves the key, also the one that a key brings that comes back
//! (<https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html>). A schema does not tell them from those that a person has made; dropped
//! and added by one ALTER they are all the latter, and nothing is built anew.

use super::change::Changes;
use crate::dialect::mysql::ddl::{self, quote};
use crate::schema::{ForeignKey, Index, IndexKey, Table, TableName};

/// Returns the clauses that make the indexes of some foreign keys, which go and come back, a person's own.
pub(super) fn made_own(changes: &Changes, table: &TableName, keys: &[String]) -> Vec<String> {
    let (Some(before), Some(after)) = (changes.before.table(table), changes.after.table(table)) else {
        return Vec::new();
    };
    // Under other names than those of now, the index is made anew anyway, or is not the server's any more.
    let change = changes.tables.iter().find(|change| change.after.name == *table);
    let is_renamed = |key: &ForeignKey| {
        let mut columns = key.columns.iter();
        change.is_some_and(|change| columns.any(|column| change.old_name(column) != column))
    };
    let coming_back = keys.iter().filter(|name| after.foreign_keys.contains_key(*name));
    let keys = coming_back.filter_map(|name| before.foreign_keys.get(name));
    let indexes = keys
        .filter(|key| !is_renamed(key))
        .filter_map(|key| made_for(before, key));
    indexes.flat_map(clauses).collect()
}

/// Returns the index that the server may have made for a key.
pub(super) fn made_for<'a>(table: &'a Table, key: &ForeignKey) -> Option<&'a Index> {
    let first = key.columns.first()?;
    table.indexes.values().find(|index| {
        let number = index.name.strip_prefix(first.as_str());
        let is_called_so = number.is_some_and(|number| {
            let digits = number.strip_prefix('_');
            number.is_empty() || digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()))
        });
        let keys: Vec<IndexKey> = key.columns.iter().map(IndexKey::column).collect();
        is_called_so && **index == Index::new(index.name.clone(), keys)
    })
}

/// Returns what makes an index a person's own.
pub(super) fn clauses(index: &Index) -> [String; 2] {
    [
        format!("DROP INDEX {}", quote(&index.name)),
        format!("ADD {}", ddl::index(index)),
    ]
}
