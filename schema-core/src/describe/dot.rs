//! A schema as a graph of Graphviz (<https://graphviz.org/doc/info/lang.html>).

use std::fmt::Write as _;

use crate::schema::{Column, Schema, Table, Type};

/// Returns a schema as a graph, each table a node with its columns and each foreign key an arrow.
///
/// ```
/// use schema_core::describe::dot;
/// use schema_core::schema::{Schema, Table, TableName};
///
/// let schema = Schema::from_iter([Table::new(TableName::new("items"))]);
/// assert!(dot(&schema).starts_with("digraph schema {\n"));
/// ```
#[must_use]
pub fn dot(schema: &Schema) -> String {
    let mut text = String::from("digraph schema {\n    rankdir = LR\n    node [shape = plaintext]\n");
    for table in schema.tables.values() {
        let _ = writeln!(
            text,
            "    {} [label = <{}>]",
            id(&table.name.to_string()),
            label(table)
        );
    }
    for table in schema.tables.values() {
        for key in table.foreign_keys.values() {
            let port = |columns: &[String]| {
                columns
                    .first()
                    .map_or(String::new(), |column| format!(":{}", id(column)))
            };
            let _ = writeln!(
                text,
                "    {}{} -> {}{} [tooltip = {}]",
                id(&table.name.to_string()),
                port(&key.columns),
                id(&key.references.to_string()),
                port(&key.referenced_columns),
                id(&key.name)
            );
        }
    }
    text.push_str("}\n");
    text
}

fn label(table: &Table) -> String {
    let mut label = format!(
        "<table border=\"0\" cellborder=\"1\" cellspacing=\"0\"><tr><td bgcolor=\"lightgray\"><b>{}</b></td></tr>",
        html(&table.name.to_string())
    );
    for column in &table.columns {
        let name = html(&column.name);
        let name = if table.is_key(&column.name) {
            format!("<u>{name}</u>")
        } else {
            name
        };
        let _ = write!(
            label,
            "<tr><td align=\"left\" port=\"{}\">{name} <i>{}</i></td></tr>",
            html(&column.name),
            html(&type_of(column))
        );
    }
    label.push_str("</table>");
    label
}

fn type_of(column: &Column) -> String {
    let ty = if let Type::Native(native) = &column.ty {
        native.clone()
    } else {
        column.ty.to_string()
    };
    if column.nullable { format!("{ty}?") } else { ty }
}

fn id(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
