//! The nearest schema that MySQL and MariaDB can hold.
//!
//! It gives every column its native type, brings defaults and expressions into one form, and leaves out what the server has no place for and
//! nothing hangs on. What it cannot do at all is an error that names the table and column and the way out. It reads no database, so it
//! knows neither the server's version nor its default character set: what depends on those is settled by
//! [`stored`](super::stored).

mod characters;
mod column;
mod foreign_key;
mod index;
mod names;

pub(super) use foreign_key::{action, has_index_for, implied_indexes, leave_out_implied};

use std::collections::BTreeMap;

use super::expression::{Names, canonical};
use crate::dialect::Unsupported;
use crate::lexer::Lexicon;
use crate::schema::{Auto, Check, Column, Expression, PrimaryKey, Schema, Table, TableOptions};

/// What the server calls every primary key.
pub(super) const PRIMARY: &str = "PRIMARY";

/// Returns the schema as [`reflect`](super::reflect) would read it back, once the server has [stored](super::stored) it.
///
/// # Errors
///
/// The first thing that the server cannot hold.
pub(super) fn normalize(schema: &Schema) -> Result<Schema, Unsupported> {
    names::refuse(schema)?;
    let normalized = schema.tables.values().map(table).collect::<Result<Schema, _>>()?;
    foreign_key::refuse_mismatches(&normalized)?;
    Ok(normalized)
}

fn table(table: &Table) -> Result<Table, Unsupported> {
    let Table {
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys,
        checks,
        options,
    } = table;
    if columns.iter().all(|column| column.generated.is_some()) {
        let why = if columns.is_empty() {
            "it has no columns"
        } else {
            "every column is generated"
        };
        return Err(unsupported(format!("table `{name}`"), why));
    }
    let mut normalized = Table::new(name.clone());
    normalized.options = self::options(&format!("table `{name}`"), options)?;
    for column in columns {
        let column = column::column(table, column)?;
        normalized.columns.push(column);
    }
    if let Some(key) = primary_key {
        normalized.primary_key = Some(PrimaryKey {
            name: PRIMARY.to_owned(),
            columns: key.columns.clone(),
        });
        index::refuse_long_key(&normalized, &format!("the primary key of `{name}`"), &key.columns)?;
    }
    for key in foreign_keys.values() {
        normalized.add_foreign_key(foreign_key::foreign_key(&normalized, key)?);
    }
    for index in indexes.values() {
        normalized.add_index(index::index(&normalized, index)?);
    }
    leave_out_implied(&mut normalized);
    for check in checks.values() {
        normalized.add_check(self::check(table, check)?);
    }
    refuse_computing_from_numbers(&normalized)?;
    characters::refuse(&normalized)?;
    characters::refuse_bytes(&normalized)?;
    column::refuse_numbers_without_key(&normalized)?;
    Ok(normalized)
}

fn check(table: &Table, check: &Check) -> Result<Check, Unsupported> {
    let what = || format!("check `{}` of `{}`", check.name, table.name);
    let expression = expression(&check.expression, table, what)?;
    foreign_key::refuse_over_acting_key(
        table,
        &expression,
        what,
        "let the key `restrict`, or leave the check out",
    )?;
    Ok(Check {
        name: check.name.clone(),
        expression,
    })
}

fn expression(
    expression: &Expression,
    table: &Table,
    what: impl FnOnce() -> String,
) -> Result<Expression, Unsupported> {
    canonical(&expression.0, Lexicon::STANDARD, &Names::of(table)).map_err(|why| unsupported(what(), why))
}

fn options(what: &str, options: &TableOptions) -> Result<TableOptions, Unsupported> {
    let TableOptions {
        comment,
        // Both are SQLite's: the session is strict for every table, and InnoDB keeps every table under its key.
        strict: _,
        without_rowid: _,
        engine,
        charset,
        collation,
    } = options;
    for (kind, name) in [("engine", engine), ("charset", charset), ("collation", collation)] {
        let plain =
            |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.as_ref().is_some_and(|name| !plain(name)) {
            return Err(unsupported(what, &format!("its {kind} is no name of one")));
        }
    }
    let charset = charset.as_deref().map(current);
    let collation = collation.as_deref().map(current);
    if let (Some(charset), Some(collation)) = (&charset, &collation) {
        if charset_of(collation) != *charset {
            return Err(unsupported(
                what,
                &format!("the collation `{collation}` is not one of the character set `{charset}`"),
            ));
        }
    }
    Ok(TableOptions {
        comment: comment.clone().filter(|comment| !comment.is_empty()),
        strict: false,
        without_rowid: false,
        engine: engine.as_deref().map(self::engine),
        charset,
        collation,
    })
}

/// Returns an engine's name as servers spell it.
fn engine(name: &str) -> String {
    const ENGINES: [&str; 7] = ["InnoDB", "MyISAM", "MEMORY", "Aria", "CSV", "ARCHIVE", "RocksDB"];
    ENGINES
        .into_iter()
        .find(|engine| engine.eq_ignore_ascii_case(name))
        .unwrap_or(name)
        .to_owned()
}

/// Returns the name of a character set or collation as today's servers spell it: `utf8` is `utf8mb3`.
pub(super) fn current(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower
        .strip_prefix("utf8")
        .filter(|rest| rest.is_empty() || rest.starts_with('_'))
    {
        Some(rest) => format!("utf8mb3{rest}"),
        None => lower,
    }
}

/// Returns the character set that a collation is one of.
pub(super) fn charset_of(collation: &str) -> &str {
    collation.split('_').next().unwrap_or(collation)
}

/// Returns the character set of a column. A database's own is taken for `utf8mb4`, as `stored` does.
pub(super) fn charset<'a>(table: &'a Table, column: &'a Column) -> &'a str {
    let options = &table.options;
    let collation = column.collation.as_deref().map(charset_of);
    collation
        .or(options.charset.as_deref())
        .or(options.collation.as_deref().map(charset_of))
        .unwrap_or("utf8mb4")
}

/// The number of a row is made after what is computed from the row, so neither server lets anything be computed from it.
fn refuse_computing_from_numbers(table: &Table) -> Result<(), Unsupported> {
    let Some(number) = table.columns.iter().find(|column| column.auto != Auto::No) else {
        return Ok(());
    };
    let generated = table.columns.iter().filter_map(|column| {
        let generated = column.generated.as_ref()?;
        Some((
            format!("column `{}.{}`", table.name, column.name),
            &generated.expression,
        ))
    });
    let checks = table.checks.values().map(|check| {
        (
            format!("check `{}` of `{}`", check.name, table.name),
            &check.expression,
        )
    });
    match generated
        .chain(checks)
        .find(|(_, expression)| expression.mentions(&number.name))
    {
        Some((what, _)) => Err(unsupported(
            what,
            &format!(
                "it uses `{}`, whose number is only known once the row is there; leave the check out, or give the column `auto = false`",
                number.name
            ),
        )),
        None => Ok(()),
    }
}

pub(super) fn unsupported(what: impl Into<String>, why: &str) -> Unsupported {
    Unsupported {
        dialect: "mysql",
        what: what.into(),
        why: why.to_owned(),
    }
}

/// Finds two things whose names the server takes for the same.
fn clash<'a>(names: impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if let Some(other) = taken.insert(name.to_lowercase(), name) {
            return Some((other, name));
        }
    }
    None
}
