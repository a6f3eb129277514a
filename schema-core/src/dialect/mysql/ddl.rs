//! The text of statements, from parts of a normalized schema.
//!
//! One style: keywords in upper case, four spaces, every name in backticks, no final semicolon. A column is always written whole, because
//! `MODIFY` forgets what it is not told. What is rendered here is what MySQL 8 and MariaDB 10.5 both take.

use super::expression::render;
use super::types::{self, Class};
use crate::schema::{
    Action, Auto, Check, Column, Default, Expression, ForeignKey, Generated, Index, IndexKey, IndexPart,
    Literal, Order, Storage, Table, TableName, TableOptions, Type,
};

/// Returns a name in backticks, whatever is in it.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Returns names in backticks with commas between them.
pub(super) fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// Returns a table's name, with its database if that is not the connection's.
pub(super) fn table_name(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}

/// Returns a text as a string literal.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Returns a text as a literal that no SQL mode and no character set of the session gives another meaning.
pub(super) fn steady_text(value: &str) -> String {
    let is_plain = |c: char| matches!(c, ' '..='~' | '\n') && c != '\\';
    if value.chars().all(is_plain) {
        return text(value);
    }
    let mut hex = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        hex.push_str(&format!("{byte:02x}"));
    }
    format!("_utf8mb4 X'{hex}'")
}

/// Returns a constant as the server writes it.
pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Boolean(value) => u8::from(*value).to_string(),
        Literal::Integer(number) => number.to_string(),
        Literal::Text(value) => text(value),
        Literal::Number { number } => number.clone(),
        Literal::Bytes { hex } => format!("X'{hex}'"),
    }
}

/// Returns the value of a default or backfill as an operand.
pub(super) fn value(default: &Default) -> String {
    match default {
        Default::Literal(value) => literal(value),
        Default::Expression { sql } => format!("({})", render(sql)),
    }
}

/// Returns the native type of a column of a normalized schema.
pub(super) fn native(column: &Column) -> &str {
    if let Type::Native(native) = &column.ty {
        native
    } else {
        ""
    }
}

/// Returns the statement that creates a table, with those of its foreign keys that `keys` names.
pub(super) fn create_table<'a>(table: &Table, keys: impl IntoIterator<Item = &'a ForeignKey>) -> String {
    let Table {
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys: _,
        checks,
        options,
    } = table;
    // What is computed comes after what it is computed from.
    let mut in_turn: Vec<&Column> = columns.iter().collect();
    in_turn.sort_by_key(|column| table.generation(column).saturating_sub(1));
    let mut lines: Vec<String> = in_turn.into_iter().map(column).collect();
    lines.extend(primary_key.iter().map(|key| {
        format!(
            "PRIMARY KEY ({})",
            quoted_list(key.columns.iter().map(String::as_str))
        )
    }));
    lines.extend(indexes.values().map(index));
    lines.extend(keys.into_iter().map(foreign_key));
    lines.extend(checks.values().map(check));
    let options = self::options(options);
    format!(
        "CREATE TABLE {} (\n    {}\n){}{options}",
        table_name(name),
        lines.join(",\n    "),
        if options.is_empty() { "" } else { " " }
    )
}

/// Returns what stands behind the body of a table.
fn options(options: &TableOptions) -> String {
    let TableOptions {
        comment,
        strict: _,
        without_rowid: _,
        engine,
        charset,
        collation,
    } = options;
    let mut parts = Vec::new();
    parts.extend(engine.as_ref().map(|engine| format!("ENGINE={engine}")));
    parts.extend(
        charset
            .as_ref()
            .map(|charset| format!("DEFAULT CHARSET={charset}")),
    );
    parts.extend(collation.as_ref().map(|collation| format!("COLLATE={collation}")));
    parts.extend(
        comment
            .as_ref()
            .map(|comment| format!("COMMENT={}", text(comment))),
    );
    parts.join(" ")
}

/// Returns a column's whole definition.
pub(super) fn column(column: &Column) -> String {
    let Column {
        name,
        ty: _,
        sql_type: _,
        nullable,
        default,
        generated,
        auto,
        collation,
        collations: _,
        comment,
    } = column;
    let native = native(column);
    // What stands behind the parentheses of a type may have to come later, such as ON UPDATE.
    let (ty, attributes) = split_attributes(native);
    let mut text = format!("{} {}", quote(name), types::render(ty));
    if let Some(collation) = collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    match generated {
        Some(Generated { expression, storage }) => {
            let storage = match storage {
                Storage::Virtual => "VIRTUAL",
                Storage::Stored => "STORED",
            };
            text.push_str(&format!(
                " GENERATED ALWAYS AS ({}) {storage}",
                render(expression)
            ));
        }
        None if *nullable => text.push_str(" NULL"),
        None => text.push_str(" NOT NULL"),
    }
    if let Some(default) = default {
        text.push_str(&format!(" DEFAULT {}", self::default(default, native)));
    }
    if !attributes.is_empty() {
        text.push(' ');
        text.push_str(&attributes.to_uppercase());
    }
    match auto {
        Auto::No => {}
        Auto::Auto | Auto::NeverReused => text.push_str(" AUTO_INCREMENT"),
    }
    if let Some(comment) = comment {
        text.push_str(&format!(" COMMENT {}", self::text(comment)));
    }
    text
}

/// Splits `timestamp(6) on update current_timestamp(6)` and `int unsigned invisible` before what is no part of the type proper.
fn split_attributes(native: &str) -> (&str, &str) {
    let at = [" on update", " invisible"]
        .iter()
        .filter_map(|word| native.find(word))
        .min();
    match at.filter(|_| !native.starts_with("enum(") && !native.starts_with("set(")) {
        Some(at) => (&native[..at], &native[at + 1..]),
        None => (native, ""),
    }
}

/// Returns a default as it stands behind DEFAULT in a column of that type.
fn default(default: &Default, native: &str) -> String {
    let class = Class::of(native);
    match default {
        // Bytes that are no text come out of the catalog damaged; a call comes out as it is.
        Default::Literal(Literal::Bytes { hex }) => format!("(unhex('{hex}'))"),
        Default::Literal(value) if class.has_expression_default_only() => format!("({})", literal(value)),
        Default::Literal(value) => literal(value),
        Default::Expression { sql } if super::default::is_bare(sql, class) => render(sql).to_uppercase(),
        Default::Expression { sql } => format!("({})", render(sql)),
    }
}

/// Returns an index, as a line of a table or behind ADD.
pub(super) fn index(index: &Index) -> String {
    let Index {
        name,
        keys,
        unique,
        constraint: _,
        predicate: _,
        using,
        include: _,
        nulls_not_distinct: _,
    } = index;
    let kind = match using.as_deref() {
        Some("fulltext") => "FULLTEXT INDEX",
        Some("spatial") => "SPATIAL INDEX",
        Some(_) | None if *unique => "UNIQUE INDEX",
        Some(_) | None => "INDEX",
    };
    let using = match using.as_deref() {
        Some("hash") => " USING HASH",
        Some(_) | None => "",
    };
    let keys: Vec<String> = keys.iter().map(key).collect();
    format!("{kind} {} ({}){using}", quote(name), keys.join(", "))
}

fn key(key: &IndexKey) -> String {
    let IndexKey {
        part,
        order,
        collation: _,
        nulls: _,
        operator_class: _,
    } = key;
    let mut text = match part {
        IndexPart::Column(column) => quote(column),
        // The first characters of a column, as in `name(10)`, or what MySQL computes.
        IndexPart::Expression(expression) if prefix(expression).is_some() => render(expression),
        IndexPart::Expression(expression) => format!("({})", render(expression)),
    };
    match order {
        Order::Ascending => {}
        Order::Descending => text.push_str(" DESC"),
    }
    text
}

/// Reads `"name"(10)`: the key of an index over the first characters or bytes of a column.
pub(super) fn prefix(expression: &Expression) -> Option<(String, u64)> {
    let (name, length) = expression.0.strip_suffix(')')?.rsplit_once('(')?;
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    Some((name.replace("\"\"", "\""), length.parse().ok()?))
}

/// Returns a foreign key as a table's constraint.
pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let ForeignKey {
        name,
        columns,
        references,
        referenced_columns,
        on_delete,
        on_update,
        deferrable: _,
    } = key;
    let mut text = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quote(name),
        quoted_list(columns.iter().map(String::as_str)),
        table_name(references),
        quoted_list(referenced_columns.iter().map(String::as_str))
    );
    for (event, action) in [("DELETE", on_delete), ("UPDATE", on_update)] {
        if *action != Action::NoAction {
            text.push_str(&format!(" ON {event} {}", action.sql()));
        }
    }
    text
}

/// Returns a CHECK as a table's constraint.
pub(super) fn check(check: &Check) -> String {
    let Check { name, expression } = check;
    format!("CONSTRAINT {} CHECK ({})", quote(name), render(expression))
}
