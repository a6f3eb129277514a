//! The names that things get in Rust: a struct for a table, a field for a column, an enum and its variants for their texts.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use unicode_ident::{is_xid_continue, is_xid_start};

use crate::describe::naming::{IRREGULAR, UNCOUNTABLE, plural};
use crate::schema::{Schema, TableName, Type};

/// Words that name no field as they are, but do behind `r#`.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words that name nothing, not even behind `r#`.
const FORBIDDEN: [&str; 5] = ["self", "Self", "super", "crate", "_"];

/// Names that a struct would take from the code that is written around it.
const TAKEN: [&str; 14] = [
    "Box", "Clone", "Copy", "Debug", "Default", "Enum", "Eq", "Err", "Model", "None", "Ok", "Option", "Some",
    "String",
];

/// What everything is called.
pub(super) struct Names {
    structs: BTreeMap<TableName, String>,
    fields: BTreeMap<(TableName, String), String>,
    /// The enums, by the notation of the type.
    enums: BTreeMap<String, NamedEnum>,
}

/// An enum of Rust.
struct NamedEnum {
    name: String,
    /// Whether the derive must be told what the database calls it.
    says: bool,
    ty: Type,
}

impl Names {
    /// Gives names to all of a schema.
    pub(super) fn new(schema: &Schema) -> Self {
        let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        taken.insert("Vec".to_owned());
        let mut structs = BTreeMap::new();
        let mut fields = BTreeMap::new();
        for table in schema.tables.values() {
            structs.insert(table.name.clone(), struct_name(&table.name, &mut taken));
            let mut used = BTreeSet::new();
            for column in &table.columns {
                let field = field_name(&column.name, &mut used);
                fields.insert((table.name.clone(), column.name.clone()), field);
            }
        }
        let mut enums = BTreeMap::new();
        let columns = schema
            .tables
            .values()
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)));
        for (table, column) in columns {
            let element = element(&column.ty);
            if let Type::Enum { name, values: _ } = element {
                enums.entry(element.to_string()).or_insert_with(|| {
                    let is_struct = structs.values().any(|taken| *taken == camel(name, "Value"));
                    let rust = enum_name(name, &structs[&table.name], &mut taken);
                    NamedEnum {
                        says: is_struct || camel(name, "Value").to_snake_case() != *name,
                        name: rust,
                        ty: element.clone(),
                    }
                });
            }
        }
        Names {
            structs,
            fields,
            enums,
        }
    }

    /// Returns the struct of a table.
    pub(super) fn of_table(&self, table: &TableName) -> &str {
        self.structs.get(table).map_or("", String::as_str)
    }

    /// Returns the field of a column.
    pub(super) fn of_column(&self, table: &TableName, column: &str) -> &str {
        let key = (table.clone(), column.to_owned());
        self.fields.get(&key).map_or("", String::as_str)
    }

    /// Returns the enum of a type.
    pub(super) fn of_enum(&self, ty: &Type) -> &str {
        self.enums
            .get(&ty.to_string())
            .map_or("", |named| named.name.as_str())
    }

    /// Returns the enums with their names, in the order of these, and whether the database's name must be said.
    pub(super) fn enums(&self) -> impl Iterator<Item = (&str, &Type, bool)> {
        let mut by_name: Vec<&NamedEnum> = self.enums.values().collect();
        by_name.sort_by(|one, other| one.name.cmp(&other.name));
        by_name
            .into_iter()
            .map(|named| (named.name.as_str(), &named.ty, named.says))
    }
}

/// Returns what an array is an array of, or the type itself.
pub(super) fn element(ty: &Type) -> &Type {
    if let Type::Array(inner) = ty {
        element(inner)
    } else {
        ty
    }
}

/// A suffix keeps a struct from what the code around it uses, and the derive takes it off again.
fn struct_name(table: &TableName, taken: &mut BTreeSet<String>) -> String {
    let (before, last) = match table.name.rsplit_once('_') {
        Some((before, last)) => (Some(before), last),
        None => (None, table.name.as_str()),
    };
    let singular = match before {
        Some(before) => format!("{before}_{}", singular(last)),
        None => singular(last),
    };
    let name = camel(&singular, "Table");
    let suffixed = format!("{name}Model");
    let numbered = (2_u32..).map(|number| format!("{name}{number}"));
    std::iter::once(name.clone())
        .chain(std::iter::once(suffixed))
        .chain(numbered)
        .find(|name| taken.insert(name.clone()))
        .expect("there are more numbers than tables")
}

fn enum_name(name: &str, owner: &str, taken: &mut BTreeSet<String>) -> String {
    let own = camel(name, "Value");
    let longer = format!("{}{own}", owner.strip_suffix("Model").unwrap_or(owner));
    let numbered = (2_u32..).map(|number| format!("{longer}{number}"));
    std::iter::once(own)
        .chain(std::iter::once(longer.clone()))
        .chain(numbered)
        .find(|name| taken.insert(name.clone()))
        .expect("there are more numbers than enums")
}

/// Returns a name for every text of an enum.
pub(super) fn variants(values: &[String]) -> Vec<String> {
    let mut used = BTreeSet::new();
    values
        .iter()
        .map(|value| {
            let name = camel(value, "Value");
            let numbered = (2_u32..).map(|number| format!("{name}{number}"));
            std::iter::once(name.clone())
                .chain(numbered)
                .find(|name| used.insert(name.clone()))
                .expect("there are more numbers than values")
        })
        .collect()
}

/// Returns a word in the singular, so that the derive's plural of it is the word again, if there is such a one.
fn singular(word: &str) -> String {
    if let Some((one, _)) = IRREGULAR.iter().find(|(_, many)| *many == word) {
        return (*one).to_owned();
    }
    if UNCOUNTABLE.contains(&word) {
        return word.to_owned();
    }
    let without = |end: &str, more: &str| word.strip_suffix(end).map(|stem| format!("{stem}{more}"));
    let es_first = [
        "sses", "shes", "ches", "xes", "zzes", "tuses", "iases", "ruses", "oes",
    ];
    let mut candidates = vec![without("ies", "y"), without("ves", "f"), without("ves", "fe")];
    let (s, es) = (without("s", ""), without("es", ""));
    if es_first.iter().any(|end| word.ends_with(end)) {
        candidates.extend([es, s]);
    } else {
        candidates.extend([s, es]);
    }
    candidates
        .into_iter()
        .flatten()
        .find(|one| !one.is_empty() && plural(one) == word)
        .unwrap_or_else(|| word.to_owned())
}

fn camel(text: &str, fallback: &str) -> String {
    let words: String = text
        .chars()
        .map(|c| if is_xid_continue(c) { c } else { '_' })
        .collect();
    let mut name = words.to_upper_camel_case();
    if !name.starts_with(|c: char| is_xid_start(c) && !c.is_lowercase()) {
        name.insert_str(0, fallback);
    }
    if FORBIDDEN.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

fn field_name(column: &str, used: &mut BTreeSet<String>) -> String {
    let mut name: String = if is_snake(column) {
        column.to_owned()
    } else {
        let words: String = column
            .chars()
            .map(|c| if is_xid_continue(c) { c } else { '_' })
            .collect();
        words.to_snake_case()
    };
    if !name.starts_with(|c: char| is_xid_start(c) || c == '_') {
        name.insert_str(0, "column_");
    }
    if FORBIDDEN.contains(&name.as_str()) {
        name.push('_');
    }
    let base = name.trim_end_matches('_').to_owned();
    let numbered = (2_u32..).map(|number| format!("{base}_{number}"));
    let name = std::iter::once(name)
        .chain(numbered)
        .find(|name| used.insert(name.clone()))
        .expect("there are more numbers than columns");
    if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else {
        name
    }
}

/// Tells whether a column's name is a field's as it stands. Beyond ASCII, Rust and the database may not agree on one spelling.
fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Tells whether the column that the derive makes of a field has that name.
pub(super) fn says(field: &str, column: &str) -> bool {
    field.is_ascii() && field.strip_prefix("r#").unwrap_or(field) == column
}

/// Tells whether the text that the derive makes of a variant is that value.
pub(super) fn says_value(variant: &str, value: &str) -> bool {
    variant.to_snake_case() == value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::naming::table_name;

    #[test]
    fn structs_are_in_the_singular() {
        for (table, name) in [
            ("items", "Item"),
            ("item_tags", "ItemTag"),
            ("categories", "Category"),
            ("people", "Person"),
            ("addresses", "Address"),
            ("statuses", "Status"),
            ("houses", "House"),
            ("shelves", "Shelf"),
            ("news", "News"),
            ("species_tags", "SpeciesTag"),
            ("rare_species", "RareSpecies"),
            ("data", "Datum"),
            ("options", "OptionModel"),
            ("with space", "WithSpace"),
            ("2024", "Table2024"),
            ("größen", "Größen"),
        ] {
            let mut taken = TAKEN.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(struct_name(&TableName::new(table), &mut taken), name, "{table}");
        }
        assert_eq!(table_name("OptionModel"), "options");
    }

    #[test]
    fn fields_are_what_rust_takes() {
        let mut used = BTreeSet::new();
        for (column, field) in [
            ("name", "name"),
            ("type", "r#type"),
            ("self", "self_"),
            ("Camel", "camel"),
            ("camel", "camel_2"),
            ("two words", "two_words"),
            ("2nd", "column_2nd"),
            ("id", "id"),
            ("größe", "größe"),
            ("a-b", "a_b"),
        ] {
            assert_eq!(field_name(column, &mut used), field, "{column}");
        }
    }
}
