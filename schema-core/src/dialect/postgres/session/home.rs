//! The schema in which the tool's own table is, or would be made.

use super::{PATH, refused};
use crate::db::{Connection, Error, Value};
use crate::dialect::Home;

/// What is asked of [`PATH`]: its first schema, whether it has the table, and the first one behind it that has, if only the user's name put it before that.
const HOME: &str = "holders AS (
        SELECT path.name, path.at FROM path JOIN pg_namespace n ON n.nspname = path.name
        JOIN pg_class c ON c.relnamespace = n.oid WHERE c.relname = ?1 AND c.relkind IN ('r', 'p')
    ), head AS (
        SELECT name FROM path ORDER BY at LIMIT 1
    )
    SELECT (SELECT name FROM head), (SELECT count(*) FROM holders JOIN head USING (name)),
        (SELECT name FROM holders WHERE (SELECT name FROM head) = current_user AND strpos(current_setting('search_path'), '$user') > 0
            ORDER BY at LIMIT 1),
        current_setting('search_path'), current_setting('server_encoding')";

/// Finds it.
///
/// # Errors
///
/// There is no schema in which anything could be made; or the table is in a schema that the user's own one has come before. What the
/// database reports.
pub(super) fn home(connection: &mut dyn Connection, table: &str) -> Result<Home, Error> {
    let query = format!("WITH path AS (SELECT name::text, at {PATH}), {HOME}");
    let row = connection
        .query(&query, &[table.into()])?
        .pop()
        .unwrap_or_default();
    let text = |at: usize| row.get(at).and_then(Value::as_str);
    let Some(schema) = text(0) else {
        let path = text(3).unwrap_or_default();
        return Err(refused(&format!(
            "no schema has been selected to create in: search_path is `{path}`, and none of its schemas exists"
        )));
    };
    if let Some(other) = text(2).filter(|other| *other != schema) {
        return Err(refused(&format!(
            "the version table is in the schema `{other}`, before which search_path now has `{schema}`, for it is called like the user: \
             the whole history would run again into that"
        )));
    }
    Ok(Home {
        schema: Some(schema.to_owned()),
        has_table: row.get(1) == Some(&Value::Integer(1)),
        holds_all_text: matches!(text(4), Some("UTF8" | "SQL_ASCII")),
    })
}
