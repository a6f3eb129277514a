//! What an interrupted statement left behind.
//!
//! Every statement that may not stand in a transaction is done whole or not at all, but for those on indexes: a CREATE INDEX or REINDEX
//! CONCURRENTLY that fails leaves an invalid index
//! (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>), which is written to and never used.

use std::collections::BTreeSet;

use super::effect::is_opaque;
use crate::db::{Connection, Error, Value};
use crate::dialect::Progress;
use crate::dialect::postgres::LEXICON;
use crate::dialect::postgres::ddl::quote;
use crate::lexer::{Kind, lex};

/// What stands between the names that go as one parameter: no name holds it.
const SEPARATOR: &str = "\u{1f}";

/// The tables that a statement names, directly or by an index, and all their indexes.
const RELATIONS: &str = "WITH named AS (
        SELECT c.oid, coalesce(i.indrelid, c.oid) AS owner
        FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
        WHERE c.relname = ANY (string_to_array(?1, chr(31))) AND c.oid >= 16384
    ), relations AS (
        SELECT oid FROM named UNION SELECT owner FROM named
        UNION SELECT i.indexrelid FROM pg_index i JOIN named ON named.owner = i.indrelid
    )";

/// Returns what the database says of all that a statement names.
///
/// # Errors
///
/// What the database reports.
pub(super) fn fingerprint(connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
    let names = Value::Text(names(sql).into_iter().collect::<Vec<_>>().join(SEPARATOR));
    let said = format!(
        "{RELATIONS}
        SELECT concat_ws(' ', 'relation', c.oid, c.relname, c.relfilenode, c.reltablespace, c.relispartition, i.indisvalid,
            i.indisclustered, i.indisready) AS line
        FROM relations JOIN pg_class c USING (oid) LEFT JOIN pg_index i ON i.indexrelid = c.oid
        UNION ALL SELECT concat_ws(' ', 'database', datname, dattablespace, datconnlimit) FROM pg_database
        WHERE datname = ANY (string_to_array(?1, chr(31)))
        UNION ALL SELECT concat_ws(' ', 'tablespace', spcname, spcoptions) FROM pg_tablespace
        WHERE spcname = ANY (string_to_array(?1, chr(31)))
        ORDER BY line"
    );
    let rows = connection.query(&said, &[names])?;
    let lines: Vec<&str> = rows.iter().filter_map(|row| row.first()?.as_str()).collect();
    Ok(lines.join("\n"))
}

/// Tells how far a statement came, once the invalid indexes that it left are dropped.
///
/// # Errors
///
/// What the database reports.
pub(super) fn probe(connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
    if is_opaque(sql) {
        let found = "what it changes the statement does not say, and some of it may be committed".to_owned();
        return Ok(Progress::Unclear { found });
    }
    for (oid, name) in invalid(connection, sql)? {
        let stood_before = before
            .lines()
            .any(|line| line.starts_with(&format!("relation {oid} ")));
        if !stood_before {
            connection.execute(&format!("DROP INDEX CONCURRENTLY {name}"), &[])?;
        }
    }
    Ok(if fingerprint(connection, sql)? == before {
        Progress::Nothing
    } else {
        Progress::Whole
    })
}

/// Returns the invalid indexes of the tables that a statement names.
fn invalid(connection: &mut dyn Connection, sql: &str) -> Result<Vec<(String, String)>, Error> {
    let names = Value::Text(names(sql).into_iter().collect::<Vec<_>>().join(SEPARATOR));
    let found = format!(
        "{RELATIONS}
        SELECT c.oid::text, n.nspname, c.relname
        FROM relations JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_index i ON i.indexrelid = c.oid WHERE NOT i.indisvalid ORDER BY c.oid"
    );
    let rows = connection.query(&found, &[names])?;
    let indexes = rows.iter().filter_map(|row| match row.as_slice() {
        [Value::Text(oid), Value::Text(schema), Value::Text(name)] => {
            Some((oid.clone(), format!("{}.{}", quote(schema), quote(name))))
        }
        _ => None,
    });
    Ok(indexes.collect())
}

/// Returns all names in a statement, and its keywords with them: no harm is done by looking for those too.
fn names(sql: &str) -> BTreeSet<String> {
    let tokens = lex(sql, LEXICON);
    tokens
        .filter_map(|token| match token.kind {
            Kind::Word => Some(token.text.to_lowercase()),
            Kind::Quoted => token.name(),
            Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
        })
        .collect()
}
