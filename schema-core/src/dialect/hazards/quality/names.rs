//! Names that have to be written with care.

use std::collections::BTreeMap;

use crate::hazard::{Code, Hazard};
use crate::schema::{Schema, Table, TableName};

/// Names of a table and its columns that are none without quotes.
pub(in crate::dialect) fn reserved(table: &Table, is_reserved: impl Fn(&str) -> bool) -> Vec<Hazard> {
    let name = &table.name;
    let mut found = Vec::new();
    if is_reserved(&name.name) {
        let text =
            format!("the table `{name}` is called as a word of SQL, so every statement has to quote it");
        let safe = "another name: `#[model(table = \"…\")]`";
        found.push(Hazard::new(Code::S10, text, safe).of(name, &[]));
    }
    for column in table.columns.iter().filter(|column| is_reserved(&column.name)) {
        let text = format!(
            "`{name}.{}` is called as a word of SQL, so every statement has to quote it",
            column.name
        );
        let safe = "another name: `#[model(column = \"…\")]`";
        found.push(Hazard::new(Code::S10, text, safe).of(name, &[&column.name]));
    }
    found
}

/// Tables, and columns of one, that are called alike but for the case of letters.
pub(in crate::dialect) fn differ_in_case(schema: &Schema) -> Vec<Hazard> {
    let mut found = Vec::new();
    let tables = schema.tables.keys().map(|name| {
        let folded = (name.schema.clone(), name.name.to_lowercase());
        (folded, name.to_string(), name)
    });
    found.extend(alike(tables));
    for table in schema.tables.values() {
        let columns = table.columns.iter().map(|column| {
            let shown = format!("{}.{}", table.name, column.name);
            (column.name.to_lowercase(), shown, &table.name)
        });
        found.extend(alike(columns));
    }
    found
}

fn alike<'a, K: Ord>(names: impl Iterator<Item = (K, String, &'a TableName)>) -> Vec<Hazard> {
    let mut groups: BTreeMap<K, Vec<(String, &TableName)>> = BTreeMap::new();
    for (folded, shown, table) in names {
        groups.entry(folded).or_default().push((shown, table));
    }
    let several = groups.into_values().filter(|group| group.len() > 1);
    several
        .map(|group| {
            let shown: Vec<String> = group.iter().map(|(name, _)| format!("`{name}`")).collect();
            let text = format!(
                "{} differ in nothing but the case of letters, which other servers and who writes without quotes do not see",
                shown.join(" and ")
            );
            let table = group[0].1;
            Hazard::new(Code::S11, text, "names that differ in a letter").of(table, &[])
        })
        .collect()
}
