//! The nearest schema that SQLite can hold.
//!
//! It drops what SQLite has no place for (comments), gives every column its declared type, and brings expressions into one
//! spelling. What SQLite cannot do at all is an error that names the table and column. It reads no database.

mod names;

use std::collections::BTreeMap;

use super::condition::canonical_condition;
use super::expression::{canonical, canonical_default, split_collation};
use super::{ddl, types};
use crate::dialect::Unsupported;
use crate::schema::{
    Auto, Check, Column, Deferrable, Expression, ForeignKey, Generated, Index, IndexKey, IndexPart, Nulls,
    PrimaryKey, Schema, Table, TableOptions, Type, naming,
};

/// Returns the schema as [`reflect`](super::reflect) would read it back.
///
/// # Errors
///
/// The first thing that SQLite cannot hold.
pub(super) fn normalize(schema: &Schema) -> Result<Schema, Unsupported> {
    names::refuse(schema)?;
    schema.tables.values().map(table).collect()
}

/// Returns one table as SQLite holds it.
///
/// # Errors
///
/// The first thing that SQLite cannot hold.
pub(super) fn table(table: &Table) -> Result<Table, Unsupported> {
    let Table {
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys,
        checks,
        options,
    } = table;
    if columns.is_empty() {
        return Err(unsupported(format!("table `{name}`"), "it has no columns"));
    }
    if columns.iter().all(|column| column.generated.is_some()) {
        return Err(unsupported(
            format!("table `{name}`"),
            "every column is generated",
        ));
    }
    if options.without_rowid && primary_key.is_none() {
        return Err(unsupported(
            format!("table `{name}`"),
            "WITHOUT ROWID needs a primary key",
        ));
    }
    let key = primary_key.as_ref();
    let columns = columns
        .iter()
        .map(|column| self::column(&name.name, column, key, options))
        .collect::<Result<Vec<_>, _>>()?;
    let mut normalized = Table::new(name.clone());
    let TableOptions {
        // Comments have no place in SQLite.
        comment: _,
        strict,
        without_rowid,
        engine: _,
        charset: _,
        collation: _,
    } = options;
    normalized.options = TableOptions {
        strict: *strict,
        without_rowid: *without_rowid,
        ..TableOptions::default()
    };
    normalized.columns = columns;
    normalized.primary_key.clone_from(primary_key);
    for index in indexes.values() {
        normalized.add_index(self::index(&normalized, index)?);
    }
    for key in foreign_keys.values() {
        if key.references.schema.is_some() {
            return Err(unsupported(
                format!("foreign key `{}` of `{name}`", key.name),
                "SQLite has no schemas",
            ));
        }
        normalized.add_foreign_key(foreign_key(key));
    }
    for check in checks.values() {
        let what = || format!("check `{}` of `{name}`", check.name);
        let check = Check {
            name: check.name.clone(),
            expression: condition(&check.expression, &name.name, what)?,
        };
        normalized.add_check(check);
    }
    for column in &table.columns {
        if let Some(check) = enum_check(&normalized, column)? {
            normalized.add_check(check);
        }
    }
    Ok(normalized)
}

/// Returns the check that holds the values of an enum.
fn enum_check(table: &Table, column: &Column) -> Result<Option<Check>, Unsupported> {
    let overridden = column.sql_type.contains_key("sqlite") || column.sql_type.contains_key("*");
    let Some(values) = column.ty.values().filter(|_| !overridden) else {
        return Ok(None);
    };
    let values: Vec<String> = values.iter().map(|value| ddl::text(value)).collect();
    let text = format!("{} IN ({})", ddl::quote(&column.name), values.join(", "));
    let what = || format!("the values of column `{}.{}`", table.name, column.name);
    // A check of one's own may have the name already.
    let numbered = (2_u32..).map(|number| format!("{} {number}", column.name));
    let name = std::iter::once(column.name.clone())
        .chain(numbered)
        .map(|about| naming::check(&table.name, &about))
        .find(|name| !table.checks.contains_key(name))
        .expect("there are more numbers than checks");
    Ok(Some(Check {
        name,
        expression: condition(&Expression::new(text), &table.name.name, what)?,
    }))
}

fn column(
    table: &str,
    column: &Column,
    key: Option<&PrimaryKey>,
    options: &TableOptions,
) -> Result<Column, Unsupported> {
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
        comment: _,
    } = column;
    let what = || format!("column `{table}.{name}`");
    let is_key = key.is_some_and(|key| key.columns.contains(name));
    let is_whole_key = key.is_some_and(|key| key.columns.len() == 1) && is_key;
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
    let override_type = sql_type.get("sqlite").or_else(|| sql_type.get("*"));
    let mut declared = match override_type {
        Some(text) => types::canonical(text),
        None if options.strict => types::strict(ty),
        None => types::native(ty),
    };
    if options.strict && !types::STRICT.contains(&declared.as_str()) {
        return Err(unsupported(
            format!("the type {declared} of {}", what()),
            "a STRICT table has only INT, INTEGER, REAL, TEXT, BLOB and ANY",
        ));
    }
    let auto = match auto {
        Auto::Auto | Auto::NeverReused if options.without_rowid => {
            return Err(unsupported(
                what(),
                "the number that SQLite gives is the rowid, and the table is WITHOUT ROWID",
            ));
        }
        Auto::Auto | Auto::NeverReused if !is_whole_key => {
            return Err(unsupported(
                what(),
                "only the single column of a primary key gets its number from SQLite",
            ));
        }
        Auto::Auto | Auto::NeverReused => {
            if !types::is_integer(&Type::Native(declared.clone())) {
                return Err(unsupported(
                    what(),
                    "only an integer key gets its number from SQLite",
                ));
            }
            "INTEGER".clone_into(&mut declared);
            *auto
        }
        // An INTEGER PRIMARY KEY is the rowid, whatever is asked for; INT is not
        // (https://sqlite.org/lang_createtable.html#rowid).
        Auto::No
            if is_whole_key
                && declared == "INTEGER"
                && (override_type.is_some() || *ty == Type::Native(declared.clone())) =>
        {
            if options.without_rowid {
                Auto::No
            } else {
                Auto::Auto
            }
        }
        Auto::No => {
            if is_whole_key && declared == "INTEGER" {
                "INT".clone_into(&mut declared);
            }
            Auto::No
        }
    };
    let default = match default {
        None => None,
        Some(crate::schema::Default::Literal(number)) if *ty == Type::U64 && number.is_beyond_i64() => {
            let why = "its whole numbers end at 9223372036854775807";
            return Err(unsupported(format!("the default of {}", what()), why));
        }
        Some(default) => canonical_default(default, table)
            .map_err(|why| unsupported(format!("the default of {}", what()), why))?,
    };
    // A text would stay one in a column of bytes, and no program reads a UUID from that.
    let is_bytes = *ty == Type::Uuid && declared == "BLOB";
    let bytes = default.as_ref().and_then(crate::schema::Default::uuid_as_bytes);
    let default = bytes.filter(|_| is_bytes).or(default);
    let default = default.map(|default| types::exact(&declared, default));
    Ok(Column {
        name: name.clone(),
        ty: Type::Native(declared),
        sql_type: BTreeMap::new(),
        nullable: *nullable && !is_key,
        default,
        generated,
        auto,
        collation: column
            .collation_on("sqlite")
            .map(collation)
            .filter(|name| name != "BINARY"),
        collations: BTreeMap::new(),
        comment: None,
    })
}

fn index(table: &Table, index: &Index) -> Result<Index, Unsupported> {
    let Index {
        name,
        keys,
        unique,
        constraint,
        predicate,
        // There is one kind of index, whose keys are all that it holds.
        using: _,
        include: _,
        nulls_not_distinct,
    } = index;
    let what = || format!("index `{name}` of `{}`", table.name);
    if *nulls_not_distinct {
        return Err(unsupported(
            what(),
            "two NULLs are never the same for it; make the columns NOT NULL, or index `coalesce(…)`",
        ));
    }
    let keys = keys
        .iter()
        .map(|key| index_key(table, key).map_err(|why| unsupported(what(), why)))
        .collect::<Result<Vec<_>, _>>()?;
    let predicate = predicate
        .as_ref()
        .map(|predicate| expression(predicate, &table.name.name, what))
        .transpose()?;
    let plain = predicate.is_none()
        && keys.iter().all(|key| match key.part {
            IndexPart::Column(_) => true,
            IndexPart::Expression(_) => false,
        });
    Ok(Index {
        unique: *unique,
        // A constraint has columns and no condition; a unique index promises the same.
        constraint: *constraint && *unique && plain,
        predicate,
        ..Index::new(name, keys)
    })
}

/// Returns a key of an index as SQLite holds it, given the normalized columns of its table.
///
/// # Errors
///
/// Why its expression is none.
pub(super) fn index_key(table: &Table, key: &IndexKey) -> Result<IndexKey, &'static str> {
    let IndexKey {
        part,
        order,
        collation,
        // NULLs come first, and how values are compared is their collation alone.
        nulls: _,
        operator_class: _,
    } = key;
    let mut collation = collation.as_deref().map(self::collation);
    let part = match part {
        IndexPart::Column(column) => IndexPart::Column(column.clone()),
        IndexPart::Expression(expression) => {
            let (text, own) = split_collation(&expression.0);
            if let Some(own) = own {
                collation = Some(self::collation(&own));
            }
            let expression = canonical(text, &table.name.name)?;
            column_of(table, &expression).map_or(IndexPart::Expression(expression), IndexPart::Column)
        }
    };
    if let IndexPart::Column(name) = &part {
        let own = table.column(name).and_then(|column| column.collation.as_deref());
        if collation.as_deref() == Some(own.unwrap_or("BINARY")) {
            collation = None;
        }
    }
    Ok(IndexKey {
        part,
        order: *order,
        collation,
        nulls: Nulls::Default,
        operator_class: None,
    })
}

/// An expression that is a column and nothing else is that column.
fn column_of(table: &Table, expression: &Expression) -> Option<String> {
    table
        .columns
        .iter()
        .find(|column| ddl::quote(&column.name).eq_ignore_ascii_case(&expression.0))
        .map(|column| column.name.clone())
}

fn foreign_key(key: &ForeignKey) -> ForeignKey {
    ForeignKey {
        // SQLite knows two times of checking; see https://sqlite.org/foreignkeys.html#fk_deferred.
        deferrable: match key.deferrable {
            Deferrable::Never | Deferrable::Immediate => Deferrable::Never,
            Deferrable::Deferred => Deferrable::Deferred,
        },
        ..key.clone()
    }
}

fn expression(
    expression: &Expression,
    table: &str,
    what: impl FnOnce() -> String,
) -> Result<Expression, Unsupported> {
    canonical(&expression.0, table).map_err(|why| unsupported(what(), why))
}

fn condition(
    condition: &Expression,
    table: &str,
    what: impl FnOnce() -> String,
) -> Result<Expression, Unsupported> {
    canonical_condition(&condition.0, table).map_err(|why| unsupported(what(), why))
}

/// The names of SQLite's own collations have no case.
pub(super) fn collation(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    if matches!(upper.as_str(), "BINARY" | "NOCASE" | "RTRIM") {
        upper
    } else {
        name.to_owned()
    }
}

pub(super) fn unsupported(what: impl Into<String>, why: &str) -> Unsupported {
    Unsupported {
        dialect: "sqlite",
        what: what.into(),
        why: why.to_owned(),
    }
}
