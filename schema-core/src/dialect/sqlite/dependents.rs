//! What hangs on a table and belongs to no model: triggers, indexes, statistics, ON CONFLICT clauses, the views that read it.
//!
//! `DROP TABLE` takes triggers, indexes and statistics with it; views and the triggers of other tables stay, but may no
//! longer fit. What is kept is a list of statements: those that create something are run again if it is gone, the others
//! only prove that what worked before still does. How many rows there were is kept among them.

use super::ddl::quote;
use super::redefine;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::lexer::{Kind, lex};

/// What stands before the number of rows among the kept statements.
const COUNTED: &str = "-- rows: ";

/// Returns the statements that put back, or prove, all that depends on the table.
///
/// # Errors
///
/// What the database reports.
pub(super) fn keep(connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
    let mut kept = vec![definition(connection, table)?];
    let rows = count(connection, table)?;
    if connection.is_watched() {
        connection.expect_rows(u64::try_from(rows).ok());
    }
    kept.push(format!("{COUNTED}{rows}"));
    kept.extend(own(connection, table)?);
    kept.extend(readers(connection, table)?);
    kept.extend(statistics(connection, table)?);
    Ok(kept)
}

/// Runs those of the kept statements whose object is gone, and all that prove something, and carries the table's ON CONFLICT
/// clauses over. Returns the statements that changed something.
///
/// # Errors
///
/// The first that fails, by the name of what it is about.
pub(super) fn restore(
    connection: &mut dyn Connection,
    table: &str,
    kept: &[String],
) -> Result<Vec<String>, Error> {
    let mut ran = Vec::new();
    connection.expect_rows(None);
    for sql in kept {
        if let Some(rows) = sql.strip_prefix(COUNTED) {
            refuse_other_count(connection, table, rows)?;
            continue;
        }
        let Some(object) = created(sql) else {
            connection
                .execute(sql, &[])
                .map_err(|error| broken(sql, table, error))?;
            continue;
        };
        if object.kind == "table" {
            ran.extend(redefine::carry_conflicts(connection, sql, table)?);
            continue;
        }
        let standing = connection.query(
            "SELECT 1 FROM main.sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE",
            &[Value::Text(object.kind.clone()), Value::Text(object.name.clone())],
        )?;
        if !standing.is_empty() {
            continue;
        }
        let restored = connection.execute(sql, &[]).map(drop).and_then(|()| {
            if object.kind == "trigger" {
                compile_triggers(connection, table)
            } else {
                Ok(())
            }
        });
        restored.map_err(|error| Error {
            message: format!(
                "cannot keep the {} `{}` of `{table}`: {}",
                object.kind, object.name, error.message
            ),
            ..error
        })?;
        ran.push(sql.clone());
    }
    Ok(ran)
}

fn count(connection: &mut dyn Connection, table: &str) -> Result<i64, Error> {
    let rows = connection.query(&format!("SELECT count(*) FROM main.{}", quote(table)), &[])?;
    let count = rows.first().and_then(|row| row.first()?.as_integer());
    Ok(count.unwrap_or_default())
}

/// Refuses a table that has not as many rows as the one whose place it took.
fn refuse_other_count(connection: &mut dyn Connection, table: &str, rows: &str) -> Result<(), Error> {
    let now = count(connection, table)?.to_string();
    if now == rows {
        return Ok(());
    }
    Err(Error {
        kind: ErrorKind::Statement,
        message: format!(
            "`{table}` had {rows} rows and now has {now}; those that shall go must be gone before `keep-dependents`"
        ),
        offset: None,
    })
}

/// Returns the statement that created the table, for its ON CONFLICT clauses, which no model can say.
fn definition(connection: &mut dyn Connection, table: &str) -> Result<String, Error> {
    let rows = connection.query(
        "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
        &[table.into()],
    )?;
    texts(rows).pop().ok_or_else(|| Error {
        kind: ErrorKind::Statement,
        message: format!("there is no table `{table}`"),
        offset: None,
    })
}

/// Returns the statements that create the table's own triggers and indexes.
fn own(connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
    let rows = connection.query(
        "SELECT sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger')
            AND tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL ORDER BY type, rowid",
        &[table.into()],
    )?;
    Ok(texts(rows))
}

/// Returns statements that compile only while the views and triggers that mention the table fit it, leaving out what does not compile
/// now.
fn readers(connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
    let rows = connection.query(
        "SELECT DISTINCT type, CASE type WHEN 'view' THEN name ELSE tbl_name END FROM main.sqlite_schema
            WHERE type IN ('view', 'trigger') AND tbl_name <> ?1 COLLATE NOCASE
            AND instr(lower(sql), lower(?1)) > 0 ORDER BY type, name",
        &[table.into()],
    )?;
    let mut proofs = Vec::new();
    for row in &rows {
        let [Value::Text(kind), Value::Text(name)] = row.as_slice() else {
            continue;
        };
        let candidates = if kind == "view" {
            vec![format!("SELECT * FROM {} LIMIT 0", quote(name))]
        } else {
            trigger_proofs(connection, name)?
        };
        for proof in candidates {
            match connection.execute(&proof, &[]) {
                Ok(_) => proofs.push(proof),
                Err(error) if error.kind == ErrorKind::Statement => {}
                // After anything else, the transaction may be gone.
                Err(error) => return Err(error),
            }
        }
    }
    Ok(proofs)
}

/// Returns statements that compile all triggers of a table, running none.
fn trigger_proofs(connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
    let rows = connection.query(
        "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0",
        &[table.into()],
    )?;
    let columns: Vec<String> = texts(rows)
        .iter()
        .map(|column| format!("{0} = {0}", quote(column)))
        .collect();
    let table = quote(table);
    Ok(vec![
        format!("EXPLAIN INSERT INTO {table} DEFAULT VALUES"),
        format!("EXPLAIN UPDATE {table} SET {}", columns.join(", ")),
        format!("EXPLAIN DELETE FROM {table}"),
    ])
}

fn compile_triggers(connection: &mut dyn Connection, table: &str) -> Result<(), Error> {
    for proof in trigger_proofs(connection, table)? {
        connection.execute(&proof, &[])?;
    }
    Ok(())
}

/// Returns the statements that put back what ANALYZE found out about the table, which `DROP TABLE` forgets.
fn statistics(connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
    let analyzed = connection.query(
        "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'",
        &[],
    )?;
    if analyzed.is_empty() {
        return Ok(Vec::new());
    }
    let rows = connection.query(
        "SELECT format('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%Q, %Q, %Q)', tbl, idx, stat)
            FROM main.sqlite_stat1 WHERE tbl = ?1 COLLATE NOCASE",
        &[table.into()],
    )?;
    Ok(texts(rows))
}

fn texts(rows: Vec<Vec<Value>>) -> Vec<String> {
    rows.into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect()
}

/// What a CREATE statement of `sqlite_schema` creates.
struct Created {
    kind: String,
    name: String,
}

/// SQLite stores such statements without `IF NOT EXISTS` and without the schema's name.
fn created(sql: &str) -> Option<Created> {
    let mut tokens = lex(sql, super::LEXICON).filter(|token| !token.is_trivia());
    tokens.next().filter(|token| token.is("CREATE"))?;
    let kind = tokens.find(|token| !token.is("UNIQUE"))?;
    let name = tokens.next()?;
    let name = match name.kind {
        Kind::String => crate::lexer::unquote(name.text),
        Kind::Word | Kind::Quoted | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => {
            name.name()?
        }
    };
    Some(Created {
        kind: kind.text.to_ascii_lowercase(),
        name,
    })
}

fn broken(sql: &str, table: &str, error: Error) -> Error {
    let what = if sql.starts_with("SELECT") {
        "a view that reads"
    } else {
        "a trigger that uses"
    };
    Error {
        message: format!(
            "{what} `{table}` no longer fits it: {} (in `{sql}`)",
            error.message
        ),
        ..error
    }
}
