//! What stands in `#[model(…)]`: whatever the derive would not say by itself.

mod relation;

use std::collections::BTreeMap;

use super::names::{Names, says};
use super::types::RustType;
use crate::describe::naming::table_name;
use crate::schema::{
    Auto, Column, Default, Generated, Literal, PrimaryKey, Schema, Storage, Table, TableName, TableOptions,
    Type, naming,
};

/// The attributes of the columns, by name.
pub(super) type OfColumns<'a> = BTreeMap<&'a str, Vec<String>>;

/// Returns the attributes of a struct, and those of its fields.
pub(super) fn of_table<'a>(table: &'a Table, schema: &Schema, names: &Names) -> (Vec<String>, OfColumns<'a>) {
    let Table {
        name,
        columns,
        primary_key,
        indexes: _,
        foreign_keys: _,
        checks: _,
        options,
    } = table;
    let mut of_table = Vec::new();
    if table_name(names.of_table(name)) != name.name {
        of_table.push(format!("table = {}", name_of(&name.name)));
    }
    of_table.extend(
        name.schema
            .iter()
            .map(|schema| format!("schema = {}", name_of(schema))),
    );
    let mut of_columns: OfColumns<'a> = columns
        .iter()
        .map(|column| (column.name.as_str(), of_column(table, column, names)))
        .collect();
    if let Some(key) = primary_key {
        primary_key_of(table, key, names, &mut of_table, &mut of_columns);
    }
    for column in columns {
        let keys = of_columns.entry(column.name.as_str()).or_default();
        keys.extend(numbered(table, column));
        keys.extend(typed(column, names));
    }
    relation::indexes(table, names, &mut of_table, &mut of_columns);
    for column in columns {
        let keys = of_columns.entry(column.name.as_str()).or_default();
        keys.extend(valued(column));
    }
    relation::foreign_keys(table, schema, names, &mut of_table, &mut of_columns);
    relation::checks(table, &mut of_table, &mut of_columns);
    for column in columns {
        let keys = of_columns.entry(column.name.as_str()).or_default();
        keys.extend(collated(column));
        keys.extend(column.comment.iter().map(|text| format!("comment = {text:?}")));
    }
    of_table.extend(options_of(options));
    (of_table, of_columns)
}

/// Returns a name as the derive reads it: in quotes of Rust, and with a dot in it in those of SQL, too.
fn name_of(name: &str) -> String {
    format!("{:?}", TableName::new(name).to_string())
}

fn options_of(options: &TableOptions) -> Vec<String> {
    let TableOptions {
        comment,
        strict,
        without_rowid,
        engine,
        charset,
        collation,
    } = options;
    let said = |key: &str, value: &Option<String>| value.as_ref().map(|value| format!("{key} = {value:?}"));
    let flags = [(*strict, "strict"), (*without_rowid, "without_rowid")];
    let flags = flags
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, word)| word.to_owned());
    flags
        .chain(said("engine", engine))
        .chain(said("charset", charset))
        .chain(said("collate", collation))
        .chain(said("comment", comment))
        .collect()
}

fn of_column(table: &Table, column: &Column, names: &Names) -> Vec<String> {
    let field = names.of_column(&table.name, &column.name);
    let mut keys = Vec::new();
    if !says(field, &column.name) {
        keys.push(format!("column = {}", name_of(&column.name)));
    }
    // The derive takes what is called so for the key, in Rust or in the database.
    if table.primary_key.is_none() && (field == "id" || column.name == "id") {
        keys.push("primary_key = false".to_owned());
    }
    keys
}

/// A key of one column is marked on its field, unless it is called `id`; one of several, or with a name of its own, on the struct.
fn primary_key_of(
    table: &Table,
    key: &PrimaryKey,
    names: &Names,
    of_table: &mut Vec<String>,
    of_columns: &mut OfColumns<'_>,
) {
    let fields: Vec<&str> = key
        .columns
        .iter()
        .map(|column| names.of_column(&table.name, column))
        .collect();
    let conventional = key.name == naming::primary_key(&table.name);
    match key.columns.as_slice() {
        [only] if conventional => {
            if fields != ["id"] {
                if let Some(keys) = of_columns.get_mut(only.as_str()) {
                    keys.push("primary_key".to_owned());
                }
            }
        }
        _ if conventional => of_table.push(format!("primary_key({})", fields.join(", "))),
        _ => of_table.push(format!(
            "primary_key({}, name = {})",
            fields.join(", "),
            name_of(&key.name)
        )),
    }
}

/// Returns what is said of a key's number, if the derive would say something else.
fn numbered(table: &Table, column: &Column) -> Option<String> {
    let is_whole_key = matches!(
        &table.primary_key,
        Some(key) if key.columns.len() == 1 && key.columns[0] == column.name
    );
    let refers = table
        .foreign_keys
        .values()
        .any(|key| key.columns.contains(&column.name));
    let implied = is_whole_key
        && !refers
        && !table.options.without_rowid
        && is_whole_number(&column.ty)
        && column.default.is_none()
        && column.sql_type.is_empty();
    match (column.auto, implied) {
        (Auto::Auto, true) | (Auto::No, false) => None,
        (Auto::Auto, false) => Some("auto".to_owned()),
        (Auto::No, true) => Some("auto = false".to_owned()),
        (Auto::NeverReused, _) => Some("autoincrement".to_owned()),
    }
}

fn is_whole_number(ty: &Type) -> bool {
    matches!(
        ty,
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64
    )
}

/// Returns the sizes and the native type.
fn typed(column: &Column, names: &Names) -> Vec<String> {
    let mut keys = Vec::new();
    if let Type::Text { length: Some(length) } | Type::Bytes { length: Some(length) } = &column.ty {
        keys.push(format!("length = {length}"));
    }
    if let Type::Decimal {
        precision: Some(precision),
        scale,
    } = &column.ty
    {
        keys.push(format!("precision = {precision}"));
        keys.extend(scale.map(|scale| format!("scale = {scale}")));
    }
    keys.extend(native(column, names));
    keys
}

/// Returns the native type, where it does not follow from the logical one.
fn native(column: &Column, names: &Names) -> Option<String> {
    if let Type::Native(native) = &column.ty {
        if RustType::of(column, names).is_native {
            return Some(format!("sql_type = {native:?}"));
        }
    }
    if let Some(native) = column.sql_type.get("*") {
        return Some(format!("sql_type = {native:?}"));
    }
    by_dialect("sql_type", &column.sql_type)
}

/// Returns the collation, or those of the dialects.
fn collated(column: &Column) -> Option<String> {
    let of_all = || Some(format!("collate = {:?}", column.collation.as_ref()?));
    by_dialect("collate", &column.collations).or_else(of_all)
}

fn by_dialect(key: &str, texts: &BTreeMap<String, String>) -> Option<String> {
    let texts: Vec<String> = texts
        .iter()
        .map(|(dialect, text)| format!("{dialect} = {text:?}"))
        .collect();
    (!texts.is_empty()).then(|| format!("{key}({})", texts.join(", ")))
}

/// Returns where a value comes from that nobody gives.
fn valued(column: &Column) -> Vec<String> {
    let mut keys: Vec<String> = column
        .default
        .iter()
        .map(|default| format!("default = {}", value(default)))
        .collect();
    if let Some(Generated { expression, storage }) = &column.generated {
        keys.push(format!("generated = {:?}", expression.0));
        match storage {
            Storage::Stored => keys.push("stored".to_owned()),
            Storage::Virtual => {}
        }
    }
    keys
}

fn value(default: &Default) -> String {
    match default {
        Default::Expression { sql } => format!("sql({:?})", sql.0),
        Default::Literal(literal) => match literal {
            Literal::Boolean(value) => value.to_string(),
            Literal::Integer(number) => number.to_string(),
            Literal::Number { number } => number.clone(),
            Literal::Text(text) => format!("{text:?}"),
            Literal::Bytes { hex } => bytes(hex),
        },
    }
}

/// Writes bytes as Rust does: `b"\x00\xff"`.
fn bytes(hex: &str) -> String {
    let pairs = hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair));
    let escaped: String = pairs.map(|pair| format!("\\x{pair}")).collect();
    format!("b\"{escaped}\"")
}
