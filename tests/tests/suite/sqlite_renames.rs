//! What no model owns follows a rename, whether ALTER TABLE makes it or a rebuild does more in the same step.

#![allow(clippy::unwrap_used)]

use schema_core::db::Connection;
use schema_core::diff::Answers;
use schema_core::schema::{Schema, TableName, Type};

use crate::sqlite_support::{execute, plan, query, reflect, run, with};

/// Returns a table with a view, a trigger and an index that no model owns, and another table that is watched by a trigger.
fn database() -> impl Connection {
    with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER);
CREATE TABLE log (text TEXT);
CREATE VIEW named AS SELECT id, name AS label FROM items WHERE n > 0;
CREATE TRIGGER noted AFTER UPDATE OF name ON items BEGIN INSERT INTO log VALUES (old.name || '>' || new.name); END;

CREATE TRIGGER cleared AFTER DELETE ON log BEGIN UPDATE items SET name = 'none' WHERE name = old.text; END;

CREATE VIRTUAL TABLE words USING fts5(text);
INSERT INTO words VALUES ('some text');
INSERT INTO items VALUES (1, 'oak', 5), (2, 'ash', 0)",
    )
}

/// Changes the tables that there are, with the answers.
fn change(connection: &mut dyn Connection, answers: &Answers, edit: impl FnOnce(&mut Schema)) {
    let from = reflect(connection);
    let mut to = from.clone();
    edit(&mut to);
    let planned = plan(&from, &to, answers);
    run(connection, &planned).unwrap();
    assert_eq!(reflect(connection), to);
}

/// Asserts that what no model owns works on with the new names.
fn assert_works(connection: &mut dyn Connection, table: &str, column: &str) {
    assert_eq!(query(connection, "SELECT label FROM named"), ["'oak'"]);
    execute(
        connection,
        &format!("UPDATE {table} SET {column} = 'elm' WHERE id = 2"),
    );
    assert_eq!(query(connection, "SELECT text FROM log"), ["'ash>elm'"]);
    execute(connection, "INSERT INTO log VALUES ('oak')");
    execute(connection, "DELETE FROM log WHERE text = 'oak'");
    assert_eq!(
        query(connection, &format!("SELECT {column} FROM {table} ORDER BY id")),
        ["'none'", "'elm'"]
    );
    assert_eq!(
        query(connection, "SELECT text FROM words WHERE words MATCH 'some'"),
        ["'some text'"]
    );
    assert_eq!(query(connection, "PRAGMA integrity_check"), ["'ok'"]);
}

fn items() -> TableName {
    TableName::new("items")
}

fn column_renamed() -> Answers {
    let mut answers = Answers::default();
    answers
        .renamed_columns
        .insert((items(), "name".to_owned()), "title".to_owned());
    answers
}

fn rename_column(schema: &mut Schema) {
    let table = schema.tables.get_mut(&items()).unwrap();
    "title".clone_into(&mut table.column_mut("name").unwrap().name);
}

#[test]
fn a_renamed_column_is_followed() {
    let mut connection = database();
    change(&mut connection, &column_renamed(), rename_column);
    assert_works(&mut connection, "items", "title");
}

#[test]
fn a_renamed_table_is_followed() {
    let mut connection = database();
    let wares = TableName::new("wares");
    let mut answers = Answers::default();
    answers.renamed_tables.insert(items(), wares.clone());
    change(&mut connection, &answers, |schema| {
        let mut table = schema.tables.remove(&items()).unwrap();
        table.name = wares;
        table.primary_key.as_mut().unwrap().name = "pk_wares".to_owned();
        schema.insert(table);
    });
    assert_works(&mut connection, "wares", "name");
}

#[test]
fn a_renamed_column_is_followed_through_a_rebuild() {
    let mut connection = database();
    change(&mut connection, &column_renamed(), |schema| {
        rename_column(schema);
        let table = schema.tables.get_mut(&items()).unwrap();
        table.column_mut("n").unwrap().ty = Type::Native("TEXT".to_owned());
    });
    assert_works(&mut connection, "items", "title");
}

#[test]
fn swapped_columns_are_followed() {
    let mut connection = with(
        "CREATE TABLE pairs (a INTEGER NOT NULL, b INTEGER NOT NULL);
CREATE VIEW firsts AS SELECT a AS first FROM pairs;
INSERT INTO pairs VALUES (1, 2)",
    );
    let pairs = TableName::new("pairs");
    let mut answers = Answers::default();
    for (old, new) in [("a", "b"), ("b", "a")] {
        answers
            .renamed_columns
            .insert((pairs.clone(), old.to_owned()), new.to_owned());
    }
    change(&mut connection, &answers, |_| {});
    assert_eq!(query(&mut connection, "SELECT b, a FROM pairs"), ["1|2"]);
    assert_eq!(query(&mut connection, "SELECT first FROM firsts"), ["1"]);
}
