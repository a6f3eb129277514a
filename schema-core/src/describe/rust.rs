//! A schema as structs with `#[derive(Model)]`, which lead to the same schema again.
//!
//! What the derive says by itself is not written: a name by the convention, a key that is called `id`, a number that the database gives. What no
//! attribute can say is left out and told.

mod attributes;
mod names;
mod sayable;
mod types;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use self::names::{Names, says_value, variants};
use self::types::RustType;
use crate::schema::{Schema, Table, Type};

/// The widest line of code.
const WIDTH: usize = 100;

/// Structs for a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rust {
    /// The code of a module.
    pub text: String,
    /// The features of this crate, and crates of the same name, that the code needs.
    pub features: BTreeSet<&'static str>,
    /// What models cannot say, one sentence each.
    pub left_out: Vec<String>,
}

/// Returns structs for a schema, in its general form, under a head comment with the title.
///
/// # Example
///
/// ```
/// use schema_core::describe::rust;
/// use schema_core::schema::{Column, PrimaryKey, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns.push(Column { nullable: true, ..Column::new("type", Type::Text { length: Some(80) }) });
/// let rust = rust(&Schema::from_iter([items]), "The tables of the shop.");
/// assert!(rust.text.contains("pub struct Item {\n    #[model(length = 80)]\n    pub r#type: Option<String>,\n}"));
/// ```
#[must_use]
pub fn rust(schema: &Schema, title: &str) -> Rust {
    let (schema, left_out) = sayable::sayable(schema);
    let names = Names::new(&schema);
    let mut features = BTreeSet::new();
    let mut items = Vec::new();
    for table in schema.tables.values() {
        items.push(structure(table, &schema, &names, &mut features));
    }
    let enums: Vec<String> = names
        .enums()
        .map(|(name, ty, says)| enumeration(name, ty, says))
        .collect();
    let derives = if enums.is_empty() {
        "Model"
    } else {
        "{Enum, Model}"
    };
    let mut text = head(title, &features, &left_out);
    if !items.is_empty() {
        let _ = write!(text, "\nuse schema_core::{derives};\n");
    }
    for item in items.iter().chain(&enums) {
        text.push('\n');
        text.push_str(item);
    }
    Rust {
        text,
        features,
        left_out,
    }
}

fn head(title: &str, features: &BTreeSet<&'static str>, left_out: &[String]) -> String {
    let mut head = String::new();
    let mut line = |text: &str| {
        // A line end would end the comment.
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let _ = writeln!(head, "{}", format!("//! {text}").trim_end());
    };
    line(title);
    if !features.is_empty() {
        let features: Vec<&str> = features.iter().copied().collect();
        line("");
        line("The types of other crates need them, and features of `schema-core`:");
        line("");
        line("```text");
        line(&format!(
            "cargo add schema-core --features {}",
            features.join(",")
        ));
        line(&format!("cargo add {}", features.join(" ")));
        line("```");
    }
    if !left_out.is_empty() {
        line("");
        line("Left out, since models cannot say it:");
        line("");
        left_out
            .iter()
            .for_each(|left_out| line(&format!("- {left_out}")));
    }
    head
}

fn structure(table: &Table, schema: &Schema, names: &Names, features: &mut BTreeSet<&'static str>) -> String {
    let name = names.of_table(&table.name);
    let mut text = String::from("#[derive(Debug, Clone, PartialEq, Model)]\n");
    let (of_table, mut of_columns) = attributes::of_table(table, schema, names);
    text.push_str(&attributes("", &of_table));
    let _ = writeln!(text, "pub struct {name} {{");
    for column in &table.columns {
        let ty = RustType::of(column, names);
        features.extend(ty.krate);
        let keys = of_columns.remove(column.name.as_str()).unwrap_or_default();
        text.push_str(&attributes("    ", &keys));
        let field = names.of_column(&table.name, &column.name);
        let code = if column.nullable {
            format!("Option<{}>", ty.code)
        } else {
            ty.code
        };
        let _ = writeln!(text, "    pub {field}: {code},");
    }
    text.push_str("}\n");
    text
}

/// Writes attributes on one line, or each on its own if that would be too long.
fn attributes(indent: &str, keys: &[String]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let together = format!("{indent}#[model({})]\n", keys.join(", "));
    if together.chars().count() <= WIDTH {
        return together;
    }
    keys.iter()
        .map(|key| format!("{indent}#[model({key})]\n"))
        .collect()
}

fn enumeration(name: &str, ty: &Type, says: bool) -> String {
    let mut text = String::from("#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]\n");
    if let (Type::Enum { name, values: _ }, true) = (ty, says) {
        text.push_str(&attributes("", &[format!("name = {name:?}")]));
    }
    let _ = writeln!(text, "pub enum {name} {{");
    let values = ty.values().unwrap_or_default();
    for (variant, value) in variants(values).iter().zip(values) {
        if !says_value(variant, value) {
            let _ = writeln!(text, "    #[model(value = {value:?})]");
        }
        let _ = writeln!(text, "    {variant},");
    }
    text.push_str("}\n");
    text
}
