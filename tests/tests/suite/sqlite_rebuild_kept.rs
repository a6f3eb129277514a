//! What a rebuild keeps of its table and leaves alone around it, and what notices if it does not.

#![allow(clippy::unwrap_used)]

use schema_core::db::Connection;
use schema_core::dialect::Dialect;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::plan::{Plan, Step};
use schema_core::schema::TableName;

use crate::sqlite_support::{
    Refusal, change_collation, execute, plan, query, rebuild, reflect, run, set_collation, with,
};

#[test]
fn indexes_of_every_kind_stay() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b INTEGER, n INTEGER, UNIQUE (a, n));
CREATE INDEX plain ON items (a, b);
CREATE UNIQUE INDEX single ON items (b);
CREATE INDEX falling ON items (b DESC, a);
CREATE INDEX part ON items (a) WHERE b > 1;
CREATE UNIQUE INDEX computed ON items (lower(a) || 'x');
CREATE INDEX collated ON items (a COLLATE RTRIM, b);
INSERT INTO items VALUES (1, 'A', 1, 1), (2, 'b', 2, 2)",
    );
    let keys = "SELECT l.name, l.\"unique\", l.partial, x.seqno, x.cid, x.\"desc\", x.coll, x.\"key\"
        FROM pragma_index_list('items') AS l, pragma_index_xinfo(l.name) AS x
        WHERE l.origin = 'c' ORDER BY l.name, x.seqno";
    let before = query(&mut connection, keys);
    change_collation(&mut connection, "items", "n");
    assert_eq!(query(&mut connection, keys), before);
    for broken in [
        "INSERT INTO items VALUES (3, 'c', 2, 3)",
        "INSERT INTO items VALUES (3, 'B', 3, 3)",
        "INSERT INTO items VALUES (3, 'a', 3, 1)",
    ] {
        assert!(connection.execute(broken, &[]).is_err(), "{broken}");
    }
}

#[test]
fn every_check_and_collation_stays() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE CHECK (a <> 'x'), b INTEGER CONSTRAINT ck_b CHECK (b > 0), n INTEGER, CHECK (a <> 'y' OR b > 5), CONSTRAINT ck_both CHECK (b <> n));
INSERT INTO items VALUES (1, 'Q', 9, 1)",
    );
    change_collation(&mut connection, "items", "n");
    for broken in ["'X', 1, 7", "'a', 0, 7", "'Y', 3, 7", "'a', 7, 7"] {
        let insert = format!("INSERT INTO items (a, b, n) VALUES ({broken})");
        let error = connection.execute(&insert, &[]).unwrap_err();
        assert!(
            error.message.contains("CHECK constraint failed"),
            "{broken}: {error}"
        );
    }
    assert_eq!(
        query(&mut connection, "SELECT id FROM items WHERE a = 'q'"),
        ["1"]
    );
}

#[test]
fn what_is_around_the_table_is_not_touched() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE others (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT);
CREATE INDEX ix_others ON others (t);
CREATE VIRTUAL TABLE words USING fts5(text);
CREATE VIEW apart AS SELECT t FROM others;
CREATE VIEW broken AS SELECT gone FROM items;
CREATE TRIGGER kept AFTER INSERT ON others BEGIN INSERT INTO words VALUES (new.t); END;

CREATE TRIGGER stuck AFTER DELETE ON others BEGIN UPDATE items SET gone = 1; END;

INSERT INTO items VALUES (1, 1), (2, 2);
INSERT INTO others (t) VALUES ('one'), ('two')",
    );
    let around =
        "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE name <> 'items' ORDER BY name";
    let before = query(&mut connection, around);
    assert!(before.len() > 10, "shadow tables, too");
    change_collation(&mut connection, "items", "n");
    assert_eq!(query(&mut connection, around), before);
    assert_eq!(
        query(&mut connection, "SELECT * FROM others"),
        ["1|'one'", "2|'two'"]
    );
    let found = "SELECT text FROM words WHERE words MATCH 'two'";
    assert_eq!(query(&mut connection, found), ["'two'"]);
    assert_eq!(
        query(&mut connection, "SELECT * FROM sqlite_sequence"),
        ["'others'|2"]
    );
}

#[test]
fn a_table_is_renamed_and_rebuilt_in_one_step() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER CONSTRAINT fk REFERENCES items (id) ON DELETE CASCADE);
CREATE TABLE log (n INTEGER);
CREATE TRIGGER noted AFTER INSERT ON items BEGIN INSERT INTO log VALUES (new.n); END;

CREATE VIEW big AS SELECT n FROM items WHERE n > 1;
INSERT INTO items (n) VALUES (1), (2), (3);
INSERT INTO parts VALUES (1, 1), (2, 2);
DELETE FROM items WHERE id = 3",
    );
    let from = reflect(&mut connection);
    let mut to = from.clone();
    let (old, new) = (TableName::new("items"), TableName::new("goods"));
    let mut table = to.tables.remove(&old).unwrap();
    table.name = new.clone();
    to.insert(table);
    set_collation(&mut to, "goods", "n");
    let parts = to.tables.get_mut(&TableName::new("parts")).unwrap();
    parts.foreign_keys.get_mut("fk").unwrap().references = new.clone();
    let mut answers = Answers::default();
    answers.renamed_tables.insert(old, new);
    let plan = plan(&from, &to, &answers);
    run(&mut connection, &plan).unwrap();
    assert_eq!(reflect(&mut connection).tables, to.tables);
    assert_eq!(query(&mut connection, "SELECT * FROM parts"), ["1|1", "2|2"]);
    execute(&mut connection, "INSERT INTO goods (n) VALUES (4)");
    assert_eq!(query(&mut connection, "SELECT id FROM goods"), ["1", "2", "4"]);
    assert_eq!(query(&mut connection, "SELECT * FROM big"), ["2", "4"]);
    assert_eq!(query(&mut connection, "SELECT * FROM log"), ["1", "2", "3", "4"]);
    execute(&mut connection, "DELETE FROM goods WHERE id = 1");
    assert_eq!(query(&mut connection, "SELECT * FROM parts"), ["2|2"]);
}

/// Returns the rebuild with a copy that leaves a row behind.
fn incomplete(connection: &mut dyn Connection) -> Plan {
    let mut plan = rebuild(connection, |schema| set_collation(schema, "items", "n"));
    for statement in &mut plan.statements {
        if let Step::Execute { sql } = &mut statement.step
            && sql.starts_with("INSERT")
        {
            *sql = sql.replace("\nORDER BY", "\nWHERE n > 1\nORDER BY");
        }
    }
    plan
}

#[test]
fn a_row_that_is_not_copied_is_missed() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER);\nINSERT INTO items VALUES (1, 1), (2, 2)",
    );
    let plan = incomplete(&mut connection);
    let Err(Refusal::Database(_, error)) = run(&mut connection, &plan) else {
        panic!("a row is gone");
    };
    assert!(
        error.message.contains("`items` had 2 rows and now has 1"),
        "{error}"
    );
    assert_eq!(query(&mut connection, "SELECT * FROM items"), ["1|1", "2|2"]);

    let failed = Sqlite
        .standalone(&plan)
        .statements
        .into_iter()
        .find_map(|statement| {
            let Step::Execute { sql } = statement.step else {
                panic!("a shell knows statements only");
            };
            connection.execute(&sql, &[]).err()
        });
    let error = failed.expect("a shell misses it, too");
    assert!(error.message.contains("`items` was not copied whole"), "{error}");
}
