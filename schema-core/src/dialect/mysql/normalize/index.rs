//! Indexes as the server holds them.

use super::super::ddl::{native, prefix};
use super::super::types::{Class, KEY_BYTES};
use super::{charset, expression, unsupported};
use crate::dialect::Unsupported;
use crate::lexer::unquote;
use crate::schema::{Column, Index, IndexKey, IndexPart, Nulls, Order, Table};

pub(super) fn index(table: &Table, index: &Index) -> Result<Index, Unsupported> {
    let Index {
        name,
        keys,
        unique,
        constraint: _,
        predicate,
        using,
        // Only speed hangs on these.
        include: _,
        nulls_not_distinct,
    } = index;
    let what = || format!("index `{name}` of `{}`", table.name);
    if *unique && predicate.is_some() {
        return Err(unsupported(
            what(),
            "an index has no condition here; for uniqueness among some rows, make it over a generated column that is NULL in all others",
        ));
    }
    if *unique && *nulls_not_distinct {
        return Err(unsupported(
            what(),
            "two NULLs are never the same here; make it over a generated column that is never NULL",
        ));
    }
    let using = using.as_deref().map(str::to_lowercase);
    let using = using.filter(|using| match using.as_str() {
        "fulltext" | "spatial" => true,
        // InnoDB makes a tree whatever it is told; MEMORY can do otherwise.
        "hash" => table.options.engine.as_deref() == Some("MEMORY"),
        _ => false,
    });
    let whole = matches!(using.as_deref(), Some("fulltext" | "spatial"));
    let keys = keys
        .iter()
        .map(|key| self::key(table, key, *unique, &what))
        .collect::<Result<Vec<_>, _>>()?;
    let index = Index {
        name: name.clone(),
        // The server knows no difference between the constraint and the index.
        constraint: *unique && keys.iter().all(is_plain),
        unique: *unique,
        keys,
        predicate: None,
        using,
        include: Vec::new(),
        nulls_not_distinct: false,
    };
    if !whole {
        refuse_long(table, &what(), index.keys.iter().map(|key| &key.part))?;
    }
    Ok(index)
}

fn is_plain(key: &IndexKey) -> bool {
    matches!(key.part, IndexPart::Column(_)) && key.order == Order::Ascending
}

fn key(
    table: &Table,
    key: &IndexKey,
    unique: bool,
    what: &dyn Fn() -> String,
) -> Result<IndexKey, Unsupported> {
    let IndexKey {
        part,
        order,
        collation,
        // NULLs come first here; only the order of what is read hangs on it.
        nulls: _,
        operator_class: _,
    } = key;
    let part = match part {
        IndexPart::Column(column) => IndexPart::Column(column.clone()),
        IndexPart::Expression(text) => {
            let expression = expression(text, table, what)?;
            let whole = table
                .columns
                .iter()
                .find(|column| super::super::expression::standard_name(&column.name) == expression.0);
            match (whole, prefix(&prefixed(table, &expression))) {
                (Some(column), _) => IndexPart::Column(column.name.clone()),
                (None, Some((column, _))) if table.column(&column).is_some() => {
                    IndexPart::Expression(prefixed(table, &expression))
                }
                (None, _) => {
                    return Err(unsupported(
                        what(),
                        "MariaDB has no index over an expression; make one over a generated column with that expression",
                    ));
                }
            }
        }
    };
    let own = match &part {
        IndexPart::Column(name) => table.column(name).and_then(|column| column.collation.as_deref()),
        IndexPart::Expression(_) => None,
    };
    let other = collation.as_deref().filter(|name| Some(*name) != own);
    if let Some(other) = other.filter(|_| unique) {
        return Err(unsupported(
            what(),
            &format!("an index compares as its column does; give the column the collation `{other}`"),
        ));
    }
    Ok(IndexKey {
        part,
        order: *order,
        collation: None,
        nulls: Nulls::Default,
        operator_class: None,
    })
}

/// `name(10)` looks like a call; that it names a column is what tells a length from an argument.
fn prefixed(table: &Table, expression: &crate::schema::Expression) -> crate::schema::Expression {
    let Some((name, length)) = expression.0.rsplit_once('(') else {
        return expression.clone();
    };
    let name = unquote(name.trim_end()).to_lowercase();
    let column = table
        .columns
        .iter()
        .find(|column| column.name.to_lowercase() == name);
    match column {
        Some(column) => crate::schema::Expression::new(format!(
            "{}({length}",
            super::super::expression::standard_name(&column.name)
        )),
        None => expression.clone(),
    }
}

/// Refuses a primary key or foreign key over what is too long for one.
pub(super) fn refuse_long_key(table: &Table, what: &str, columns: &[String]) -> Result<(), Unsupported> {
    let parts: Vec<IndexPart> = columns
        .iter()
        .map(|column| IndexPart::Column(column.clone()))
        .collect();
    refuse_long(table, what, parts.iter())
}

fn refuse_long<'a>(
    table: &Table,
    what: &str,
    parts: impl Iterator<Item = &'a IndexPart>,
) -> Result<(), Unsupported> {
    let mut bytes = 0;
    for part in parts {
        let (column, length) = match part {
            IndexPart::Column(name) => (name.clone(), None),
            IndexPart::Expression(expression) => match prefix(expression) {
                Some((name, length)) => (name, Some(length)),
                None => continue,
            },
        };
        let Some(column) = table.column(&column) else {
            continue;
        };
        let character = character_bytes(table, column);
        let class = Class::of(native(column));
        bytes += match (length, class.key_bytes(character)) {
            (Some(length), _) if matches!(class, Class::Binary(_) | Class::Blob) => length,
            (Some(length), _) => length * character,
            (None, Some(bytes)) => bytes,
            (None, None) => {
                return Err(unsupported(
                    what,
                    &format!(
                        "`{}` is a `{}`, and a key over it needs a length; give the field a `length`",
                        column.name,
                        native(column)
                    ),
                ));
            }
        };
    }
    if bytes > KEY_BYTES {
        return Err(unsupported(
            what,
            &format!(
                "its columns take up to {bytes} bytes and a key has {KEY_BYTES}; give them a smaller `length`"
            ),
        ));
    }
    Ok(())
}

/// Returns how many bytes a character of a column takes.
fn character_bytes(table: &Table, column: &Column) -> u64 {
    match charset(table, column) {
        "latin1" | "latin2" | "latin5" | "latin7" | "ascii" | "binary" | "cp1250" | "cp1251" | "cp1252"
        | "cp1256" | "cp1257" | "cp850" | "cp852" | "cp866" | "greek" | "hebrew" | "koi8r" | "koi8u"
        | "macce" | "macroman" | "swe7" | "tis620" => 1,
        "big5" | "cp932" | "euckr" | "gb2312" | "gbk" | "sjis" | "ucs2" => 2,
        "utf8mb3" | "ujis" | "eucjpms" => 3,
        _ => 4,
    }
}
