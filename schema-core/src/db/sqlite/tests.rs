//! What the driver refuses, and that values come back as they went.

use super::*;

fn message(sql: &str) -> String {
    let mut connection = SqliteConnection::in_memory().unwrap();
    connection.execute("CREATE TABLE t (a)", &[]).unwrap();
    connection.execute(sql, &[]).unwrap_err().message
}

#[test]
fn one_statement_and_nothing_more() {
    let mut connection = SqliteConnection::in_memory().unwrap();
    connection
        .execute("CREATE TABLE t (a); -- and that is all", &[])
        .unwrap();
    assert_eq!(
        message("DELETE FROM t; DELETE FROM t"),
        "there is more than one statement where one is expected"
    );
    assert_eq!(
        message("DELETE FROM t; nonsense"),
        "there is more than one statement where one is expected"
    );
    assert_eq!(message(" -- nothing"), "there is no statement");
    assert_eq!(
        message("DELETE FROM t\0; DROP TABLE t"),
        "the statement holds a NUL byte"
    );
    assert_eq!(
        message("DELETE FROM t WHERE a = ?"),
        "the statement takes 1 parameters and is given 0"
    );
}

#[test]
fn a_typo_is_no_string() {
    for sql in ["CREATE INDEX ix ON t (\"b\")", "DELETE FROM t WHERE \"b\" = 1"] {
        assert!(message(sql).starts_with("no such column: \"b\""), "{sql}");
    }
}

#[test]
fn values_come_back_as_they_went() {
    let mut connection = SqliteConnection::in_memory().unwrap();
    let values = [
        Value::Null,
        Value::Integer(i64::MIN),
        Value::Real(0.1),
        Value::Text("it's\n".to_owned()),
        Value::Bytes(vec![0, 255]),
    ];
    let rows = connection.query("SELECT ?1, ?2, ?3, ?4, ?5", &values).unwrap();
    assert_eq!(rows, [values.to_vec()]);
}

#[test]
fn counts_changed_rows() {
    let mut connection = SqliteConnection::in_memory().unwrap();
    connection.execute("CREATE TABLE t (a)", &[]).unwrap();
    assert_eq!(
        connection.execute("INSERT INTO t VALUES (1), (2)", &[]).unwrap(),
        2
    );
    assert_eq!(connection.execute("DROP TABLE t", &[]).unwrap(), 0);
}
