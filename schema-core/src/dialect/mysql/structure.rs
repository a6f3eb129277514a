//! The statements that create all that a database holds.

use super::{plan, reflect};
use crate::db::{Connection, Error, ErrorKind};
use crate::operation::create_all;
use crate::schema::Schema;

/// What is shown for each kind of thing, and in which column of the answer its statement is.
const SHOWN: [(&str, &str, usize); 4] = [
    (
        "SHOW CREATE FUNCTION",
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES
            WHERE ROUTINE_SCHEMA = database() AND ROUTINE_TYPE = 'FUNCTION'",
        2,
    ),
    (
        "SHOW CREATE PROCEDURE",
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES
            WHERE ROUTINE_SCHEMA = database() AND ROUTINE_TYPE = 'PROCEDURE'",
        2,
    ),
    (
        "SHOW CREATE VIEW",
        "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = database()",
        1,
    ),
    (
        "SHOW CREATE TRIGGER",
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = database()",
        2,
    ),
];

/// Returns the statements that create the tables, and then all else that has a statement. A view may stand before another that it reads.
///
/// # Errors
///
/// What the database reports.
pub(super) fn structure(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let schema = reflect::reflect(connection)?;
    let tables = plan::plan(&Schema::default(), &create_all(&schema)).map_err(|error| Error {
        kind: ErrorKind::Statement,
        message: error.to_string(),
        offset: None,
    })?;
    let mut statements: Vec<String> = tables.executed().map(str::to_owned).collect();
    for (show, names, column) in SHOWN {
        for row in connection.query(names, &[])? {
            let Some(name) = row.first().and_then(|name| name.as_str()) else {
                continue;
            };
            let shown = connection.query(&format!("{show} {}", super::ddl::quote(name)), &[])?;
            // The server hides the text from those who may not read it.
            let text = shown.first().and_then(|row| row.get(column)?.as_str());
            statements.extend(text.map(str::to_owned));
        }
    }
    Ok(statements)
}
