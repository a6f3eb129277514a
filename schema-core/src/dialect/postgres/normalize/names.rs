//! Names that PostgreSQL does not take, would cut off, or takes for the same.

use std::collections::BTreeMap;

use super::unsupported;
use crate::dialect::Unsupported;
use crate::dialect::postgres::{RESERVED_PREFIX, types};
use crate::schema::{Schema, Table, TableName, naming};

/// Refuses the names of a normalized schema.
///
/// # Errors
///
/// The first name that will not do.
pub(super) fn refuse(schema: &Schema) -> Result<(), Unsupported> {
    let mut taken = Taken::default();
    for table in schema.tables.values() {
        let what = format!("table `{}`", table.name);
        refuse_kept(&table.name, &what)?;
        if let Some(namespace) = &table.name.schema {
            refuse_name(namespace, &format!("the schema of {what}"))?;
            if namespace.starts_with("pg_") || namespace == "information_schema" {
                return Err(unsupported(what, "PostgreSQL keeps its schema for itself"));
            }
        }
        taken.relation(&table.name, what)?;
        members(table, &mut taken)?;
    }
    enums(schema, &mut taken)
}

/// What has a name in a schema. A table has a type of its own name, so types and relations share their names.
#[derive(Default)]
struct Taken(BTreeMap<TableName, String>);

impl Taken {
    fn relation(&mut self, name: &TableName, what: String) -> Result<(), Unsupported> {
        match self.0.insert(name.clone(), what.clone()) {
            None => Ok(()),
            Some(other) => Err(unsupported(
                what,
                &format!("there is {other}, and both would have the same name in one schema"),
            )),
        }
    }
}

fn members(table: &Table, taken: &mut Taken) -> Result<(), Unsupported> {
    let of = |kind: &str, name: &str| format!("{kind} `{name}` of `{}`", table.name);
    for column in &table.columns {
        let what = format!("column `{}.{}`", table.name, column.name);
        refuse_name(&column.name, &what)?;
        if ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"].contains(&column.name.as_str()) {
            return Err(unsupported(
                what,
                "every table of PostgreSQL has a system column of that name",
            ));
        }
    }
    // The indexes behind keys and constraints are relations too.
    if let Some(key) = &table.primary_key {
        let what = of("primary key", &key.name);
        refuse_name(&key.name, &what)?;
        taken.relation(&table.name.sibling(&key.name), what)?;
    }
    for index in table.indexes.values() {
        let what = of("index", &index.name);
        refuse_name(&index.name, &what)?;
        taken.relation(&table.name.sibling(&index.name), what)?;
    }
    let mut constraints: BTreeMap<&str, String> = BTreeMap::new();
    let own = table
        .primary_key
        .iter()
        .map(|key| (key.name.as_str(), "primary key"));
    let uniques = table.indexes.values().filter(|index| index.constraint);
    let own = own
        .chain(uniques.map(|index| (index.name.as_str(), "unique constraint")))
        .chain(
            table
                .foreign_keys
                .keys()
                .map(|name| (name.as_str(), "foreign key")),
        )
        .chain(table.checks.keys().map(|name| (name.as_str(), "check")));
    for (name, kind) in own {
        let what = of(kind, name);
        refuse_name(name, &what)?;
        if let Some(other) = constraints.insert(name, what.clone()) {
            return Err(unsupported(what, &format!("there is {other} already")));
        }
    }
    Ok(())
}

/// An enum is one type, whoever uses it.
fn enums(schema: &Schema, taken: &mut Taken) -> Result<(), Unsupported> {
    let mut seen: BTreeMap<TableName, (&[String], String)> = BTreeMap::new();
    for table in schema.tables.values() {
        for column in &table.columns {
            let Some((name, values)) = types::enumeration(&column.ty) else {
                continue;
            };
            let what = format!("the type `{name}` of column `{}.{}`", table.name, column.name);
            match seen.get(&name) {
                Some((other, _)) if *other == values => continue,
                Some((_, other)) => {
                    return Err(unsupported(
                        what,
                        &format!("{other} has other values: give one of the two enums another name"),
                    ));
                }
                None => {}
            }
            refuse_kept(&name, &what)?;
            for value in values {
                refuse_length(value, &format!("the value `{value}` of {what}"))?;
            }
            taken.relation(&name, what.clone())?;
            seen.insert(name, (values, what));
        }
    }
    Ok(())
}

fn refuse_kept(name: &TableName, what: &str) -> Result<(), Unsupported> {
    if name.name.starts_with(RESERVED_PREFIX) {
        return Err(unsupported(
            what,
            "names that begin with `_autogen_` are kept for the migration tool",
        ));
    }
    refuse_name(&name.name, what)
}

fn refuse_name(name: &str, what: &str) -> Result<(), Unsupported> {
    if name.is_empty() || name.contains('\0') {
        return Err(unsupported(what, "its name is empty or holds a NUL byte"));
    }
    refuse_length(name, what)
}

/// PostgreSQL cuts a longer name off without an error, and takes two that begin alike for the same
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
fn refuse_length(name: &str, what: &str) -> Result<(), Unsupported> {
    if name.len() <= naming::MAX_LENGTH {
        return Ok(());
    }
    Err(unsupported(
        what,
        &format!(
            "its name has {} bytes, and PostgreSQL cuts it off after {}",
            name.len(),
            naming::MAX_LENGTH
        ),
    ))
}
