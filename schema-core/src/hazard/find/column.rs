//! The hazards of columns: what is added, dropped or becomes another type.

use std::collections::BTreeSet;

use super::Step;
use crate::hazard::types::keeps_values;
use crate::hazard::{Code, Hazard};
use crate::operation::Operation;
use crate::schema::{Auto, Column, Default, TableName, Type};

impl Step<'_> {
    pub(super) fn dropped(&self, table: &TableName, column: &Column, found: &mut Vec<Hazard>) {
        if column.generated.is_some() {
            return;
        }
        let name = format!("`{table}.{}`", self.column_name(table, &column.name));
        let text = format!("{name} is dropped with its values");
        let safe = "stop using it first, and drop it in a later revision; the way back brings no value back";
        found.push(Hazard::new(Code::D02, text, safe).of(table, &[&column.name]));
        if needs_value(column) {
            let text = format!(
                "the way back cannot add {name} to a table with rows: it is NOT NULL without a default"
            );
            let safe =
                "make it `Option<…>` in a revision before, or edit the downgrade script to give a value";
            found.push(Hazard::new(Code::D15, text, safe).of(table, &[&column.name]));
        }
    }

    pub(super) fn altered(
        &self,
        table: &TableName,
        (from, to): (&Column, &Column),
        backfill: Option<&Default>,
        found: &mut Vec<Hazard>,
    ) {
        let name = format!("`{table}.{}`", to.name);
        let mut find = |code, text: String, safe: &str| {
            found.push(Hazard::new(code, text, safe).of(table, &[&to.name]));
        };
        if from.generated.is_none() && to.generated.is_some() {
            find(
                Code::D05,
                format!("{name} is computed from now on, and the values it holds are lost"),
                "add the computed column beside it, compare the two, and drop the old one later",
            );
        } else if from.generated.is_none() && !keeps_values(from, to) {
            find(
                Code::D05,
                format!(
                    "{name} becomes {} from {}, which may not hold every value",
                    type_words(to),
                    type_words(from)
                ),
                "look at the values first, or add a new column and move them in steps",
            );
        }
        if let Some((text, safe)) = self.values_gone(table, from, to) {
            find(Code::D06, text, &safe);
        }
        let filled = backfill.is_some() || to.default.is_some() || to.generated.is_some();
        if from.nullable && !to.nullable && !filled {
            find(
                Code::F02,
                format!("{name} becomes NOT NULL, and fails on rows that hold NULL"),
                "`#[model(backfill = …)]` gives those rows a value",
            );
        }
        let unique = self.to.table(table).is_some_and(|table| {
            let by_index = table
                .indexes
                .values()
                .any(|index| index.unique && index.mentions(&to.name));
            by_index || table.is_key(&to.name)
        });
        if let Some(place) = compares_otherwise(from, to).filter(|_| unique) {
            find(
                Code::D13,
                format!(
                    "{name} is unique and compares in another way{place}, so that values may be alike now"
                ),
                "look for values that differ only in what the new collation does not see",
            );
        }
    }

    /// Values that an enum no longer has and that no row exchanges for others, and what to do about them.
    fn values_gone(&self, table: &TableName, from: &Column, to: &Column) -> Option<(String, String)> {
        let (old, new) = (held(&from.ty)?, held(&to.ty)?);
        let is_mapped = |value: &String| {
            self.operations.iter().any(|operation| {
                matches!(operation, Operation::MapValues { table: of, column, values, .. }
                    if of == table && *column == to.name && values.contains_key(value))
            })
        };
        let gone: Vec<String> = old
            .iter()
            .filter(|value| !new.contains(value) && !is_mapped(value))
            .map(|value| format!("`{value}`"))
            .collect();
        let first = gone.first()?.trim_matches('`');
        let column = &to.name;
        if let Type::Array(_) = to.ty {
            let text = format!(
                "the lists of `{table}.{column}` may hold what its enum has no more, {}: PostgreSQL fails on such rows, elsewhere they stay as they are",
                gone.join(", ")
            );
            let safe =
                "change such lists in the script, before the new type; on SQLite and MySQL they are JSON";
            return Some((text, safe.to_owned()));
        }
        let text = format!(
            "`{table}.{column}` has no {} any more, and fails on rows that hold it",
            gone.join(", ")
        );
        let safe = format!(
            "`--map {table}.{column}.{first}=NEW`, or `#[model(renamed_from = {first:?})]` on the variant that takes its place"
        );
        Some((text, safe))
    }

    /// Tells whether the column is new, and NULL in every row that exists.
    pub(super) fn arrives_empty(&self, table: &TableName, column: &str) -> bool {
        self.arrives(table, column, |new, value| {
            new.nullable && value.is_none() && new.generated.is_none()
        })
    }

    /// Tells whether the column is new, and the same in every row that exists.
    pub(super) fn arrives_alike(&self, table: &TableName, column: &str) -> bool {
        self.arrives(table, column, |new, value| {
            new.generated.is_none()
                && new.auto == Auto::No
                && !matches!(value, Some(Default::Expression { .. }))
        })
    }

    /// Tells whether the column is new, and of such a kind, with such a value for rows that exist.
    fn arrives(
        &self,
        table: &TableName,
        column: &str,
        such: impl Fn(&Column, Option<&Default>) -> bool,
    ) -> bool {
        self.operations.iter().any(|operation| {
            matches!(operation, Operation::AddColumn { table: of, column: new, backfill, .. }
                if of == table && new.name == column && such(new, backfill.as_ref().or(new.default.as_ref())))
        })
    }
}

pub(super) fn added(table: &TableName, column: &Column, backfill: Option<&Default>) -> Option<Hazard> {
    (backfill.is_none() && needs_value(column)).then(|| {
        let text = format!(
            "`{table}.{}` is NOT NULL, and rows that exist have no value for it",
            column.name
        );
        let safe = "`#[model(default = …)]`, or `#[model(backfill = …)]` for those rows alone";
        Hazard::new(Code::F01, text, safe).of(table, &[&column.name])
    })
}

/// Tells whether rows that exist have no value for a new column.
fn needs_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.generated.is_none() && column.auto == Auto::No
}

fn type_words(column: &Column) -> String {
    if column.sql_type.is_empty() {
        return column.ty.to_string();
    }
    let native: Vec<&str> = column.sql_type.values().map(String::as_str).collect();
    native.join(" or ")
}

/// Tells whether a column compares in another way, and on which databases, if only some of them are named.
fn compares_otherwise(from: &Column, to: &Column) -> Option<String> {
    if from.collation != to.collation {
        return Some(String::new());
    }
    let named: BTreeSet<&String> = from.collations.keys().chain(to.collations.keys()).collect();
    let others: Vec<&str> = named
        .into_iter()
        .map(String::as_str)
        .filter(|dialect| from.collation_on(dialect) != to.collation_on(dialect))
        .collect();
    (!others.is_empty()).then(|| format!(" on {}", others.join(" and ")))
}

/// Returns the texts of an enum, or of the one that lists are of.
fn held(ty: &Type) -> Option<&[String]> {
    if let Type::Array(item) = ty {
        held(item)
    } else {
        ty.values()
    }
}
