//! What happens to values: none is changed by a conversion without a word, and each refusal shows its rows.

#![allow(clippy::unwrap_used)]

use schema_core::db::Value;
use schema_core::dialect::{Dialect as _, sqlite::Sqlite};
use schema_core::diff::Answers;
use schema_core::plan::Step;
use schema_core::schema::{Column, Default, Literal, TableName, Type};

use crate::sqlite_support::{Refusal, plan, query, reflect, run, with};

/// Converts one value in a column of one type to another; returns the value after, or the rows shown.
fn convert(from: &str, value: &str, to: &str) -> Result<String, Vec<Vec<Value>>> {
    let mut connection = with(&format!(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, v {from});
INSERT INTO items VALUES (1, {value})"
    ));
    let before = reflect(&mut connection);
    let mut after = before.clone();
    let table = after.tables.get_mut(&TableName::new("items")).unwrap();
    table.column_mut("v").unwrap().ty = Type::Native(to.to_owned());
    let plan = plan(&before, &after, &Answers::default());
    match run(&mut connection, &plan) {
        Ok(()) => {
            assert_eq!(reflect(&mut connection), after);
            Ok(query(&mut connection, "SELECT v FROM items").remove(0))
        }
        Err(Refusal::Rows(message, rows)) => {
            assert!(message.contains("`items.v` becomes"), "{message}");
            assert_eq!(reflect(&mut connection), before);
            Err(rows)
        }
        Err(refusal @ Refusal::Database(..)) => panic!("{refusal:?}"),
    }
}

#[test]
fn conversions_keep_every_value_or_show_it() {
    for (from, value, to) in [
        ("TEXT", "'abc'", "INTEGER"),
        ("TEXT", "'007'", "BIGINT"),
        ("TEXT", "' 42 '", "BIGINT"),
        ("TEXT", "'9223372036854775808'", "BIGINT"),
        ("TEXT", "'12abc'", "DOUBLE"),
        ("TEXT", "''", "INTEGER"),
        ("BIGINT", "9007199254740993", "DOUBLE"),
        ("BIGINT", "9223372036854775807", "DOUBLE"),
        ("DATETIME", "'2024-01-02 03:04:05'", "INTEGER"),
        ("DATETIME", "'2024-01-02 03:04:05'", "DOUBLE"),
        ("TEXT", "'20240102'", "DATE"),
        ("DOUBLE", "1.5", "BIGINT"),
        ("DOUBLE", "1e300", "BIGINT"),
        ("BIGINT", "70000", "SMALLINT"),
        ("BIGINT", "3000000000", "INTEGER"),
        ("INTEGER", "2", "BOOLEAN"),
        ("TEXT", "'abcdef'", "VARCHAR(5)"),
        ("BLOB", "X'00ff'", "TEXT"),
        ("BLOB", "X'31'", "INTEGER"),
        ("TEXT", "'-0'", "BIGINT"),
        ("TEXT", "'+5'", "BIGINT"),
        ("TEXT", "'0x10'", "BIGINT"),
        ("TEXT", "'1e3'", "BIGINT"),
        ("TEXT", "'1.5'", "BIGINT"),
        ("TEXT", "'-9223372036854775809'", "BIGINT"),
        ("TEXT", "'9007199254740993'", "DOUBLE"),
        ("TEXT", "'0.10'", "DECIMAL(10, 2)"),
        ("TEXT", "'true'", "BOOLEAN"),
        ("TEXT", "'2'", "BOOLEAN"),
        ("DOUBLE", "0.5", "BOOLEAN"),
        ("DOUBLE", "9.3e18", "BIGINT"),
        ("DATETIME", "'2024-01-02 03:04:05'", "BOOLEAN"),
        ("DATETIME", "'2024-01-02 03:04:05'", "DECIMAL(10, 2)"),
        ("DATETIME", "'2024-01-02 03:04:05'", "DATE"),
        ("DATETIME", "'2024-01-02 03:04:05'", "TIME"),
        ("DATETIME", "'2024-01-02 00:00:00.5'", "DATE"),
        ("DATETIME", "'2024-01-02 noon'", "DATE"),
        ("TIMESTAMP", "'2024-01-02 00:00:00+02:00'", "DATE"),
        ("DATE", "'2024-01-02'", "TIME"),
        ("TIME", "'03:04:05'", "DATE"),
        ("TIME", "'03:04:05'", "DATETIME"),
        ("TEXT", "'abc'", "DATE"),
        ("TEXT", "'2024-02-30'", "DATE"),
        ("TEXT", "'2024-1-2'", "DATE"),
        ("TEXT", "'12:61'", "TIME"),
        ("TEXT", "'tomorrow'", "TIMESTAMP"),
        ("TEXT", "'1704164645'", "TIMESTAMP"),
        ("BLOB", "X'00'", "TIMESTAMP"),
        ("TEXT", "'abc'", "BLOB"),
        ("BIGINT", "7", "BLOB"),
        ("BIGINT", "123456", "VARCHAR(5)"),
        ("DECIMAL(10, 4)", "1.2345", "DECIMAL(10, 2)"),
        ("DECIMAL(10, 2)", "12345678.5", "DECIMAL(6, 2)"),
        ("BIGINT", "100", "DECIMAL(4, 2)"),
    ] {
        let rows = convert(from, value, to).expect_err(&format!("{value} is no {to}"));
        assert_eq!(rows.len(), 1, "{value} to {to}");
        assert_eq!(rows[0][0], Value::Integer(1), "the key is shown");
    }
    for (from, value, to, expected) in [
        ("TEXT", "'42'", "BIGINT", "42"),
        ("TEXT", "'-1.5'", "DOUBLE", "-1.5"),
        ("TEXT", "'42'", "DOUBLE", "42"),
        ("TEXT", "NULL", "BIGINT", "NULL"),
        ("BIGINT", "42", "TEXT", "'42'"),
        ("DOUBLE", "0.1", "TEXT", "'0.1'"),
        ("DOUBLE", "2.0", "BIGINT", "2"),
        ("TEXT", "'2024-01-02'", "DATE", "'2024-01-02'"),
        ("INTEGER", "1", "BOOLEAN", "1"),
        ("SMALLINT", "7", "BIGINT", "7"),
        ("BLOB", "X'00'", "BLOB(16)", "X'00'"),
        ("TEXT", "'-9223372036854775808'", "BIGINT", "-9223372036854775808"),
        ("TEXT", "'0.5'", "DECIMAL(10, 2)", "0.5"),
        (
            "TEXT",
            "'2024-01-02T03:04:05Z'",
            "TIMESTAMP",
            "'2024-01-02T03:04:05Z'",
        ),
        (
            "TEXT",
            "'2024-01-02 03:04:05.678901+02:00'",
            "TIMESTAMP",
            "'2024-01-02 03:04:05.678901+02:00'",
        ),
        ("TEXT", "'03:04:05.25'", "TIME", "'03:04:05.25'"),
        (
            "DATETIME",
            "'2024-01-02 03:04:05'",
            "TEXT",
            "'2024-01-02 03:04:05'",
        ),
        ("BIGINT", "1704164645", "TIMESTAMP", "1704164645"),
        ("DECIMAL(10, 4)", "1.25", "DECIMAL(10, 2)", "1.25"),
        ("DECIMAL(6, 2)", "1234.56", "DECIMAL(10, 4)", "1234.56"),
        ("BOOLEAN", "1", "TEXT", "'1'"),
        ("BOOLEAN", "1", "BIGINT", "1"),
        ("VARCHAR(5)", "'abcde'", "VARCHAR(80)", "'abcde'"),
    ] {
        assert_eq!(
            convert(from, value, to),
            Ok(expected.to_owned()),
            "{value} to {to}"
        );
    }
}

/// A program that reads one kind of dates and times does not read another.
#[test]
fn dates_and_times_are_written_as_the_new_kind_is() {
    for (from, value, to, expected) in [
        ("DATE", "2024-01-02", "DATETIME", "2024-01-02 00:00:00"),
        ("DATE", "2024-01-02", "TIMESTAMP", "2024-01-02 00:00:00+00:00"),
        ("DATE", "2024-01-02 03:04", "DATETIME", "2024-01-02 03:04"),
        ("DATETIME", "2024-01-02", "DATE", "2024-01-02"),
        ("DATETIME", "2024-01-02 00:00:00", "DATE", "2024-01-02"),
        ("TIMESTAMP", "2024-01-02 00:00:00+00:00", "DATE", "2024-01-02"),
        ("TIMESTAMP", "2024-01-02T00:00:00Z", "DATE", "2024-01-02"),
        (
            "DATETIME",
            "2024-01-02 03:04:05",
            "TIMESTAMP",
            "2024-01-02 03:04:05+00:00",
        ),
        (
            "DATETIME",
            "2024-01-02T03:04:05.678901",
            "TIMESTAMP",
            "2024-01-02T03:04:05.678901+00:00",
        ),
        (
            "DATETIME",
            "2024-01-02 03:04:05.5-02:00",
            "TIMESTAMP",
            "2024-01-02 03:04:05.5-02:00",
        ),
        ("DATETIME", "2024-01-02 03:04", "TIMESTAMP", "2024-01-02 03:04"),
        (
            "TIMESTAMP",
            "2024-01-02 03:04:05",
            "DATETIME",
            "2024-01-02 03:04:05",
        ),
        (
            "TIMESTAMP",
            "2024-01-02 03:04:05+00:00",
            "DATETIME",
            "2024-01-02 03:04:05",
        ),
        (
            "TIMESTAMP",
            "2024-01-02T03:04:05.5Z",
            "DATETIME",
            "2024-01-02T03:04:05.5",
        ),
        (
            "TIMESTAMP",
            "2024-01-01 23:04:05.9999999-02:00",
            "DATETIME",
            "2024-01-02 01:04:05.9999999",
        ),
        (
            "TIMESTAMP",
            "2024-13-01 23:04:05-02:00",
            "DATETIME",
            "2024-13-01 23:04:05-02:00",
        ),
    ] {
        let (value, expected) = (format!("'{value}'"), format!("'{expected}'"));
        assert_eq!(convert(from, &value, to), Ok(expected), "{value} to {to}");
    }
    for (from, value, to) in [
        ("DATE", "20240102", "DATETIME"),
        ("DATETIME", "1704164645", "DATE"),
        ("TIMESTAMP", "1704164645.5", "DATETIME"),
        ("TIMESTAMP", "NULL", "DATE"),
    ] {
        assert_eq!(convert(from, value, to), Ok(value.to_owned()), "{value} to {to}");
    }
}

/// Changes the columns of a table with rows `(1, 5)` and `(2, NULL)` in `id` and `n`.
fn change(
    edit: impl FnOnce(&mut schema_core::schema::Table),
    answers: &Answers,
) -> Result<Vec<String>, Refusal> {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO items VALUES (1, 5), (2, NULL)",
    );
    let before = reflect(&mut connection);
    let mut after = before.clone();
    edit(after.tables.get_mut(&TableName::new("items")).unwrap());
    let plan = plan(&before, &after, answers);
    let done = run(&mut connection, &plan);
    let expected = if done.is_ok() { after } else { before };
    assert_eq!(reflect(&mut connection), expected);
    done.map(|()| query(&mut connection, "SELECT * FROM items"))
}

fn backfill(column: &str, value: Default) -> Answers {
    let mut answers = Answers::default();
    let place = (TableName::new("items"), column.to_owned());
    answers.backfills.insert(place, value);
    answers
}

#[test]
fn null_becomes_a_value_or_is_shown() {
    let not_null = |table: &mut schema_core::schema::Table| table.column_mut("n").unwrap().nullable = false;
    let Err(Refusal::Rows(message, rows)) = change(not_null, &Answers::default()) else {
        panic!("NULL is no value");
    };
    assert!(message.contains("`items.n` becomes NOT NULL"), "{message}");
    assert_eq!(rows, [[Value::Integer(2)]]);
    let filled = backfill("n", Default::expression("id * 10"));
    assert_eq!(
        change(not_null, &filled),
        Ok(vec!["1|5".to_owned(), "2|20".to_owned()])
    );
    let by_default = |table: &mut schema_core::schema::Table| {
        not_null(table);
        table.column_mut("n").unwrap().default = Some(Default::Literal(Literal::Integer(0)));
    };
    assert_eq!(
        change(by_default, &Answers::default()),
        Ok(vec!["1|5".to_owned(), "2|0".to_owned()])
    );
}

#[test]
fn a_new_column_has_a_value_or_is_refused() {
    let add = |table: &mut schema_core::schema::Table| {
        let column = Column::new("label", Type::Native("TEXT".to_owned()));
        table.columns.push(column);
    };
    let Err(Refusal::Rows(message, rows)) = change(add, &Answers::default()) else {
        panic!("there is no value");
    };
    assert!(
        message.contains("`items.label` is NOT NULL without a default"),
        "{message}"
    );
    assert_eq!(rows.len(), 2);
    let filled = backfill("label", Default::expression("'item ' || id"));
    assert_eq!(
        change(add, &filled),
        Ok(vec!["1|5|'item 1'".to_owned(), "2|NULL|'item 2'".to_owned()])
    );
    let now = |table: &mut schema_core::schema::Table| {
        add(table);
        table.column_mut("label").unwrap().default = Some(Default::expression("CURRENT_TIMESTAMP"));
    };
    assert_eq!(change(now, &Answers::default()).unwrap().len(), 2);
}

#[test]
fn rows_that_break_a_new_rule_are_shown() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE);
INSERT INTO items VALUES (1, 'a'), (2, 'A'), (3, NULL), (4, NULL)",
    );
    let before = reflect(&mut connection);
    for rule in [
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, CONSTRAINT u UNIQUE (name))",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, CONSTRAINT c CHECK (name <> 'a'))",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE);\nCREATE UNIQUE INDEX u ON items (name)",
    ] {
        let mut after = reflect(&mut with(rule));
        let key = before.tables[&TableName::new("items")].primary_key.clone();
        after
            .tables
            .get_mut(&TableName::new("items"))
            .unwrap()
            .primary_key = key;
        let plan = plan(&before, &after, &Answers::default());
        let refused = run(&mut connection, &plan);
        assert!(
            matches!(&refused, Err(Refusal::Rows(_, rows)) if !rows.is_empty()),
            "{refused:?}"
        );
        assert_eq!(reflect(&mut connection), before);
    }
}

#[test]
fn what_alters_no_stored_byte_is_done_in_place() {
    let table = |body: &str| {
        reflect(&mut with(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER {body})"
        )))
    };
    let plain = table("");
    for changed in [
        table("NOT NULL"),
        table(", CONSTRAINT c CHECK (a > 0)"),
        table(", b TEXT"),
        table(", b TEXT NOT NULL DEFAULT 'x'"),
        table(", b INTEGER CONSTRAINT f REFERENCES t (id) ON DELETE SET NULL"),
    ] {
        for (from, to) in [(&plain, &changed), (&changed, &plain)] {
            let plan = plan(from, to, &Answers::default());
            assert!(!plan.mode.foreign_keys_off, "{plan:#?}");
            assert!(plan.statements.iter().all(|statement| match &statement.step {
                Step::Execute { sql } => sql.starts_with("ALTER TABLE"),
                Step::ExpectNoRows { .. } | Step::ExplainFailure { .. } | Step::RedefineTable { .. } => true,
                Step::KeepDependents { .. } | Step::RestoreDependents { .. } => false,
            }));
        }
    }
}

#[test]
fn a_number_of_many_digits_is_read_as_it_was_said() {
    for (said, read) in [
        ("12345678901234567890.5", "12345678901234567890.5"),
        ("-0.00000001", "-0.00000001"),
        ("1e20", "100000000000000000000"),
        ("2.5e-7", "0.00000025"),
        ("1.50", "1.5"),
        ("123456789012345", "123456789012345"),
        ("-0.0", "0.0"),
    ] {
        let number = Default::Literal(Literal::Number {
            number: said.to_owned(),
        });
        let mut connection =
            with("CREATE TABLE items (id INTEGER PRIMARY KEY);\nINSERT INTO items VALUES (1)");
        let before = reflect(&mut connection);
        let mut neutral = before.clone();
        let table = neutral.tables.get_mut(&TableName::new("items")).unwrap();
        let decimal = Type::Decimal {
            precision: None,
            scale: None,
        };
        let given = Column {
            default: Some(number.clone()),
            ..Column::new("given", decimal.clone())
        };
        table.columns.extend([given, Column::new("filled", decimal)]);
        let after = Sqlite.normalize(&neutral).unwrap();
        let plan = plan(&before, &after, &backfill("filled", number));
        run(&mut connection, &plan).unwrap();
        assert_eq!(reflect(&mut connection), after);
        let rows = query(
            &mut connection,
            "SELECT given FROM items UNION ALL SELECT filled FROM items",
        );
        assert_eq!(rows, [format!("'{read}'"), format!("'{read}'")], "{said}");
    }
}
