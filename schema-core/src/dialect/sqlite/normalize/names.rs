//! The names that SQLite cannot hold, or takes for the same.

use std::collections::{BTreeMap, BTreeSet};

use super::unsupported;
use crate::dialect::Unsupported;
use crate::dialect::sqlite::RESERVED_PREFIX;
use crate::schema::Schema;

/// Refuses names that SQLite does not take or takes for the same.
pub(super) fn refuse(schema: &Schema) -> Result<(), Unsupported> {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    let mut take = |name: &str, what: String| -> Result<(), Unsupported> {
        refuse_name(name, &what)?;
        match taken.insert(name.to_ascii_lowercase(), what.clone()) {
            Some(other) => Err(unsupported(
                what,
                &format!("there is {other}, and SQLite takes their names for the same"),
            )),
            None => Ok(()),
        }
    };
    for table in schema.tables.values() {
        let name = &table.name;
        if name.schema.is_some() {
            return Err(unsupported(format!("table `{name}`"), "SQLite has no schemas"));
        }
        take(&name.name, format!("table `{name}`"))?;
        for index in table.indexes.values().filter(|index| !index.constraint) {
            take(&index.name, format!("index `{}` of `{name}`", index.name))?;
        }
        let mut columns = BTreeSet::new();
        for column in &table.columns {
            let what = format!("column `{name}.{}`", column.name);
            if column.name.is_empty() || column.name.contains('\0') {
                return Err(unsupported(what, "its name is empty or holds a NUL byte"));
            }
            if !columns.insert(column.name.to_ascii_lowercase()) {
                return Err(unsupported(
                    what,
                    "there is another whose name differs only in case, and SQLite takes them for the same",
                ));
            }
        }
    }
    Ok(())
}

fn refuse_name(name: &str, what: &str) -> Result<(), Unsupported> {
    let begins = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if name.is_empty() || name.contains('\0') {
        Err(unsupported(what, "its name is empty or holds a NUL byte"))
    } else if begins("sqlite_") {
        Err(unsupported(
            what,
            "SQLite keeps names that begin with `sqlite_` for itself",
        ))
    } else if begins(RESERVED_PREFIX) {
        Err(unsupported(
            what,
            "names that begin with `_autogen_` are kept for the migration tool",
        ))
    } else {
        Ok(())
    }
}
