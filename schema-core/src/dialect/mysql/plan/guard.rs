//! Guards: queries that must find no rows before anything is changed.
//!
//! The server refuses some of these rows in the middle of a script, and silently keeps a value as another one in others. A guard shows the rows
//! before the first statement, under the names that tables and columns have then. Where a guard would have to look at values that do not
//! exist yet there is none, and the server decides.

mod conversion;

use self::conversion::{compares_alike, lossy, unspellable};
use super::change::{Change, Changes, Source};
use crate::dialect::mysql::ddl::{native, quote, table_name, text};
use crate::dialect::mysql::expression::render;
use crate::dialect::mysql::normalize::charset;
use crate::plan::{Statement, Step};
use crate::schema::{Auto, Column, Expression, ForeignKey, Index, IndexPart, Schema, Table};

/// How many rows a guard shows.
const SHOWN: usize = 10;

/// Returns the guards of a table, in its columns' order, then those of its keys and checks.
pub(super) fn guards(change: &Change, changes: &Changes, from: &Schema) -> Vec<Statement> {
    let Change { before, after, .. } = change;
    let mut guards = Vec::new();
    for column in &after.columns {
        if let Some(source) = change.sources.get(&column.name) {
            guards.extend(missing_values(change, column, source));
            guards.extend(changed_values(change, column, source));
            guards.extend(lost_characters(change, column));
            guards.extend(computed_values(change, column));
        }
    }
    if let Some(key) = &after.primary_key {
        let stood = before.primary_key.as_ref().map(|key| &key.columns);
        if stood != Some(&key.columns) {
            guards.extend(duplicates(change, "PRIMARY", &key.columns));
        }
    }
    for index in after.indexes.values().filter(|index| index.unique) {
        let stood = before.indexes.get(&index.name);
        if stood.is_none_or(|old| !old.unique || old.keys != index.keys) {
            if let Some(columns) = plain_columns(index) {
                guards.extend(duplicates(change, &index.name, &columns));
            }
        }
    }
    for check in after.checks.values() {
        let stood = before.checks.get(&check.name);
        if stood != Some(check) && kept_by(change, &check.expression) {
            guards.push(guard(
                change,
                &mentioned(before, &check.expression),
                &format!("NOT ({})", render(&change.in_old_names(&check.expression))),
                &format!("`{}` breaks the check `{}` in these rows", after.name, check.name),
            ));
        }
    }
    for key in after.foreign_keys.values() {
        if before.foreign_keys.get(&key.name) != Some(key) {
            guards.extend(orphans(change, changes, from, key));
        }
    }
    guards
}

/// Returns the whole columns that an index is made of.
fn plain_columns(index: &Index) -> Option<Vec<String>> {
    let columns = index.keys.iter().map(|key| match &key.part {
        IndexPart::Column(column) => Some(column.clone()),
        IndexPart::Expression(_) => None,
    });
    columns.collect()
}

/// Returns the columns that an expression names.
fn mentioned<'a>(table: &'a Table, expression: &Expression) -> Vec<&'a str> {
    let columns = table.columns.iter().map(|column| column.name.as_str());
    columns.filter(|column| expression.mentions(column)).collect()
}

/// Guards a column that becomes NOT NULL and has no value for the rows that hold none.
fn missing_values(change: &Change, column: &Column, source: &Source) -> Option<Statement> {
    if column.generated.is_some() || column.nullable || column.auto != Auto::No {
        return None;
    }
    let table = &change.after.name;
    let filled = source.fill.is_some() || column.default.is_some();
    match change.standing(&column.name) {
        Some(standing) if standing.nullable && !filled => Some(guard(
            change,
            &[],
            &format!("{} IS NULL", quote(change.old_name(&column.name))),
            &format!(
                "`{table}.{}` becomes NOT NULL without a value for these rows, which hold NULL",
                column.name
            ),
        )),
        None if !filled => Some(guard(
            change,
            &[],
            "TRUE",
            &format!(
                "`{table}.{}` is NOT NULL without a default, and these rows have no value for it",
                column.name
            ),
        )),
        Some(_) | None => None,
    }
}

/// Guards a column whose new type would make other values of the standing ones.
fn changed_values(change: &Change, column: &Column, source: &Source) -> Option<Statement> {
    let standing = change.standing(&column.name)?;
    if column.generated.is_some() || native(standing) == native(column) {
        return None;
    }
    // Among them those that differ only in case, for which no statement is needed.
    let mapped: Vec<String> = source.mapped.keys().map(|old| text(old)).collect();
    let name = quote(change.old_name(&column.name));
    let lost = lossy(&name, native(standing), native(column))?;
    let condition = if mapped.is_empty() {
        lost
    } else {
        format!("({lost}) AND {name} NOT IN ({})", mapped.join(", "))
    };
    Some(guard(
        change,
        &[&column.name],
        &condition,
        &format!(
            "`{}.{}` becomes {}, and these values would not stay what they are",
            change.after.name,
            column.name,
            native(column)
        ),
    ))
}

/// Guards a column whose new character set has not every character.
fn lost_characters(change: &Change, column: &Column) -> Option<Statement> {
    let standing = change.standing(&column.name)?;
    if column.generated.is_some() {
        return None;
    }
    let name = quote(change.old_name(&column.name));
    let (from, to) = (charset(&change.before, standing), charset(&change.after, column));
    let lost = unspellable(&name, native(standing), from, to)?;
    Some(guard(
        change,
        &[&column.name],
        &lost,
        &format!(
            "`{}.{}` is kept in {to}, which does not have every character of these values",
            change.after.name, column.name
        ),
    ))
}

/// Guards a column that will be computed against values that would be lost, because they are others.
fn computed_values(change: &Change, column: &Column) -> Option<Statement> {
    let standing = change.standing(&column.name)?;
    let (generated, None) = (column.generated.as_ref()?, &standing.generated) else {
        return None;
    };
    let name = quote(change.old_name(&column.name));
    let condition = if kept_by(change, &generated.expression) {
        let computed = render(&change.in_old_names(&generated.expression));
        format!("NOT ({name} <=> ({computed}))")
    } else {
        // What it will be computed from is not there yet.
        format!("{name} IS NOT NULL")
    };
    Some(guard(
        change,
        &[&column.name],
        &condition,
        &format!(
            "`{}.{}` becomes computed, and these values would be lost",
            change.after.name, column.name
        ),
    ))
}

/// Guards a new key against rows that have it twice. NULLs are all different.
fn duplicates(change: &Change, name: &str, columns: &[String]) -> Option<Statement> {
    let parts = columns
        .iter()
        .map(|column| kept_column(change, column).map(quote))
        .collect::<Option<Vec<_>>>()?;
    let conditions: Vec<String> = parts.iter().map(|part| format!("{part} IS NOT NULL")).collect();
    let list = parts.join(", ");
    Some(
        Step::ExpectNoRows {
            sql: format!(
                "SELECT {list}, count(*) FROM {} WHERE {} GROUP BY {list} HAVING count(*) > 1 LIMIT {SHOWN}",
                table_name(&change.old_name),
                conditions.join(" AND ")
            ),
            message: format!("`{}` has rows that are alike in `{name}`", change.after.name),
        }
        .into(),
    )
}

/// Guards a new foreign key against rows that refer to none.
fn orphans(change: &Change, changes: &Changes, from: &Schema, key: &ForeignKey) -> Option<Statement> {
    let own = key
        .columns
        .iter()
        .map(|column| kept_column(change, column))
        .collect::<Option<Vec<_>>>()?;
    let shown: Vec<String> = own.iter().map(|column| format!("c.{}", quote(column))).collect();
    let present: Vec<String> = shown
        .iter()
        .map(|column| format!("{column} IS NOT NULL"))
        .collect();
    let rows = format!(
        "SELECT DISTINCT {} FROM {} AS c WHERE {}",
        shown.join(", "),
        table_name(&change.old_name),
        present.join(" AND ")
    );
    let expect_none = |condition: &str| {
        let step = Step::ExpectNoRows {
            sql: format!("{rows}{condition} LIMIT {SHOWN}"),
            message: format!(
                "`{}` refers to rows of `{}` that are not there (`{}`)",
                change.after.name, key.references, key.name
            ),
        };
        Some(Statement::from(step))
    };
    if changes.created().any(|created| *created == key.references) {
        // A new table has no rows.
        return expect_none("");
    }
    let target_change = changes
        .tables
        .iter()
        .find(|other| other.after.name == key.references);
    let renamed = changes.structural.iter().any(|step| {
        matches!(step, super::Structural::Rename(old, new) if *new == key.references || *old == key.references)
    });
    let (target, columns) = match target_change {
        Some(target) => {
            let columns = key
                .referenced_columns
                .iter()
                .map(|column| kept_column(target, column));
            (&target.old_name, columns.collect::<Option<Vec<_>>>()?)
        }
        None if renamed => return None,
        None => (
            &from.table(&key.references)?.name,
            key.referenced_columns.iter().map(String::as_str).collect(),
        ),
    };
    let same: Vec<String> = shown
        .iter()
        .zip(&columns)
        .map(|(own, other)| format!("p.{} = {own}", quote(other)))
        .collect();
    expect_none(&format!(
        " AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
        table_name(target),
        same.join(" AND ")
    ))
}

/// Returns the old name of a column whose values stay what they are.
fn kept_column<'a>(change: &'a Change, column: &'a str) -> Option<&'a str> {
    let (from, to) = (change.standing(column)?, change.after.column(column)?);
    let source = change.sources.get(column)?;
    let is_same = (from.ty == to.ty || compares_alike(native(from), native(to)))
        && from.generated == to.generated
        && from.collation == to.collation
        && (!from.nullable || to.nullable)
        && source.mapped.is_empty();
    is_same.then(|| change.old_name(column))
}

/// Tells whether every column that an expression names has the values that it will have.
fn kept_by(change: &Change, expression: &Expression) -> bool {
    let mut columns = change.after.columns.iter().chain(&change.before.columns);
    columns.all(|column| !expression.mentions(&column.name) || kept_column(change, &column.name).is_some())
}

/// Returns a guard that shows the key of each row that meets the condition, and some columns more.
fn guard(change: &Change, shown: &[&str], condition: &str, message: &str) -> Statement {
    let table = &change.before;
    let mut columns: Vec<&str> = match &table.primary_key {
        Some(key) => key.columns.iter().map(String::as_str).collect(),
        None if shown.is_empty() => table.columns.iter().map(|column| column.name.as_str()).collect(),
        None => Vec::new(),
    };
    columns.extend(shown.iter().filter(|column| !table.is_key(column)));
    let list: Vec<String> = columns
        .into_iter()
        .map(|column| quote(change.old_name(column)))
        .collect();
    Step::ExpectNoRows {
        sql: format!(
            "SELECT {} FROM {} WHERE {condition} LIMIT {SHOWN}",
            list.join(", "),
            table_name(&change.old_name)
        ),
        message: message.to_owned(),
    }
    .into()
}
