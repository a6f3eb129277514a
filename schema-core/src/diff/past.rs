//! The renames that a history has seen.

use std::collections::BTreeSet;

use super::Answers;
use crate::schema::TableName;

/// The renames that a history has seen, by the names that tables and columns have at its end.
///
/// Most renames tell by themselves that they are done: the old name is gone. Names that go round in a circle do not, and
/// for those [`declared`](super::declared) looks here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    tables: BTreeSet<(TableName, TableName)>,
    columns: BTreeSet<(TableName, String, String)>,
    values: BTreeSet<(TableName, String, String, String)>,
}

impl Past {
    /// Adds the renames of the revision that comes next.
    ///
    /// ```
    /// # use schema_core::{diff::{Answers, Past}, schema::TableName};
    /// let [a, b] = ["a", "b"].map(TableName::new);
    /// let mut past = Past::default();
    /// past.add(&Answers { renamed_tables: [(a, b)].into(), ..Answers::default() });
    /// assert_ne!(past, Past::default());
    /// ```
    pub fn add(&mut self, answers: &Answers) {
        let Answers {
            renamed_tables,
            renamed_columns,
            backfills: _,
            mapped_values,
        } = answers;
        let follow = |table: TableName| renamed_tables.get(&table).cloned().unwrap_or(table);
        let columns = std::mem::take(&mut self.columns).into_iter();
        self.columns = columns
            .map(|(table, old, new)| (follow(table), old, new))
            .collect();
        let values = std::mem::take(&mut self.values).into_iter();
        self.values = values
            .map(|(table, column, old, new)| {
                let table = follow(table);
                let renamed = answers.renamed_column(&table, &column).map(str::to_owned);
                (table, renamed.unwrap_or(column), old, new)
            })
            .collect();
        let pair = |(old, new): (&TableName, &TableName)| (old.clone(), new.clone());
        self.tables.extend(renamed_tables.iter().map(pair));
        for ((table, old), new) in renamed_columns {
            self.columns.insert((table.clone(), old.clone(), new.clone()));
        }
        for ((table, column), map) in mapped_values {
            for (old, new) in map {
                let value = (table.clone(), column.clone(), old.clone(), new.clone());
                self.values.insert(value);
            }
        }
    }

    pub(super) fn has_table(&self, old: &TableName, new: &TableName) -> bool {
        self.tables.contains(&(old.clone(), new.clone()))
    }

    pub(super) fn has_column(&self, table: &TableName, old: &str, new: &str) -> bool {
        self.columns
            .contains(&(table.clone(), old.to_owned(), new.to_owned()))
    }

    pub(super) fn has_value(&self, (table, column): (&TableName, &str), old: &str, new: &str) -> bool {
        let value = (table.clone(), column.to_owned(), old.to_owned(), new.to_owned());
        self.values.contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_is_renamed_later_is_known_by_its_name_of_now() {
        let (items, wares) = (TableName::new("items"), TableName::new("wares"));
        let mut past = Past::default();
        let mut answers = Answers::default();
        let column = (items.clone(), "a".to_owned());
        answers.renamed_columns.insert(column, "b".to_owned());
        let values = BTreeMap::from([("x".to_owned(), "y".to_owned())]);
        answers
            .mapped_values
            .insert((items.clone(), "b".to_owned()), values);
        past.add(&answers);
        assert!(past.has_column(&items, "a", "b") && past.has_value((&items, "b"), "x", "y"));

        let mut answers = Answers::default();
        answers.renamed_tables.insert(items.clone(), wares.clone());
        let column = (wares.clone(), "b".to_owned());
        answers.renamed_columns.insert(column, "c".to_owned());
        past.add(&answers);
        assert!(past.has_table(&items, &wares));
        assert!(past.has_column(&wares, "a", "b") && past.has_column(&wares, "b", "c"));
        assert!(past.has_value((&wares, "c"), "x", "y"));
        assert!(!past.has_column(&items, "a", "b"));
    }
}
