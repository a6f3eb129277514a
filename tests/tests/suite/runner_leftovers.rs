//! What a script leaves in its session is gone before the next one begins: it does not matter how many run at once, nor whose the connection is.

#![allow(clippy::unwrap_used)]

use autogen_tests::revisions::id;
use autogen_tests::shell;
use schema_core::db::Value;
use schema_core::runner::{self, Options, PerRevision, Repeat, Tables};

use crate::sites::{Site, options};

/// Runs two scripts, at once or one by one, and returns what a query says then, or how one of them failed.
fn outcome(
    dialect: &str,
    scripts: [&str; 2],
    query: &str,
    at_once: bool,
    options: &Options,
) -> Option<Result<Vec<Vec<Value>>, String>> {
    let mut site = Site::new(dialect)?;
    let run = |site: &Site| match site.upgrade_as(&mut *site.open(), options) {
        Ok(_) => Ok(()),
        // The name of the database and of the folder are another one each time.
        Err(error) => Err(error
            .to_string()
            .lines()
            .next()
            .unwrap()
            .rsplit(", line")
            .next()
            .unwrap()
            .to_owned()),
    };
    site.write(scripts[0]);
    let first = if at_once { Ok(()) } else { run(&site) };
    site.write(scripts[1]);
    let outcome = first.and_then(|()| run(&site));
    Some(outcome.map(|()| site.query(query)))
}

/// Runs two scripts as they are printed, in one shell, and returns what a query says then.
fn printed(
    dialect: &str,
    scripts: [&str; 2],
    query: &str,
    repeat: Repeat,
) -> Result<Vec<Vec<Value>>, String> {
    let mut site = Site::new(dialect).unwrap();
    site.write(scripts[0]).write(scripts[1]);
    let history = site.load();
    let script = runner::upgrade_script(site.dialect, &history, &[], history.heads(), repeat, "1.0").unwrap();
    let mut connection = site.open();
    let session = session(dialect);
    let had = connection.query(session, &[]).unwrap();
    shell::run(&mut *connection, site.dialect, &script)?;
    // What takes back all that was set leaves a session as it was opened.
    if !script.contains("RESET ALL") {
        assert_eq!(connection.query(session, &[]).unwrap(), had, "{script}");
    }
    drop(connection);
    Ok(site.query(query))
}

/// Returns a query for what a session has: the scripts leave it as they found it.
fn session(dialect: &str) -> &'static str {
    match dialect {
        "postgres" => {
            "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) || session_user || current_user FROM pg_settings WHERE position('.' IN name) = 0 AND name <> 'search_path'
            UNION ALL SELECT coalesce(string_agg(relname, ' '), '') FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
        }
        "mysql" => {
            "SELECT concat_ws(' ', database(), @@sql_mode, @@character_set_client, @@collation_connection, @@foreign_key_checks, @@unique_checks, @@autocommit, @@lc_time_names, @a, year(now()) > 2000)"
        }
        _ => {
            "SELECT ignore_check_constraints || recursive_triggers || ('a' LIKE 'A') FROM pragma_ignore_check_constraints, pragma_recursive_triggers
            UNION ALL SELECT name FROM temp.sqlite_schema UNION ALL SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')"
        }
    }
}

/// Asserts that two scripts come to the same, at once, one by one, and printed for a shell.
fn same(dialect: &str, first: &str, second: &str, query: &str) {
    let more = Options {
        per_revision: PerRevision::Always,
        ..options()
    };
    let Some(apart) = outcome(dialect, [first, second], query, false, &options()) else {
        return;
    };
    for options in [options(), more] {
        let at_once = outcome(dialect, [first, second], query, true, &options);
        assert_eq!(at_once.as_ref(), Some(&apart), "{first}\n{second}");
    }
    for repeat in [Repeat::Stop, Repeat::PassOver] {
        let printed = printed(dialect, [first, second], query, repeat);
        // MySQL cannot run everything on a condition, and says so before anything is done.
        if printed
            .as_ref()
            .is_err_and(|error| error.contains("print without `--idempotent`"))
        {
            continue;
        }
        assert_eq!(
            printed.as_ref().ok(),
            apart.as_ref().ok(),
            "{first}\n{second}\n{printed:?}"
        );
    }
}

const SEEN: &str = "SELECT v FROM seen";

#[test]
fn settings_of_mysql_are_as_they_were() {
    for (set, variable) in [
        ("SET SESSION sql_mode = ''", "@@sql_mode"),
        ("SET FOREIGN_KEY_CHECKS=0", "@@foreign_key_checks"),
        ("SET NAMES latin1", "@@character_set_client"),
        ("SET NAMES latin1", "@@collation_connection"),
        ("/*!40014 SET UNIQUE_CHECKS=0 */", "@@unique_checks"),
        ("/*!999999 SET FOREIGN_KEY_CHECKS=0 */", "@@foreign_key_checks"),
        (
            "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "@@transaction_isolation",
        ),
        (
            "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "@@tx_isolation",
        ),
        ("SET @@tx_isolation = 'READ-COMMITTED'", "@@tx_isolation"),
        ("SET @a = 5", "@a IS NULL"),
        ("SET autocommit = 0", "@@autocommit"),
        ("SET timestamp = 1000", "year(now()) > 2000"),
    ] {
        // It has one name on MySQL and another on MariaDB.
        let foreign =
            ["@@transaction_isolation", "@@tx_isolation"][usize::from(!autogen_tests::servers::is_mariadb())];
        if variable == foreign {
            continue;
        }
        let first = format!("CREATE TABLE a (id int);\n{set};\n");
        let second = format!("CREATE TABLE seen AS SELECT {variable} AS v;\n");
        same("mysql", &first, &second, SEEN);
    }
}

#[test]
fn a_role_of_mysql_is_taken_off() {
    // Roles are the server's, so the name is this process's own.
    let role = format!("autogen_test_role_{}", std::process::id());
    let first = format!(
        "DROP ROLE IF EXISTS {role};\nCREATE ROLE {role};\nGRANT {role} TO CURRENT_USER();\nSET ROLE {role};\nCREATE TABLE held AS SELECT current_role() AS v;\n"
    );
    let seen = "CREATE TABLE seen AS SELECT coalesce(nullif(current_role(), 'NONE'), '') AS v;\n";
    same(
        "mysql",
        &first,
        seen,
        "SELECT concat(seen.v, locate('autogen_test_role_', held.v) > 0) FROM seen, held",
    );
    if let Some(site) = Site::new("mysql") {
        site.execute(&format!("DROP ROLE IF EXISTS {role}"));
    }
}

#[test]
fn a_procedure_of_mysql_leaves_nothing_either() {
    let first = "CREATE PROCEDURE p() SET SESSION foreign_key_checks = 0;\nCALL p();\n";
    same(
        "mysql",
        first,
        "CREATE TABLE seen AS SELECT @@foreign_key_checks AS v;\n",
        SEEN,
    );
}

#[test]
fn temporary_tables_of_mysql_hide_no_table() {
    let columns = "SELECT count(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = database() AND TABLE_NAME = 't'";
    let first = "CREATE TABLE t (id int);\nCREATE TEMPORARY TABLE t (id int);\n";
    same("mysql", first, "ALTER TABLE t ADD b int;\n", columns);
    let fix = "CREATE TEMPORARY TABLE fix AS SELECT 1 AS v;\n";
    same(
        "mysql",
        fix,
        &format!("{fix}CREATE TABLE seen AS SELECT v FROM fix;\n"),
        SEEN,
    );
    same(
        "mysql",
        "PREPARE a FROM 'SELECT 1';\n",
        "EXECUTE a;\n",
        "SELECT 1",
    );
}

#[test]
fn settings_of_postgres_are_as_they_were() {
    let settings = [
        ("session_replication_role", "replica"),
        ("standard_conforming_strings", "off"),
        ("my.own", "5"),
        ("my.very.own", "6"),
        ("search_path", "pg_catalog, public"),
    ];
    let mut first = "CREATE TABLE a (id int);\n".to_owned();
    let mut expression = "concat_ws(','".to_owned();
    for (name, value) in settings {
        first.push_str(&format!("SET {name} = {value};\n").replace("replica;", "'replica';"));
        expression.push_str(&format!(", coalesce(current_setting('{name}', true), '')"));
    }
    let second = format!("CREATE TABLE seen AS SELECT {expression}, current_user) AS v;\n");
    let block = "DO $$ BEGIN PERFORM set_config('my.own', '7', false); END $$;\n";
    same(
        "postgres",
        &format!("{first}{block}SET ROLE pg_monitor;\n"),
        &second,
        SEEN,
    );
    // Between its steps such a script would keep the runner out of the version table as another role.
    same(
        "postgres",
        &format!("-- autogen: no-transaction\n\n{first}{block}"),
        &second,
        SEEN,
    );
}

#[test]
fn temporary_things_of_postgres_hide_nothing() {
    let fix = "CREATE TEMP TABLE fix AS SELECT 1 AS v;\nCREATE TEMP VIEW v AS SELECT v FROM fix;\nCREATE TEMP SEQUENCE s;\n\
               CREATE FUNCTION pg_temp.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';\nPREPARE p AS SELECT 1;\n";
    same(
        "postgres",
        fix,
        &format!("{fix}CREATE TABLE seen AS SELECT v FROM fix;\n"),
        SEEN,
    );
    same("postgres", fix, "CREATE TABLE seen AS SELECT v FROM v;\n", SEEN);
    let counted = "CREATE TEMP TABLE fix (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY);\n";
    let checked = "CREATE TEMP TABLE checked (id int REFERENCES fix DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO checked VALUES (1);\nINSERT INTO fix DEFAULT VALUES;\n";
    let renamed = "CREATE TEMP TABLE other AS SELECT 1 AS v;\nALTER TABLE other RENAME TO t;\n";
    for more in ["", checked, renamed, "SELECT now();\n"] {
        let script = format!("{counted}{more}");
        let again = format!("{script}CREATE TABLE seen AS SELECT count(*) AS v FROM fix;\n");
        same("postgres", &script, &again, SEEN);
    }
}

#[test]
fn texts_are_read_as_the_script_has_set_it() {
    let rows = "CREATE TABLE seen (v text);\n";
    let set = "SET standard_conforming_strings = off;\nINSERT INTO seen VALUES ('a\\\\b');\n";
    let then = "INSERT INTO seen VALUES ('a\\\\b');\n";
    same("postgres", &format!("{rows}{set}"), then, SEEN);
    let set = "SET client_encoding = 'LATIN1';\nINSERT INTO seen VALUES ('é');\n";
    same(
        "postgres",
        &format!("{rows}{set}"),
        "INSERT INTO seen VALUES ('é');\n",
        SEEN,
    );
    let set = "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nINSERT INTO seen VALUES ('a\\\\b');\n";
    same("mysql", &format!("{rows}{set}"), then, SEEN);
}

#[test]
fn a_script_of_postgres_that_resets_everything_takes_nothing_of_the_runs_own() {
    let reset = "SET work_mem = '3MB';\nRESET ALL;\nSET my.own = '5';\nCREATE TEMP TABLE fix AS SELECT 1 AS v;\nPREPARE p AS SELECT 1;\n";
    let own = "coalesce(current_setting('my.own', true), '')";
    let second =
        format!("{reset}CREATE TABLE seen AS SELECT {own} || current_setting('search_path') AS v;\n");
    same("postgres", reset, &second, SEEN);
    let plain = format!(
        "CREATE TABLE seen AS SELECT {own} || current_setting('search_path') || current_setting('work_mem') AS v;\n"
    );
    same("postgres", reset, &plain, SEEN);
    same(
        "postgres",
        &format!("DISCARD PLANS;\n{reset}DEALLOCATE ALL;\nRESET ROLE;\nCLOSE ALL;\n"),
        &plain,
        SEEN,
    );
}

#[test]
fn the_version_table_of_postgres_is_found_wherever_a_script_looks() {
    let away = "CREATE SCHEMA other;\nSET search_path = other;\nCREATE TABLE seen AS SELECT 1 AS v;\n";
    same("postgres", away, "CREATE TABLE seen AS SELECT 2 AS v;\n", SEEN);
    let held = "DECLARE c CURSOR WITH HOLD FOR SELECT 1;\nSET LOCAL search_path = pg_catalog;\n";
    same(
        "postgres",
        held,
        &format!("{held}CREATE TABLE public.seen AS SELECT 2 AS v;\n"),
        SEEN,
    );
    let other = "SET SESSION AUTHORIZATION pg_monitor;\nSELECT set_config('my.own', '5', false);\n";
    same(
        "postgres",
        other,
        "CREATE TABLE seen AS SELECT current_user::text || coalesce(current_setting('my.own', true), '') AS v;\n",
        SEEN,
    );
}

#[test]
fn a_printed_script_of_mysql_ends_in_the_database_in_which_it_began() {
    let Some(mut site) = Site::new("mysql") else {
        return;
    };
    let own = site.text("SELECT database()");
    site.write("CREATE TABLE seen (v int);\nUSE information_schema;\n");
    for repeat in [Repeat::Stop, Repeat::PassOver] {
        let error = printed(
            "mysql",
            ["CREATE TABLE a (v int);\n", "USE information_schema;\n"],
            "SELECT 1",
            repeat,
        )
        .unwrap_err();
        assert!(
            error.contains("the script ends in the database information_schema"),
            "{error}"
        );
    }
    site.write(&format!(
        "USE information_schema;\nUSE `{own}`;\nCREATE TABLE there AS SELECT 1 AS v;\n"
    ));
    let history = site.load();
    site.upgrade().unwrap();
    let script = runner::upgrade_script(
        site.dialect,
        &history,
        &[id(1)],
        history.heads(),
        Repeat::Stop,
        "1.0",
    )
    .unwrap();
    site.downgrade().unwrap();
    site.execute("DROP TABLE there");
    shell::run(&mut *site.open(), site.dialect, &script).unwrap();
    assert_eq!(site.number("SELECT v FROM there"), 1);
}

#[test]
fn settings_of_sqlite_are_as_they_were() {
    for (set, expression) in [
        (
            "PRAGMA ignore_check_constraints = ON",
            "(SELECT ignore_check_constraints FROM pragma_ignore_check_constraints)",
        ),
        (
            "PRAGMA recursive_triggers = ON",
            "(SELECT recursive_triggers FROM pragma_recursive_triggers)",
        ),
        ("PRAGMA case_sensitive_like = ON", "'a' LIKE 'A'"),
        (
            "PRAGMA defer_foreign_keys = ON",
            "(SELECT defer_foreign_keys FROM pragma_defer_foreign_keys)",
        ),
    ] {
        for head in ["", "-- autogen: no-transaction\n\n"] {
            let first = format!("{head}CREATE TABLE a (id int);\n{set};\n");
            let second = format!("CREATE TABLE seen AS SELECT {expression} AS v;\n");
            same("sqlite", &first, &second, SEEN);
        }
    }
}

#[test]
fn temporary_tables_of_sqlite_hide_no_table() {
    let first = "CREATE TABLE t (id int);\nCREATE TEMP TABLE t (id int);\n";
    same(
        "sqlite",
        first,
        "ALTER TABLE t ADD COLUMN b int;\n",
        "SELECT count(*) FROM pragma_table_info('t')",
    );
    let fix = "CREATE TEMP TABLE fix AS SELECT 1 AS v;\nCREATE INDEX temp.ix ON fix (v);\nCREATE TEMP VIEW w AS SELECT v FROM fix;\n";
    same(
        "sqlite",
        fix,
        &format!("{fix}CREATE TABLE seen AS SELECT v FROM fix;\n"),
        SEEN,
    );
}

#[test]
fn a_database_that_sqlite_attached_is_gone_before_the_next_script() {
    let attach = "ATTACH ':memory:' AS other;\nCREATE TABLE other.o (v int);\n";
    same(
        "sqlite",
        attach,
        &format!("{attach}CREATE TABLE seen (v int);\n"),
        SEEN,
    );
    same("sqlite", attach, "CREATE TABLE seen AS SELECT v FROM o;\n", SEEN);
    let stepwise = format!("-- autogen: no-transaction\n\n{attach}");
    same(
        "sqlite",
        &stepwise,
        &format!("{attach}CREATE TABLE seen (v int);\n"),
        SEEN,
    );
}

#[test]
fn a_connection_of_the_programs_own_keeps_what_it_had() {
    for (dialect, before, script, query) in [
        (
            "sqlite",
            &[
                "CREATE TEMP TABLE own AS SELECT 7 AS v",
                "PRAGMA recursive_triggers = ON",
            ][..],
            "CREATE TABLE t (id int);\nCREATE TEMP TABLE fix (v int);\nPRAGMA recursive_triggers = OFF;\n",
            "SELECT v, recursive_triggers, (SELECT count(*) FROM temp.sqlite_schema) FROM own, pragma_recursive_triggers",
        ),
        (
            "postgres",
            &[
                "CREATE TEMP TABLE own AS SELECT 7 AS v",
                "GRANT ALL ON own TO PUBLIC",
                "SET my.own = '5'",
                "SET ROLE pg_write_all_data",
            ],
            "CREATE TEMP TABLE fix (v int);\nSET my.own = '6';\nSET ROLE NONE;\n",
            "SELECT v, current_setting('my.own'), current_user::text, to_regclass('fix')::text FROM own",
        ),
        (
            "mysql",
            &[
                "CREATE TEMPORARY TABLE own AS SELECT 7 AS v",
                "SET @own = 'x'",
                "SET SESSION sql_mode = 'ANSI'",
            ],
            "CREATE TEMPORARY TABLE IF NOT EXISTS own (v int);\nSET @own = 5;\nCREATE TEMPORARY TABLE fix (v int);\nSET NAMES latin1;\nSET sql_mode = '';\n",
            "SELECT v, @own, @@sql_mode, @@character_set_client FROM own",
        ),
    ] {
        let Some(mut site) = Site::new(dialect) else {
            continue;
        };
        if dialect == "postgres" {
            site.execute("GRANT CREATE ON SCHEMA public TO pg_write_all_data");
        }
        site.write(script);
        let mut connection = site.open();
        for sql in before {
            connection.execute(sql, &[]).unwrap();
        }
        let had = connection.query(query, &[]).unwrap();
        site.upgrade_on(&mut *connection)
            .unwrap_or_else(|error| panic!("{dialect}: {error}"));
        assert_eq!(connection.query(query, &[]).unwrap(), had, "{dialect}");
        assert!(connection.query("SELECT * FROM fix", &[]).is_err(), "{dialect}");
    }
}

#[test]
fn a_shell_of_a_persons_own_keeps_what_it_had() {
    // In a shell, a PRAGMA can only be set to what SQLite begins with.
    let role = format!("autogen_test_shell_{}", std::process::id());
    let (make, take) = (
        format!("GRANT {role} TO CURRENT_USER()"),
        format!("SET ROLE {role}"),
    );
    for (dialect, before, script, query) in [
        (
            "postgres",
            vec!["SET my.own = '5'", "SET work_mem = '3MB'"],
            "CREATE TEMP TABLE fix (v int);\nRESET work_mem;\nDEALLOCATE ALL;\n",
            "SELECT current_setting('my.own') || current_setting('work_mem')",
        ),
        (
            "postgres",
            vec!["SET my.own = '5'", "SET work_mem = '3MB'"],
            "CREATE TEMP TABLE fix (v int);\nSET my.own = '6';\nSET work_mem = '5MB';\n",
            "SELECT current_setting('my.own') || current_setting('work_mem')",
        ),
        (
            "mysql",
            vec![&make, &take, "SET @own = 'x'", "SET lc_time_names = 'de_DE'"],
            "CREATE TEMPORARY TABLE fix (v int);\nSET ROLE NONE;\nSET @own = 5;\nSET lc_time_names = 'fr_FR';\n",
            "SELECT @own, current_role(), @@lc_time_names",
        ),
    ] {
        let Some(mut site) = Site::new(dialect) else {
            continue;
        };
        if dialect == "mysql" {
            site.execute(&format!("CREATE ROLE IF NOT EXISTS {role}"));
        }
        site.write(script);
        let history = site.load();
        let script =
            runner::upgrade_script(site.dialect, &history, &[], history.heads(), Repeat::Stop, "1.0")
                .unwrap();
        let mut connection = site.open();
        for sql in before {
            connection.execute(sql, &[]).unwrap();
        }
        let had = connection.query(query, &[]).unwrap();
        shell::run(&mut *connection, site.dialect, &script).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(connection.query(query, &[]).unwrap(), had, "{dialect}");
        assert!(connection.query("SELECT * FROM fix", &[]).is_err(), "{dialect}");
        if dialect == "mysql" {
            site.execute(&format!("DROP ROLE {role}"));
        }
    }
}

#[test]
fn a_row_is_read_as_it_is_meant_whatever_a_persons_own_shell_says() {
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    let back = "COMMENT ON TABLE t IS 'a\\b';\n";
    site.write_both(
        "SET standard_conforming_strings = on;\nCREATE TABLE t (v int);\n",
        back,
    );
    let history = site.load();
    let script =
        runner::upgrade_script(site.dialect, &history, &[], history.heads(), Repeat::Stop, "1.0").unwrap();
    let mut connection = site.open();
    connection
        .execute("SET standard_conforming_strings = off", &[])
        .unwrap();
    shell::run(&mut *connection, site.dialect, &script).unwrap_or_else(|error| panic!("{error}"));
    assert!(
        site.text("SELECT downgrade FROM _autogen_revisions")
            .ends_with(back)
    );
}

#[test]
fn what_a_library_brings_to_the_session_is_left_to_those_who_may_set_it() {
    let Some(mut site) = Site::new("postgres") else {
        return;
    };
    site.execute("GRANT CREATE ON SCHEMA public TO pg_write_all_data");
    site.write("DO $$ BEGIN PERFORM 1; END $$;\n");
    let mut connection = site.open();
    connection.execute("SET ROLE pg_write_all_data", &[]).unwrap();
    site.upgrade_on(&mut *connection)
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_script_that_failed_leaves_nothing_to_the_program_either() {
    for (dialect, set, query) in [
        (
            "sqlite",
            "PRAGMA recursive_triggers = ON",
            "SELECT recursive_triggers FROM pragma_recursive_triggers",
        ),
        (
            "postgres",
            "SET my.own = '6'",
            "SELECT coalesce(current_setting('my.own', true), '')",
        ),
        ("mysql", "SET sql_mode = ''", "SELECT @@sql_mode"),
    ] {
        let Some(mut site) = Site::new(dialect) else {
            continue;
        };
        site.write(&format!("{set};\nnonsense;\n"));
        let mut connection = site.open();
        let had = connection.query(query, &[]).unwrap();
        site.upgrade_on(&mut *connection).unwrap_err();
        assert_eq!(connection.query(query, &[]).unwrap(), had, "{dialect}");
    }
}

#[test]
fn the_proof_of_a_history_begins_each_script_in_the_same_session() {
    let Some(mut site) = Site::new("sqlite") else {
        return;
    };
    site.write("CREATE TEMP TABLE fix AS SELECT 1 AS v;\n");
    site.write("CREATE TEMP TABLE fix AS SELECT 1 AS v;\n");
    let verified = runner::verify(
        &mut *site.open(),
        site.dialect,
        &site.load(),
        &Tables::default(),
        &mut |_| {},
    );
    assert_eq!(verified.unwrap_or_else(|error| panic!("{error}")), None);
}
