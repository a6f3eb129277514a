//! What MySQL and MariaDB take: keys over texts with a length, defaults of their columns' types, no index with a condition.

use std::collections::BTreeSet;

use schema_core::schema::{
    Action, Auto, Check, Column, Default, Deferrable, Expression, ForeignKey, Generated, IndexPart, Literal,
    Schema, Storage, Table, TableName, Type,
};

use super::{choice, number, text};
use crate::generate::is_integer;
use crate::servers::is_mariadb;

/// Returns the schema with nothing in it that the server refuses.
pub(super) fn fitted(schema: &Schema) -> Schema {
    let referenced: BTreeSet<(TableName, String)> = schema
        .tables
        .values()
        .flat_map(|table| table.foreign_keys.values())
        .flat_map(|key| {
            let columns = key.referenced_columns.iter();
            columns.map(|column| (key.references.clone(), column.clone()))
        })
        .collect();
    schema
        .tables
        .values()
        .map(|table| {
            let mut table = self::table(table, &referenced);
            // Texts that refer to each other have one collation.
            let is_target = referenced.iter().any(|(target, _)| *target == table.name);
            if is_target || !table.foreign_keys.is_empty() {
                table.options.charset = None;
                table.options.collation = None;
            }
            table
        })
        .collect()
}

/// Returns a value of the column's type in place of one that may not be.
pub(super) fn backfill(column: &Column) -> Default {
    match column.ty.values() {
        Some(values) => text(&values[0]),
        None => default(column, &Default::Literal(Literal::Integer(0))),
    }
}

fn table(table: &Table, referenced: &BTreeSet<(TableName, String)>) -> Table {
    let mut table = table.clone();
    let keys: BTreeSet<String> = table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|name| {
            table.is_key(name)
                || referenced.contains(&(table.name.clone(), name.clone()))
                || table.indexes.values().any(|index| index.mentions(name))
                || table.foreign_keys.values().any(|key| key.columns.contains(name))
        })
        .collect();
    for column in &mut table.columns {
        fit_type(column, keys.contains(&column.name));
    }
    for at in 0..table.columns.len() {
        if let Some(generated) = table.columns[at].generated.clone() {
            let is_target = referenced.contains(&(table.name.clone(), table.columns[at].name.clone()));
            if is_target {
                table.columns[at].generated = None;
            } else {
                fit_generated(&mut table, at, generated);
            }
        }
    }
    for column in &mut table.columns {
        column.default = column.default.as_ref().map(|old| default(column, old));
    }
    let nullable: BTreeSet<String> = table
        .columns
        .iter()
        .filter(|column| column.nullable && !table.is_key(&column.name))
        .map(|column| column.name.clone())
        .collect();
    let foreign_keys = std::mem::take(&mut table.foreign_keys).into_values();
    let to_itself = |key: &ForeignKey| key.references == table.name && key.columns == key.referenced_columns;
    table.foreign_keys = foreign_keys
        .filter(|key| is_mariadb() || !to_itself(key))
        .map(|key| {
            let key = foreign_key(&table.name, key, &nullable);
            (key.name.clone(), key)
        })
        .collect();
    for index in table.indexes.values_mut() {
        if index.unique {
            index.predicate = None;
        }
        index.nulls_not_distinct = false;
        for key in &mut index.keys {
            if let IndexPart::Expression(expression) = &key.part {
                let column = table
                    .columns
                    .iter()
                    .find(|column| expression.mentions(&column.name));
                key.part = IndexPart::Column(column.expect("it names one").name.clone());
            }
            key.collation = key.collation.take().filter(|_| !index.unique);
        }
        let mut seen = BTreeSet::new();
        index.keys.retain(|key| match &key.part {
            IndexPart::Column(name) => seen.insert(name.clone()),
            IndexPart::Expression(_) => true,
        });
    }
    let number = table.columns.iter().find(|column| column.auto != Auto::No);
    let number = number.map(|column| column.name.clone());
    let checks = std::mem::take(&mut table.checks).into_values();
    table.checks = checks
        .map(|check| Check {
            expression: Expression::new(check.expression.0.replace("IS NOT 'a", "IS NOT NULL OR '' < 'a")),
            ..check
        })
        .filter(|check| {
            number
                .as_ref()
                .is_none_or(|number| !check.expression.mentions(number))
        })
        .filter(|check| {
            let mut keys = table.foreign_keys.values().flat_map(|key| &key.columns);
            !keys.any(|column| check.expression.mentions(column))
        })
        .map(|check| {
            let name = own_name(&check.name, &table.name);
            (name.clone(), Check { name, ..check })
        })
        .collect();
    table
}

/// Returns a name that no check of another table has, which MySQL asks for.
fn own_name(name: &str, table: &TableName) -> String {
    if is_mariadb() {
        name.to_owned()
    } else {
        format!("{name} of {table}")
    }
}

fn fit_type(column: &mut Column, is_key: bool) {
    for native in column.sql_type.values_mut() {
        *native = match native.as_str() {
            "CLOB" => "VARCHAR(30)",
            "MY TYPE" => "mediumint(9) UNSIGNED",
            other => other,
        }
        .to_owned();
    }
    for name in column.collation.iter_mut().chain(column.collations.values_mut()) {
        let fitted = match name.as_str() {
            "NOCASE" => "utf8mb4_bin",
            _ => "utf8mb4_unicode_ci",
        };
        *name = fitted.to_owned();
    }
    if is_key {
        if matches!(
            column.ty,
            Type::Text { length: None } | Type::Json | Type::Array(_)
        ) {
            column.ty = Type::Text { length: Some(40) };
        } else if matches!(column.ty, Type::Bytes { length: None } | Type::Native(_)) {
            column.ty = Type::Bytes { length: Some(30) };
        }
    }
}

/// The server computes no text for a column of dates, and nothing from the number of a row.
fn fit_generated(table: &mut Table, at: usize, generated: Generated) {
    let base = table
        .columns
        .iter()
        .find(|column| generated.expression.mentions(&column.name))
        .cloned();
    let acted_on = |name: &String| {
        let mut keys = table.foreign_keys.values();
        keys.any(|key| key.columns.contains(name))
    };
    let base = base.filter(|base| base.auto == Auto::No && base.generated.is_none() && !acted_on(&base.name));
    let is_key = table
        .indexes
        .values()
        .any(|index| index.mentions(&table.columns[at].name));
    let column = &mut table.columns[at];
    let Some(base) = base else {
        column.generated = None;
        return;
    };
    let plain = generated.expression.0.starts_with('"');
    if plain {
        column.ty = base.ty.clone();
        column.sql_type.clone_from(&base.sql_type);
        fit_type(column, is_key);
        column.collation.clone_from(&base.collation);
        column.collations.clone_from(&base.collations);
    } else {
        column.ty = Type::Text { length: Some(250) };
        column.sql_type.clear();
    }
    // What a session's time zone makes of an instant is not what another's does.
    if matches!(base.ty, Type::Timestamp) && !plain {
        column.generated = None;
        return;
    }
    column.generated = Some(Generated {
        storage: if is_key {
            Storage::Stored
        } else {
            generated.storage
        },
        ..generated
    });
}

fn foreign_key(table: &TableName, mut key: ForeignKey, nullable: &BTreeSet<String>) -> ForeignKey {
    let base = key.name.split(" of ").next().unwrap_or_default();
    key.name = format!("{base} of {table}");
    if key.deferrable == Deferrable::Deferred {
        key.deferrable = Deferrable::Never;
    }
    let can_be_null = key.columns.iter().all(|column| nullable.contains(column));
    for action in [&mut key.on_delete, &mut key.on_update] {
        if *action == Action::SetDefault {
            *action = Action::Restrict;
        } else if *action == Action::SetNull && !can_be_null {
            *action = Action::Cascade;
        }
    }
    key
}

/// Returns a value of the column's type in place of another one.
fn default(column: &Column, old: &Default) -> Default {
    let is_expression = matches!(old, Default::Expression { .. });
    let native = column.sql_type.get("*").map(String::as_str);
    match (native, &column.ty) {
        (Some("VARCHAR(30)"), _) => text("it's \\ \"x\""),
        (Some(_), _) => Default::Literal(Literal::Integer(7)),
        (None, Type::Boolean) if is_expression => Default::expression("1 = 1"),
        (None, Type::Boolean) => Default::Literal(Literal::Boolean(true)),
        (None, ty) if is_integer(ty) => match number(old) {
            Default::Literal(Literal::Integer(number)) => {
                Default::Literal(Literal::Integer(number.abs() % 100))
            }
            other @ (Default::Literal(_) | Default::Expression { .. }) => other,
        },
        (None, Type::F32 | Type::F64) => number(old),
        (None, Type::Decimal { precision, scale }) => {
            let small = precision.unwrap_or(65) - scale.unwrap_or(30) < 3;
            if small && !is_expression {
                Default::Literal(Literal::Integer(1))
            } else {
                number(old)
            }
        }
        (None, Type::Enum { name: _, values }) => choice(values, old),
        (None, Type::Text { length }) if !is_expression => {
            let Default::Literal(Literal::Text(long)) = old else {
                return text("x");
            };
            let length = length.map_or(usize::MAX, |length| length as usize);
            text(&long.chars().take(length).collect::<String>())
        }
        // What an expression comes to has to fit, too.
        (None, Type::Text { length: Some(1) }) => text("x"),
        (None, Type::Text { .. }) => old.clone(),
        (None, Type::Bytes { .. } | Type::Native(_)) => {
            Default::Literal(Literal::Bytes { hex: "FF".to_owned() })
        }
        (None, Type::Date) if is_expression => Default::expression("CURRENT_DATE"),
        (None, Type::Date) => text("2024-01-02"),
        (None, Type::Time) => text("01:02"),
        (None, Type::DateTime | Type::Timestamp) if is_expression => Default::expression("CURRENT_TIMESTAMP"),
        (None, Type::DateTime | Type::Timestamp) => text("2024-01-02 03:04"),
        (None, Type::Uuid) if is_expression => Default::expression("unhex(replace(uuid(), '-', ''))"),
        (None, Type::Uuid) => Default::Literal(Literal::Bytes {
            hex: "6921a3f4b07e4c2d9e90000000000001".to_owned(),
        }),
        (None, Type::Json | Type::Array(_)) => text("[1]"),
        (None, Type::Inet) => text("10.0.0.1"),
        (None, Type::Network) => text("10.0.0.0/8"),
        (None, _) => text("x"),
    }
}
