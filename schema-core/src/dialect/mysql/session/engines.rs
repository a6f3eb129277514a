//! Tables whose engine has no transactions.
//!
//! A statement that changes rows of them is neither rolled back nor done whole or not at all: a server or a session that is killed leaves some of
//! its rows changed.

use std::fmt;

use super::{named, trace};
use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::ddl::quote;

/// A table whose rows stay as they were changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lasting {
    schema: String,
    table: String,
    engine: String,
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.table, self.engine)
    }
}

/// Returns those of the tables that a statement names.
pub(super) fn lasting(connection: &mut dyn Connection, sql: &str) -> Result<Vec<Lasting>, Error> {
    let names = named(sql);
    let mut found = Vec::new();
    let listed = format!(
        "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
        WHERE t.TABLE_SCHEMA IN ({}) AND coalesce(e.TRANSACTIONS, 'NO') <> 'YES' ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME",
        trace::schemas(connection, sql)?
    );
    connection.for_each(&listed, &[], &mut |row| {
        if let [Value::Text(schema), Value::Text(table), Value::Text(engine)] = row.as_slice() {
            if names.contains(&table.to_lowercase()) {
                found.push(Lasting {
                    schema: schema.clone(),
                    table: table.clone(),
                    engine: engine.clone(),
                });
            }
        }
        true
    })?;
    Ok(found)
}

/// Returns sums of the rows of those tables (<https://mariadb.com/kb/en/checksum-table/>), each of which reads its table.
pub(super) fn rows(connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
    let mut sums = String::new();
    for Lasting { schema, table, .. } in lasting(connection, sql)? {
        let path = format!("{}.{}", quote(&schema), quote(&table));
        for row in connection.query(&format!("CHECKSUM TABLE {path} EXTENDED"), &[])? {
            let sum = row.last().map(ToString::to_string).unwrap_or_default();
            sums.push_str(&format!("ROWS {path}\n{sum}\n"));
        }
    }
    Ok(sums)
}
