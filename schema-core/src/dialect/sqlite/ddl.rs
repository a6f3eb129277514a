//! The text of statements, from parts of a normalized schema.
//!
//! One style: keywords in upper case, four spaces, every name in double quotes, no final semicolon. What is rendered here is what
//! [`parse`](super::parse) reads back; both know nothing of why a statement is needed.

use std::collections::BTreeMap;

use crate::schema::{
    Action, Auto, Check, Column, Default, Deferrable, ForeignKey, Generated, Index, IndexKey, IndexPart,
    Literal, Order, Storage, Table, TableOptions, Type,
};

/// Returns a name in double quotes, whatever is in it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns names in double quotes with commas between them.
pub(super) fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// Returns a text as a string literal.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns a constant as SQLite writes it.
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
        Default::Expression { sql } => format!("({sql})"),
    }
}

/// What the text of a table says beyond its schema. By default the primary key comes before the other keys, those come by name, and
/// nothing is said of conflicts.
///
/// SQLite numbers the indexes behind keys in the order of the text, and an ON CONFLICT clause has no place in a schema.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Wording {
    /// The names of the UNIQUE constraints in order; others follow.
    pub(super) uniques: Vec<String>,
    /// How many of them come before the primary key.
    pub(super) before_key: usize,
    /// What happens to a row that breaks a UNIQUE constraint, by the constraint's name.
    pub(super) unique_conflicts: BTreeMap<String, String>,
    /// What happens to a row that breaks the primary key.
    pub(super) key_conflict: Option<String>,
    /// What happens to a row that breaks the NOT NULL of a column, by the column's name.
    pub(super) null_conflicts: BTreeMap<String, String>,
}

impl Wording {
    /// Returns it with what another one says of conflicts, where that says anything.
    pub(super) fn with_conflicts(mut self, other: Wording) -> Self {
        let Wording {
            uniques: _,
            before_key: _,
            unique_conflicts,
            key_conflict,
            null_conflicts,
        } = other;
        self.unique_conflicts.extend(unique_conflicts);
        self.key_conflict = key_conflict.or(self.key_conflict);
        self.null_conflicts.extend(null_conflicts);
        self
    }

    /// Returns the UNIQUE constraints of a table in their order.
    fn sorted<'a>(&self, table: &'a Table) -> Vec<&'a Index> {
        let mut uniques: Vec<&Index> = table.indexes.values().filter(|index| index.constraint).collect();
        uniques.sort_by_key(|index| {
            let place = self.uniques.iter().position(|name| *name == index.name);
            place.unwrap_or(self.uniques.len())
        });
        uniques
    }
}

fn on_conflict(conflict: Option<&String>) -> String {
    conflict.map_or_else(String::new, |conflict| format!(" ON CONFLICT {conflict}"))
}

/// Returns the statement that creates a table under another name than its own, which its foreign keys to itself keep.
pub(super) fn create_table(table: &Table, name: &str, wording: &Wording) -> String {
    let Table {
        name: _,
        columns,
        primary_key,
        indexes: _,
        foreign_keys,
        checks,
        options,
    } = table;
    let key_conflict = on_conflict(wording.key_conflict.as_ref());
    let sequence = columns.iter().find(|column| column.auto == Auto::NeverReused);
    let mut lines: Vec<String> = columns
        .iter()
        .map(|column| {
            let mut line = worded_column(column, wording.null_conflicts.get(&column.name));
            // AUTOINCREMENT has no form but this one, in the column's own line.
            if let (Some(sequence), Some(key)) = (sequence, primary_key) {
                if sequence.name == column.name {
                    line.push_str(&format!(
                        " CONSTRAINT {} PRIMARY KEY{key_conflict} AUTOINCREMENT",
                        quote(&key.name)
                    ));
                }
            }
            line
        })
        .collect();
    let uniques = wording.sorted(table).into_iter().map(|index| {
        let conflict = on_conflict(wording.unique_conflicts.get(&index.name));
        format!(
            "CONSTRAINT {} UNIQUE ({}){conflict}",
            quote(&index.name),
            index_keys(&index.keys)
        )
    });
    let mut keys: Vec<String> = uniques.collect();
    if let (None, Some(key)) = (sequence, primary_key) {
        let place = wording.before_key.min(keys.len());
        let columns = quoted_list(key.columns.iter().map(String::as_str));
        keys.insert(
            place,
            format!(
                "CONSTRAINT {} PRIMARY KEY ({columns}){key_conflict}",
                quote(&key.name)
            ),
        );
    }
    lines.extend(keys);
    lines.extend(foreign_keys.values().map(|key| {
        format!(
            "CONSTRAINT {} FOREIGN KEY ({}) {}",
            quote(&key.name),
            quoted_list(key.columns.iter().map(String::as_str)),
            references(key)
        )
    }));
    lines.extend(checks.values().map(check));
    format!(
        "CREATE TABLE {} (\n    {}\n){}",
        quote(name),
        lines.join(",\n    "),
        self::options(options)
    )
}

/// Returns what stands behind the body of a table.
fn options(options: &TableOptions) -> &'static str {
    let TableOptions {
        comment: _,
        strict,
        without_rowid,
        engine: _,
        charset: _,
        collation: _,
    } = options;
    match (strict, without_rowid) {
        (false, false) => "",
        (true, false) => " STRICT",
        (false, true) => " WITHOUT ROWID",
        (true, true) => " STRICT, WITHOUT ROWID",
    }
}

/// Returns a column's definition, without keys and references.
pub(super) fn column(column: &Column) -> String {
    worded_column(column, None)
}

fn worded_column(column: &Column, null_conflict: Option<&String>) -> String {
    let Column {
        name,
        ty,
        sql_type: _,
        nullable,
        default,
        generated,
        auto: _,
        collation,
        collations: _,
        comment: _,
    } = column;
    let mut text = quote(name);
    if let Type::Native(declared) = ty {
        let declared = super::types::render(declared);
        if !declared.is_empty() {
            text.push(' ');
            text.push_str(&declared);
        }
    }
    if let Some(collation) = collation {
        text.push_str(" COLLATE ");
        text.push_str(&quote(collation));
    }
    if !nullable {
        text.push_str(" NOT NULL");
        text.push_str(&on_conflict(null_conflict));
    }
    if let Some(default) = default {
        text.push_str(" DEFAULT ");
        text.push_str(&value(default));
    }
    if let Some(Generated { expression, storage }) = generated {
        let storage = match storage {
            Storage::Virtual => "VIRTUAL",
            Storage::Stored => "STORED",
        };
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {storage}"));
    }
    text
}

/// Returns the part of a foreign key that can also stand in a column's own line.
pub(super) fn references(key: &ForeignKey) -> String {
    let ForeignKey {
        name: _,
        columns: _,
        references,
        referenced_columns,
        on_delete,
        on_update,
        deferrable,
    } = key;
    let mut text = format!("REFERENCES {}", quote(&references.name));
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
        Deferrable::Never | Deferrable::Immediate => {}
        Deferrable::Deferred => text.push_str(" DEFERRABLE INITIALLY DEFERRED"),
    }
    text
}

/// Returns a CHECK as a table's constraint.
pub(super) fn check(check: &Check) -> String {
    let Check { name, expression } = check;
    format!("CONSTRAINT {} CHECK ({expression})", quote(name))
}

/// Returns the statement that creates an index that is no constraint.
pub(super) fn create_index(table: &str, index: &Index) -> String {
    let Index {
        name,
        keys,
        unique,
        constraint: _,
        predicate,
        using: _,
        include: _,
        nulls_not_distinct: _,
    } = index;
    let mut text = format!(
        "CREATE {}INDEX {} ON {} ({})",
        if *unique { "UNIQUE " } else { "" },
        quote(name),
        quote(table),
        index_keys(keys)
    );
    if let Some(predicate) = predicate {
        text.push_str(&format!(" WHERE {predicate}"));
    }
    text
}

fn index_keys(keys: &[IndexKey]) -> String {
    keys.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn key(key: &IndexKey) -> String {
    let IndexKey {
        part,
        order,
        collation,
        nulls: _,
        operator_class: _,
    } = key;
    let mut text = match part {
        IndexPart::Column(column) => quote(column),
        // Parentheses keep a trailing operator apart from COLLATE.
        IndexPart::Expression(expression) => format!("({expression})"),
    };
    if let Some(collation) = collation {
        text.push_str(" COLLATE ");
        text.push_str(&quote(collation));
    }
    match order {
        Order::Ascending => {}
        Order::Descending => text.push_str(" DESC"),
    }
    text
}
