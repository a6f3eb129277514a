//! The version table has one place, whatever scripts and people do to the session: they cannot have it written elsewhere, twice, or wrongly.

#![allow(clippy::unwrap_used)]

use schema_core::db::Value;

use crate::sites::Site;

/// Returns how often the version table has an unfinished row, and how many rows it has.
fn rows(site: &Site) -> (i64, i64) {
    let sql = "SELECT count(unfinished), count(*) FROM _autogen_revisions";
    let row = site.query(sql).remove(0);
    (row[0].as_integer().unwrap(), row[1].as_integer().unwrap())
}

#[test]
fn without_a_schema_nothing_is_made_anywhere() {
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    site.write("CREATE TABLE t (id int);\n");
    for path in ["tenant_7", "%22%22"] {
        let mut connection = site.open_with(&format!("options=-csearch_path%3D{path}"));
        let error = site.upgrade_on(&mut *connection).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("no schema has been selected to create in"),
            "{text}"
        );
        let hint = error.hint().unwrap();
        assert!(hint.starts_with("create the schema, or name one"), "{hint}");
    }
    site.execute("CREATE SCHEMA tenant_7");
    let mut connection = site.open_with("options=-csearch_path%3Dtenant_7");
    assert_eq!(site.upgrade_on(&mut *connection).unwrap().len(), 1);
    assert_eq!(site.number("SELECT count(*) FROM tenant_7.t"), 0);
}

#[test]
fn a_schema_called_like_the_user_may_be_the_one_that_has_the_table() {
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    site.execute("DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_user); END $$");
    site.write("CREATE TABLE t (id int);\n");
    assert_eq!(site.upgrade().unwrap().len(), 1);
    site.write("CREATE TABLE u (id int);\n");
    assert_eq!(site.upgrade().unwrap().len(), 1);
}

#[test]
fn a_schema_called_like_the_user_does_not_hide_the_table() {
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    site.write("CREATE TABLE t (id int);\n");
    site.upgrade().unwrap();
    site.execute("DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_user); END $$");
    let error = site.upgrade().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("the version table is in the schema `public`"),
        "{text}"
    );
    assert!(error.hint().unwrap().contains("search_path"), "{error:?}");
    // Both ways out: the schema that is meant is said.
    let mut connection = site.open_with("options=-csearch_path%3Dpublic");
    assert_eq!(site.upgrade_on(&mut *connection).unwrap(), []);
    let user = site.text("SELECT current_user::text");
    let mut connection = site.open_with(&format!("options=-csearch_path%3D{user},public"));
    assert_eq!(site.upgrade_on(&mut *connection).unwrap().len(), 1);
}

#[test]
fn a_schema_called_like_the_user_that_the_run_itself_makes_is_no_new_place() {
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    site.write("DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_user); END $$;\n");
    site.write("CREATE TABLE t (id int);\n");
    let error = site.upgrade().unwrap_err();
    assert!(error.to_string().contains("comes before"), "{error}");
    assert_eq!(rows(&site), (0, 1));
}

#[test]
fn a_script_that_turns_to_another_database_is_recorded_in_its_own() {
    let Some(mut site) = Site::new("mysql") else {
        return;
    };
    let other = Site::new("mysql").unwrap();
    site.write("CREATE TABLE a (id int);\n");
    other.execute("CREATE TABLE before_all (id int)");
    site.upgrade().unwrap();
    // The other one has the same history.
    let mut same = other.open();
    site.upgrade_on(&mut *same).unwrap();
    let name = other.text("SELECT database()");
    site.write(&format!(
        "CREATE TABLE z (id int);\nUSE {name};\nCREATE TABLE y (id int);\n"
    ));
    assert_eq!(site.upgrade().unwrap().len(), 1);
    site.write("CREATE TABLE here (id int);\n");
    site.upgrade().unwrap();
    assert_eq!(rows(&site), (0, 3));
    assert_eq!(rows(&other), (0, 1));
    assert_eq!(site.number("SELECT count(*) FROM here"), 0);
    assert_eq!(other.number("SELECT count(*) FROM y"), 0);
}

#[test]
fn a_script_that_turns_to_another_schema_is_recorded_in_its_own() {
    for head in ["", "-- autogen: no-transaction\n\n"] {
        for set in [
            "SET search_path = other",
            "SET LOCAL search_path = other",
            "SET standard_conforming_strings = off",
        ] {
            let Some(mut site) = Site::new("postgres") else {
                return;
            };
            site.execute("CREATE SCHEMA other");
            site.write_both(
                &format!("{head}CREATE TABLE public.z (id int);\n{set};\nCREATE TABLE public.y (id int);\n"),
                "DROP TABLE y; -- '\\n'\n",
            );
            site.upgrade().unwrap_or_else(|error| panic!("{set}: {error}"));
            site.write("CREATE TABLE here (id int);\n");
            site.upgrade().unwrap();
            assert_eq!(rows(&site), (0, 2), "{head}{set}");
            assert_eq!(site.number("SELECT count(*) FROM public.here"), 0);
            assert_eq!(
                site.text("SELECT downgrade FROM _autogen_revisions ORDER BY id LIMIT 1"),
                "DROP TABLE y; -- '\\n'\n"
            );
        }
    }
}

#[test]
fn what_the_runner_writes_does_not_depend_on_what_a_script_has_set() {
    let downgrade = "-- Käse \\ 'a' \"b\" цена\nDROP TABLE p;\n";
    for set in [
        "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
        "SET SESSION sql_mode = ''",
        "SET NAMES latin1",
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    ] {
        let Some(mut site) = Site::new("mysql") else {
            return;
        };
        site.write_both(
            &format!(
                "{set};\nCREATE TABLE p (id int, a varchar(50)) COMMENT '\\'ä\\'';\nUPDATE p SET a = id;\nALTER TABLE p ADD b int;\n"
            ).replace("\\'", "''"),
            downgrade,
        );
        site.upgrade().unwrap_or_else(|error| panic!("{set}: {error}"));
        assert_eq!(rows(&site), (0, 1));
        assert_eq!(
            site.text("SELECT downgrade FROM _autogen_revisions"),
            downgrade,
            "{set}"
        );
    }
}

#[test]
fn a_step_that_fails_under_another_sql_mode_is_an_error_and_no_loop() {
    let Some(mut site) = Site::new("mysql") else {
        return;
    };
    site.write(
        "CREATE TABLE p (id int primary key, a varchar(50));\nSET SESSION sql_mode='NO_BACKSLASH_ESCAPES';\n\
         INSERT INTO p VALUES (1,'c'),(2,'c');\nALTER TABLE p ADD UNIQUE (a);\n",
    );
    for _ in 0..2 {
        let error = site.upgrade().unwrap_err();
        assert!(error.to_string().contains("Duplicate entry 'c'"), "{error}");
    }
    site.execute("DELETE FROM p WHERE id = 2");
    site.upgrade().unwrap();
    assert_eq!(rows(&site), (0, 1));
}

#[test]
fn a_note_that_says_another_thing_than_was_written_is_an_error_and_no_loop() {
    let Some(mut site) = Site::new("mysql") else {
        return;
    };
    // A trigger is not allowed to make a run go round and round.
    site.write("CREATE TABLE p (id int);\n");
    site.upgrade().unwrap();
    site.execute(
        "CREATE TRIGGER meddle BEFORE UPDATE ON _autogen_revisions FOR EACH ROW SET NEW.unfinished = OLD.unfinished",
    );
    site.write("CREATE TABLE q (id int);\nALTER TABLE nowhere ADD a int;\n");
    let error = site.upgrade().unwrap_err();
    assert!(error.to_string().contains("version table"), "{error}");
}

#[test]
fn words_of_any_language_go_into_a_database_of_one() {
    let downgrade = "-- убрать цены\nDROP TABLE t;\n";
    for (dialect, prepare) in [
        (
            "mysql",
            "ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_swedish_ci",
        ),
        (
            "mysql",
            "ALTER DATABASE CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci",
        ),
    ] {
        let Some(mut site) = Site::new(dialect) else {
            return;
        };
        site.execute(prepare);
        site.write_both("-- Цены 💶\n\nCREATE TABLE t (id int);\n", downgrade);
        site.upgrade()
            .unwrap_or_else(|error| panic!("{prepare}: {error}"));
        assert_eq!(site.text("SELECT downgrade FROM _autogen_revisions"), downgrade);
        // One that was made before it could hold them is made wider.
        site.execute("UPDATE _autogen_revisions SET downgrade = ''");
        site.execute("ALTER TABLE _autogen_revisions CONVERT TO CHARACTER SET latin1");
        site.write_both("CREATE TABLE u (id int);\n", downgrade);
        site.upgrade().unwrap();
        let kept = site.query("SELECT downgrade FROM _autogen_revisions ORDER BY id");
        assert_eq!(kept, [[Value::from("")], [Value::from(downgrade)]]);
    }
}

#[test]
fn words_of_any_language_are_kept_where_the_database_has_no_letters_for_them() {
    let downgrade = "-- убрать 💶 \\ 'цены'\nDROP TABLE t;\n";
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    let name = site.text("SELECT current_database()");
    let narrow = format!("{name}_latin1");
    site.execute(&format!(
        "CREATE DATABASE {narrow} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    ));
    site.write_both("-- Цены 💶\n\nCREATE TABLE t (id int);\n", downgrade);
    let outcome = site.open_with(&format!("dbname={narrow}"));
    let mut connection = outcome;
    let upgraded = site.upgrade_on(&mut *connection);
    let kept = schema_core::runner::applied(&mut *connection, site.dialect);
    drop(connection);
    site.execute(&format!("DROP DATABASE {narrow} WITH (FORCE)"));
    assert_eq!(upgraded.unwrap().len(), 1);
    assert_eq!(kept.unwrap()[0].downgrade.as_deref(), Some(downgrade));
}
