//! Whoever keeps readers out of the version table is named, and waited for so long and no longer.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use schema_core::db::{Connection, ErrorKind, Value};
use schema_core::runner::{self, Event, Options, RunError};

use crate::sites::{Site, options};

/// Returns a connection that keeps readers out until it is told to let them in.
fn bar(site: &Site) -> Box<dyn Connection> {
    let mut connection = site.open();
    let statements: &[&str] = match site.dialect.name() {
        "sqlite" => &["BEGIN EXCLUSIVE"],
        "postgres" => &["BEGIN", "LOCK TABLE _autogen_revisions"],
        _ => &["LOCK TABLES _autogen_revisions WRITE"],
    };
    for sql in statements {
        connection.execute(sql, &[]).unwrap();
    }
    connection
}

/// Returns how long the session waits for a lock of a table by itself.
fn own_limit(connection: &mut dyn Connection, dialect: &str) -> Vec<Vec<Value>> {
    let sql = match dialect {
        "sqlite" => "PRAGMA busy_timeout",
        "postgres" => "SHOW lock_timeout",
        _ => "SELECT @@SESSION.lock_wait_timeout",
    };
    connection.query(sql, &[]).unwrap()
}

#[test]
fn a_run_names_who_it_waits_for_and_gives_up() {
    for dialect in ["sqlite", "postgres", "mysql"] {
        let Some(mut site) = Site::new(dialect) else {
            continue;
        };
        site.write("CREATE TABLE t (id int);\n");
        site.upgrade().unwrap();
        site.write("CREATE TABLE u (id int);\n");
        let (mut connection, history) = (site.open(), site.load());
        let barring = bar(&site);
        let options = Options {
            lock_timeout: Duration::from_secs(1),
            ..options()
        };
        let before = own_limit(&mut *connection, dialect);
        let mut waited_for = Vec::new();
        let error = runner::upgrade(
            &mut *connection,
            site.dialect,
            &history,
            history.heads(),
            &options,
            &mut |event| {
                if let Event::Waiting { holder, .. } = event {
                    waited_for.push(holder.to_owned());
                }
            },
        )
        .unwrap_err();
        let RunError::Locked {
            holder: Some(holder),
            error: cause,
            ..
        } = &error
        else {
            panic!("{error}")
        };
        assert_eq!(waited_for, [holder.as_str()]);
        let on_table = holder.ends_with("with a lock on `_autogen_revisions`");
        assert_eq!(on_table, dialect != "sqlite", "{holder}");
        assert_eq!(holder.contains("the session"), dialect == "postgres", "{holder}");
        assert_eq!(cause.kind, ErrorKind::Locked, "{error}");
        assert_eq!(own_limit(&mut *connection, dialect), before);

        drop(barring);
        assert_eq!(site.upgrade().unwrap().len(), 1);
    }
}

#[test]
fn a_look_gives_up_too() {
    // They wait at the same time.
    std::thread::scope(|scope| {
        for dialect in ["postgres", "mysql"] {
            scope.spawn(move || {
                let Some(mut site) = Site::new(dialect) else {
                    return;
                };
                site.write("CREATE TABLE t (id int);\n");
                site.upgrade().unwrap();
                let _barring = bar(&site);
                let error = runner::applied(&mut *site.open(), site.dialect).unwrap_err();
                let RunError::Database { error: cause, .. } = &error else {
                    panic!("{error}")
                };
                assert_eq!(cause.kind, ErrorKind::Locked, "{error}");
                assert!(error.hint().is_some(), "{error}");
                let told = error.to_string();
                assert!(told.contains("; readers are kept out by "), "{told}");
                assert!(told.ends_with("with a lock on `_autogen_revisions`"), "{told}");
            });
        }
    });
}

#[test]
fn a_bounded_look_waits_as_told_and_leaves_the_session_as_it_was() {
    for dialect in ["sqlite", "postgres", "mysql"] {
        let Some(site) = Site::new(dialect) else {
            continue;
        };
        let mut connection = site.open();
        let before = own_limit(&mut *connection, dialect);
        let mut within = Vec::new();
        let (session, timeout) = (site.dialect.session(), Duration::from_secs(7));
        session
            .bounded(&mut *connection, timeout, &mut |connection| {
                within = own_limit(connection, dialect);
            })
            .unwrap();
        let expected = match dialect {
            "sqlite" => Value::Integer(7_000),
            "postgres" => Value::Text("7s".to_owned()),
            _ => Value::Integer(7),
        };
        assert_eq!(within, [[expected]], "{dialect}");
        assert_eq!(own_limit(&mut *connection, dialect), before, "{dialect}");
    }
}
