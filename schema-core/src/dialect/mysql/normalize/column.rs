//! Columns as the server holds them.

use std::collections::BTreeMap;

use super::super::default::canonical_default;
use super::super::expression::Names;
use super::super::types::{self, Class};
use super::foreign_key::refuse_over_acting_key;
use super::{charset_of, current, expression, unsupported};
use crate::dialect::Unsupported;
use crate::lexer::Lexicon;
use crate::schema::{Auto, Column, Generated, Storage, Table, Type};

pub(super) fn column(table: &Table, column: &Column) -> Result<Column, Unsupported> {
    let Column {
        name,
        ty,
        sql_type,
        nullable,
        default,
        generated,
        auto,
        collation: _,
        collations: _,
        comment,
    } = column;
    let what = || format!("column `{}.{name}`", table.name);
    let is_key = table.is_key(name);
    let native = match sql_type.get("mysql").or_else(|| sql_type.get("*")) {
        Some(text) => types::canonical(text, Lexicon::STANDARD),
        None => types::native(ty),
    };
    let native = native.map_err(|why| unsupported(format!("the type of {}", what()), &why))?;
    let class = Class::of(&native);
    let generated = generated
        .as_ref()
        .map(|Generated { expression, storage }| {
            let what = || format!("the expression of {}", what());
            if is_key || default.is_some() || *auto != Auto::No {
                let why = "a generated column is no key and has neither a default nor a number";
                return Err(unsupported(what(), why));
            }
            Ok(Generated {
                expression: self::expression(expression, table, what)?,
                storage: *storage,
            })
        })
        .transpose()?;
    if let Some(stored) = generated
        .as_ref()
        .filter(|generated| generated.storage == Storage::Stored)
    {
        refuse_over_acting_key(table, &stored.expression, what, "make it `virtual`")?;
    }
    let auto = match auto {
        Auto::No => Auto::No,
        Auto::Auto | Auto::NeverReused if class != Class::Integer => {
            return Err(unsupported(what(), "only a whole number is given by the server"));
        }
        // InnoDB keeps the last number on disk and gives none twice.
        Auto::Auto | Auto::NeverReused => Auto::Auto,
    };
    let values = types::values(&native);
    let default = match default {
        Some(_) if auto != Auto::No => {
            return Err(unsupported(what(), "what the server numbers has no default"));
        }
        Some(default) => canonical_default(default, class, values.as_deref(), &Names::of(table))
            .map_err(|why| unsupported(format!("the default of {}", what()), &why))?,
        None => None,
    };
    Ok(Column {
        name: name.clone(),
        collation: collation(column.collation_on("mysql"), class, &what)?,
        collations: BTreeMap::new(),
        // MariaDB takes no NOT NULL for what is computed.
        nullable: generated.is_some() || (*nullable && !is_key && auto == Auto::No),
        ty: Type::Native(native),
        sql_type: BTreeMap::new(),
        default,
        generated,
        auto,
        comment: comment.clone().filter(|comment| !comment.is_empty()),
    })
}

/// Returns the collation of a column as this server would call it.
///
/// SQLite's own have the nearest thing here: NOCASE and RTRIM are what the usual collations do, and BINARY is `utf8mb4_bin`.
fn collation(
    name: Option<&str>,
    class: Class,
    what: &dyn Fn() -> String,
) -> Result<Option<String>, Unsupported> {
    let Some(name) = name.filter(|_| class.has_collation()) else {
        return Ok(None);
    };
    let current = current(name);
    match current.as_str() {
        "nocase" | "rtrim" => Ok(None),
        "binary" => Ok(Some("utf8mb4_bin".to_owned())),
        _ if charset_of(&current) != current
            && current.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') =>
        {
            Ok(Some(current))
        }
        _ => Err(unsupported(
            format!("the collation `{name}` of {}", what()),
            "a collation here begins with its character set, as `utf8mb4_bin` does",
        )),
    }
}

/// The server numbers the rows of one column, and that leads a key.
pub(super) fn refuse_numbers_without_key(table: &Table) -> Result<(), Unsupported> {
    let mut numbered = table.columns.iter().filter(|column| column.auto != Auto::No);
    let Some(column) = numbered.next() else {
        return Ok(());
    };
    let what = format!("column `{}.{}`", table.name, column.name);
    if numbered.next().is_some() {
        return Err(unsupported(
            what,
            "only one column of a table is numbered by the server",
        ));
    }
    let leads = |columns: Option<&str>| columns == Some(column.name.as_str());
    let key = table.primary_key.as_ref();
    let leads_key = leads(key.and_then(|key| key.columns.first()).map(String::as_str));
    let leads_index = || {
        table.indexes.values().any(|index| {
            let columns = index.columns().unwrap_or_default();
            leads(columns.first().copied())
        })
    };
    if leads_key || leads_index() {
        Ok(())
    } else {
        Err(unsupported(
            what,
            "only a column that is first in a key is numbered by the server; make it the primary key, or give it `index`",
        ))
    }
}
