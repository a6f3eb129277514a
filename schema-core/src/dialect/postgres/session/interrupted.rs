//! What an interrupted statement left behind.
//!
//! Every statement that may not stand in a transaction is done whole or not at all, but for those on indexes: a CREATE INDEX or REINDEX
//! CONCURRENTLY that fails leaves an invalid index
//! (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>), which is written to and never used. Others build
//! indexes of the same tables, so none is dropped but the one that the statement would have made. And others change the same tables, so nothing but
//! its own traces tells whether it took effect.

use std::collections::BTreeSet;

use super::relations::{Index, indexes};
use super::said::{Kind, Said, said};
use crate::db::{Connection, Error, Value};
use crate::dialect::Progress;
use crate::dialect::postgres::LEXICON;
use crate::lexer::{self, lex};

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
    let listed = format!(
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
    let rows = connection.query(&listed, &[names])?;
    let lines = rows.iter().filter_map(|row| row.first()?.as_str());
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    if stands(connection, &said(sql))? {
        lines.push(STANDS.to_owned());
    }
    Ok(lines.join("\n"))
}

/// The line of a fingerprint that says that what the statement makes, drops or calls is there.
const STANDS: &str = "stands";

/// Tells whether what a statement makes, drops or calls is there.
fn stands(connection: &mut dyn Connection, said: &Said) -> Result<bool, Error> {
    let (condition, name) = match said {
        Said::Again | Said::Index { .. } | Said::Reindexed(_) | Said::Unknown => return Ok(false),
        Said::NoIndex(path) => ("to_regclass(?1) IS NOT NULL", path),
        Said::Detached { table: _, partition } => (
            "EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(?1))",
            partition,
        ),
        Said::Made(kind, name) | Said::Gone(kind, name) => (kind.condition(), name),
        Said::Renamed(_, to) => (Kind::Database.condition(), to),
        Said::Called(name) => (
            "EXISTS (SELECT 1 FROM pg_proc WHERE proname = ?1 AND prokind = 'p')",
            name,
        ),
    };
    let rows = connection.query(&format!("SELECT ({condition})::int"), &[name.as_str().into()])?;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Value::Integer(1)))
}

/// Tells how far a statement came, once the invalid index that it left is dropped.
///
/// # Errors
///
/// What the database reports.
pub(super) fn probe(connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
    let said = said(sql);
    let stood = before.lines().any(|line| line == STANDS);
    let stands = stands(connection, &said)?;
    Ok(match said {
        Said::Again => Progress::Nothing,
        Said::Index { name, table, columns } => {
            let names = match name {
                Some(name) => Names::Said(name),
                None => Names::thought_of(connection, &table, columns)?,
            };
            index(connection, &names, &table, before)?
        }
        Said::Reindexed(path) => reindexed(connection, &path, before)?,
        Said::Detached { table, partition } => {
            if is_pending(connection, &partition)? {
                unclear(&format!(
                    "it has begun to detach the partition, which `ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE` completes"
                ))
            } else {
                changed(stood && !stands)
            }
        }
        Said::NoIndex(_) | Said::Gone(..) => changed(stood && !stands),
        Said::Made(..) | Said::Renamed(..) => changed(!stood && stands),
        // A procedure that is not there, and was not, did nothing.
        Said::Called(_) if !stood && !stands => Progress::Nothing,
        Said::Called(_) | Said::Unknown => {
            unclear("what it changes the statement does not say, and some of it may be committed")
        }
    })
}

fn changed(has: bool) -> Progress {
    if has { Progress::Whole } else { Progress::Nothing }
}

fn unclear(found: &str) -> Progress {
    Progress::Unclear {
        found: found.to_owned(),
    }
}

/// Tells whether a partition is on its way out of its table, as it is between the two transactions of the statement.
fn is_pending(connection: &mut dyn Connection, partition: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(?1) AND inhdetachpending";
    Ok(!connection.query(sql, &[partition.into()])?.is_empty())
}

/// The names that an index may have which a statement makes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    /// That one.
    Said(String),
    /// That one or, where others have it, the same with a number.
    ThoughtOf(String),
    /// Nobody can tell.
    Any,
}

/// How long a name can be.
const LONGEST: usize = 63;

impl Names {
    /// Returns the name that the server gives an index without one (`table_column_column_idx`), which it shortens.
    fn thought_of(
        connection: &mut dyn Connection,
        table: &str,
        columns: Option<Vec<String>>,
    ) -> Result<Self, Error> {
        let sql = "SELECT relname::text FROM pg_class WHERE oid = to_regclass(?1)";
        let rows = connection.query(sql, &[table.into()])?;
        let table = rows.first().and_then(|row| row.first()?.as_str());
        let (Some(table), Some(columns)) = (table, columns) else {
            return Ok(Names::Any);
        };
        let name = format!("{table}_{}_idx", columns.join("_"));
        // With a number behind it.
        let fits = name.len() + 3 <= LONGEST;
        Ok(if fits { Names::ThoughtOf(name) } else { Names::Any })
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Names::Said(said) => said == name,
            Names::ThoughtOf(start) => is_numbered(name, start),
            Names::Any => true,
        }
    }
}

/// Tells whether a name is another one with nothing or a number behind it.
fn is_numbered(name: &str, start: &str) -> bool {
    let rest = name.strip_prefix(start);
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

/// Tells what became of an index, and drops it if it is broken.
fn index(
    connection: &mut dyn Connection,
    names: &Names,
    table: &str,
    before: &str,
) -> Result<Progress, Error> {
    let found = indexes(connection, table)?.into_iter();
    let new: Vec<Index> = found
        .filter(|index| names.has(&index.name) && !index.stood(before))
        .collect();
    Ok(match new.as_slice() {
        [] => Progress::Nothing,
        [_, ..] if *names == Names::Any => unclear(&format!(
            "{} is new on its table, and it does not say how its own is called",
            listed(&new)
        )),
        [index] if index.valid => Progress::Whole,
        [index] if index.building => unclear(&format!("another session is building {}", index.path())),
        [index] => {
            drop(connection, index)?;
            Progress::Nothing
        }
        new => unclear(&format!(
            "{} are new on its table, and one of them is its own",
            listed(new)
        )),
    })
}

fn listed(indexes: &[Index]) -> String {
    indexes.iter().map(Index::path).collect::<Vec<_>>().join(", ")
}

fn drop(connection: &mut dyn Connection, index: &Index) -> Result<(), Error> {
    let sql = format!("DROP INDEX CONCURRENTLY {}", index.path());
    connection.execute(&sql, &[]).map(std::mem::drop)
}

/// Tells whether all indexes of a table were built anew, and drops what of that is broken: an index `a` is built beside the old one as `a_ccnew`.
fn reindexed(connection: &mut dyn Connection, path: &str, before: &str) -> Result<Progress, Error> {
    let found = indexes(connection, path)?;
    for index in found.iter().filter(|index| !index.valid && !index.stood(before)) {
        let is_ours = found
            .iter()
            .any(|old| is_numbered(&index.name, &format!("{}_ccnew", old.name)));
        if is_ours && !index.building {
            drop(connection, index)?;
        }
    }
    let is_new = |index: &Index| {
        let as_it_was = format!("relation {} {} {} ", index.oid, index.name, index.file);
        !before.lines().any(|line| line.starts_with(&as_it_was))
    };
    let mut valid = found.iter().filter(|index| index.valid).peekable();
    Ok(changed(valid.peek().is_some() && valid.all(is_new)))
}

/// Returns all names in a statement, and its keywords with them: no harm is done by looking for those too.
fn names(sql: &str) -> BTreeSet<String> {
    let tokens = lex(sql, LEXICON);
    tokens
        .filter_map(|token| match token.kind {
            lexer::Kind::Word => Some(token.text.to_lowercase()),
            lexer::Kind::Quoted => token.name(),
            lexer::Kind::String
            | lexer::Kind::Number
            | lexer::Kind::Symbol
            | lexer::Kind::Comment
            | lexer::Kind::Space => None,
        })
        .collect()
}
