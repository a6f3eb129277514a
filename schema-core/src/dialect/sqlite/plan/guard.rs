//! Guards: queries that must find no rows before a table is changed.
//!
//! SQLite would refuse most of these rows too, but in words about a table that nobody knows, or would silently keep a value as another
//! one. A guard shows the rows. Where a guard would have to look at values that do not exist yet, there is none and SQLite decides.

mod conversion;
mod reference;

use self::conversion::{Declared, lossy};
pub(super) use self::reference::orphans;
use super::change::{Change, Source};
use super::rebuild::{free_rowid, rowid_key};
use crate::dialect::Unsupported;
use crate::dialect::backfill::{Refused, in_turns};
use crate::dialect::sqlite::ddl::{quote, quoted_list, text};
use crate::dialect::sqlite::expression::canonical;
use crate::dialect::sqlite::normalize::unsupported;
use crate::plan::{Statement, Step};
use crate::schema::{
    Auto, Check, Column, Default, Expression, Index, IndexKey, IndexPart, PrimaryKey, Table, Type,
};

/// How many rows a guard shows.
const SHOWN: usize = 10;

/// Refuses a backfill whose text could be more than one expression, or that reads what comes after it.
///
/// # Errors
///
/// Why it cannot be had, with the column's name.
pub(super) fn refuse_broken_backfills(change: &Change) -> Result<(), Unsupported> {
    let table = &change.after.name;
    let turns = in_turns(&change.before, &change.after, &change.filled());
    turns.map_err(|Refused { what, why }| unsupported(what, &why))?;
    for (column, source) in &change.sources {
        if let Some(Default::Expression { sql }) = &source.fill {
            canonical(&sql.0, &table.name)
                .map_err(|why| unsupported(format!("the backfill of column `{table}.{column}`"), why))?;
        }
    }
    Ok(())
}

/// Returns the guards of a table against what SQLite would accept or say badly: those of its values, in its columns' order, then those
/// of its keys.
pub(super) fn guards(change: &Change) -> Vec<Statement> {
    let Change {
        before,
        after,
        renames: _,
        sources,
    } = change;
    let mut guards = Vec::new();
    for column in &after.columns {
        if let Some(source) = sources.get(&column.name) {
            guards.extend(changed_values(change, column, source));
            guards.extend(computed_values(change, column, source));
        }
    }
    let columns = |key: &PrimaryKey| key.columns.clone();
    if let (false, Some(key)) = (
        before.primary_key.as_ref().map(columns) == after.primary_key.as_ref().map(columns),
        &after.primary_key,
    ) {
        let keys: Vec<IndexKey> = key.columns.iter().map(IndexKey::column).collect();
        guards.extend(duplicates(change, &key.name, &keys, None));
    }
    for index in after.indexes.values().filter(|index| index.unique) {
        if !held_apart(change, index) {
            guards.extend(duplicates(
                change,
                &index.name,
                &index.keys,
                index.predicate.as_ref(),
            ));
        }
    }
    guards
}

/// Returns what shows the rows on which the copy into a new table fails.
pub(super) fn explanations(change: &Change) -> Vec<Statement> {
    let columns = change.after.columns.iter();
    let mut explanations: Vec<Statement> = columns
        .filter_map(|column| missing_values(change, column))
        .collect();
    let new = |check: &&Check| change.before.checks.get(&check.name) != Some(check);
    let checks = change.after.checks.values().filter(new);
    explanations.extend(checks.filter_map(|check| broken_rows(change, check)));
    explanations
}

/// Returns what shows the rows that break a new check.
pub(super) fn broken_rows(change: &Change, check: &Check) -> Option<Statement> {
    if !kept_by(change, &check.expression) {
        return None;
    }
    let mapped = mapped(change, &check.expression);
    Some(explanation(
        &change.before,
        &mentioned(&change.before, &check.expression),
        &format!("NOT ({}){mapped}", check.expression),
        &format!(
            "`{}` breaks the check `{}` in these rows",
            change.after.name, check.name
        ),
    ))
}

/// Tells whether a standing key, whatever its name, keeps rows from being alike in the same columns.
fn held_apart(change: &Change, index: &Index) -> bool {
    let same = |old: &Index| old.unique && old.keys == index.keys && old.predicate == index.predicate;
    let compared_alike = |key: &IndexKey| match &key.part {
        IndexPart::Column(column) => change
            .kept(column)
            .zip(change.after.column(column))
            .is_some_and(|(from, to)| from.collation == to.collation),
        IndexPart::Expression(_) => true,
    };
    change.before.indexes.values().any(same) && index.keys.iter().all(compared_alike)
}

/// Returns the columns that an expression names.
fn mentioned<'a>(table: &'a Table, expression: &Expression) -> Vec<&'a str> {
    let columns = table.columns.iter().map(|column| column.name.as_str());
    columns.filter(|column| expression.mentions(column)).collect()
}

/// Returns the condition that leaves out rows whose values will be others.
fn mapped(change: &Change, expression: &Expression) -> String {
    let sources = change.sources.iter();
    let mapped = sources.filter(|(column, source)| !source.values.is_empty() && expression.mentions(column));
    mapped
        .map(|(column, source)| {
            let old: Vec<String> = source.values.keys().map(|old| text(old)).collect();
            format!(
                " AND ({0} IS NULL OR {0} NOT IN ({1}))",
                quote(column),
                old.join(", ")
            )
        })
        .collect()
}

/// Returns the guard of a rebuild against columns that it does not know and would not copy.
pub(super) fn unknown_columns(before: &Table) -> Statement {
    let known: Vec<String> = before.columns.iter().map(|column| text(&column.name)).collect();
    Step::ExpectNoRows {
        sql: format!(
            "SELECT name FROM pragma_table_xinfo({}) WHERE name COLLATE NOCASE NOT IN ({})",
            text(&before.name.name),
            known.join(", ")
        ),
        message: format!(
            "`{}` has columns that no revision made, and a rebuild would lose them",
            before.name
        ),
    }
    .into()
}

/// Returns what shows the rows that have no value for a column that becomes NOT NULL.
pub(super) fn missing_values(change: &Change, column: &Column) -> Option<Statement> {
    let source = change
        .sources
        .get(&column.name)
        .filter(|_| column.generated.is_none())?;
    let filled = source.fill.is_some() || column.default.is_some() || column.auto != Auto::No;
    if column.nullable || filled {
        return None;
    }
    let table = &change.after.name;
    match &source.column {
        Some(name) if change.before.column(name)?.nullable => Some(explanation(
            &change.before,
            &[],
            &format!("{} IS NULL", quote(name)),
            &format!(
                "`{table}.{}` becomes NOT NULL without a value for these rows, which hold NULL",
                column.name
            ),
        )),
        Some(_) => None,
        None => Some(explanation(
            &change.before,
            &[],
            "TRUE",
            &format!(
                "`{table}.{}` is NOT NULL without a default, and these rows have no value for it",
                column.name
            ),
        )),
    }
}

/// Guards a column whose new type would make other values of the standing ones.
fn changed_values(change: &Change, column: &Column, source: &Source) -> Option<Statement> {
    let name = source.column.as_deref().filter(|_| column.generated.is_none())?;
    let standing = change.before.column(name)?;
    if standing.auto != Auto::No && column.auto != Auto::No {
        // Rowids both times, and those are whole numbers whatever the table is.
        return None;
    }
    let (Type::Native(from), Type::Native(to)) = (&standing.ty, &column.ty) else {
        return None;
    };
    let lost = lossy(
        &quote(name),
        Declared::of(&change.before, from),
        Declared::of(&change.after, to),
        column.auto,
    )?;
    Some(guard_of(
        &change.before,
        &[name],
        &lost,
        &format!(
            "`{}.{}` becomes {to}, and these values would not stay what they are",
            change.after.name, column.name
        ),
    ))
}

/// Guards a column that will be computed against values that would be lost, because they are others.
fn computed_values(change: &Change, column: &Column, source: &Source) -> Option<Statement> {
    let name = source.column.as_deref()?;
    let (generated, None) = (column.generated.as_ref()?, &change.before.column(name)?.generated) else {
        return None;
    };
    let condition = if kept_by(change, &generated.expression) {
        format!("{} IS NOT ({})", quote(name), generated.expression)
    } else {
        // What it will be computed from is not there yet.
        format!("{} IS NOT NULL", quote(name))
    };
    Some(guard_of(
        &change.before,
        &[name],
        &condition,
        &format!(
            "`{}.{}` becomes computed, and these values would be lost",
            change.after.name, column.name
        ),
    ))
}

/// Guards a new key against rows that have it twice. NULLs are all different.
fn duplicates(
    change: &Change,
    name: &str,
    keys: &[IndexKey],
    predicate: Option<&Expression>,
) -> Option<Statement> {
    let mut parts = Vec::new();
    for IndexKey {
        part,
        order: _,
        collation,
        nulls: _,
        operator_class: _,
    } in keys
    {
        let (operand, own) = match part {
            IndexPart::Column(column) => {
                let (from, to) = (change.kept(column)?, change.after.column(column)?);
                if from.ty != to.ty || from.generated != to.generated || (from.nullable && !to.nullable) {
                    return None;
                }
                (quote(column), to.collation.as_deref().or(Some("BINARY")))
            }
            IndexPart::Expression(expression) if kept_by(change, expression) => {
                (format!("({expression})"), None)
            }
            IndexPart::Expression(_) => return None,
        };
        let collation = collation.as_deref().or(own);
        parts.push(match collation {
            Some(collation) => format!("{operand} COLLATE {}", quote(collation)),
            None => operand,
        });
    }
    if predicate.is_some_and(|predicate| !kept_by(change, predicate)) {
        return None;
    }
    let mut conditions: Vec<String> = parts.iter().map(|part| format!("{part} IS NOT NULL")).collect();
    conditions.extend(predicate.map(|predicate| format!("({predicate})")));
    let list = parts.join(", ");
    Some(
        Step::ExpectNoRows {
            sql: format!(
                "SELECT {list}, count(*) FROM {} WHERE {} GROUP BY {list} HAVING count(*) > 1 LIMIT {SHOWN}",
                quote(&change.before.name.name),
                conditions.join(" AND ")
            ),
            message: format!("`{}` has rows that are alike in `{name}`", change.after.name),
        }
        .into(),
    )
}

/// Tells whether every column that an expression names has the values, under the name, that it will have.
fn kept_by(change: &Change, expression: &Expression) -> bool {
    let mut columns = change.after.columns.iter().chain(&change.before.columns);
    columns.all(|column| {
        !expression.mentions(&column.name)
            || match (change.kept(&column.name), change.after.column(&column.name)) {
                (Some(from), Some(to)) => {
                    from.ty == to.ty
                        && from.generated == to.generated
                        && from.collation == to.collation
                        && (!from.nullable || to.nullable)
                }
                (Some(_) | None, Some(_) | None) => false,
            }
    })
}

/// Returns a guard that shows each row that meets the condition.
fn guard_of(table: &Table, shown: &[&str], condition: &str, message: &str) -> Statement {
    Step::ExpectNoRows {
        sql: rows(table, shown, condition),
        message: message.to_owned(),
    }
    .into()
}

/// Returns what shows each row that meets the condition if the next statement, which looks at the same rows, fails.
fn explanation(table: &Table, shown: &[&str], condition: &str, message: &str) -> Statement {
    Step::ExplainFailure {
        sql: rows(table, shown, condition),
        message: message.to_owned(),
    }
    .into()
}

/// Returns the query for the key, and some columns more, of the rows that meet the condition.
fn rows(table: &Table, shown: &[&str], condition: &str) -> String {
    let mut columns: Vec<&str> = match (&table.primary_key, rowid_key(table)) {
        (_, Some(key)) => vec![&key.name],
        (Some(key), None) => key.columns.iter().map(String::as_str).collect(),
        (None, None) => Vec::new(),
    };
    columns.extend(shown.iter().filter(|column| !table.is_key(column)));
    let list = match (columns.as_slice(), free_rowid(table)) {
        ([], Some(rowid)) => rowid.to_owned(),
        ([], None) => "*".to_owned(),
        (columns, Some(rowid)) if table.primary_key.is_none() => {
            format!("{rowid}, {}", quoted_list(columns.iter().copied()))
        }
        (columns, Some(_) | None) => quoted_list(columns.iter().copied()),
    };
    format!(
        "SELECT {list} FROM {} WHERE {condition} LIMIT {SHOWN}",
        quote(&table.name.name)
    )
}
