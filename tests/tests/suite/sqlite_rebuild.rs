//! What a rebuild must withstand: each test holds something that the obvious way of replacing a table loses.

#![allow(clippy::unwrap_used)]

use schema_core::db::Connection;
use schema_core::dialect::Dialect;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::plan::Step;
use schema_core::schema::{TableName, Type};

use crate::sqlite_support::{
    Refusal, change_collation, execute, plan, query, rebuild, reflect, run, set_collation, with,
};

#[test]
fn children_keep_their_rows_whatever_they_do_on_delete() {
    for action in ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"] {
        let mut connection = with(&format!(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER DEFAULT 7 REFERENCES parents (id) ON DELETE {action});
INSERT INTO parents VALUES (1, 10), (2, 20), (7, 70);
INSERT INTO children VALUES (1, 1), (2, 2)"
        ));
        change_collation(&mut connection, "parents", "n");
        let children = query(&mut connection, "SELECT * FROM children");
        assert_eq!(children, ["1|1", "2|2"], "{action}");
        assert_eq!(query(&mut connection, "SELECT count(*) FROM parents"), ["3"]);
    }
}

#[test]
fn triggers_views_and_indexes_that_no_model_owns_stay() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE log (text TEXT);
CREATE TRIGGER noted AFTER INSERT ON items BEGIN INSERT INTO log VALUES ('item ' || new.n); END;

CREATE TRIGGER mirrored AFTER INSERT ON log WHEN new.text = 'add' BEGIN INSERT INTO items (n) VALUES (5); END;

CREATE VIEW big AS SELECT * FROM items WHERE n > 10;
INSERT INTO items VALUES (1, 11)",
    );
    let planned = rebuild(&mut connection, |schema| set_collation(schema, "items", "n"));
    execute(&mut connection, "CREATE INDEX unowned ON items (n) WHERE n > 3");
    run(&mut connection, &planned).unwrap();
    execute(&mut connection, "INSERT INTO log VALUES ('add')");
    assert_eq!(
        query(&mut connection, "SELECT text FROM log"),
        ["'item 11'", "'add'", "'item 5'"]
    );
    assert_eq!(query(&mut connection, "SELECT n FROM big"), ["11"]);
    let names = "SELECT name FROM sqlite_schema WHERE type <> 'table' ORDER BY name";
    assert_eq!(
        query(&mut connection, names),
        ["'big'", "'mirrored'", "'noted'", "'unowned'"]
    );
}

#[test]
fn what_no_longer_fits_is_named_and_nothing_is_lost() {
    for (name, dependent) in [
        (
            "`noted`",
            "CREATE TRIGGER noted AFTER INSERT ON items BEGIN INSERT INTO log VALUES (new.gone); END",
        ),
        ("`unowned`", "CREATE INDEX unowned ON items (gone)"),
        ("\"reader\"", "CREATE VIEW reader AS SELECT gone FROM items"),
        (
            "a trigger that uses",
            "CREATE TRIGGER other AFTER INSERT ON log BEGIN UPDATE items SET gone = 1; END",
        ),
    ] {
        let mut connection = with(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER, gone INTEGER);
CREATE TABLE log (text TEXT);
INSERT INTO items VALUES (1, 2, 3)",
        );
        let plan = rebuild(&mut connection, |schema| {
            set_collation(schema, "items", "n");
            let table = schema.tables.get_mut(&TableName::new("items")).unwrap();
            table.columns.retain(|column| column.name != "gone");
        });
        execute(&mut connection, dependent);
        let everything = "SELECT sql FROM sqlite_schema ORDER BY name";
        let before = query(&mut connection, everything);
        let Err(Refusal::Database(_, error)) = run(&mut connection, &plan) else {
            panic!("{dependent} fits a table without `gone`");
        };
        assert!(error.message.contains(name), "{error}");
        assert_eq!(query(&mut connection, everything), before);
        assert_eq!(query(&mut connection, "SELECT * FROM items"), ["1|2|3"]);
        assert_eq!(query(&mut connection, "PRAGMA legacy_alter_table"), ["0"]);
    }
}

#[test]
fn autoincrement_never_gives_a_number_twice() {
    for rows in ["DELETE FROM items WHERE id > 2", "DELETE FROM items"] {
        let mut connection = with(
            "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
INSERT INTO items (n) VALUES (1), (2), (3), (4)",
        );
        execute(&mut connection, rows);
        change_collation(&mut connection, "items", "n");
        execute(&mut connection, "INSERT INTO items (n) VALUES (9)");
        assert_eq!(
            query(&mut connection, "SELECT max(id) FROM items"),
            ["5"],
            "{rows}"
        );
        assert_eq!(
            query(&mut connection, "SELECT * FROM sqlite_sequence"),
            ["'items'|5"]
        );
    }
}

#[test]
fn rowids_stay_where_no_column_is_one() {
    for columns in [
        "name TEXT PRIMARY KEY, n INTEGER",
        "name TEXT, n INTEGER",
        "rowid TEXT, n INTEGER",
    ] {
        let mut connection = with(&format!(
            "CREATE TABLE items ({columns});
INSERT INTO items VALUES ('a', 1), ('b', 2), ('c', 3);
DELETE FROM items WHERE n = 2"
        ));
        change_collation(&mut connection, "items", "n");
        assert_eq!(
            query(&mut connection, "SELECT _rowid_, n FROM items"),
            ["1|1", "3|3"]
        );
    }
}

#[test]
fn a_table_may_refer_to_itself() {
    let mut connection = with(
        "CREATE TABLE nodes (id INTEGER PRIMARY KEY, up INTEGER REFERENCES nodes ON DELETE CASCADE, n INTEGER);
INSERT INTO nodes VALUES (1, NULL, 1), (2, 1, 2), (3, 2, 3)",
    );
    change_collation(&mut connection, "nodes", "n");
    assert_eq!(query(&mut connection, "SELECT count(*) FROM nodes"), ["3"]);
    let refers = "SELECT \"table\" FROM pragma_foreign_key_list('nodes')";
    assert_eq!(query(&mut connection, refers), ["'nodes'"]);
    execute(&mut connection, "DELETE FROM nodes WHERE id = 1");
    assert_eq!(query(&mut connection, "SELECT count(*) FROM nodes"), ["0"]);
}

#[test]
fn orphans_that_were_there_before_are_no_hindrance_and_new_ones_are() {
    let mut connection = with(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
INSERT INTO parents VALUES (1, 1);
PRAGMA foreign_keys = OFF;
INSERT INTO children VALUES (1, 1), (2, 99);
PRAGMA foreign_keys = ON",
    );
    change_collation(&mut connection, "parents", "n");
    assert_eq!(query(&mut connection, "SELECT * FROM children"), ["1|1", "2|99"]);

    let mut plan = rebuild(&mut connection, |schema| {
        let table = schema.tables.get_mut(&TableName::new("parents")).unwrap();
        table.column_mut("n").unwrap().collation = None;
    });
    let delete = schema_core::plan::Statement::execute("DELETE FROM parents");
    plan.statements.push(delete);
    let Err(Refusal::Database(at, error)) = run(&mut connection, &plan) else {
        panic!("row 1 lost its parent");
    };
    assert_eq!(at, "commit");
    assert_eq!(
        error.message,
        "foreign keys do not hold: row 1 of `children` refers to no row of `parents`"
    );
    assert_eq!(query(&mut connection, "SELECT * FROM parents"), ["1|1"]);
}

#[test]
fn an_orphan_of_a_renamed_table_is_not_new() {
    let mut connection = with(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id), n INTEGER);
PRAGMA foreign_keys = OFF;
INSERT INTO children VALUES (2, 99, 1);
PRAGMA foreign_keys = ON",
    );
    let from = reflect(&mut connection);
    let mut to = from.clone();
    let (old, new) = (TableName::new("children"), TableName::new("kids"));
    let mut table = to.tables.remove(&old).unwrap();
    table.name = new.clone();
    to.insert(table);
    set_collation(&mut to, "kids", "n");
    let mut answers = Answers::default();
    answers.renamed_tables.insert(old, new);
    let plan = plan(&from, &to, &answers);
    run(&mut connection, &plan).unwrap();
    assert_eq!(reflect(&mut connection), to);
    assert_eq!(query(&mut connection, "SELECT * FROM kids"), ["2|99|1"]);
}

#[test]
fn odd_names_survive() {
    let mut connection = with(
        "CREATE TABLE \"a \"\"b\"\" [c] 'd' é\" (\"select\" INTEGER PRIMARY KEY, \"x-y\" INTEGER CHECK (\"x-y\" <> 3), `q``q` TEXT);
INSERT INTO \"a \"\"b\"\" [c] 'd' é\" VALUES (1, 2, 'z')",
    );
    change_collation(&mut connection, "a \"b\" [c] 'd' é", "x-y");
    let rows = query(&mut connection, "SELECT * FROM \"a \"\"b\"\" [c] 'd' é\"");
    assert_eq!(rows, ["1|2|'z'"]);
}

#[test]
fn what_happens_on_a_conflict_stays() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY ON CONFLICT IGNORE, n INTEGER NOT NULL ON CONFLICT IGNORE, a TEXT UNIQUE ON CONFLICT REPLACE, b TEXT, UNIQUE (b) ON CONFLICT FAIL);
INSERT INTO items VALUES (1, 1, 'x', 'y')",
    );
    change_collation(&mut connection, "items", "n");
    execute(&mut connection, "INSERT INTO items VALUES (1, 2, 'z', 'z')");
    execute(&mut connection, "INSERT INTO items VALUES (2, NULL, 'z', 'z')");
    execute(&mut connection, "INSERT INTO items VALUES (3, 3, 'x', 'z')");
    assert_eq!(query(&mut connection, "SELECT * FROM items"), ["3|3|'x'|'z'"]);
    let failing = "INSERT INTO items VALUES (4, 4, 'p', 'p'), (5, 5, 'q', 'z')";
    assert!(connection.execute(failing, &[]).is_err());
    let count = query(&mut connection, "SELECT count(*) FROM items");
    assert_eq!(count, ["2"], "the rows before the one that failed stay");
}

#[test]
fn a_column_that_no_revision_made_is_not_lost_in_silence() {
    let mut connection = with("CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER)");
    let plan = rebuild(&mut connection, |schema| set_collation(schema, "items", "n"));
    execute(&mut connection, "ALTER TABLE items ADD COLUMN drifted TEXT");
    let Err(Refusal::Rows(message, rows)) = run(&mut connection, &plan) else {
        panic!("a column is gone");
    };
    assert!(message.contains("`items` has columns that no revision made"));
    assert_eq!(rows.len(), 1);
}

#[test]
fn options_and_computed_columns_stay() {
    for definition in [
        "id INTEGER PRIMARY KEY, n INTEGER) STRICT",
        "id INTEGER PRIMARY KEY, n INTEGER) WITHOUT ROWID",
        "id INTEGER PRIMARY KEY, n ANY) WITHOUT ROWID, STRICT",
        "id INTEGER PRIMARY KEY, n INTEGER, g AS (n + 1))",
        "id INTEGER PRIMARY KEY, n INTEGER, g TEXT NOT NULL GENERATED ALWAYS AS (n || 'x') STORED)",
    ] {
        let mut connection = with(&format!(
            "CREATE TABLE items ({definition};\nINSERT INTO items (id, n) VALUES (7, 1), (3, 2)"
        ));
        let rows = "SELECT * FROM items ORDER BY id";
        let before = connection.query(rows, &[]).unwrap();
        let plan = rebuild(&mut connection, |schema| set_collation(schema, "items", "n"));
        assert!(run(&mut connection, &plan).is_ok(), "{definition}");
        assert_eq!(connection.query(rows, &[]).unwrap(), before, "{definition}");
        let after = Sqlite.reflect(&mut connection).unwrap();
        let table = &after.tables[&TableName::new("items")];
        assert_eq!(table.options.strict, definition.contains("STRICT"));
        assert_eq!(table.options.without_rowid, definition.contains("WITHOUT"));
        assert_eq!(table.column("g").is_some(), definition.contains(" AS "));
        assert!(
            table
                .columns
                .iter()
                .all(|column| column.generated.is_some() == (column.name == "g"))
        );
    }
}

#[test]
fn statistics_stay() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER);
CREATE INDEX ix ON items (n);
INSERT INTO items VALUES (1, 1), (2, 2);
ANALYZE",
    );
    let before = query(&mut connection, "SELECT * FROM sqlite_stat1");
    change_collation(&mut connection, "items", "n");
    assert_eq!(query(&mut connection, "SELECT * FROM sqlite_stat1"), before);
}

#[test]
fn many_changes_of_a_table_are_one_rebuild() {
    let mut connection = with("CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT)");
    let plan = rebuild(&mut connection, |schema| {
        set_collation(schema, "items", "a");
        let table = schema.tables.get_mut(&TableName::new("items")).unwrap();
        table.column_mut("b").unwrap().ty = Type::Native("VARCHAR(9)".to_owned());
        table.columns.retain(|column| column.name != "c");
    });
    let count = |begins: &str| {
        let starts = |step: &Step| matches!(step, Step::Execute { sql } if sql.starts_with(begins));
        plan.statements
            .iter()
            .filter(|statement| starts(&statement.step))
            .count()
    };
    assert_eq!(
        (count("CREATE TABLE"), count("DROP TABLE"), count("INSERT")),
        (1, 1, 1)
    );
    assert_eq!(count("ALTER TABLE"), 1, "the rename at the end");
    assert!(
        Sqlite.session().transactional(),
        "what is stopped half-way leaves no table behind"
    );
}

#[test]
fn rows_are_copied_in_their_order_before_there_are_indexes() {
    for (table, order) in [
        ("items (id INTEGER PRIMARY KEY, n INTEGER)", "\"id\""),
        ("items (id TEXT PRIMARY KEY, n INTEGER)", "rowid"),
        (
            "items (id TEXT, n INTEGER, m INTEGER, PRIMARY KEY (n, id)) WITHOUT ROWID",
            "\"n\", \"id\"",
        ),
    ] {
        let mut connection = with(&format!("CREATE TABLE {table};\nCREATE INDEX ix ON items (n)"));
        let plan = rebuild(&mut connection, |schema| set_collation(schema, "items", "n"));
        let at = |wanted: &dyn Fn(&str) -> bool| {
            plan.statements
                .iter()
                .position(|statement| matches!(&statement.step, Step::Execute { sql } if wanted(sql)))
                .unwrap_or_else(|| panic!("{plan:#?}"))
        };
        let copied = at(&|sql| sql.starts_with("INSERT") && sql.ends_with(&format!("ORDER BY {order}")));
        assert!(copied < at(&|sql| sql.starts_with("CREATE INDEX")), "{plan:#?}");
    }
}

#[test]
fn a_rebuild_that_stops_anywhere_leaves_nothing_behind() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
CREATE INDEX ix ON items (n);
INSERT INTO items (n) VALUES (1), (2)",
    );
    let everything = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";
    let before = query(&mut connection, everything);
    let plan = rebuild(&mut connection, |schema| set_collation(schema, "items", "n"));
    for at in 0..=plan.statements.len() {
        let mut broken = plan.clone();
        broken
            .statements
            .insert(at, schema_core::plan::Statement::execute("SELECT nothing_there"));
        assert!(run(&mut connection, &broken).is_err(), "stopped at {at}");
        assert_eq!(query(&mut connection, everything), before, "stopped at {at}");
        assert_eq!(query(&mut connection, "SELECT * FROM items"), ["1|1", "2|2"]);
        assert_eq!(
            query(&mut connection, "SELECT * FROM temp.sqlite_schema"),
            [""; 0]
        );
    }
    run(&mut connection, &plan).unwrap();
}

#[test]
fn who_watches_is_told_how_many_rows_are_copied() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE log (n INTEGER);
INSERT INTO items (n) SELECT value FROM (WITH RECURSIVE v (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM v LIMIT 2500) SELECT value FROM v)",
    );
    let (tell, told) = std::sync::mpsc::channel();
    connection
        .watch_rows(Box::new(move |written| tell.send(written).unwrap()))
        .unwrap();
    execute(&mut connection, "INSERT INTO log SELECT n FROM items");
    change_collation(&mut connection, "items", "n");
    drop(connection);
    let told: Vec<Option<u64>> = told
        .iter()
        .map(|written| {
            written.map(|written| {
                assert_eq!(written.of, 2_500);
                written.rows
            })
        })
        .collect();
    assert_eq!(told, [Some(0), Some(1_000), Some(2_000), None]);
}
