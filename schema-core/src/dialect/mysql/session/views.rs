//! Views that do not work: the server lets go what a view needs, and says so only to whoever reads it.

use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::ddl::quote;

/// Returns the names of the database's views that cannot be read, in order
/// (<https://dev.mysql.com/doc/refman/8.4/en/check-table.html#check-table-view>).
///
/// # Errors
///
/// What the server reports, such as that somebody locks a table of theirs.
pub(super) fn broken(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let sql = "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = database() ORDER BY 1";
    let mut names = Vec::new();
    for row in connection.query(sql, &[])? {
        names.extend(row.first().and_then(Value::as_str).map(ToOwned::to_owned));
    }
    if names.is_empty() {
        return Ok(names);
    }
    let listed: Vec<String> = names.iter().map(|name| quote(name)).collect();
    let said = connection.query(&format!("CHECK TABLE {}", listed.join(", ")), &[])?;
    // Of each it says several things, at last that all is well, that it is broken, or that somebody's lock was in the way: only these words are the same
    // in every language.
    let is_broken = |name: &String| {
        said.iter().any(|row| match row.as_slice() {
            [Value::Text(of), _, Value::Text(kind), Value::Text(text)] => {
                kind == "error"
                    && text == "Corrupt"
                    && of.split_once('.').is_some_and(|(_, view)| view == name)
            }
            _other => false,
        })
    };
    names.retain(is_broken);
    Ok(names)
}
