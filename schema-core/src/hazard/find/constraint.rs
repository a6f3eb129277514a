//! The hazards of UNIQUE, foreign keys and CHECK.

use super::{Step, sorted};
use crate::hazard::{Code, Hazard};
use crate::operation::Operation;
use crate::schema::{Check, ForeignKey, Index, TableName};

impl Step<'_> {
    pub(super) fn unique_added(&self, table: &TableName, index: &Index) -> Option<Hazard> {
        if !index.unique {
            return None;
        }
        let columns: Option<Vec<String>> = index
            .columns()
            .map(|columns| columns.into_iter().map(str::to_owned).collect());
        let name = &index.name;
        let hazard = |text, safe: String| Some(Hazard::new(Code::F03, text, safe).of(table, &[name]));
        let Some(columns) = columns else {
            return hazard(
                format!("`{name}` fails on rows of `{table}` that are alike in it"),
                "look for such rows first".into(),
            );
        };
        // Rows that hold NULL are never alike.
        let all_null = columns.iter().any(|column| self.arrives_empty(table, column));
        if all_null || self.unique_before(table, &columns) {
            return None;
        }
        let same = columns.iter().all(|column| self.arrives_alike(table, column));
        let list = columns.join(", ");
        if same {
            hazard(
                format!("`{name}` fails if `{table}` has two rows: all get one value in ({list})"),
                "add the column first, fill it, and make it unique in a later revision; or give a backfill that differs by row"
                    .into(),
            )
        } else {
            hazard(
                format!("`{name}` fails on rows of `{table}` that are alike in ({list})"),
                self.look_for_duplicates(table, &columns),
            )
        }
    }

    pub(super) fn unique_dropped(&self, table: &TableName, index: &Index) -> Option<Hazard> {
        let stays = |other: &Operation| {
            matches!(other, Operation::AddIndex { table: of, index: new }
                if of == table && new.unique && new.predicate == index.predicate
                    && new.columns().as_deref().map(sorted) == index.columns().as_deref().map(sorted))
        };
        let columns: Vec<&str> = index.columns().unwrap_or_default();
        let gone = columns.iter().any(|column| self.goes(table, column));
        let silent = !index.unique || self.operations.iter().any(stays) || gone;
        (!silent).then(|| unguarded(table, &index.name))
    }

    pub(super) fn foreign_key_added(&self, table: &TableName, key: &ForeignKey) -> Option<Hazard> {
        let carried = |other: &Operation| {
            matches!(other, Operation::DropForeignKey { table: of, foreign_key: old }
                if of == table && old.columns == key.columns && old.references == key.references
                    && old.referenced_columns == key.referenced_columns)
        };
        let empty = key.columns.iter().any(|column| self.arrives_empty(table, column));
        if empty || self.operations.iter().any(carried) {
            return None;
        }
        let text = format!(
            "`{}` fails on rows of `{table}` that refer to no row of `{}`",
            key.name, key.references
        );
        let safe = self.look_for_orphans(table, key);
        Some(Hazard::new(Code::F05, text, safe).of(table, &[&key.name]))
    }

    pub(super) fn foreign_key_dropped(&self, table: &TableName, key: &ForeignKey) -> Option<Hazard> {
        let comes_back = |other: &Operation| {
            matches!(other, Operation::AddForeignKey { table: of, foreign_key: new }
                if of == table && (new.name == key.name || new.columns == key.columns))
        };
        let silent = self.operations.iter().any(comes_back)
            || self.to.table(&key.references).is_none()
            || key.columns.iter().any(|column| self.goes(table, column));
        (!silent).then(|| unguarded(table, &key.name))
    }

    pub(super) fn check_added(&self, table: &TableName, check: &Check) -> Option<Hazard> {
        let stood = |other: &Operation| {
            matches!(other, Operation::DropCheck { table: of, check: old }
                if of == table && old.expression == check.expression)
        };
        (!self.operations.iter().any(stood)).then(|| {
            let text = format!("`{}` fails on rows of `{table}` that break it", check.name);
            let safe = self.look_for_breaches(table, check);
            Hazard::new(Code::F04, text, safe).of(table, &[&check.name])
        })
    }

    pub(super) fn check_dropped(&self, table: &TableName, check: &Check) -> Option<Hazard> {
        let replaced = |other: &Operation| {
            matches!(other, Operation::AddCheck { table: of, check: new }
                if of == table && (new.name == check.name || new.expression == check.expression))
        };
        let gone = self.operations.iter().any(|other| {
            matches!(other, Operation::DropColumn { table: of, column, .. }
                if of == table && check.expression.mentions(&column.name))
        });
        (!gone && !self.operations.iter().any(replaced)).then(|| unguarded(table, &check.name))
    }
}

pub(super) fn unguarded(table: &TableName, name: &str) -> Hazard {
    let text = format!("`{name}` is dropped, and nothing keeps the rows of `{table}` to it any more");
    let safe = "drop it once no program relies on it; the way back fails on rows that break it";
    Hazard::new(Code::D14, text, safe).of(table, &[name])
}
