//! What stands in the way of a script and no revision made, a view or a row: the error says how to go on.

#![allow(clippy::unwrap_used)]

use crate::sites::Site;

/// Returns the error of the script and its hint, on a database with a table `t (a, b)` and what is said beside it.
fn refused(dialect: &str, beside: &str, script: &str) -> Option<(String, Option<String>)> {
    let mut site = Site::new(dialect)?;
    site.write(&format!("CREATE TABLE t (a INTEGER, b TEXT);\n\n{beside};\n"));
    site.upgrade().unwrap();
    site.write(&format!("{script};\n"));
    let error = site.upgrade().unwrap_err();
    Some((error.to_string(), error.hint()))
}

#[test]
fn what_would_break_is_dropped_before_and_created_again() {
    let view = "CREATE VIEW v AS SELECT b FROM t";
    for (dialect, beside, script) in [
        ("sqlite", view, "ALTER TABLE t DROP COLUMN b"),
        (
            "sqlite",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE b = NEW.b; END",
            "ALTER TABLE t DROP COLUMN b",
        ),
        ("postgres", view, "ALTER TABLE t DROP COLUMN b"),
        ("postgres", view, "ALTER TABLE t ALTER COLUMN b TYPE varchar(9)"),
        ("postgres", view, "DROP TABLE t"),
        (
            "postgres",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY;\n\nCREATE POLICY p ON t USING (b = 'x')",
            "ALTER TABLE t ALTER COLUMN b TYPE varchar(9)",
        ),
        (
            "postgres",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n\nCREATE TRIGGER g AFTER UPDATE OF b ON t FOR EACH ROW EXECUTE FUNCTION f()",
            "ALTER TABLE t ALTER COLUMN b TYPE varchar(9)",
        ),
    ] {
        let Some((error, hint)) = refused(dialect, beside, script) else {
            continue;
        };
        assert_eq!(
            hint.as_deref(),
            Some(
                "have the script drop that before and create it again behind, by `autogen edit`, then run it again"
            ),
            "{error}"
        );
    }
}

/// SQLite reads all views and triggers where something is renamed or dropped.
#[test]
fn what_is_broken_already_is_mended() {
    let view = "CREATE VIEW v AS SELECT b FROM missing";
    let trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM missing; END";
    for beside in [view, trigger] {
        for script in ["ALTER TABLE t RENAME TO u", "ALTER TABLE t DROP COLUMN b"] {
            let (error, hint) = refused("sqlite", beside, script).unwrap();
            assert_eq!(
                hint.as_deref(),
                Some("that is broken whatever the script does: mend or drop it, then run it again"),
                "{error}"
            );
        }
    }
}

/// SQLite lets NULL into a primary key that is not declared NOT NULL, and the error names the table that takes the place of the old one.
#[test]
fn a_null_in_a_key_is_told_of_the_table_that_has_it() {
    let copy = "CREATE TABLE _autogen_new_t (a INTEGER, b TEXT NOT NULL);\n\nINSERT INTO _autogen_new_t SELECT a, b FROM t";
    let (error, hint) = refused("sqlite", "INSERT INTO t (a) VALUES (1)", copy).unwrap();
    assert_eq!(
        hint.as_deref(),
        Some("rows of `t` hold NULL in `b`: give them a value, or delete them, then run it again"),
        "{error}"
    );
}
