//! What a change that writes no row must withstand: the text of a table is replaced, and everything that SQLite reads through it
//! stays what it was.

#![allow(clippy::unwrap_used)]

use schema_core::db::sqlite::{Missing, SqliteConnection};
use schema_core::db::{Connection, Value};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{Dialect, Mode};
use schema_core::diff::Answers;
use schema_core::plan::{Plan, Statement, Step};
use schema_core::schema::{Default, Literal, Schema, Table, TableName};

use crate::sqlite_support::{Refusal, execute, plan, query, reflect, run, with};

/// Plans a change of the table `items`, and asserts that it writes no row.
fn redefinition(connection: &mut dyn Connection, change: impl FnOnce(&mut Table)) -> (Plan, Schema) {
    let from = reflect(connection);
    let mut to = from.clone();
    change(to.tables.get_mut(&TableName::new("items")).unwrap());
    let plan = plan(&from, &to, &Answers::default());
    let redefines = |statement: &Statement| matches!(statement.step, Step::RedefineTable { .. });
    assert!(plan.statements.iter().any(redefines), "{plan:#?}");
    assert!(!plan.mode.foreign_keys_off, "{plan:#?}");
    (plan, to)
}

/// Changes the table `items` without writing a row, and asserts that the database is what was planned.
fn redefine(connection: &mut dyn Connection, change: impl FnOnce(&mut Table)) {
    let (plan, to) = redefinition(connection, change);
    run(connection, &plan).unwrap();
    assert_eq!(reflect(connection), to);
    assert_eq!(query(connection, "PRAGMA integrity_check"), ["'ok'"]);
    assert_closed(connection);
}

/// Asserts that no statement can edit the schema any more.
fn assert_closed(connection: &mut dyn Connection) {
    assert_eq!(query(connection, "PRAGMA legacy_alter_table"), ["0"]);
    execute(connection, "PRAGMA writable_schema = ON");
    let edit = connection.execute("UPDATE sqlite_schema SET sql = sql", &[]);
    assert!(edit.is_err(), "the schema is not open");
}

fn set_default(column: &'static str, value: Option<i64>) -> impl FnOnce(&mut Table) {
    move |table| {
        table.column_mut(column).unwrap().default =
            value.map(|value| Default::Literal(Literal::Integer(value)));
    }
}

#[test]
fn a_row_older_than_its_column_keeps_the_value_that_it_reads_as() {
    for options in ["", " WITHOUT ROWID", " STRICT"] {
        let mut connection = with(&format!(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, a INTEGER, g INTEGER AS (a + 1)){options};
INSERT INTO items VALUES (1, 10), (2, 20);
ALTER TABLE items ADD COLUMN n INTEGER DEFAULT 5;
CREATE INDEX ix ON items (n);
ALTER TABLE items ADD COLUMN o INTEGER;
INSERT INTO items VALUES (3, 30, 6, 7);
CREATE TRIGGER never BEFORE UPDATE ON items BEGIN SELECT RAISE(ABORT, 'a row is updated'); END;

CREATE VIEW broken AS SELECT gone FROM items"
        ));
        let rows = ["1|10|11|5|NULL", "2|20|21|5|NULL", "3|30|31|6|7"];
        for (column, value) in [("n", Some(8)), ("o", Some(9)), ("n", None), ("o", None)] {
            redefine(&mut connection, set_default(column, value));
            assert_eq!(
                query(&mut connection, "SELECT * FROM items"),
                rows,
                "{column} {options}"
            );
        }
        assert_eq!(
            query(&mut connection, "SELECT id FROM items WHERE n = 5"),
            ["1", "2"]
        );
        redefine(&mut connection, set_default("n", Some(4)));
        execute(&mut connection, "INSERT INTO items (id) VALUES (4)");
        assert_eq!(query(&mut connection, "SELECT n FROM items WHERE id = 4"), ["4"]);
    }
}

#[test]
fn columns_stay_in_the_order_they_are_stored_in() {
    let mut connection = with(
        "CREATE TABLE items (c TEXT, id INTEGER PRIMARY KEY, b VARCHAR(3) NOT NULL);
INSERT INTO items VALUES ('c', 1, 'b')",
    );
    redefine(&mut connection, |table| {
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        table.column_mut("b").unwrap().ty = schema_core::schema::Type::Native("TEXT".to_owned());
    });
    assert_eq!(query(&mut connection, "SELECT * FROM items"), ["'c'|1|'b'"]);
}

#[test]
fn keys_keep_their_indexes_whatever_their_names() {
    let mut connection = with(
        "CREATE TABLE items (a TEXT, b TEXT UNIQUE, c TEXT, UNIQUE (c), CONSTRAINT k PRIMARY KEY (a), CONSTRAINT z UNIQUE (b, c));
INSERT INTO items VALUES ('a1', 'b1', 'c1'), ('a2', 'b2', 'c2')",
    );
    redefine(&mut connection, |table| {
        table.primary_key.as_mut().unwrap().name = "key".to_owned();
        let old = std::mem::take(&mut table.indexes);
        for (at, mut index) in old.into_values().rev().enumerate() {
            index.name = format!("unique_{at}");
            table.add_index(index);
        }
    });
    for condition in ["a = 'a2'", "b = 'b2'", "c = 'c2'"] {
        let sql = format!("SELECT * FROM items WHERE {condition}");
        assert_eq!(query(&mut connection, &sql), ["'a2'|'b2'|'c2'"], "{condition}");
    }
    for row in ["('a1', 'x', 'x')", "('x', 'b1', 'x')", "('x', 'x', 'c1')"] {
        let insert = format!("INSERT INTO items VALUES {row}");
        assert!(
            connection.execute(&insert, &[]).is_err(),
            "{row} is there already"
        );
    }
}

#[test]
fn what_happens_on_a_conflict_stays() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 1, a TEXT UNIQUE ON CONFLICT REPLACE);
INSERT INTO items VALUES (1, 1, 'x')",
    );
    redefine(&mut connection, set_default("n", Some(3)));
    execute(&mut connection, "INSERT INTO items VALUES (2, NULL, 'x')");
    assert_eq!(query(&mut connection, "SELECT * FROM items"), ["2|3|'x'"]);
}

#[test]
fn numbers_triggers_and_views_stay() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, n VARCHAR(5));
CREATE TABLE log (text TEXT);
CREATE TRIGGER noted AFTER INSERT ON items BEGIN INSERT INTO log VALUES (new.n); END;

CREATE VIEW reader AS SELECT n FROM items;
INSERT INTO items (n) VALUES ('a'), ('b');
DELETE FROM items WHERE id = 2",
    );
    redefine(&mut connection, |table| {
        table.column_mut("n").unwrap().ty = schema_core::schema::Type::Native("TEXT".to_owned());
    });
    execute(&mut connection, "INSERT INTO items (n) VALUES ('longer')");
    assert_eq!(query(&mut connection, "SELECT id FROM items"), ["1", "3"]);
    assert_eq!(
        query(&mut connection, "SELECT n FROM reader"),
        ["'a'", "'longer'"]
    );
    assert_eq!(query(&mut connection, "SELECT count(*) FROM log"), ["3"]);
}

#[test]
fn a_foreign_key_is_added_where_every_row_has_its_parent() {
    let mut connection = with(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE UNIQUE);
CREATE TABLE items (id INTEGER PRIMARY KEY, parent BIGINT, code TEXT);
INSERT INTO parents VALUES (1, 'a'), (2, 'b');
INSERT INTO items VALUES (1, 1, 'A'), (2, NULL, NULL), (3, 2, 'x')",
    );
    let keys = reflect(&mut with(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE UNIQUE);
CREATE TABLE items (id INTEGER PRIMARY KEY, parent BIGINT CONSTRAINT one REFERENCES parents ON DELETE CASCADE, code TEXT CONSTRAINT two REFERENCES parents (code))",
    ));
    let keys = &keys.tables[&TableName::new("items")].foreign_keys;
    redefine(&mut connection, |table| {
        table.foreign_keys.insert("one".to_owned(), keys["one"].clone());
    });
    let (plan, _) = redefinition(&mut connection, |table| {
        table.foreign_keys.insert("two".to_owned(), keys["two"].clone());
    });
    let before = reflect(&mut connection);
    let Err(Refusal::Rows(message, rows)) = run(&mut connection, &plan) else {
        panic!("`x` is nobody's code");
    };
    assert!(
        message.contains("refers in `two` to rows of `parents`"),
        "{message}"
    );
    assert_eq!(rows, [[Value::Integer(3), Value::Text("x".to_owned())]]);
    assert_eq!(reflect(&mut connection), before);
    execute(&mut connection, "UPDATE items SET code = 'B' WHERE id = 3");
    run(&mut connection, &plan).unwrap();
    let broken = "UPDATE items SET code = 'y'";
    assert!(
        connection.execute(broken, &[]).is_err(),
        "the key is enforced at once"
    );
    assert!(connection.execute("UPDATE items SET parent = 7", &[]).is_err());
    execute(&mut connection, "UPDATE items SET code = NULL");
    execute(&mut connection, "DELETE FROM parents WHERE id = 1");
    assert_eq!(query(&mut connection, "SELECT id FROM items"), ["2", "3"]);
}

#[test]
fn what_would_write_rows_is_refused_and_nothing_changes() {
    let columns = "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, UNIQUE (n)";
    for (definition, why) in [
        (
            "id INTEGER PRIMARY KEY, n TEXT, t TEXT, UNIQUE (n)",
            "the type of `n`",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT COLLATE NOCASE, UNIQUE (n)",
            "the collation of `t`",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT",
            "a UNIQUE constraint comes or goes",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, UNIQUE (n), UNIQUE (t)",
            "a UNIQUE constraint comes or goes",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, UNIQUE (n)",
            "a column `t` besides",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, u TEXT, UNIQUE (n)",
            "no column `u`",
        ),
        (
            "id INTEGER, n INTEGER PRIMARY KEY, t TEXT",
            "the primary key changes",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT AS (n), UNIQUE (n)",
            "the computed value of `t`",
        ),
        (
            "id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER, t TEXT, UNIQUE (n)",
            "the numbering of `id`",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER NOT NULL, t TEXT, UNIQUE (n)",
            "`n` becomes NOT NULL",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, UNIQUE (n), CHECK (n > 5)",
            "the check",
        ),
    ] {
        let mut connection = with(&format!(
            "CREATE TABLE items ({columns});\nINSERT INTO items VALUES (1, 1, 'a'), (2, NULL, NULL)"
        ));
        let before = reflect(&mut connection);
        let plan = Plan {
            statements: vec![
                Step::RedefineTable {
                    sql: format!("CREATE TABLE items ({definition})"),
                }
                .into(),
            ],
            ..Plan::default()
        };
        let Err(Refusal::Database(_, error)) = run(&mut connection, &plan) else {
            panic!("{definition} is no other text for the same rows");
        };
        assert!(error.message.contains(why), "{error} ({why})");
        assert!(error.message.contains("`autogen check --database`"), "{error}");
        assert_eq!(reflect(&mut connection), before);
        assert_closed(&mut connection);
    }
}

const OFF: Mode = Mode {
    foreign_keys_off: true,
    no_transaction: false,
};

/// Returns the plan of a script that redefines `items` and lets it be rebuilt.
fn rebuildable(definition: &str) -> Plan {
    Plan {
        statements: vec![
            Step::RedefineTable {
                sql: format!("CREATE TABLE items ({definition})"),
            }
            .into(),
        ],
        mode: OFF,
    }
}

#[test]
fn what_would_write_rows_is_a_rebuild_where_the_script_allows_one() {
    for definition in [
        "id INTEGER PRIMARY KEY, n TEXT, t TEXT, UNIQUE (n)",
        "id INTEGER PRIMARY KEY, n INTEGER, t TEXT COLLATE NOCASE, UNIQUE (n)",
        "id INTEGER PRIMARY KEY, n INTEGER, t TEXT",
        "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, UNIQUE (n), UNIQUE (t)",
        "id INTEGER PRIMARY KEY, n INTEGER NOT NULL, t TEXT, UNIQUE (n)",
        "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, UNIQUE (n), CHECK (n > 0)",
        "t TEXT DEFAULT 'x', id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER, UNIQUE (n)",
    ] {
        let mut connection = with(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER, t TEXT, UNIQUE (n) ON CONFLICT IGNORE);
CREATE TABLE parts (item INTEGER REFERENCES items (id) ON DELETE CASCADE);
CREATE TABLE log (n INTEGER);
CREATE TRIGGER noted AFTER INSERT ON items BEGIN INSERT INTO log VALUES (new.n); END;

CREATE VIEW all_items AS SELECT n FROM items;
CREATE INDEX own ON items (t);
INSERT INTO items VALUES (1, 1, 'a'), (2, 2, 'b');
INSERT INTO parts VALUES (1), (2)",
        );
        run(&mut connection, &rebuildable(definition)).unwrap();
        let expected = reflect(&mut with(&format!(
            "CREATE TABLE items ({definition});\nCREATE INDEX own ON items (t)"
        )));
        let items = &TableName::new("items");
        assert_eq!(reflect(&mut connection).tables[items], expected.tables[items]);
        execute(&mut connection, "INSERT INTO items (n, t) VALUES (3, 'c')");
        assert_eq!(query(&mut connection, "SELECT item FROM parts"), ["1", "2"]);
        assert_eq!(
            query(&mut connection, "SELECT id, t FROM items"),
            ["1|'a'", "2|'b'", "3|'c'"]
        );
        assert_eq!(query(&mut connection, "SELECT n FROM log"), ["1", "2", "3"]);
        assert_eq!(query(&mut connection, "SELECT count(*) FROM all_items"), ["3"]);
        assert_eq!(query(&mut connection, "PRAGMA integrity_check"), ["'ok'"]);
        assert_closed(&mut connection);
    }
}

#[test]
fn a_rebuild_in_the_place_of_a_redefinition_loses_nothing() {
    for (definition, why) in [
        ("id INTEGER PRIMARY KEY, n INTEGER", "a column `t` besides"),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, u TEXT",
            "no column `u`",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER NOT NULL, t TEXT",
            "hold NULL: (2)",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t TEXT, CHECK (n > 5)",
            "in these rows: (1, 1)",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER, t INTEGER",
            "what they are: (1, 'a'), (2, 'b')",
        ),
    ] {
        let mut connection = with(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER, t TEXT);
INSERT INTO items VALUES (1, 1, 'a'), (2, NULL, 'b')",
        );
        let before = reflect(&mut connection);
        let Err(Refusal::Database(_, error)) = run(&mut connection, &rebuildable(definition)) else {
            panic!("{definition} loses something");
        };
        assert!(error.message.contains(why), "{error} ({why})");
        assert_eq!(reflect(&mut connection), before);
        assert_eq!(
            query(&mut connection, "SELECT * FROM items"),
            ["1|1|'a'", "2|NULL|'b'"]
        );
        assert_closed(&mut connection);
    }
}

#[test]
fn a_key_that_no_model_can_say_is_no_way_to_read_rows_otherwise() {
    let mut connection = with(
        "CREATE TABLE items (code TEXT, n INTEGER, CONSTRAINT pk PRIMARY KEY (code DESC));
INSERT INTO items VALUES ('a', 1), ('b', 2)",
    );
    let (mut plan, to) = redefinition(&mut connection, set_default("n", Some(7)));
    let Err(Refusal::Database(_, error)) = run(&mut connection, &plan) else {
        panic!("an index has turned round");
    };
    assert!(error.message.contains("in another way"), "{error}");
    assert!(
        error.message.contains("`-- autogen: foreign-keys-off`"),
        "{error}"
    );
    plan.mode = OFF;
    run(&mut connection, &plan).unwrap();
    assert_eq!(reflect(&mut connection), to);
    assert_eq!(
        query(&mut connection, "SELECT rowid, * FROM items"),
        ["1|'a'|1", "2|'b'|2"]
    );
    assert_eq!(query(&mut connection, "PRAGMA integrity_check"), ["'ok'"]);
}

#[test]
fn a_text_that_sqlite_cannot_read_is_taken_back() {
    let mut connection = with("CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER)");
    for definition in [
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER DEFAULT (nonsense(())))",
        "CREATE VIEW items AS SELECT 1",
        "nonsense",
    ] {
        let session = Sqlite.session();
        let refused = session.redefine_table(&mut connection, definition);
        assert!(refused.is_err(), "{definition}");
        assert_closed(&mut connection);
        let count = query(&mut connection, "SELECT count(*) FROM items");
        assert_eq!(count, ["0"], "the table can be read");
    }
}

#[test]
fn other_connections_read_the_new_definition() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let mut one = SqliteConnection::open(&path, Missing::Create).unwrap();
    execute(&mut one, "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER)");
    let mut other = SqliteConnection::open(&path, Missing::Refuse).unwrap();
    execute(&mut other, "INSERT INTO items (id) VALUES (1)");
    let version = query(&mut other, "PRAGMA schema_version");
    redefine(&mut one, set_default("n", Some(7)));
    execute(&mut other, "INSERT INTO items (id) VALUES (2)");
    assert_eq!(query(&mut other, "SELECT n FROM items"), ["NULL", "7"]);
    assert_ne!(query(&mut other, "PRAGMA schema_version"), version);
}

/// Runs a plan as a shell does that is not defensive and stops at the first error.
fn shell(connection: &mut dyn Connection, plan: &Plan) -> Result<(), String> {
    connection.allow_schema_edits(true).unwrap();
    let mut done = Ok(());
    for statement in Sqlite.standalone(plan).statements {
        let Step::Execute { sql } = statement.step else {
            panic!("a shell knows statements only: {statement:?}");
        };
        if let Err(error) = connection.execute(&sql, &[]) {
            execute(connection, "ROLLBACK");
            done = Err(error.message);
            break;
        }
    }
    connection.allow_schema_edits(false).unwrap();
    done
}

#[test]
fn a_shell_can_do_it_where_the_order_is_the_same() {
    let columns = "id INTEGER PRIMARY KEY, b TEXT UNIQUE, a TEXT, c TEXT UNIQUE";
    let mut connection = with(&format!(
        "CREATE TABLE items ({columns}, UNIQUE (a, b));
INSERT INTO items VALUES (1, 'b', 'a', 'c');
ALTER TABLE items ADD COLUMN n INTEGER DEFAULT 5"
    ));
    let (plan, mut to) = redefinition(&mut connection, set_default("n", Some(7)));
    let message = shell(&mut connection, &plan).unwrap_err();
    assert!(message.contains("not stored in the order"), "{message}");
    // A definition in which the keys come in another order than by their names.
    let own = format!("CREATE TABLE items ({columns}, n INTEGER DEFAULT 7, UNIQUE (a, b))");
    let own = Plan {
        statements: vec![Step::RedefineTable { sql: own }.into()],
        ..Plan::default()
    };
    shell(&mut connection, &own).unwrap();
    assert_eq!(reflect(&mut connection), to);
    assert_eq!(query(&mut connection, "SELECT * FROM items"), ["1|'b'|'a'|'c'|5"]);
    assert_eq!(query(&mut connection, "PRAGMA integrity_check"), ["'ok'"]);

    let mut connection =
        with("CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT, b TEXT, UNIQUE (a), UNIQUE (b))");
    let (plan, after) = redefinition(&mut connection, |table| {
        table.column_mut("a").unwrap().default = Some(Default::expression("1 + 1"));
    });
    to = after;
    shell(&mut connection, &plan).unwrap();
    assert_eq!(reflect(&mut connection), to);
}
