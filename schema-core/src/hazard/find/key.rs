//! The hazards of primary keys, and what was unique before.

use super::{Step, sorted};
use crate::hazard::{Code, Hazard};
use crate::schema::{Column, Index, PrimaryKey, Table, TableName};

impl Step<'_> {
    pub(super) fn key(
        &self,
        table: &TableName,
        from: Option<&PrimaryKey>,
        to: &PrimaryKey,
        found: &mut Vec<Hazard>,
    ) {
        if from.is_some_and(|from| sorted(&from.columns) == sorted(&to.columns)) {
            return;
        }
        let columns = to.columns.join(", ");
        if let Some(from) = from {
            let text = format!(
                "the primary key of `{table}` becomes ({columns}) from ({})",
                from.columns.join(", ")
            );
            let safe = "change what refers to the old key first; rows that are alike in the new one stop the upgrade";
            found.push(Hazard::new(Code::D07, text, safe).of(table, &[]));
        } else if !self.unique_before(table, &to.columns) {
            let text = format!(
                "`{}` fails on rows of `{table}` that are alike in ({columns})",
                to.name
            );
            let safe = self.look_for_duplicates(table, &to.columns);
            found.push(Hazard::new(Code::F03, text, safe).of(table, &[&to.name]));
        }
        for column in &to.columns {
            if self
                .column_before(table, column)
                .is_some_and(|column| column.nullable)
            {
                let text = format!(
                    "`{table}.{column}` becomes part of the primary key, and fails on rows that hold NULL"
                );
                let safe = "make it NOT NULL, with `#[model(backfill = …)]`, in a revision before";
                found.push(Hazard::new(Code::F09, text, safe).of(table, &[column]));
            }
        }
    }

    pub(super) fn column_before(&self, table: &TableName, column: &str) -> Option<&Column> {
        self.before.table(table)?.column(column)
    }

    /// Tells whether rows could not be alike in the columns before the step.
    pub(super) fn unique_before(&self, table: &TableName, columns: &[String]) -> bool {
        let Some(table) = self.before.table(table) else {
            return false;
        };
        let within = |key: &[&str]| key.iter().all(|name| columns.iter().any(|column| column == name));
        let by_key = key_columns(table).is_some_and(|key| within(&key));
        let whole = |index: &Index| index.unique && index.predicate.is_none();
        by_key
            || table
                .indexes
                .values()
                .filter(|index| whole(index))
                .any(|index| index.columns().is_some_and(|key| within(&key)))
    }
}

fn key_columns(table: &Table) -> Option<Vec<&str>> {
    let key = table.primary_key.as_ref()?;
    Some(key.columns.iter().map(String::as_str).collect())
}
