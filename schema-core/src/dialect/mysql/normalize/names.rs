//! Names that the server does not take, or takes for the same.

use std::collections::BTreeMap;

use super::super::RESERVED_PREFIX;
use super::{clash, unsupported};
use crate::dialect::Unsupported;
use crate::schema::{Schema, Table};

/// The most characters of a name (<https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html>).
const LONGEST: usize = 64;

pub(super) fn refuse(schema: &Schema) -> Result<(), Unsupported> {
    let mut keys: BTreeMap<String, &Table> = BTreeMap::new();
    for table in schema.tables.values() {
        refuse_table(table)?;
        for name in table.foreign_keys.keys() {
            if let Some(other) = keys.insert(name.to_lowercase(), table) {
                return Err(unsupported(
                    format!("foreign key `{name}` of `{}`", table.name),
                    &format!(
                        "`{}` has one of the same name, and a database has each name once",
                        other.name
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn refuse_table(table: &Table) -> Result<(), Unsupported> {
    let name = &table.name;
    if name.schema.is_some() {
        return Err(unsupported(
            format!("table `{name}`"),
            "it is in another database, where a scratch database cannot stand in for it; give that database a history of its own",
        ));
    }
    refuse_name(&name.name, || format!("table `{name}`"))?;
    let lower = name.name.to_lowercase();
    if lower.starts_with(RESERVED_PREFIX) {
        return Err(unsupported(
            format!("table `{name}`"),
            "names that begin with `_autogen_` are kept for the migration tool",
        ));
    }
    let columns = || table.columns.iter().map(|column| column.name.as_str());
    for column in columns() {
        refuse_name(column, || format!("column `{name}.{column}`"))?;
    }
    let members = [
        ("index", table.indexes.keys().collect::<Vec<_>>()),
        ("foreign key", table.foreign_keys.keys().collect()),
        ("check", table.checks.keys().collect()),
    ];
    for (kind, names) in &members {
        for member in names {
            refuse_name(member, || format!("{kind} `{member}` of `{name}`"))?;
        }
        if let Some((one, other)) = clash(names.iter().map(|name| name.as_str())) {
            return Err(same(format!("{kind} `{other}` of `{name}`"), one));
        }
    }
    if table
        .indexes
        .keys()
        .any(|index| index.eq_ignore_ascii_case(super::PRIMARY))
    {
        return Err(unsupported(
            format!("index `PRIMARY` of `{name}`"),
            "that is the name of every primary key",
        ));
    }
    match clash(columns()) {
        Some((one, other)) => Err(same(format!("column `{name}.{other}`"), one)),
        None => Ok(()),
    }
}

fn same(what: String, other: &str) -> Unsupported {
    unsupported(
        what,
        &format!("there is `{other}`, and the server takes names that differ only in case for the same"),
    )
}

fn refuse_name(name: &str, what: impl FnOnce() -> String) -> Result<(), Unsupported> {
    let why = if name.is_empty() || name.contains('\0') {
        "its name is empty or holds a NUL byte"
    } else if name.chars().count() > LONGEST {
        "its name has more than 64 characters"
    } else if name.ends_with(' ') {
        "its name ends in a blank"
    } else if name.chars().any(|c| u32::from(c) > 0xffff) {
        "its name has a character beyond U+FFFF"
    } else {
        return Ok(());
    };
    Err(unsupported(what(), why))
}
