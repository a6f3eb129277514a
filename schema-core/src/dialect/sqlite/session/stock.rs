//! What scripts leave in their session: pragmas, what is in the schema `temp`, and attached databases.

use super::effect;
use crate::db::{Connection, Error, Value};
use crate::dialect::sqlite::LEXICON;
use crate::dialect::sqlite::ddl::quote;
use crate::dialect::{Effect, Stock, Within};
use crate::lexer::lex;

/// The pragmas that the connection keeps, that tell their value, and that can be set to what they tell (<https://sqlite.org/pragma.html>).
const PRAGMAS: [&str; 20] = [
    "analysis_limit",
    "automatic_index",
    "cache_size",
    "cache_spill",
    "cell_size_check",
    "checkpoint_fullfsync",
    "defer_foreign_keys",
    "foreign_keys",
    "fullfsync",
    "ignore_check_constraints",
    "legacy_alter_table",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "synchronous",
    "trusted_schema",
    "wal_autocheckpoint",
    "writable_schema",
];

/// The one that has to be tried.
pub(super) const CASE: &str = "case_sensitive_like";

/// Tells whether a statement may leave something.
pub(super) fn may_leave(sql: &str) -> bool {
    if !matches!(effect::effect(sql), Effect::Lasting | Effect::Nothing) {
        return true;
    }
    let mut words = lex(sql, LEXICON).filter(|token| !token.is_trivia());
    words.any(|word| word.is("TEMP") || word.is("TEMPORARY"))
}

/// Tells whether a statement attaches a database: the transaction that has read it keeps it.
pub(super) fn attaches(sql: &str) -> bool {
    lex(sql, LEXICON)
        .find(|token| !token.is_trivia())
        .is_some_and(|first| first.is("ATTACH"))
}

/// Takes stock.
pub(super) fn take(connection: &mut dyn Connection) -> Result<Stock, Error> {
    let mut stock = Stock::default();
    for name in PRAGMAS {
        let rows = connection.query(&format!("PRAGMA {name}"), &[])?;
        // One that this build of SQLite does not have tells nothing.
        if let Some(value) = rows.first().and_then(|row| row.first()) {
            stock.settings.insert(name.to_owned(), value.clone());
        }
    }
    let case = connection.query("SELECT 'a' NOT LIKE 'A'", &[])?;
    if let Some(value) = case.first().and_then(|row| row.first()) {
        stock.settings.insert(CASE.to_owned(), value.clone());
    }
    let things = "SELECT type, name FROM temp.sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, 9) <> '_autogen_'
        UNION ALL SELECT 'database', name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')";
    connection.for_each(things, &[], &mut |row| {
        if let [Value::Text(kind), Value::Text(name)] = row.as_slice() {
            stock.things.insert((kind.clone(), name.clone()));
        }
        true
    })?;
    Ok(stock)
}

/// Puts back what is another one, and takes away what is new; an attached database only out of a transaction.
pub(super) fn put_back(connection: &mut dyn Connection, before: &Stock, within: Within) -> Result<(), Error> {
    // What reads without being allowed to write is of no use for what follows.
    connection.execute("PRAGMA query_only = OFF", &[])?;
    let now = take(connection)?;
    for (name, was) in now.changed_since(before) {
        if let Some(value) = was {
            connection.execute(&format!("PRAGMA {name} = {value}"), &[])?;
        }
    }
    let mut databases = Vec::new();
    for (kind, name) in now.added_since(before) {
        if kind == "database" {
            databases.push(name);
        } else {
            // A trigger or an index is gone with its table.
            connection.execute(&format!("DROP {kind} IF EXISTS temp.{}", quote(name)), &[])?;
        }
    }
    match within {
        Within::Transaction => Ok(()),
        Within::Nothing => databases.into_iter().try_for_each(|name| {
            connection
                .execute(&format!("DETACH {}", quote(name)), &[])
                .map(drop)
        }),
    }
}
