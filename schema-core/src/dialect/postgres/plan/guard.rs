//! Guards: queries that must find no rows before anything is changed.
//!
//! PostgreSQL would refuse most of these rows too, but without showing them, or would silently keep a value as another one. A guard shows
//! the rows. Where a guard would have to look at values that do not exist yet, there is none and PostgreSQL decides.

use super::change::{Change, TableChange};
use super::conversion::{Conversion, conversion};
use super::enums::Enums;
use crate::dialect::Unsupported;
use crate::dialect::backfill::Refused;
use crate::dialect::postgres::ddl::{native, qualified, quote, quoted_list};
use crate::dialect::postgres::expression::canonical;
use crate::dialect::postgres::normalize::unsupported;
use crate::plan::{Statement, Step};
use crate::schema::{Auto, Column, Default, Expression, Index, IndexKey, IndexPart, Table};

/// How many rows a guard shows.
const SHOWN: usize = 10;

/// Refuses a backfill whose text could be more than one expression, or that reads what comes after it.
///
/// # Errors
///
/// Why it cannot be had, with the column's name.
pub(super) fn refuse_broken_backfills(change: &Change<'_>) -> Result<(), Unsupported> {
    for table in &change.tables {
        table
            .filled_in_turns()
            .map_err(|Refused { what, why }| unsupported(what, &why))?;
        for (column, fill) in &table.fills {
            if let Default::Expression { sql } = fill {
                let what = || format!("the backfill of column `{}.{column}`", table.after.name);
                canonical(&sql.0, None).map_err(|why| unsupported(what(), why))?;
            }
        }
    }
    Ok(())
}

/// Returns the guards of a table, in its columns' order, then those of its keys and checks.
pub(super) fn guards(table: &TableChange<'_>, enums: &Enums<'_>) -> Vec<Statement> {
    let mut guards = Vec::new();
    for column in &table.after.columns {
        match table.before.column(&column.name) {
            None => guards.extend(missing_value(table, column)),
            Some(standing) => {
                guards.extend(missing_values(table, standing, column));
                guards.extend(changed_values(table, standing, column, enums));
                guards.extend(computed_values(table, standing, column, enums));
            }
        }
    }
    let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
    if let (false, Some(key)) = (
        columns(table.before) == columns(table.after),
        &table.after.primary_key,
    ) {
        let keys = key.columns.iter().map(IndexKey::column).collect();
        let index = Index::new(key.name.clone(), keys);
        guards.extend(duplicates(table, &index, enums));
    }
    for index in table.after.indexes.values().filter(|index| index.unique) {
        let mut standing = table.before.indexes.values();
        if !standing.any(|old| promises(old, index)) {
            guards.extend(duplicates(table, index, enums));
        }
    }
    for check in table.after.checks.values() {
        let mut standing = table.before.checks.values();
        let stands = standing.any(|old| old.expression == check.expression);
        if !stands && kept_by(table, &check.expression, enums) {
            guards.push(guard(
                table.before,
                &mentioned(table.before, &check.expression),
                &format!("NOT ({})", check.expression),
                &format!(
                    "`{}` breaks the check `{}` in these rows",
                    table.after.name, check.name
                ),
            ));
        }
    }
    guards
}

/// Tells whether an index makes sure of all that another one asks.
fn promises(old: &Index, new: &Index) -> bool {
    old.unique
        && old.keys == new.keys
        && old.predicate == new.predicate
        && old.nulls_not_distinct == new.nulls_not_distinct
}

/// Returns the columns that an expression names.
fn mentioned<'a>(table: &'a Table, expression: &Expression) -> Vec<&'a str> {
    let columns = table.columns.iter().map(|column| column.name.as_str());
    columns.filter(|column| expression.mentions(column)).collect()
}

/// Guards a new column that has no value for the rows there are.
fn missing_value(table: &TableChange<'_>, column: &Column) -> Option<Statement> {
    let made = column.generated.is_some() || column.default.is_some() || column.auto != Auto::No;
    if column.nullable || made || table.fills.contains_key(column.name.as_str()) {
        return None;
    }
    let message = format!(
        "`{}.{}` is NOT NULL without a default, and these rows have no value for it",
        table.after.name, column.name
    );
    Some(guard(table.before, &[], "TRUE", &message))
}

/// Guards a column that becomes NOT NULL and has no value for the rows that hold none.
fn missing_values(table: &TableChange<'_>, old: &Column, new: &Column) -> Option<Statement> {
    let filled = new.default.is_some() || table.fills.contains_key(new.name.as_str());
    if !old.nullable || new.nullable || new.generated.is_some() || filled {
        return None;
    }
    let message = format!(
        "`{}.{}` becomes NOT NULL without a value for these rows, which hold NULL",
        table.after.name, new.name
    );
    Some(guard(
        table.before,
        &[],
        &format!("{} IS NULL", quote(&new.name)),
        &message,
    ))
}

/// Guards a column whose new type would make other values of the standing ones.
fn changed_values(
    table: &TableChange<'_>,
    old: &Column,
    new: &Column,
    enums: &Enums<'_>,
) -> Option<Statement> {
    if new.generated.is_some() || !enums.changes_type(&old.ty, &new.ty) {
        return None;
    }
    let mapped = table.mapped.get(new.name.as_str()).copied();
    let Conversion { using: _, lossy } = conversion(&quote(&new.name), &old.ty, &new.ty, mapped);
    let message = format!(
        "`{}.{}` becomes {}, and these values would not stay what they are",
        table.after.name,
        new.name,
        native(&new.ty).replace('"', "")
    );
    Some(guard(table.before, &[&new.name], &lossy?, &message))
}

/// Guards a column that will be computed against values that would be lost, because they are others.
fn computed_values(
    table: &TableChange<'_>,
    old: &Column,
    new: &Column,
    enums: &Enums<'_>,
) -> Option<Statement> {
    let (Some(generated), None) = (&new.generated, &old.generated) else {
        return None;
    };
    let name = quote(&new.name);
    let same = old.ty == new.ty && kept_by(table, &generated.expression, enums);
    let condition = if same {
        format!("{name} IS DISTINCT FROM ({})", generated.expression)
    } else {
        // What it will be computed from is not there yet.
        format!("{name} IS NOT NULL")
    };
    let message = format!(
        "`{}.{}` becomes computed, and these values would be lost",
        table.after.name, new.name
    );
    Some(guard(table.before, &[&new.name], &condition, &message))
}

/// Guards a new key against rows that have it twice. NULLs are all different, unless the key says otherwise.
fn duplicates(table: &TableChange<'_>, index: &Index, enums: &Enums<'_>) -> Option<Statement> {
    let mut parts = Vec::new();
    for IndexKey { part, collation, .. } in &index.keys {
        let operand = match part {
            IndexPart::Column(column) if is_kept(table, column, enums) => quote(column),
            IndexPart::Expression(expression) if kept_by(table, expression, enums) => {
                format!("({expression})")
            }
            IndexPart::Column(_) | IndexPart::Expression(_) => return None,
        };
        parts.push(match collation {
            Some(collation) => format!("{operand} COLLATE {}", quote(collation)),
            None => operand,
        });
    }
    if index
        .predicate
        .as_ref()
        .is_some_and(|predicate| !kept_by(table, predicate, enums))
    {
        return None;
    }
    let mut conditions: Vec<String> = Vec::new();
    if !index.nulls_not_distinct {
        conditions.extend(parts.iter().map(|part| format!("{part} IS NOT NULL")));
    }
    conditions.extend(index.predicate.iter().map(|predicate| format!("({predicate})")));
    let condition = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let list = parts.join(", ");
    let sql = format!(
        "SELECT {list}, count(*) FROM {}{condition} GROUP BY {list} HAVING count(*) > 1 LIMIT {SHOWN}",
        qualified(&table.before.name)
    );
    let message = format!(
        "`{}` has rows that are alike in `{}`",
        table.after.name, index.name
    );
    Some(Step::ExpectNoRows { sql, message }.into())
}

/// Tells whether a column has the values that it will have, under its name.
fn is_kept(table: &TableChange<'_>, column: &str, enums: &Enums<'_>) -> bool {
    match (table.before.column(column), table.after.column(column)) {
        (Some(old), Some(new)) => {
            // A type that is changed in place keeps its values, but may not know the new ones yet.
            old.ty == new.ty
                && !enums.changes_type(&old.ty, &new.ty)
                && old.generated == new.generated
                && old.collation == new.collation
                && (!old.nullable || new.nullable)
                && !table.mapped.contains_key(column)
        }
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// Tells whether every column that an expression names has the values, under the name, that it will have.
fn kept_by(table: &TableChange<'_>, expression: &Expression, enums: &Enums<'_>) -> bool {
    let mut columns = table.after.columns.iter().chain(&table.before.columns);
    columns.all(|column| !expression.mentions(&column.name) || is_kept(table, &column.name, enums))
}

/// Returns a guard that shows the key of each row that meets the condition, and some columns more. A row without a key has a place.
fn guard(table: &Table, shown: &[&str], condition: &str, message: &str) -> Statement {
    let mut columns: Vec<&str> = match &table.primary_key {
        Some(key) => key.columns.iter().map(String::as_str).collect(),
        None => vec!["ctid"],
    };
    columns.extend(shown.iter().filter(|column| !table.is_key(column)));
    Step::ExpectNoRows {
        sql: format!(
            "SELECT {} FROM {} WHERE {condition} LIMIT {SHOWN}",
            quoted_list(columns),
            qualified(&table.name)
        ),
        message: message.to_owned(),
    }
    .into()
}
