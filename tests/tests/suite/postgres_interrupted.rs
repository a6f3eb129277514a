//! What became of an interrupted statement on PostgreSQL is told from its own traces, whatever others do meanwhile, and nothing of theirs is cleared away.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use autogen_tests::interrupted::Interrupted;
use autogen_tests::servers;
use schema_core::db::{self, Connection};
use schema_core::dialect::postgres::Postgres;
use schema_core::dialect::{Dialect, Progress};

/// Two tables of one name, whose rows are in the way of a unique index.
const SETUP: [&str; 9] = [
    "CREATE SCHEMA a",
    "CREATE SCHEMA b",
    "CREATE TABLE a.items (n int, m int)",
    "CREATE TABLE b.items (n int, m int)",
    "INSERT INTO a.items VALUES (1, 1), (1, 2)",
    "INSERT INTO b.items VALUES (1, 1), (1, 2)",
    "CREATE INDEX theirs ON a.items (m)",
    "CREATE TABLE parted (n int) PARTITION BY RANGE (n)",
    "CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (5)",
];

fn server() -> Option<Interrupted> {
    Interrupted::new("postgres", &SETUP)
}

/// Returns the indexes of both tables, those that are not valid in parentheses.
fn indexes(connection: &mut dyn Connection) -> Vec<String> {
    let sql = "SELECT CASE WHEN indisvalid THEN indexrelid::regclass::text ELSE '(' || indexrelid::regclass || ')' END
        FROM pg_index WHERE indrelid IN ('a.items'::regclass, 'b.items'::regclass)";
    let rows = connection.query(sql, &[]).unwrap();
    let mut indexes: Vec<String> = rows
        .iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .collect();
    indexes.sort();
    indexes
}

#[test]
fn the_broken_index_of_the_statement_is_cleared_away_and_no_other() {
    let Some(mut server) = server() else { return };
    // Someone has left a broken one before.
    for broken in [
        "CREATE UNIQUE INDEX CONCURRENTLY before ON a.items (n)",
        "CREATE UNIQUE INDEX CONCURRENTLY ix ON b.items (n)",
    ] {
        server.fail(broken);
    }
    for sql in [
        "CREATE UNIQUE INDEX CONCURRENTLY ix ON a.items (n)",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"ix\" ON ONLY a.\"items\" USING btree (n DESC)",
        "CREATE UNIQUE INDEX CONCURRENTLY ON a.items (n)",
    ] {
        let before = server.fingerprint(sql);
        server.fail(sql);
        server.fail("CREATE UNIQUE INDEX CONCURRENTLY meanwhile ON a.items (n)");
        assert_eq!(server.probe(sql, &before), Progress::Nothing, "{sql}");
        assert_eq!(
            indexes(&mut *server),
            ["(a.before)", "(a.meanwhile)", "(b.ix)", "a.theirs"],
            "{sql}"
        );
        server.run("DROP INDEX a.meanwhile");
    }
    let sql = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS before ON a.items (n)";
    let before = server.fingerprint(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    assert_eq!(indexes(&mut *server), ["(a.before)", "(b.ix)", "a.theirs"]);
}

/// Looks while another session runs a statement that builds an index, which waits for a writer once the indexes are seen.
fn while_building(
    server: &mut Interrupted,
    sql: &str,
    seen: [&str; 2],
    look: impl FnOnce(&mut Interrupted) -> Progress,
) -> Progress {
    let url = server.fresh().url().clone();
    let mut writer = server.fresh().open();
    writer.execute("BEGIN", &[]).unwrap();
    writer.execute("UPDATE a.items SET m = 3", &[]).unwrap();
    std::thread::scope(|scope| {
        let building = scope.spawn(|| db::open(&url).unwrap().execute(sql, &[]).map(drop));
        while indexes(&mut **server) != seen {
            std::thread::sleep(Duration::from_millis(20));
        }
        let progress = look(server);
        writer.execute("COMMIT", &[]).unwrap();
        building.join().unwrap().unwrap_or_else(|error| panic!("{error}"));
        progress
    })
}

#[test]
fn an_index_that_another_session_is_building_is_left_to_it() {
    let Some(mut server) = server() else { return };
    let sql = "CREATE INDEX CONCURRENTLY ix ON a.items (n)";
    let before = server.fingerprint(sql);
    let progress = while_building(&mut server, sql, ["(a.ix)", "a.theirs"], |server| {
        server.probe(sql, &before)
    });
    assert!(
        matches!(&progress, Progress::Unclear { found } if found.contains("another session is building")),
        "{progress:?}"
    );
    assert_eq!(server.probe(sql, &before), Progress::Whole);
    assert_eq!(indexes(&mut *server), ["a.ix", "a.theirs"]);
}

#[test]
fn a_change_of_the_same_table_by_someone_else_does_not_count() {
    let Some(mut server) = server() else { return };
    for (sql, meanwhile) in [
        (
            "CREATE INDEX CONCURRENTLY ix ON a.items (n)",
            "CREATE INDEX ON a.items (m)",
        ),
        ("CREATE INDEX CONCURRENTLY ON a.items (n)", "VACUUM FULL a.items"),
        ("DROP INDEX CONCURRENTLY a.theirs", "CREATE INDEX ON a.items (n)"),
        (
            "ALTER TABLE parted DETACH PARTITION part CONCURRENTLY",
            "CREATE INDEX ON part (n)",
        ),
    ] {
        let before = server.fingerprint(sql);
        server.run(meanwhile);
        assert_eq!(server.probe(sql, &before), Progress::Nothing, "{sql}");
        if sql.contains("DETACH") && !knows_detach(&mut *server) {
            continue;
        }
        server.run(sql);
        assert_eq!(server.probe(sql, &before), Progress::Whole, "{sql}");
    }
}

/// PostgreSQL detaches concurrently from 14 on.
fn knows_detach(connection: &mut dyn Connection) -> bool {
    let rows = connection
        .query("SELECT current_setting('server_version_num')::int", &[])
        .unwrap();
    rows[0][0].as_integer().unwrap() >= 140_000
}

#[test]
fn a_partition_that_has_begun_to_be_detached_is_put_before_a_person() {
    let Some(mut server) = server() else { return };
    if !knows_detach(&mut *server) {
        return;
    }
    let sql = "ALTER TABLE ONLY parted DETACH PARTITION part CONCURRENTLY";
    let before = server.fingerprint(sql);
    // Between its two transactions it waits for those who have seen the table.
    let mut reader = server.fresh().open();
    reader.execute("BEGIN", &[]).unwrap();
    reader.query("SELECT n FROM parted", &[]).unwrap();
    server.run("SET statement_timeout = '500ms'");
    server.fail(sql);
    server.run("RESET statement_timeout");
    reader.execute("COMMIT", &[]).unwrap();
    let progress = server.probe(sql, &before);
    let finalize = "ALTER TABLE parted DETACH PARTITION part FINALIZE";
    assert!(
        matches!(&progress, Progress::Unclear { found } if found.contains(finalize)),
        "{progress:?}"
    );
    server.run(finalize);
    assert_eq!(server.probe(sql, &before), Progress::Whole);
    // Of what was none before, the statement has detached nothing.
    let before = server.fingerprint(sql);
    server.fail(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
}

#[test]
fn what_the_server_has_beside_the_databases_things_is_looked_for_by_name() {
    let Some(mut server) = server() else { return };
    let name = servers::unique_name();
    let create = format!("CREATE DATABASE {name}_a");
    let rename = format!("ALTER DATABASE {name}_a RENAME TO {name}_b");
    let drop = format!("DROP DATABASE IF EXISTS {name}_b");
    let subscribe = format!(
        "CREATE SUBSCRIPTION {name} CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)"
    );
    let unsubscribe = format!("DROP SUBSCRIPTION {name}");
    for sql in [&create, &rename, &drop, &subscribe, &unsubscribe] {
        let before = server.fingerprint(sql);
        assert_eq!(server.probe(sql, &before), Progress::Nothing, "{sql}");
        server.run(sql);
        assert_eq!(server.probe(sql, &before), Progress::Whole, "{sql}");
        // What was so before, it has not done.
        let after = server.fingerprint(sql);
        assert_eq!(server.probe(sql, &after), Progress::Nothing, "{sql}");
    }
}

#[test]
fn an_index_whose_name_nobody_knows_is_put_before_a_person() {
    let Some(mut server) = server() else { return };
    let sql = "CREATE INDEX CONCURRENTLY ON a.items ((n + m))";
    let before = server.fingerprint(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    server.run("CREATE INDEX ON a.items (n)");
    let progress = server.probe(sql, &before);
    let index = "\"a\".\"items_n_idx\" is new";
    assert!(
        matches!(&progress, Progress::Unclear { found } if found.starts_with(index)),
        "{progress:?}"
    );
    // A name that the server would have to shorten nobody thinks of either.
    let long = format!("a.{}", "t".repeat(60));
    server.run(&format!("CREATE TABLE {long} AS SELECT * FROM a.items"));
    let sql = format!("CREATE UNIQUE INDEX CONCURRENTLY ON {long} (n)");
    let before = server.fingerprint(&sql);
    server.fail(&sql);
    let progress = server.probe(&sql, &before);
    assert!(matches!(progress, Progress::Unclear { .. }), "{progress:?}");
}

#[test]
fn what_a_reindex_leaves_is_cleared_away() {
    let Some(mut server) = server() else { return };
    let sql = "REINDEX INDEX CONCURRENTLY a.theirs";
    let before = server.fingerprint(sql);
    // As the server leaves it.
    server.fail("CREATE UNIQUE INDEX CONCURRENTLY theirs_ccnew ON a.items (n)");
    server.fail("CREATE UNIQUE INDEX CONCURRENTLY other_ccnew ON a.items (n)");
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    assert_eq!(indexes(&mut *server), ["(a.other_ccnew)", "a.theirs"]);
    server.run(sql);
    assert_eq!(server.probe(sql, &before), Progress::Whole);
    // What is called so and is nobody's to clear away: one that works, and a broken one from before.
    server.run("CREATE INDEX theirs_ccnew1 ON a.items (n)");
    server.fail("CREATE UNIQUE INDEX CONCURRENTLY theirs_ccnew2 ON a.items (n)");
    let before = server.fingerprint(sql);
    server.run("CREATE INDEX theirs_ccnew3 ON a.items (n)");
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    assert_eq!(
        indexes(&mut *server),
        [
            "(a.other_ccnew)",
            "(a.theirs_ccnew2)",
            "a.theirs",
            "a.theirs_ccnew1",
            "a.theirs_ccnew3"
        ]
    );
    // Of a broken one that is the only one nothing says that it is new.
    let sql = "REINDEX INDEX b.ix";
    server.fail("CREATE UNIQUE INDEX CONCURRENTLY ix ON b.items (n)");
    let before = server.fingerprint(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    server.run("DELETE FROM b.items");
    server.run(sql);
    assert_eq!(server.probe(sql, &before), Progress::Whole);
}

#[test]
fn what_another_session_builds_anew_is_left_to_it() {
    let Some(mut server) = server() else { return };
    let sql = "REINDEX INDEX CONCURRENTLY a.theirs";
    let before = server.fingerprint(sql);
    let seen = ["(a.theirs_ccnew)", "a.theirs"];
    let progress = while_building(&mut server, sql, seen, |server| {
        server.run("SET lock_timeout = '2s'");
        server.probe(sql, &before)
    });
    assert_eq!(progress, Progress::Nothing);
    assert_eq!(indexes(&mut *server), ["a.theirs"]);
    assert_eq!(server.probe(sql, &before), Progress::Whole);
}

#[test]
fn a_procedure_that_is_not_there_has_done_nothing() {
    let Some(mut server) = server() else { return };
    let sql = "CALL fill()";
    let before = server.fingerprint(sql);
    server.fail(sql);
    assert_eq!(server.probe(sql, &before), Progress::Nothing);
    server.run("CREATE PROCEDURE fill() LANGUAGE SQL AS 'SELECT 1'");
    let mut is_unclear = |before: &str, then: &str| {
        let progress = server.probe(sql, before);
        assert!(matches!(progress, Progress::Unclear { .. }), "{progress:?}");
        server.run(then);
        server.fingerprint(sql)
    };
    // Someone may have made it meanwhile, and it may have dropped itself.
    let before = is_unclear(&before, "SELECT 1");
    is_unclear(&before, "DROP PROCEDURE fill()");
    is_unclear(&before, "SELECT 1");
}

#[test]
fn what_the_server_refuses_in_a_transaction_stands_alone() {
    for sql in [
        "ALTER TABLE ONLY \"a long schema\".\"a long table\" DETACH PARTITION \"a long schema\".\"a long part\" CONCURRENTLY",
        "REINDEX (VERBOSE, TABLESPACE x) TABLE CONCURRENTLY t",
        "REINDEX TABLE parted",
        "REINDEX (VERBOSE) DATABASE d",
        "DISCARD ALL",
        "VACUUM t",
    ] {
        assert!(!Postgres.session().joins_transaction(sql), "{sql}");
    }
    for sql in [
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "DISCARD TEMP",
        "ALTER TABLE t ADD concurrent int",
        "COMMENT ON TABLE t IS 'CONCURRENTLY'",
    ] {
        assert!(Postgres.session().joins_transaction(sql), "{sql}");
    }
}
