//! Another definition for a standing table, put in the place of the old one without touching a row.
//!
//! It is the second procedure of SQLite's manual (<https://sqlite.org/lang_altertable.html#otheralter>), for changes that do not
//! affect what is stored. Three things are seen to that the manual leaves to its reader. The new text keeps the columns and keys
//! in the order in which the rows and indexes are stored, which may not be the order of the models. A row that was there before
//! a column was added does not hold that column and reads as its default, so before a default changes, such rows get the value for
//! good. And what SQLite makes of the new text is compared with what it made of the old one.

mod rebuilt;

use super::RESERVED_PREFIX;
use super::ddl::{quote, text};
use super::definition::Definition;
use super::session::foreign_keys;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::schema::{Column, Default, Literal, Table};

/// A default that no row holds, to find rows that do not hold the column: sixteen bytes of chance.
const MARK: &str = "5b1fe0d94c6a4f7288e3a90d7c2b61f4";

/// Up to how many rows are checked one by one after the change: in a large table `quick_check` costs five times what the whole
/// change does. What it could break is the same in every row.
const REREAD: u32 = 10_000;

/// How many rows are compared before and after, whatever the table's size.
const SAMPLE: u32 = 100;

/// Gives the table that a CREATE TABLE names the definition that it says, and returns the statements that do so whatever the rows.
///
/// # Errors
///
/// What the database reports, or why the rows cannot be left as they are.
pub(super) fn redefine(connection: &mut dyn Connection, sql: &str) -> Result<Vec<String>, Error> {
    let new = Definition::read(sql)
        .ok_or_else(|| refused("`redefine-table` stands above what is no CREATE TABLE".to_owned()))?;
    let standing = Standing::read(connection, &new.table.name.name)?;
    let (before, after) = (standing.definition.table.clone(), &new.table);
    match undoing(connection, |connection| reword(connection, standing, &new)) {
        Ok(statements) => Ok(statements),
        Err(Refusal::Database(error)) => Err(error),
        Err(Refusal::Doubt(doubt)) if foreign_keys(connection)? || !same_columns(&before, after) => {
            Err(refused(format!(
                "{doubt}; compare the table with its revisions by `autogen check --database`, or let it be rebuilt by `-- autogen: foreign-keys-off` at the head of the script"
            )))
        }
        Err(Refusal::Doubt(doubt)) => undoing(connection, |connection| {
            rebuilt::rebuild(connection, &before, after, &doubt)
        }),
    }
}

/// Why a table does not get another definition over the rows that it has.
enum Refusal {
    /// What the database reports.
    Database(Error),
    /// The rows might have to be written anew.
    Doubt(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Database(error)
    }
}

/// Does `work`, and takes it back if it fails.
fn undoing<T, E: From<Error>>(
    connection: &mut dyn Connection,
    work: impl FnOnce(&mut dyn Connection) -> Result<T, E>,
) -> Result<T, E> {
    connection.execute("SAVEPOINT redefine_table", &[])?;
    let done = work(connection);
    if done.is_err() {
        // SQLite may have ended the transaction by itself, and the savepoint with it.
        let _ = connection.execute("ROLLBACK TO redefine_table", &[]);
        let _ = connection.execute("RELEASE redefine_table", &[]);
        return done;
    }
    connection.execute("RELEASE redefine_table", &[])?;
    done
}

/// Tells whether a copy from one table into the other leaves no value behind and needs none.
fn same_columns(before: &Table, after: &Table) -> bool {
    let has = |table: &Table, column: &Column| table.column(&column.name).is_some();
    before.columns.iter().all(|column| has(after, column))
        && after.columns.iter().all(|column| has(before, column))
}

fn reword(
    connection: &mut dyn Connection,
    mut standing: Standing,
    new: &Definition,
) -> Result<Vec<String>, Refusal> {
    let name = &new.table.name.name;
    let mut reworded = standing.reworded(new)?;
    let mut edits = Vec::new();
    if let Some(column) = standing.definition.last_new_default(new) {
        let column = column.name.clone();
        edits.extend(writing_out(&standing.name));
        if has_short_rows(connection, &standing, &column)? {
            // While the schema is open, views and triggers that are broken already stand in no one's way.
            with_open_schema(connection, &edits)?;
            standing = Standing::read(connection, name)?;
            reworded = standing.reworded(new)?;
        }
    }
    standing.replace(connection, &reworded)?;
    edits.push(storing(&standing.name, &reworded));
    Ok(opened(&edits))
}

/// Gives a table that has taken the place of another the ON CONFLICT clauses that the other had, and returns the statements that do so.
///
/// # Errors
///
/// What the database reports.
pub(super) fn carry_conflicts(
    connection: &mut dyn Connection,
    old: &str,
    name: &str,
) -> Result<Vec<String>, Error> {
    let standing = Standing::read(connection, name)?;
    let old = Definition::read(old);
    let Some(reworded) = old.and_then(|old| old.conflicts_for(&standing.definition)) else {
        return Ok(Vec::new());
    };
    match standing.replace(connection, &reworded) {
        Ok(()) => Ok(opened(&[storing(&standing.name, &reworded)])),
        Err(Refusal::Database(error)) => Err(error),
        Err(Refusal::Doubt(doubt)) => Err(refused(doubt)),
    }
}

/// A table as the database defines it now.
struct Standing {
    name: String,
    sql: String,
    definition: Definition,
}

impl Standing {
    fn read(connection: &mut dyn Connection, name: &str) -> Result<Self, Error> {
        let rows = connection.query(
            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
            &[name.into()],
        )?;
        let Some([Value::Text(name), Value::Text(sql)]) = rows.first().map(Vec::as_slice) else {
            return Err(refused(format!("there is no table `{name}`")));
        };
        let definition = Definition::read(sql)
            .ok_or_else(|| refused(format!("cannot read the statement that created `{name}`")))?;
        Ok(Standing {
            name: name.clone(),
            sql: sql.clone(),
            definition,
        })
    }

    fn reworded(&self, new: &Definition) -> Result<String, Refusal> {
        self.definition.reworded(new).map_err(|why| {
            Refusal::Doubt(format!(
                "cannot redefine `{}` and leave its rows as they are: {why}",
                self.name
            ))
        })
    }

    /// Puts the text in the place of the old one, and makes sure that SQLite reads the same rows and indexes through it.
    fn replace(&self, connection: &mut dyn Connection, reworded: &str) -> Result<(), Refusal> {
        if reworded == self.sql {
            return Ok(());
        }
        let table = &self.definition.table;
        let before = Layout::read(connection, table)?;
        store(connection, &self.name, reworded)?;
        if Layout::read(connection, table)? == before {
            return Ok(());
        }
        Err(Refusal::Doubt(format!(
            "cannot redefine `{}`: SQLite would read its rows in another way",
            self.name
        )))
    }
}

/// How SQLite reads the rows and indexes of a table, in its own words.
#[derive(Debug, PartialEq)]
struct Layout {
    /// Each column's name, place in the primary key and way of being computed, and whether the table is WITHOUT ROWID and STRICT.
    columns: Vec<Vec<Value>>,
    /// Each key of each index.
    indexes: Vec<Vec<Value>>,
    /// What is wrong with the rows of a small table.
    damage: Vec<Vec<Value>>,
    /// What the first rows hold, which are the oldest, and the type of each value.
    sample: Vec<Vec<Value>>,
}

impl Layout {
    fn read(connection: &mut dyn Connection, definition: &Table) -> Result<Self, Error> {
        let table = definition.name.name.as_str();
        let columns = connection.query(
            "SELECT c.name, c.pk, c.hidden, t.wr, t.strict
                FROM pragma_table_list AS t, pragma_table_xinfo(?1, 'main') AS c
                WHERE t.schema = 'main' AND t.name = ?1 ORDER BY c.cid",
            &[table.into()],
        )?;
        let indexes = connection.query(
            "SELECT i.name, i.\"unique\", i.origin, i.partial, k.cid, k.\"desc\", k.coll, k.key
                FROM pragma_index_list(?1, 'main') AS i, pragma_index_xinfo(i.name, 'main') AS k
                ORDER BY i.name, k.seqno",
            &[table.into()],
        )?;
        let rows = connection.query(
            &format!(
                "SELECT count(*) FROM (SELECT 1 FROM main.{} LIMIT {REREAD})",
                quote(table)
            ),
            &[],
        )?;
        let count = rows.first().and_then(|row| row.first()?.as_integer());
        let damage = if count < Some(REREAD.into()) {
            connection.query(&format!("PRAGMA main.quick_check({})", quote(table)), &[])?
        } else {
            Vec::new()
        };
        Ok(Layout {
            columns,
            indexes,
            damage,
            sample: sample(connection, definition)?,
        })
    }
}

fn sample(connection: &mut dyn Connection, table: &Table) -> Result<Vec<Vec<Value>>, Error> {
    let stored = table.columns.iter().filter(|column| column.generated.is_none());
    let values: Vec<String> = stored
        .map(|column| format!("typeof({0}), substr({0}, 1, 100)", quote(&column.name)))
        .collect();
    connection.query(
        &format!(
            "SELECT {} FROM main.{} NOT INDEXED LIMIT {SAMPLE}",
            values.join(", "),
            quote(&table.name.name)
        ),
        &[],
    )
}

/// Tells whether a row may not hold the column: with another default it would read as that.
///
/// Indexes do hold it, and SQLite cannot be kept from reading those of a table WITHOUT ROWID.
fn has_short_rows(connection: &mut dyn Connection, standing: &Standing, column: &str) -> Result<bool, Error> {
    if standing.definition.table.options.without_rowid {
        return Ok(true);
    }
    let mark = Default::Literal(Literal::Bytes { hex: MARK.to_owned() });
    let marked = standing.definition.with_default(column, mark);
    store(connection, &standing.name, &marked)?;
    let short = connection.query(
        &format!(
            "SELECT 1 FROM main.{} NOT INDEXED WHERE {} IS X'{MARK}' LIMIT 1",
            quote(&standing.name),
            quote(column)
        ),
        &[],
    )?;
    store(connection, &standing.name, &standing.sql)?;
    Ok(!short.is_empty())
}

/// Returns the statements that make every row hold all of its columns. Dropping a column writes each row out, and neither
/// triggers nor foreign keys take part in it.
pub(super) fn writing_out(table: &str) -> [String; 2] {
    let head = format!("ALTER TABLE main.{}", quote(table));
    let column = quote(&format!("{RESERVED_PREFIX}written_out"));
    [
        format!("{head} ADD COLUMN {column} ANY"),
        format!("{head} DROP COLUMN {column}"),
    ]
}

/// Returns the statement that stores a text as the definition of the table.
pub(super) fn storing(table: &str, sql: &str) -> String {
    format!(
        "UPDATE main.sqlite_schema SET sql = {} WHERE type = 'table' AND name = {}",
        text(sql),
        text(table)
    )
}

/// Returns the statements with those around them that open the schema for writing, have this connection read it anew, and, by
/// the one change of a schema that takes no room, all others.
pub(super) fn opened(edits: &[String]) -> Vec<String> {
    let view = quote(&format!("{RESERVED_PREFIX}redefined"));
    let mut statements = vec!["PRAGMA writable_schema = ON".to_owned()];
    statements.extend_from_slice(edits);
    statements.push("PRAGMA writable_schema = RESET".to_owned());
    statements.push(format!("CREATE VIEW main.{view} AS SELECT NULL"));
    statements.push(format!("DROP VIEW main.{view}"));
    statements
}

/// Returns a query that finds a row if the columns or keys of the table are stored in another order than the text has them in.
pub(super) fn order_differs(definition: &Definition) -> String {
    let table = text(&definition.table.name.name);
    let columns: Vec<&str> = definition
        .table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let keys = definition.stored_keys();
    let keys: Vec<String> = keys.iter().map(|columns| columns.join(", ")).collect();
    format!(
        "SELECT 1 WHERE {} IS NOT (
    SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_xinfo({table}) ORDER BY cid)
) OR {} IS NOT coalesce((
    SELECT group_concat(columns, '; ') FROM (
        SELECT (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns
        FROM pragma_index_list({table}) AS i WHERE i.origin IN ('u', 'pk') ORDER BY length(i.name), i.name
    )
), '')",
        text(&columns.join(", ")),
        text(&keys.join("; "))
    )
}

fn store(connection: &mut dyn Connection, table: &str, sql: &str) -> Result<(), Error> {
    with_open_schema(connection, &[storing(table, sql)])
}

fn with_open_schema(connection: &mut dyn Connection, edits: &[String]) -> Result<(), Error> {
    connection.allow_schema_edits(true)?;
    let done = opened(edits)
        .iter()
        .try_for_each(|sql| connection.execute(sql, &[]).map(drop));
    if done.is_err() {
        let _ = connection.execute("PRAGMA writable_schema = RESET", &[]);
    }
    connection.allow_schema_edits(false)?;
    done
}

fn refused(message: String) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message,
        offset: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sqlite::SqliteConnection;

    #[test]
    fn no_text_through_which_rows_or_indexes_read_otherwise_is_let_pass() {
        for (text, passes) in [
            ("id INTEGER PRIMARY KEY, a TEXT, n INTEGER DEFAULT 5", true),
            ("id INTEGER PRIMARY KEY, a VARCHAR(9), n INT DEFAULT 5", true),
            ("id INTEGER PRIMARY KEY, a TEXT, n INTEGER DEFAULT 6", false),
            ("id INTEGER PRIMARY KEY, n TEXT, a INTEGER DEFAULT 5", false),
            ("id INTEGER, a TEXT PRIMARY KEY, n INTEGER DEFAULT 5", false),
            (
                "id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, n INTEGER DEFAULT 5",
                false,
            ),
            (
                "id INTEGER PRIMARY KEY, a TEXT, n INTEGER DEFAULT 5, CHECK (n > 5)",
                false,
            ),
            ("id INTEGER PRIMARY KEY, a TEXT, n REAL DEFAULT 5", false),
        ] {
            let mut connection = SqliteConnection::in_memory().unwrap();
            for sql in [
                "CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE INDEX ix ON items (a)",
                "INSERT INTO items VALUES (1, 'x')",
                "ALTER TABLE items ADD COLUMN n INTEGER DEFAULT 5",
            ] {
                connection.execute(sql, &[]).unwrap();
            }
            let standing = Standing::read(&mut connection, "items").unwrap();
            let replaced = standing.replace(&mut connection, &format!("CREATE TABLE \"items\" ({text})"));
            assert_eq!(replaced.is_ok(), passes, "{text}");
        }
    }
}
