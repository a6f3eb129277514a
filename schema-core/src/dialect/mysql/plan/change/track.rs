//! A standing table on its way through the operations.

use std::collections::BTreeMap;

use super::Source;
use crate::operation::{ApplyError, Operation, aside};
use crate::schema::{Schema, Table, TableName};

/// A standing table on its way through the operations.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) old_name: TableName,
    pub(super) old_names: BTreeMap<String, String>,
    pub(super) sources: BTreeMap<String, Source>,
    pub(super) renamed_indexes: Vec<(String, String)>,
}

impl Track {
    pub(super) fn of(table: &Table) -> Self {
        let names = || table.columns.iter().map(|column| column.name.clone());
        Track {
            old_name: table.name.clone(),
            old_names: names().map(|name| (name.clone(), name)).collect(),
            sources: names()
                .map(|name| {
                    let source = Source {
                        stands: true,
                        ..Source::default()
                    };
                    (name, source)
                })
                .collect(),
            renamed_indexes: Vec::new(),
        }
    }

    /// Notes that a column that stands is called otherwise.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if let Some(old) = self.old_names.remove(from) {
            self.old_names.insert(to.to_owned(), old);
        }
    }

    /// Sets a column aside that is dropped and whose name another one takes: it stands until its table's ALTER.
    pub(super) fn make_way(
        &mut self,
        before: &mut Schema,
        after: &Schema,
        table: &TableName,
        column: &str,
    ) -> Result<(), ApplyError> {
        let has = |schema: &Schema, column: &str| {
            let table = schema.table(table);
            table.is_some_and(|table| table.column(column).is_some())
        };
        if !has(before, column) {
            return Ok(());
        }
        let aside = aside(column, |candidate| {
            has(before, candidate) || has(after, candidate)
        });
        self.rename(column, &aside);
        let set_aside = Operation::RenameColumn {
            table: table.clone(),
            from: column.to_owned(),
            to: aside,
        };
        set_aside.apply(before)
    }
}
