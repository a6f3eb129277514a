//! Indexes, foreign keys and checks: on the field if they are about one column and named by the convention, else on the struct.

use super::{OfColumns, name_of};
use crate::describe::rust::names::Names;
use crate::describe::rust::types::RustType;
use crate::schema::{
    Action, Deferrable, ForeignKey, Index, IndexKey, IndexPart, Nulls, Order, Schema, Table, TableName,
    naming,
};

/// Says the indexes and UNIQUE constraints.
pub(super) fn indexes(
    table: &Table,
    names: &Names,
    of_table: &mut Vec<String>,
    of_columns: &mut OfColumns<'_>,
) {
    for index in table.indexes.values() {
        match on_field(table, index) {
            Some((column, word)) => {
                if let Some(keys) = of_columns.get_mut(column) {
                    keys.push(word.to_owned());
                }
            }
            None => of_table.push(on_struct(table, index, names)),
        }
    }
}

/// Returns the column and the word that say all of an index.
fn on_field<'a>(table: &Table, index: &'a Index) -> Option<(&'a str, &'static str)> {
    let [
        IndexKey {
            part: IndexPart::Column(column),
            ..
        },
    ] = index.keys.as_slice()
    else {
        return None;
    };
    let keys = vec![IndexKey::column(column.clone())];
    let unique = Index {
        unique: true,
        constraint: true,
        ..Index::new(naming::unique(&table.name, &[column]), keys.clone())
    };
    if *index == unique {
        return Some((column, "unique"));
    }
    (*index == Index::new(naming::index(&table.name, &[column]), keys)).then_some((column, "index"))
}

fn on_struct(table: &Table, index: &Index, names: &Names) -> String {
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
    let mut parts: Vec<String> = keys.iter().map(|key| key_of(table, key, names)).collect();
    if !include.is_empty() {
        let fields: Vec<String> = include
            .iter()
            .map(|column| listed(table, column, names))
            .collect();
        parts.push(format!("include({})", fields.join(", ")));
    }
    if *unique && !*constraint {
        parts.push("unique".to_owned());
    }
    if *nulls_not_distinct {
        parts.push("nulls_not_distinct".to_owned());
    }
    parts.extend(using.iter().map(|using| format!("using = {using:?}")));
    parts.extend(
        predicate
            .iter()
            .map(|predicate| format!("where = {:?}", predicate.0)),
    );
    if *name != conventional(table, index) {
        parts.push(format!("name = {}", name_of(name)));
    }
    let word = if *constraint { "unique" } else { "index" };
    format!("{word}({})", parts.join(", "))
}

fn conventional(table: &Table, index: &Index) -> String {
    let texts: Vec<String> = index.keys.iter().map(text_of).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    if index.unique {
        naming::unique(&table.name, &texts)
    } else {
        naming::index(&table.name, &texts)
    }
}

/// Returns a key as the record of a model has it. A collation has no attribute, but an expression can say it.
fn text_of(key: &IndexKey) -> String {
    match (&key.part, &key.collation) {
        (IndexPart::Column(column), None) => column.clone(),
        (IndexPart::Column(column), Some(collation)) => format!("\"{column}\" COLLATE {}", quoted(collation)),
        (IndexPart::Expression(expression), None) => expression.0.clone(),
        (IndexPart::Expression(expression), Some(collation)) => {
            format!("({}) COLLATE {}", expression.0, quoted(collation))
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn key_of(table: &Table, key: &IndexKey, names: &Names) -> String {
    let IndexKey {
        part,
        order,
        collation,
        nulls,
        operator_class,
    } = key;
    let mut text = match (part, collation) {
        (IndexPart::Column(column), None) => listed(table, column, names),
        (IndexPart::Column(_) | IndexPart::Expression(_), _) => format!("{:?}", text_of(key)),
    };
    if let Some(class) = operator_class {
        text.push_str(&format!(" opclass {class:?}"));
    }
    if *order == Order::Descending {
        text.push_str(" desc");
    }
    text.push_str(match nulls {
        Nulls::Default => "",
        Nulls::First => " nulls first",
        Nulls::Last => " nulls last",
    });
    text
}

/// Returns a field in a list, where some words have a meaning of their own.
fn listed(table: &Table, column: &str, names: &Names) -> String {
    let field = names.of_column(&table.name, column);
    if matches!(field, "unique" | "include" | "nulls_not_distinct") {
        format!("r#{field}")
    } else {
        field.to_owned()
    }
}

/// Says the foreign keys: the first one of a column on its field.
pub(super) fn foreign_keys(
    table: &Table,
    schema: &Schema,
    names: &Names,
    of_table: &mut Vec<String>,
    of_columns: &mut OfColumns<'_>,
) {
    for key in table.foreign_keys.values() {
        let options = options(table, key);
        let model = if key.references == table.name {
            "Self"
        } else {
            names.of_table(&key.references)
        };
        let keys = match key.columns.as_slice() {
            [only] => of_columns.get_mut(only.as_str()),
            _ => None,
        };
        let free = keys.filter(|keys| !keys.iter().any(|key| key.starts_with("references(")));
        if let (Some(keys), [referenced]) = (free, key.referenced_columns.as_slice()) {
            let target = target(table, key, referenced, schema, names, model);
            keys.push(format!("references({target}{options})"));
            continue;
        }
        let fields: Vec<&str> = key
            .columns
            .iter()
            .map(|column| names.of_column(&table.name, column))
            .collect();
        let referenced: Vec<&str> = key
            .referenced_columns
            .iter()
            .map(|column| names.of_column(&key.references, column))
            .collect();
        of_table.push(format!(
            "foreign_key({} => {model}({}){options})",
            fields.join(", "),
            referenced.join(", ")
        ));
    }
}

/// Returns what a key of one column refers to: the model, a field of it, or its column where the types differ in Rust.
fn target(
    table: &Table,
    key: &ForeignKey,
    referenced: &str,
    schema: &Schema,
    names: &Names,
    model: &str,
) -> String {
    let other = schema.table(&key.references);
    let types = (
        table.column(&key.columns[0]),
        other.and_then(|other| other.column(referenced)),
    );
    if let (Some(from), Some(to)) = types {
        let (from, to) = (RustType::of(from, names), RustType::of(to, names));
        if from.code != to.code {
            let referenced = TableName::new(referenced);
            return format!("{:?}", format!("{}.{referenced}", key.references));
        }
    }
    let primary = other.and_then(|other| other.primary_key.as_ref());
    if primary.is_some_and(|primary| primary.columns == [referenced]) {
        model.to_owned()
    } else {
        format!("{model}::{}", names.of_column(&key.references, referenced))
    }
}

fn options(table: &Table, key: &ForeignKey) -> String {
    let ForeignKey {
        name,
        columns,
        references,
        referenced_columns: _,
        on_delete,
        on_update,
        deferrable,
    } = key;
    let mut options = String::new();
    for (word, action) in [("on_delete", on_delete), ("on_update", on_update)] {
        if let Some(action) = action_of(*action) {
            options.push_str(&format!(", {word} = {action}"));
        }
    }
    options.push_str(match deferrable {
        Deferrable::Never => "",
        Deferrable::Immediate => ", deferrable",
        Deferrable::Deferred => ", deferrable = deferred",
    });
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    if *name != naming::foreign_key(&table.name, &columns, references) {
        options.push_str(&format!(", name = {}", name_of(name)));
    }
    options
}

fn action_of(action: Action) -> Option<&'static str> {
    match action {
        Action::NoAction => None,
        Action::Restrict => Some("restrict"),
        Action::Cascade => Some("cascade"),
        Action::SetNull => Some("set_null"),
        Action::SetDefault => Some("set_default"),
    }
}

/// Says the checks.
pub(super) fn checks(table: &Table, of_table: &mut Vec<String>, of_columns: &mut OfColumns<'_>) {
    for check in table.checks.values() {
        let expression = &check.expression.0;
        let column = table
            .columns
            .iter()
            .find(|column| check.name == naming::check(&table.name, &column.name));
        match column.and_then(|column| of_columns.get_mut(column.name.as_str())) {
            Some(keys) => keys.push(format!("check = {expression:?}")),
            None if check.name == naming::check(&table.name, expression) => {
                of_table.push(format!("check({expression:?})"));
            }
            None => of_table.push(format!("check({expression:?}, name = {})", name_of(&check.name))),
        }
    }
}
