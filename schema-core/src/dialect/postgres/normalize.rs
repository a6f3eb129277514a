//! The nearest schema that PostgreSQL can hold.
//!
//! It drops what PostgreSQL has no place for (rowids, engines), gives every column its native type and brings expressions into one
//! spelling. What PostgreSQL cannot do at all is an error that names the table and column. It reads no database: how the server
//! writes an expression is [`stored`](super::stored)'s business.

mod names;

use std::collections::BTreeMap;

use super::expression::{canonical, canonical_default, split_collation};
use super::types::{self, Class, in_default};
use crate::dialect::Unsupported;
use crate::schema::{
    Auto, Check, Column, Expression, ForeignKey, Generated, Index, IndexKey, IndexPart, Nulls, Order,
    PrimaryKey, Schema, Storage, Table, TableOptions, Type,
};

/// Returns the schema as [`reflect`](super::reflect) would read it back, but for the spelling of expressions.
///
/// # Errors
///
/// The first thing that PostgreSQL cannot hold.
pub(super) fn normalize(schema: &Schema) -> Result<Schema, Unsupported> {
    let normalized: Schema = schema.tables.values().map(table).collect::<Result<_, _>>()?;
    names::refuse(&normalized)?;
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
    let name = in_default(name.clone());
    let mut normalized = Table::new(name.clone());
    normalized.columns = columns
        .iter()
        .map(|column| self::column(&name.to_string(), column, primary_key.as_ref()))
        .collect::<Result<_, _>>()?;
    refuse_generated_chains(&normalized)?;
    normalized.primary_key.clone_from(primary_key);
    for index in indexes.values() {
        normalized.add_index(self::index(&normalized, index)?);
    }
    for key in foreign_keys.values() {
        let key = ForeignKey {
            references: in_default(key.references.clone()),
            ..key.clone()
        };
        normalized.add_foreign_key(key);
    }
    for check in checks.values() {
        let Check { name, expression } = check;
        let what = || format!("check `{name}` of `{}`", normalized.name);
        let expression = self::expression(expression, &normalized, what)?;
        let name = name.clone();
        normalized.add_check(Check { name, expression });
    }
    let TableOptions {
        comment,
        strict: _,
        without_rowid: _,
        engine: _,
        charset: _,
        collation: _,
    } = options;
    normalized.options = TableOptions {
        comment: filled(comment.as_ref()),
        ..TableOptions::default()
    };
    Ok(normalized)
}

/// A comment without words is none.
fn filled(comment: Option<&String>) -> Option<String> {
    comment.filter(|comment| !comment.is_empty()).cloned()
}

fn column(table: &str, column: &Column, key: Option<&PrimaryKey>) -> Result<Column, Unsupported> {
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
    let what = || format!("column `{table}.{name}`");
    let is_key = key.is_some_and(|key| key.columns.contains(name));
    let own = sql_type.get(super::NAME).or_else(|| sql_type.get("*"));
    let ty = match own {
        Some(text) => Type::Native(types::canonical(text)),
        None => types::held(ty),
    };
    if *auto != Auto::No {
        if types::class(&ty) != Class::Integer {
            let why = "only a whole number can be made by the database, as an identity";
            return Err(unsupported(what(), why));
        }
        if generated.is_some() || default.is_some() {
            return Err(unsupported(
                what(),
                "a column whose number the database makes has neither a default nor an expression",
            ));
        }
    }
    let collation = column.collation_on(super::NAME);
    if let Some(collation) = collation {
        refuse_foreign_collation(collation, &what())?;
    }
    let class = types::class(&ty);
    let known = !matches!(class, Class::Other | Class::Text | Class::Array);
    if let (Some(collation), true) = (collation, known) {
        return Err(unsupported(
            format!("the collation `{collation}` of {}", what()),
            "only text is compared by a collation",
        ));
    }
    let generated = generated
        .as_ref()
        .map(
            |Generated {
                 expression,
                 storage: _,
             }| {
                if default.is_some() {
                    return Err(unsupported(what(), "a generated column has no default"));
                }
                let expression = canonical(&expression.0, None)
                    .map_err(|why| unsupported(format!("the expression of {}", what()), why))?;
                // Before version 18 a generated column is always kept, so it is kept everywhere.
                Ok(Generated {
                    expression,
                    storage: Storage::Stored,
                })
            },
        )
        .transpose()?;
    let default = match default {
        None => None,
        Some(crate::schema::Default::Literal(number))
            if types::class(&ty) == Class::Integer && number.is_beyond_i64() =>
        {
            let why = "its whole numbers end at 9223372036854775807";
            return Err(unsupported(format!("the default of {}", what()), why));
        }
        Some(default) => canonical_default(default, &ty)
            .map_err(|why| unsupported(format!("the default of {}", what()), why))?,
    };
    Ok(Column {
        name: name.clone(),
        ty,
        sql_type: BTreeMap::new(),
        nullable: *nullable && !is_key && *auto == Auto::No,
        default,
        generated,
        // No sequence of PostgreSQL gives a number twice.
        auto: match auto {
            Auto::No => Auto::No,
            Auto::Auto | Auto::NeverReused => Auto::Auto,
        },
        collation: collation
            .filter(|collation| *collation != "default")
            .map(str::to_owned),
        collations: BTreeMap::new(),
        comment: filled(comment.as_ref()),
    })
}

/// The names of SQLite's own collations, which mean something in every model that has them.
fn refuse_foreign_collation(collation: &str, what: &str) -> Result<(), Unsupported> {
    let own = ["NOCASE", "RTRIM", "BINARY"];
    if own.iter().any(|own| own.eq_ignore_ascii_case(collation)) {
        return Err(unsupported(
            format!("the collation `{collation}` of {what}"),
            "it is one of SQLite's: use the type citext, an index of lower(…), or a collation of pg_collation",
        ));
    }
    Ok(())
}

/// PostgreSQL computes generated columns from plain ones only
/// (<https://www.postgresql.org/docs/current/ddl-generated-columns.html>).
fn refuse_generated_chains(table: &Table) -> Result<(), Unsupported> {
    let chained = table.columns.iter().find(|column| table.generation(column) > 1);
    match chained {
        None => Ok(()),
        Some(column) => Err(unsupported(
            format!("column `{}.{}`", table.name, column.name),
            "a generated column cannot be computed from another one: repeat that one's expression",
        )),
    }
}

fn index(table: &Table, index: &Index) -> Result<Index, Unsupported> {
    let Index {
        name,
        keys,
        unique,
        constraint,
        predicate,
        using,
        include,
        nulls_not_distinct,
    } = index;
    let what = || format!("index `{name}` of `{}`", table.name);
    for collation in keys.iter().filter_map(|key| key.collation.as_ref()) {
        refuse_foreign_collation(collation, &what())?;
    }
    let keys = keys
        .iter()
        .map(|key| index_key(table, key).map_err(|why| unsupported(what(), why)))
        .collect::<Result<Vec<_>, _>>()?;
    let predicate = predicate
        .as_ref()
        .map(|predicate| expression(predicate, table, what))
        .transpose()?;
    let using = using
        .as_ref()
        .map(|method| method.to_ascii_lowercase())
        .filter(|method| method != "btree");
    let plain = predicate.is_none() && using.is_none() && keys.iter().all(is_plain_key);
    Ok(Index {
        name: name.clone(),
        keys,
        unique: *unique,
        // A constraint has columns and no condition; a unique index promises the same.
        constraint: *constraint && *unique && plain,
        predicate,
        using,
        include: include.clone(),
        nulls_not_distinct: *nulls_not_distinct && *unique,
    })
}

/// Tells whether a UNIQUE constraint can have the key: a column and nothing else.
fn is_plain_key(key: &IndexKey) -> bool {
    let IndexKey {
        part,
        order,
        collation,
        nulls,
        operator_class,
    } = key;
    matches!(part, IndexPart::Column(_))
        && *order == Order::Ascending
        && *nulls == Nulls::Default
        && collation.is_none()
        && operator_class.is_none()
}

/// Returns a key of an index as PostgreSQL holds it, given the normalized columns of its table.
fn index_key(table: &Table, key: &IndexKey) -> Result<IndexKey, &'static str> {
    let IndexKey {
        part,
        order,
        collation,
        nulls,
        operator_class,
    } = key;
    let mut collation = collation.clone();
    let part = match part {
        IndexPart::Column(column) => IndexPart::Column(column.clone()),
        IndexPart::Expression(expression) => {
            let expression = canonical(&expression.0, Some(table))?;
            let (expression, own) = split_collation(&expression);
            collation = own.or(collation);
            column_of(table, &expression).map_or(IndexPart::Expression(expression), IndexPart::Column)
        }
    };
    if let IndexPart::Column(name) = &part {
        let own = table.column(name).and_then(|column| column.collation.as_deref());
        collation = collation.filter(|collation| collation != own.unwrap_or("default"));
    }
    Ok(IndexKey {
        part,
        order: *order,
        collation,
        // NULL counts as larger than all else.
        nulls: match (nulls, order) {
            (Nulls::First, Order::Descending) | (Nulls::Last, Order::Ascending) => Nulls::Default,
            (nulls, _) => *nulls,
        },
        operator_class: operator_class.clone(),
    })
}

/// An expression that is a column and nothing else is that column.
fn column_of(table: &Table, expression: &Expression) -> Option<String> {
    let quoted = |name: &str| super::ddl::quote(name) == expression.0;
    let column = table.columns.iter().find(|column| {
        quoted(&column.name) || (expression.0 == column.name && expression.mentions(&column.name))
    });
    column.map(|column| column.name.clone())
}

fn expression(
    expression: &Expression,
    table: &Table,
    what: impl FnOnce() -> String,
) -> Result<Expression, Unsupported> {
    canonical(&expression.0, Some(table)).map_err(|why| unsupported(what(), why))
}

pub(super) fn unsupported(what: impl Into<String>, why: &str) -> Unsupported {
    Unsupported {
        dialect: super::NAME,
        what: what.into(),
        why: why.to_owned(),
    }
}
