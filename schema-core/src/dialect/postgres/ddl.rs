//! The text of statements, from parts of a normalized schema.
//!
//! One style: keywords in upper case, four spaces, every name in double quotes, no final semicolon. What is rendered here is what
//! [`reflect`](super::reflect) reads back; both know nothing of why a statement is needed.

use super::types;
use crate::schema::{
    Action, Auto, Check, Column, Default, Deferrable, ForeignKey, Generated, Index, IndexKey, IndexPart,
    Literal, Nulls, Order, PrimaryKey, Table, TableName, Type,
};

/// Returns a name in double quotes, whatever is in it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns names in double quotes with commas between them.
pub(super) fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// Returns a name that may stand in a schema.
pub(super) fn qualified(name: &TableName) -> String {
    in_schema(name, &name.name)
}

/// Returns the name of something that stands in the same schema as a table, such as its indexes.
pub(super) fn in_schema(table: &TableName, name: &str) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(name)),
        None => quote(name),
    }
}

/// Returns a text as a string literal.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns a constant as PostgreSQL writes it.
pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Boolean(true) => "TRUE".to_owned(),
        Literal::Boolean(false) => "FALSE".to_owned(),
        Literal::Integer(number) => number.to_string(),
        Literal::Text(value) => text(value),
        Literal::Number { number } => number.clone(),
        Literal::Bytes { hex } => format!("'\\x{hex}'::bytea"),
    }
}

/// Returns the value of a default or backfill as an operand.
pub(super) fn value(default: &Default) -> String {
    match default {
        Default::Literal(value) => literal(value),
        Default::Expression { sql } => format!("({sql})"),
    }
}

/// Returns a type as statements name it.
pub(super) fn native(ty: &Type) -> String {
    if let Type::Array(element) = ty {
        return format!("{}[]", native(element));
    }
    if let Some((name, _)) = types::enumeration(ty) {
        return qualified(&name);
    }
    let held = types::held(ty);
    if let Type::Native(text) = held {
        text
    } else {
        held.to_string()
    }
}

/// Returns the statement that creates an enum.
pub(super) fn create_enum(name: &TableName, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| text(value)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", qualified(name), values.join(", "))
}

/// Returns the UNIQUE constraints of a table that ask for the same as its primary key or another one. PostgreSQL makes only one of those
/// that stand in the same statement.
pub(super) fn repeated(table: &Table) -> Vec<&Index> {
    let key = table.primary_key.iter();
    let mut seen: Vec<Vec<&str>> = key
        .map(|key| key.columns.iter().map(String::as_str).collect())
        .collect();
    let mut repeated = Vec::new();
    for index in table.indexes.values().filter(|index| index.constraint) {
        let columns = index.columns().unwrap_or_default();
        if seen.contains(&columns) {
            repeated.push(index);
        }
        seen.push(columns);
    }
    repeated
}

/// Returns the statement that creates a table without its foreign keys, [repeated] constraints, and indexes that are none.
pub(super) fn create_table(table: &Table) -> String {
    let Table {
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys: _,
        checks,
        options: _,
    } = table;
    let mut lines: Vec<String> = columns.iter().map(column).collect();
    lines.extend(primary_key.as_ref().map(self::primary_key));
    let repeated = repeated(table);
    let constraints = indexes
        .values()
        .filter(|index| index.constraint && !repeated.contains(index));
    lines.extend(constraints.map(unique));
    lines.extend(checks.values().map(check));
    if lines.is_empty() {
        return format!("CREATE TABLE {} ()", qualified(name));
    }
    format!(
        "CREATE TABLE {} (\n    {}\n)",
        qualified(name),
        lines.join(",\n    ")
    )
}

/// Returns a column's definition, without keys and references.
pub(super) fn column(column: &Column) -> String {
    let Column {
        name,
        ty,
        sql_type: _,
        nullable,
        default,
        generated,
        auto,
        collation,
        collations: _,
        comment: _,
    } = column;
    let mut text = format!("{} {}", quote(name), native(ty));
    if let Some(collation) = collation {
        text.push_str(&format!(" COLLATE {}", self::collation(collation)));
    }
    if !nullable {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = default {
        text.push_str(&format!(" DEFAULT {}", value(default)));
    }
    if let Some(Generated {
        expression,
        storage: _,
    }) = generated
    {
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    }
    match auto {
        Auto::No => {}
        Auto::Auto | Auto::NeverReused => text.push_str(" GENERATED BY DEFAULT AS IDENTITY"),
    }
    text
}

/// Returns a collation's name; one in a schema of its own is written as that of a table is.
pub(super) fn collation(name: &str) -> String {
    quote(name)
}

/// Returns a primary key as a table's constraint.
pub(super) fn primary_key(key: &PrimaryKey) -> String {
    let PrimaryKey { name, columns } = key;
    format!(
        "CONSTRAINT {} PRIMARY KEY ({})",
        quote(name),
        quoted_list(columns.iter().map(String::as_str))
    )
}

/// Returns a UNIQUE constraint as a table's constraint.
pub(super) fn unique(index: &Index) -> String {
    format!(
        "CONSTRAINT {} UNIQUE{} ({}){}",
        quote(&index.name),
        if index.nulls_not_distinct {
            " NULLS NOT DISTINCT"
        } else {
            ""
        },
        keys(&index.keys),
        include(index)
    )
}

/// Returns a CHECK as a table's constraint.
pub(super) fn check(check: &Check) -> String {
    let Check { name, expression } = check;
    format!("CONSTRAINT {} CHECK ({expression})", quote(name))
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
        deferrable,
    } = key;
    let mut text = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}",
        quote(name),
        quoted_list(columns.iter().map(String::as_str)),
        qualified(references)
    );
    if !referenced_columns.is_empty() {
        text.push_str(&format!(
            " ({})",
            quoted_list(referenced_columns.iter().map(String::as_str))
        ));
    }
    for (event, action) in [("DELETE", on_delete), ("UPDATE", on_update)] {
        if *action != Action::NoAction {
            text.push_str(&format!(" ON {event} {}", action.sql()));
        }
    }
    match deferrable {
        Deferrable::Never => {}
        Deferrable::Immediate => text.push_str(" DEFERRABLE"),
        Deferrable::Deferred => text.push_str(" DEFERRABLE INITIALLY DEFERRED"),
    }
    text
}

/// Returns the statement that creates an index that is no constraint.
pub(super) fn create_index(table: &TableName, index: &Index) -> String {
    let Index {
        name,
        keys,
        unique,
        constraint: _,
        predicate,
        using,
        include: _,
        nulls_not_distinct,
    } = index;
    let mut text = format!(
        "CREATE {}INDEX {} ON {}{} ({}){}",
        if *unique { "UNIQUE " } else { "" },
        quote(name),
        qualified(table),
        using
            .as_ref()
            .map_or_else(String::new, |method| format!(" USING {}", quote(method))),
        self::keys(keys),
        include(index)
    );
    if *nulls_not_distinct {
        text.push_str(" NULLS NOT DISTINCT");
    }
    if let Some(predicate) = predicate {
        text.push_str(&format!(" WHERE ({predicate})"));
    }
    text
}

fn include(index: &Index) -> String {
    if index.include.is_empty() {
        return String::new();
    }
    format!(
        " INCLUDE ({})",
        quoted_list(index.include.iter().map(String::as_str))
    )
}

fn keys(keys: &[IndexKey]) -> String {
    keys.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn key(key: &IndexKey) -> String {
    let IndexKey {
        part,
        order,
        collation,
        nulls,
        operator_class,
    } = key;
    let mut text = match part {
        IndexPart::Column(column) => quote(column),
        IndexPart::Expression(expression) => format!("({expression})"),
    };
    if let Some(collation) = collation {
        text.push_str(&format!(" COLLATE {}", self::collation(collation)));
    }
    if let Some(class) = operator_class {
        text.push_str(&format!(" {}", quote(class)));
    }
    match order {
        Order::Ascending => {}
        Order::Descending => text.push_str(" DESC"),
    }
    match nulls {
        Nulls::Default => {}
        Nulls::First => text.push_str(" NULLS FIRST"),
        Nulls::Last => text.push_str(" NULLS LAST"),
    }
    text
}

/// Returns the statement that says what a table is for.
pub(super) fn comment_on_table(table: &TableName, comment: Option<&str>) -> String {
    let comment = comment.map_or_else(|| "NULL".to_owned(), text);
    format!("COMMENT ON TABLE {} IS {comment}", qualified(table))
}

/// Returns the statement that says what a column is for.
pub(super) fn comment_on_column(table: &TableName, column: &str, comment: Option<&str>) -> String {
    let comment = comment.map_or_else(|| "NULL".to_owned(), text);
    format!(
        "COMMENT ON COLUMN {}.{} IS {comment}",
        qualified(table),
        quote(column)
    )
}
