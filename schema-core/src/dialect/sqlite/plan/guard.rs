//! Guards: queries that must find no rows before a table is changed.
//!
//! SQLite would refuse most of these rows too, but in words about a table that nobody knows, or would silently keep a value as another
//! one. A guard shows the rows. Where a guard would have to look at values that do not exist yet, there is none and SQLite decides.

use super::change::{Change, Source};
use super::rebuild::{free_rowid, rowid_key};
use crate::dialect::Unsupported;
use crate::dialect::sqlite::ddl::{quote, quoted_list, text};
use crate::dialect::sqlite::expression::canonical;
use crate::dialect::sqlite::normalize::unsupported;
use crate::dialect::sqlite::types::{self, Affinity};
use crate::plan::{Statement, Step};
use crate::schema::{Auto, Column, Default, Expression, Index, IndexKey, IndexPart, Table, Type};

/// How many rows a guard shows.
const SHOWN: usize = 10;

/// Refuses a backfill whose text could be more than one expression.
///
/// # Errors
///
/// Why it is none, with the column's name.
pub(super) fn refuse_broken_backfills(change: &Change) -> Result<(), Unsupported> {
    let table = &change.after.name;
    for (column, source) in &change.sources {
        if let Some(Default::Expression { sql }) = &source.fill {
            canonical(&sql.0, &table.name)
                .map_err(|why| unsupported(format!("the backfill of column `{table}.{column}`"), why))?;
        }
    }
    Ok(())
}

/// Returns the guards of a table, in its columns' order, then those of its keys and checks.
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
            guards.extend(missing_values(change, column, source));
            guards.extend(changed_values(change, column, source));
            guards.extend(computed_values(change, column, source));
        }
    }
    if let (false, Some(key)) = (before.primary_key == after.primary_key, &after.primary_key) {
        let keys: Vec<IndexKey> = key.columns.iter().map(IndexKey::column).collect();
        guards.extend(duplicates(change, &key.name, &keys, None));
    }
    for index in after.indexes.values().filter(|index| index.unique) {
        let Index {
            name,
            keys,
            unique: _,
            constraint: _,
            predicate,
        } = index;
        if before
            .indexes
            .get(name)
            .filter(|old| old.unique && old.keys == *keys && old.predicate == *predicate)
            .is_none()
        {
            guards.extend(duplicates(change, name, keys, predicate.as_ref()));
        }
    }
    for check in after.checks.values() {
        if before.checks.get(&check.name) != Some(check) && kept_by(change, &check.expression) {
            guards.push(guard(
                before,
                &[],
                &format!("NOT ({})", check.expression),
                &format!("`{}` breaks the check `{}` in these rows", after.name, check.name),
            ));
        }
    }
    guards
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

/// Guards a column that becomes NOT NULL and has no value for the rows that hold none.
fn missing_values(change: &Change, column: &Column, source: &Source) -> Option<Statement> {
    if column.generated.is_some() {
        return None;
    }
    let filled = source.fill.is_some() || column.default.is_some() || column.auto != Auto::No;
    if column.nullable || filled {
        return None;
    }
    let table = &change.after.name;
    match &source.column {
        Some(name) if change.before.column(name)?.nullable => Some(guard(
            &change.before,
            &[],
            &format!("{} IS NULL", quote(name)),
            &format!(
                "`{table}.{}` becomes NOT NULL without a value for these rows, which hold NULL",
                column.name
            ),
        )),
        Some(_) => None,
        None => Some(guard(
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
    Some(guard(
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
    Some(guard(
        &change.before,
        &[name],
        &condition,
        &format!(
            "`{}.{}` becomes computed, and these values would be lost",
            change.after.name, column.name
        ),
    ))
}

/// What the values of a type are, as far as conversions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Boolean,
    Integer,
    Real,
    Number,
    Text,
    Bytes,
    Time,
}

/// A declared type, and whether its table is STRICT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Declared<'a> {
    text: &'a str,
    strict: bool,
}

impl<'a> Declared<'a> {
    fn of(table: &Table, text: &'a str) -> Self {
        Declared {
            text,
            strict: table.options.strict,
        }
    }

    fn class(self) -> Class {
        match self.text {
            // ANY keeps values as they are in STRICT tables, and is a number's type elsewhere.
            "ANY" if self.strict => Class::Bytes,
            "BOOLEAN" | "BOOL" => Class::Boolean,
            "DATE" | "TIME" | "DATETIME" | "TIMESTAMP" => Class::Time,
            declared => match types::affinity(declared) {
                Affinity::Integer => Class::Integer,
                Affinity::Text => Class::Text,
                Affinity::Blob => Class::Bytes,
                Affinity::Real => Class::Real,
                Affinity::Numeric => Class::Number,
            },
        }
    }

    /// Returns the length of `VARCHAR(80)`.
    fn length(self) -> Option<u64> {
        let (_, rest) = self.text.split_once('(')?;
        rest.strip_suffix(')')?.parse().ok()
    }

    /// Returns the largest number of a declared integer type. A STRICT table has one such type, for all of them.
    fn range(self) -> Option<i64> {
        match self.text {
            _ if self.strict => None,
            "SMALLINT" => Some(i64::from(i16::MAX)),
            "INTEGER" | "INT" => Some(i64::from(i32::MAX)),
            _ => None,
        }
    }
}

/// Returns the condition of values that a column of another type would not keep, or that are none of its own.
///
/// `CAST(v AS NUMERIC)` reads the number at the front of a text, so a text is one number and nothing else if that, as
/// a text again, is the same; and between an integer and a real SQLite compares exactly.
fn lossy(v: &str, from: Declared<'_>, to: Declared<'_>, auto: Auto) -> Option<String> {
    if from == to {
        return None;
    }
    let number = format!("CAST({v} AS NUMERIC)");
    let as_text = |cast: &str| format!("CAST({cast} AS TEXT) <> CAST({v} AS TEXT) COLLATE BINARY");
    let no_number = format!("typeof({v}) = 'text' AND {}", as_text(&number));
    let bytes = format!("typeof({v}) = 'blob'");
    // What a STRICT table takes over from one that is not may be anything, whatever its type.
    let same_class = from.class() == to.class() && (from.strict || !to.strict);
    let mut conditions = Vec::new();
    match to.class() {
        Class::Bytes if to.strict && to.text == "BLOB" => {
            conditions.push(format!("typeof({v}) NOT IN ('blob', 'null')"));
        }
        Class::Bytes => {}
        Class::Time => {
            if matches!(from.class(), Class::Text | Class::Bytes) {
                conditions.push(format!("typeof({v}) = 'text' AND {number} = {v}"));
            }
        }
        Class::Text => {
            if !same_class {
                conditions.push(bytes);
                conditions.push(format!(
                    "typeof({v}) = 'real' AND CAST(CAST({v} AS TEXT) AS REAL) <> {v}"
                ));
            }
            if let Some(length) = to
                .length()
                .filter(|length| from.length().is_none_or(|old| old > *length))
            {
                conditions.push(format!("length({v}) > {length}"));
            }
        }
        Class::Integer => {
            if !same_class {
                conditions.extend([no_number, bytes, format!("{number} <> CAST({v} AS INTEGER)")]);
            }
            let range = to
                .range()
                .filter(|_| auto == Auto::No)
                .filter(|range| from.range().is_none_or(|old| old > *range));
            if let Some(range) = range {
                conditions.push(format!("{number} NOT BETWEEN -{range} - 1 AND {range}"));
            }
        }
        Class::Boolean => conditions.extend([no_number, bytes, format!("{number} NOT IN (0, 1)")]),
        Class::Number if same_class => {}
        Class::Number => conditions.extend([no_number, bytes]),
        Class::Real if same_class => {}
        Class::Real => {
            let no_real = as_text(&format!("CAST({v} AS REAL)"));
            conditions.extend([
                format!("{no_number} AND {no_real}"),
                bytes,
                format!("CAST({number} AS REAL) <> {number}"),
            ]);
        }
    }
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
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

/// Returns a guard that shows the key of each row that meets the condition, and some columns more.
fn guard(table: &Table, shown: &[&str], condition: &str, message: &str) -> Statement {
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
    Step::ExpectNoRows {
        sql: format!(
            "SELECT {list} FROM {} WHERE {condition} LIMIT {SHOWN}",
            quote(&table.name.name)
        ),
        message: message.to_owned(),
    }
    .into()
}
