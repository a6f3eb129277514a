//! What the database says of the things that a statement names.
//!
//! It is the same until a statement that changes them has taken effect. Every word is looked up in every list of things there is, since only a
//! grammar would know which one is a table's name; those of another database too, if the statement names that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::said::Name;
use super::{engines, named};
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::mysql::ddl::{quote, text};

/// Lists everything with a name, and the word by which the server is asked how it would create such a thing.
const THINGS: &str = "
    SELECT TABLE_SCHEMA, TABLE_NAME, 'TABLE' FROM information_schema.TABLES WHERE TABLE_SCHEMA IN
    UNION ALL
    SELECT TRIGGER_SCHEMA, TRIGGER_NAME, 'TRIGGER' FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN
    UNION ALL
    SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA IN
    UNION ALL
    SELECT EVENT_SCHEMA, EVENT_NAME, 'EVENT' FROM information_schema.EVENTS WHERE EVENT_SCHEMA IN
    UNION ALL
    SELECT SCHEMA_NAME, SCHEMA_NAME, 'DATABASE' FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN";

/// What is remembered of a statement's things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trace {
    /// The database of names without one.
    database: String,
    /// Whether names of tables are the same in capitals.
    folds: bool,
    /// All the things.
    things: Vec<Thing>,
    /// Which the tables are that have those names, by the server's numbers of their files.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    files: BTreeMap<String, i64>,
    /// The rows of tables without transactions, summed up.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    rows: String,
}

/// A thing with a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Thing {
    schema: String,
    name: String,
    kind: String,
    /// How the server would create it.
    create: String,
}

impl Trace {
    /// Returns the trace of all that a statement names.
    pub(super) fn of(connection: &mut dyn Connection, sql: &str) -> Result<Self, Error> {
        let settings = "SELECT coalesce(database(), ''), @@lower_case_table_names";
        let settings = connection.query(settings, &[])?;
        let (database, folds) = match settings.first().map(Vec::as_slice) {
            Some([Value::Text(database), folds]) => (database.clone(), *folds != Value::Integer(0)),
            Some([..]) | None => (String::new(), false),
        };
        let mut trace = Trace {
            database,
            folds,
            things: Vec::new(),
            files: BTreeMap::new(),
            rows: String::new(),
        };
        trace.look(connection, sql)?;
        Ok(trace)
    }

    fn look(&mut self, connection: &mut dyn Connection, sql: &str) -> Result<(), Error> {
        let names = named(sql);
        let mut found = Vec::new();
        let things = THINGS.replace(" IN", &format!(" IN ({})", schemas(connection, sql)?));
        connection.for_each(&things, &[], &mut |row| {
            if let [Value::Text(schema), Value::Text(name), Value::Text(kind)] = row.as_slice() {
                if names.contains(&name.to_lowercase()) {
                    found.push((schema.clone(), name.clone(), kind.clone()));
                }
            }
            true
        })?;
        found.sort();
        for (schema, name, kind) in found {
            let path = match kind.as_str() {
                "DATABASE" => quote(&name),
                _ => format!("{}.{}", quote(&schema), quote(&name)),
            };
            let mut create = String::new();
            let rows = match connection.query(&format!("SHOW CREATE {kind} {path}"), &[]) {
                // Of another database not everything may be asked for.
                Err(error) if schema != self.database && error.kind == ErrorKind::Statement => Vec::new(),
                rows => rows?,
            };
            for row in rows {
                // The name comes first, and the statement is among what follows.
                for value in row.iter().skip(1).filter_map(Value::as_str) {
                    create.push_str(&without_next_number(value));
                    create.push('\n');
                }
            }
            self.things.push(Thing {
                schema,
                name,
                kind,
                create,
            });
        }
        Ok(())
    }

    /// Adds which tables these are, as far as the server tells it to this user.
    pub(super) fn add_files(&mut self, connection: &mut dyn Connection) -> Result<(), Error> {
        let paths: Vec<String> = self.things.iter().filter_map(Thing::file).collect();
        for path in paths {
            for (name, file) in files(connection, &path)? {
                self.files.insert(name, file);
            }
        }
        Ok(())
    }

    /// Adds sums of the rows of the tables that a statement names and that have no transactions.
    pub(super) fn add_rows(&mut self, connection: &mut dyn Connection, sql: &str) -> Result<(), Error> {
        self.rows = engines::rows(connection, sql)?;
        Ok(())
    }

    fn find(&self, kind: &str, name: &Name) -> Option<&Thing> {
        let schema = name.schema.as_ref().unwrap_or(&self.database);
        let folds = self.folds || !["TABLE", "DATABASE", "TRIGGER"].contains(&kind);
        let same = |one: &str, other: &str, folds: bool| {
            one == other || (folds && one.to_lowercase() == other.to_lowercase())
        };
        self.things.iter().find(|thing| {
            let within = kind == "DATABASE" || same(&thing.schema, schema, self.folds);
            thing.kind == kind && within && same(&thing.name, &name.name, folds)
        })
    }

    /// Tells whether there is such a thing.
    pub(super) fn has(&self, kind: &str, name: &Name) -> bool {
        self.find(kind, name).is_some()
    }

    /// Tells whether a function is among the things.
    pub(super) fn has_function(&self) -> bool {
        self.things.iter().any(|thing| thing.kind == "FUNCTION")
    }

    /// Returns how the server would create a table.
    pub(super) fn table(&self, name: &Name) -> Option<&str> {
        self.find("TABLE", name).map(|table| table.create.as_str())
    }

    /// Returns which table that is, and which ones its partitions are; `None` if the server does not tell.
    pub(super) fn files_of(&self, name: &Name) -> Option<Vec<i64>> {
        let path = self.find("TABLE", name)?.file()?;
        let own = |key: &str| {
            let rest = key.strip_prefix(&path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        };
        let files = self.files.iter().filter(|(key, _)| own(key));
        let files: Vec<i64> = files.map(|(_, file)| *file).collect();
        (!files.is_empty()).then_some(files)
    }
}

impl Thing {
    /// Returns the name of a table's file, for which other characters than these are written by their numbers
    /// (<https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html>).
    fn file(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let encoded = |name: &str| -> Option<String> {
            name.is_ascii().then(|| {
                let each = |c: char| {
                    if plain(c) {
                        c.to_string()
                    } else {
                        format!("@{:04x}", c as u32)
                    }
                };
                name.chars().map(each).collect()
            })
        };
        (self.kind == "TABLE").then_some(())?;
        Some(format!("{}/{}", encoded(&self.schema)?, encoded(&self.name)?))
    }
}

/// Returns the numbers of a table's file and of those of its partitions. It takes a right that not every user has, and each server calls the list by
/// another name.
fn files(connection: &mut dyn Connection, path: &str) -> Result<Vec<(String, i64)>, Error> {
    for list in ["INNODB_TABLES", "INNODB_SYS_TABLES"] {
        let sql = format!(
            "SELECT NAME, TABLE_ID FROM information_schema.{list} WHERE NAME = ? OR substring_index(NAME, '#', 1) = ?"
        );
        match connection.query(&sql, &[path.into(), path.into()]) {
            Ok(rows) => {
                let files = rows.iter().filter_map(|row| match row.as_slice() {
                    [Value::Text(name), Value::Integer(file)] => Some((name.clone(), *file)),
                    _ => None,
                });
                return Ok(files.collect());
            }
            Err(error) if error.kind == ErrorKind::Statement => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Vec::new())
}

/// Returns the databases in which a statement may name things: the one that is used, and those that it names. They stand as literals.
pub(super) fn schemas(connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
    let names = named(sql);
    let mut schemas = vec!["database()".to_owned()];
    let listed = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA
        WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY SCHEMA_NAME";
    connection.for_each(listed, &[], &mut |row| {
        if let [Value::Text(schema)] = row.as_slice() {
            if names.contains(&schema.to_lowercase()) {
                schemas.push(text(schema));
            }
        }
        true
    })?;
    Ok(schemas.join(", "))
}

/// The number of the next row changes by itself.
fn without_next_number(text: &str) -> String {
    match text.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{rest}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_more_is_no_change() {
        let text = |number: u32| format!(") ENGINE=InnoDB AUTO_INCREMENT={number} DEFAULT CHARSET=utf8mb4");
        assert_eq!(without_next_number(&text(5)), without_next_number(&text(60)));
    }
}
