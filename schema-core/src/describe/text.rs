//! A schema as text, for a person to read.

use std::fmt::Write as _;

use crate::schema::{
    Auto, Column, Default, Deferrable, ForeignKey, Index, IndexKey, IndexPart, Literal, Nulls, Order, Schema,
    Storage, Table,
};

/// Returns a schema as text: a table, and what belongs to it one thing a line.
///
/// ```
/// use schema_core::describe::text;
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column::new("name", Type::Text { length: Some(80) }));
/// assert_eq!(text(&Schema::from_iter([items])), "items\n  name  text(80)  not null\n");
/// ```
#[must_use]
pub fn text(schema: &Schema) -> String {
    let tables: Vec<String> = schema.tables.values().map(table).collect();
    tables.join("\n")
}

fn table(table: &Table) -> String {
    let Table {
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys,
        checks,
        options,
    } = table;
    let mut text = format!("{name}");
    let flags = [
        (options.strict, "strict"),
        (options.without_rowid, "without rowid"),
    ];
    for (_, word) in flags.into_iter().filter(|(on, _)| *on) {
        let _ = write!(text, "  {word}");
    }
    let kept = [
        ("engine", &options.engine),
        ("charset", &options.charset),
        ("collate", &options.collation),
    ];
    for (word, value) in kept {
        value
            .iter()
            .for_each(|value| text.push_str(&format!("  {word} {value}")));
    }
    options
        .comment
        .iter()
        .for_each(|comment| text.push_str(&format!("  -- {comment}")));
    text.push('\n');
    let width = |of: &dyn Fn(&Column) -> usize| columns.iter().map(of).max().unwrap_or_default();
    let names = width(&|column| column.name.chars().count());
    let types = width(&|column| type_of(column).chars().count());
    for column in columns {
        let line = format!(
            "  {:names$}  {:types$}  {}",
            column.name,
            type_of(column),
            properties(column)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let mut line = |line: String| text.push_str(&format!("  {line}\n"));
    if let Some(key) = primary_key {
        line(format!("primary key ({})", key.columns.join(", ")));
    }
    indexes.values().for_each(|one| line(index(one)));
    foreign_keys.values().for_each(|one| line(foreign_key(one)));
    checks
        .values()
        .for_each(|check| line(format!("check {} ({})", check.name, check.expression)));
    text
}

/// Returns the type, and the native one where that is said.
fn type_of(column: &Column) -> String {
    let native: Vec<&str> = column.sql_type.values().map(String::as_str).collect();
    match (&column.ty, native.as_slice()) {
        (crate::schema::Type::Native(native), _) => native.clone(),
        (ty, []) => ty.to_string(),
        (ty, native) => format!("{ty} as {}", native.join(", ")),
    }
}

fn properties(column: &Column) -> String {
    let mut words = Vec::new();
    if !column.nullable {
        words.push("not null".to_owned());
    }
    match column.auto {
        Auto::No => {}
        Auto::Auto => words.push("auto".to_owned()),
        Auto::NeverReused => words.push("autoincrement".to_owned()),
    }
    words.extend(
        column
            .default
            .iter()
            .map(|default| format!("default {}", value(default))),
    );
    if let Some(generated) = &column.generated {
        let kept = match generated.storage {
            Storage::Virtual => "virtual",
            Storage::Stored => "stored",
        };
        words.push(format!("generated ({}) {kept}", generated.expression));
    }
    words.extend(column.collation.iter().map(|name| format!("collate {name}")));
    let by_dialect = column.collations.iter();
    words.extend(by_dialect.map(|(dialect, name)| format!("collate {name} on {dialect}")));
    words.extend(column.comment.iter().map(|comment| format!("-- {comment}")));
    words.join("  ")
}

fn value(default: &Default) -> String {
    match default {
        Default::Expression { sql } => format!("({sql})"),
        Default::Literal(literal) => match literal {
            Literal::Boolean(value) => value.to_string(),
            Literal::Integer(number) => number.to_string(),
            Literal::Number { number } => number.clone(),
            Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Literal::Bytes { hex } => format!("x'{hex}'"),
        },
    }
}

fn index(index: &Index) -> String {
    let keys: Vec<String> = index.keys.iter().map(key).collect();
    let word = match (index.unique, index.constraint) {
        (true, true) => "unique",
        (true, false) => "unique index",
        (false, _) => "index",
    };
    let mut text = format!("{word} {} ({})", index.name, keys.join(", "));
    index
        .using
        .iter()
        .for_each(|using| text.push_str(&format!(" using {using}")));
    if !index.include.is_empty() {
        text.push_str(&format!(" include ({})", index.include.join(", ")));
    }
    if index.nulls_not_distinct {
        text.push_str(" nulls not distinct");
    }
    index
        .predicate
        .iter()
        .for_each(|predicate| text.push_str(&format!(" where {predicate}")));
    text
}

fn key(key: &IndexKey) -> String {
    let mut text = match &key.part {
        IndexPart::Column(column) => column.clone(),
        IndexPart::Expression(expression) => format!("({expression})"),
    };
    key.collation
        .iter()
        .for_each(|name| text.push_str(&format!(" collate {name}")));
    key.operator_class
        .iter()
        .for_each(|class| text.push_str(&format!(" {class}")));
    text.push_str(match key.order {
        Order::Ascending => "",
        Order::Descending => " desc",
    });
    text.push_str(match key.nulls {
        Nulls::Default => "",
        Nulls::First => " nulls first",
        Nulls::Last => " nulls last",
    });
    text
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!(
        "foreign key {} ({}) references {} ({})",
        key.name,
        key.columns.join(", "),
        key.references,
        key.referenced_columns.join(", ")
    );
    for (word, action) in [("on delete", key.on_delete), ("on update", key.on_update)] {
        if action != crate::schema::Action::NoAction {
            text.push_str(&format!(" {word} {}", action.sql().to_lowercase()));
        }
    }
    text.push_str(match key.deferrable {
        Deferrable::Never => "",
        Deferrable::Immediate => " deferrable",
        Deferrable::Deferred => " deferrable initially deferred",
    });
    text
}
