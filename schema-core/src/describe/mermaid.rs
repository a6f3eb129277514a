//! A schema as an entity relationship diagram of Mermaid (<https://mermaid.js.org/syntax/entityRelationshipDiagram.html>).

use std::fmt::Write as _;

use crate::schema::{Column, ForeignKey, Schema, Table, Type};

/// Returns a schema as a diagram that Markdown pages show.
///
/// ```
/// use schema_core::describe::mermaid;
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column::new("name", Type::Text { length: Some(80) }));
/// assert_eq!(mermaid(&Schema::from_iter([items])), "erDiagram\n    \"items\" {\n        text(80) name\n    }\n");
/// ```
#[must_use]
pub fn mermaid(schema: &Schema) -> String {
    let mut text = String::from("erDiagram\n");
    for table in schema.tables.values() {
        let _ = writeln!(text, "    {} {{", entity(&table.name.to_string()));
        for column in &table.columns {
            let _ = writeln!(text, "        {}", attribute(table, column));
        }
        text.push_str("    }\n");
    }
    for table in schema.tables.values() {
        for key in table.foreign_keys.values() {
            let _ = writeln!(text, "    {}", relation(table, key));
        }
    }
    text
}

/// A name in quotes, in which nothing can be escaped.
fn entity(name: &str) -> String {
    format!("\"{}\"", name.replace(['"', '\\', '%'], "_"))
}

fn attribute(table: &Table, column: &Column) -> String {
    let refers = table
        .foreign_keys
        .values()
        .any(|key| key.columns.contains(&column.name));
    let unique = table.indexes.values().any(|index| {
        index.unique
            && index
                .columns()
                .is_some_and(|columns| columns == [column.name.as_str()])
    });
    let marks: Vec<&str> = [(table.is_key(&column.name), "PK"), (refers, "FK"), (unique, "UK")]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, mark)| mark)
        .collect();
    let mut text = format!("{} {}", word(&type_of(column)), word(&column.name));
    if !marks.is_empty() {
        let _ = write!(text, " {}", marks.join(", "));
    }
    if column.nullable {
        text.push_str(" \"NULL\"");
    }
    text
}

fn type_of(column: &Column) -> String {
    // The values of an enum would make a line of their own.
    if let Type::Native(word)
    | Type::Enum {
        name: word,
        values: _,
    } = &column.ty
    {
        word.clone()
    } else {
        column.ty.to_string()
    }
}

/// Returns the text as the one word that a type or a name must be.
fn word(text: &str) -> String {
    let mut word = String::new();
    let mut open = false;
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() => word.push(c),
            '(' if !word.is_empty() && !open => {
                open = true;
                word.push(c);
            }
            ')' if open => {
                open = false;
                word.push(c);
            }
            ' ' if open => {}
            '-' | '_' => word.push(c),
            ',' if open => word.push('-'),
            _ => word.push('_'),
        }
    }
    if !word.starts_with(char::is_alphabetic) {
        word.insert(0, 'x');
    }
    word
}

/// Many rows refer to one, or to none where a column may be NULL; one row if the columns are unique.
fn relation(table: &Table, key: &ForeignKey) -> String {
    let nullable = key
        .columns
        .iter()
        .any(|name| table.column(name).is_some_and(|column| column.nullable));
    let is_whole_key = table
        .primary_key
        .as_ref()
        .is_some_and(|primary| primary.columns == key.columns);
    let unique = is_whole_key
        || table.indexes.values().any(|index| {
            index.unique
                && index.predicate.is_none()
                && index.columns().is_some_and(|columns| columns == key.columns)
        });
    let many = if unique { "|o" } else { "}o" };
    let one = if nullable { "o|" } else { "||" };
    format!(
        "{} {many}--{one} {} : {}",
        entity(&table.name.to_string()),
        entity(&key.references.to_string()),
        entity(&key.columns.join(", "))
    )
}
