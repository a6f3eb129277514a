//! Databases that another process holds, or that may not be written to.

use std::fs;

use autogen_tests::servers;

use crate::session::{Run, Session};

fn autogen(session: &Session, arguments: &[&str]) -> Run {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    session.autogen(&arguments)
}

/// Returns a project with one revision, and a database that has a table of its own.
fn project() -> Session {
    let session = Session::new();
    assert_eq!(autogen(&session, &["-q", "init"]).code, 0);
    session.models(&["store"], "");
    let run = autogen(
        &session,
        &[
            "-q",
            "migrate",
            "--rev-id",
            "6921a3f4b07e",
            "--artifact",
            "app.rlib",
        ],
    );
    assert_eq!(run.code, 0, "{}", run.terminal);
    session.sql(
        "instance/database.db",
        "CREATE TABLE mine (id INTEGER); INSERT INTO mine VALUES (1)",
    );
    session
}

fn assert_refused(session: &Session, run: &Run, words: &[&str]) {
    assert_eq!(run.code, 2, "{}", run.terminal);
    for words in words {
        assert!(run.terminal.contains(words), "no `{words}` in {}", run.terminal);
    }
    let tables = "SELECT name FROM sqlite_schema ORDER BY name";
    assert_eq!(session.sql("instance/database.db", tables), "mine\n");
}

#[test]
fn a_locked_database_is_waited_for_and_then_left() {
    let session = project();
    let holder = rusqlite::Connection::open(session.path().join("instance/database.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let run = autogen(&session, &["upgrade", "--lock-timeout", "0"]);
    assert_refused(&session, &run, &["Waiting", "error: ", "--lock-timeout"]);

    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(autogen(&session, &["-q", "upgrade"]).code, 0);
}

#[test]
fn a_read_only_database_is_refused() {
    let session = project();
    let path = session.path().join("instance/database.db");
    let mut bytes = fs::read(&path).unwrap();
    // A write version past 2 makes a file read-only for everyone, root too (https://sqlite.org/fileformat.html, 1.3.3).
    bytes[18] = 3;
    fs::write(&path, &bytes).unwrap();
    let run = autogen(&session, &["upgrade"]);
    assert_refused(
        &session,
        &run,
        &["error: ", "readonly database", "hint: make the"],
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_database_that_a_server_lacks_is_to_be_made() {
    let session = project();
    for dialect in ["postgres", "mysql"] {
        let Some(database) = servers::database(dialect) else {
            continue;
        };
        let fresh = database.fresh();
        let server = fresh.url().server().unwrap();
        let url = server.with_database(&servers::unique_name()).with_secrets();
        let run = autogen(&session, &["upgrade", "--database-url", &url]);
        assert_refused(
            &session,
            &run,
            &[
                "cannot open the database",
                "hint: create it on the server with `CREATE DATABASE`",
            ],
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_way_is_not_followed() {
    let session = Session::new();
    session.write("victim", "precious\n");
    fs::create_dir(session.path().join("instance")).unwrap();
    std::os::unix::fs::symlink("victim", session.path().join("migrations")).unwrap();
    let run = autogen(&session, &["init"]);
    assert_eq!(run.code, 2, "{}", run.terminal);
    assert_eq!(
        fs::read_to_string(session.path().join("victim")).unwrap(),
        "precious\n"
    );
}

/// The seeds of the fuzz target for the configuration: read, or refused with an error.
#[test]
fn a_configuration_of_any_kind_is_read_or_refused() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/config");
    let session = project();
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        session.write("migrations/autogen.toml", fs::read(&path).unwrap());
        let run = autogen(&session, &["-q", "--no-dotenv", "verify"]);
        let refused = run.code == 2 && run.terminal.contains("error: ");
        assert!(refused || run.code == 0, "{}: {}", path.display(), run.terminal);
    }
}

/// Returns the copies beside the database.
fn copies(session: &Session) -> Vec<std::path::PathBuf> {
    let mut copies: Vec<_> = fs::read_dir(session.path().join("instance"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.display().to_string().contains(".backup"))
        .collect();
    copies.sort();
    copies
}

#[test]
fn a_backup_is_made_before_anything_runs_and_only_then() {
    let session = project();
    let run = autogen(&session, &["upgrade", "--backup"]);
    assert_eq!(run.code, 0, "{}", run.terminal);
    assert!(
        run.terminal
            .contains("Copied the database to instance/database.db.2"),
        "{}",
        run.terminal
    );
    let [copy] = copies(&session).try_into().unwrap();
    let name = copy.file_name().unwrap().to_str().unwrap().to_owned();
    let tables = "SELECT name FROM sqlite_schema ORDER BY name";
    assert_eq!(session.sql(&format!("instance/{name}"), tables), "mine\n");

    let run = autogen(&session, &["upgrade", "--backup"]);
    assert_eq!(run.code, 0, "{}", run.terminal);
    assert_eq!(copies(&session).len(), 1, "nothing to do is nothing to copy");

    let run = autogen(&session, &["downgrade", "base", "--backup", "-q"]);
    assert_eq!(run.code, 0, "{}", run.terminal);
    assert_eq!(copies(&session).len(), 2);
}

#[test]
fn a_database_that_cannot_be_backed_up_is_not_touched() {
    let session = project();
    for (url, hint) in [
        ("sqlite::memory:", "leave out `--backup`"),
        ("mysql://nobody:secret@127.0.0.1:1/x", "mariadb-dump"),
    ] {
        let run = autogen(&session, &["upgrade", "--backup", "--database-url", url]);
        assert_refused(
            &session,
            &run,
            &["cannot back up the database", "only an SQLite file", hint],
        );
        assert!(!run.terminal.contains("secret"), "{}", run.terminal);
    }
    let blocked = session.path().join("instance");
    fs::rename(&blocked, session.path().join("elsewhere")).unwrap();
    let run = autogen(&session, &["upgrade", "--backup"]);
    assert_eq!(run.code, 2, "{}", run.terminal);
    fs::rename(session.path().join("elsewhere"), &blocked).unwrap();
}

#[test]
fn the_version_tells_that_of_sqlite() {
    let run = autogen(&Session::new(), &["--version"]);
    let expected = format!(
        "autogen {} (SQLite {})\n",
        env!("CARGO_PKG_VERSION"),
        rusqlite::version()
    );
    assert_eq!((run.terminal, run.code), (expected, 0));
}
