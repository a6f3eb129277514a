//! Triggers that do not work: the server lets go the column that the function of a trigger names, and says so only to whoever fires it.

use std::collections::BTreeSet;

use crate::db::{Connection, Error};
use crate::dialect::postgres::LEXICON;
use crate::dialect::postgres::reflect::{Cells, OURS};
use crate::dialect::triggers::names_another_column;

/// Returns the names of the triggers that name a column which their table has not, in order: in a function of PL/pgSQL, or among the arguments
/// of those that keep a text's words (<https://www.postgresql.org/docs/current/textsearch-features.html#TEXTSEARCH-UPDATE-TRIGGERS>), of which the second is a configuration.
///
/// # Errors
///
/// What the server reports.
pub(super) fn broken(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let sql = format!(
        "SELECT t.tgname,
            CASE WHEN l.lanname = 'plpgsql' THEN p.prosrc ELSE (
                SELECT string_agg('NEW.' || quote_ident(argument), ' ')
                FROM unnest(string_to_array(encode(t.tgargs, 'escape'), E'\\\\000')) WITH ORDINALITY a (argument, at)
                WHERE at <> 2 AND argument <> ''
            ) END,
            (SELECT string_agg(lower(a.attname), chr(10)) FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped)
        FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_proc p ON p.oid = t.tgfoid
        JOIN pg_language l ON l.oid = p.prolang
        WHERE {OURS} AND NOT t.tgisinternal AND t.tgparentid = 0
            AND (l.lanname = 'plpgsql' OR p.proname IN ('tsvector_update_trigger', 'tsvector_update_trigger_column'))
        ORDER BY 1"
    );
    let mut broken = Vec::new();
    connection.for_each(&sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        let (name, text, columns) = (cells.text(), cells.text(), cells.text());
        let columns: BTreeSet<String> = columns.lines().map(str::to_owned).collect();
        if names_another_column(&text, LEXICON, &columns) {
            broken.push(name);
        }
        true
    })?;
    Ok(broken)
}
