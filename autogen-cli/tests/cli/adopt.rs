//! Databases that exist: their structs compile, agree with them at once, and are adopted.

use std::path::PathBuf;
use std::process::Command;

use autogen_tests::servers;
use schema_core::runner::load;

use crate::session::{Run, Session};

const MANIFEST: &str = "\
[package]
name = \"{name}\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
schema-core = { path = {core}, features = [\"chrono\", \"ipnetwork\", \"rust_decimal\", \"serde_json\", \"uuid\"] }
chrono = { version = \"0.4\", default-features = false }
ipnetwork = { version = \"0.21\", default-features = false }
rust_decimal = { version = \"1\", default-features = false }
serde_json = \"1\"
uuid = { version = \"1\", default-features = false }

[workspace]
";

/// Returns a project whose structs are to be written, built into the target directory that all tests share.
fn project(name: &str) -> (Session, PathBuf) {
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let session = Session::at(&scratch.join("projects").join(format!("adopt-{name}")));
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap();
    let core = format!("{:?}", workspace.join("schema-core"));
    session.write(
        "Cargo.toml",
        MANIFEST.replace("{name}", name).replace("{core}", &core),
    );
    std::fs::copy(workspace.join("Cargo.lock"), session.path().join("Cargo.lock")).unwrap();
    (session, scratch.join("target"))
}

fn autogen(session: &Session, target: &PathBuf, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogen"));
    command
        .args(arguments)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", target);
    session.run(command)
}

/// Makes a database of a schema in `tests/schemas`, and structs of the database; adopts it and checks that nothing differs.
fn adopt(name: &str) {
    let (session, target) = project(name);
    let schema =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/schemas/{name}.sqlite.sql"));
    let sql = std::fs::read_to_string(schema).unwrap();
    let run = |arguments: &[&str]| {
        let run = autogen(&session, &target, arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.terminal);
        run.terminal
    };
    run(&["-q", "init"]);
    session.sql("instance/database.db", &sql);
    let models = run(&["-q", "inspect", "database", "--format", "rust"]);
    session.write("src/lib.rs", &models);
    let told = run(&["baseline", "-m", "as it was"]);
    assert!(
        told.contains("as applied in instance/database.db, running nothing"),
        "{told}"
    );
    assert_eq!(
        run(&["check", "--database"]),
        "The database is what its revisions say.\n"
    );
    assert_eq!(run(&["-q", "check"]), "");
    assert_eq!(run(&["-q", "diff", "--from", "database", "--to", "models"]), "");
    // The revision is a real one: it makes the same tables elsewhere, and structs of those are the same.
    run(&["-q", "upgrade", "--database-url", "sqlite:instance/other.db"]);
    let again = run(&["-q", "inspect", "sqlite:instance/other.db", "--format", "rust"]);
    assert_eq!(body(&again), body(&models));
}

/// Returns the code without the line that names the database.
fn body(text: &str) -> &str {
    text.split_once('\n').unwrap().1
}

/// As [`adopt`], on a server; one that cannot be reached is left out.
fn adopt_on(dialect: &str) {
    let Some(database) = servers::database(dialect) else {
        return;
    };
    let (session, target) = project(&format!("shop-{dialect}"));
    let schema =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/schemas/shop.{dialect}.sql"));
    let sql = std::fs::read_to_string(schema).unwrap();
    let (standing, other) = (database.fresh(), database.fresh());
    load(&mut *standing.open(), database.dialect(), &sql).unwrap_or_else(|error| panic!("{error}"));
    let (standing, other) = (standing.url().to_string(), other.url().to_string());
    let run = |arguments: &[&str]| {
        let run = autogen(&session, &target, arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.terminal);
        run.terminal
    };
    run(&["-q", "init", "--dialect", dialect]);
    let models = run(&["-q", "inspect", &standing, "--format", "rust"]);
    session.write("src/lib.rs", &models);
    run(&["baseline", &standing]);
    let clean = "The database is what its revisions say.\n";
    assert_eq!(run(&["check", "--database", "--database-url", &standing]), clean);
    assert_eq!(run(&["-q", "check"]), "");
    assert_eq!(run(&["-q", "diff", "--from", &standing, "--to", "models"]), "");
    run(&["-q", "upgrade", "--database-url", &other]);
    let again = run(&["-q", "inspect", &other, "--format", "rust"]);
    assert_eq!(body(&again), body(&models));
}

#[test]
fn a_shop_on_postgres() {
    adopt_on("postgres");
}

#[test]
fn a_shop_on_mysql() {
    adopt_on("mysql");
}

#[test]
fn a_shop() {
    adopt("shop");
}

#[test]
fn a_clinic() {
    adopt("clinic");
}

#[test]
fn a_wiki() {
    adopt("wiki");
}

#[test]
fn numbers_beside_the_key_on_postgres() {
    let (id, part) = ("GENERATED BY DEFAULT AS IDENTITY", "PRIMARY KEY (day, id)");
    numbers_beside_the_key("postgres", id, part);
}

#[test]
fn numbers_beside_the_key_on_mysql() {
    numbers_beside_the_key("mysql", "AUTO_INCREMENT", "PRIMARY KEY (day, id), KEY (id)");
}

/// The structs say which columns are numbered, where it is not the key alone.
fn numbers_beside_the_key(dialect: &str, numbered: &str, key: &str) {
    let sql = format!(
        "CREATE TABLE events (day int NOT NULL, id bigint NOT NULL {numbered}, {key});
CREATE TABLE invoices (id varchar(20) NOT NULL PRIMARY KEY, number int NOT NULL {numbered}, UNIQUE (number));"
    );
    leaves_out(&format!("numbers-{dialect}"), dialect, &sql, &[]);
}

/// The structs of a schema of which models cannot say everything compile, and say what is missing.
fn leaves_out(name: &str, dialect: &str, sql: &str, left_out: &[&str]) {
    let Some(database) = servers::database(dialect) else {
        return;
    };
    let (session, target) = project(&format!("left-out-{name}"));
    let fresh = database.fresh();
    load(&mut *fresh.open(), database.dialect(), sql).unwrap_or_else(|error| panic!("{error}"));
    let run = |arguments: &[&str]| {
        let run = autogen(&session, &target, arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.terminal);
        run.terminal
    };
    run(&["-q", "init", "--dialect", dialect]);
    let models = run(&["-q", "inspect", &fresh.url().to_string(), "--format", "rust"]);
    for text in left_out {
        assert!(models.contains(&format!("//! - {text}\n")), "{models}");
    }
    assert_eq!(models.matches("//! - ").count(), left_out.len(), "{models}");
    session.write("src/lib.rs", &models);
    run(&["-q", "migrate", "--dry-run"]);
    if left_out.is_empty() {
        let url = fresh.url().to_string();
        assert_eq!(run(&["-q", "diff", "--from", &url, "--to", "models"]), "");
    }
}

#[test]
fn what_models_cannot_say_of_postgres_is_left_out() {
    leaves_out(
        "postgres",
        "postgres",
        "CREATE DOMAIN pos AS integer CHECK (VALUE > 0);
CREATE TABLE d (id bigint PRIMARY KEY, n pos DEFAULT 3);
CREATE TABLE f (id bigint PRIMARY KEY, \"A\" integer, a integer);
CREATE TABLE g ();",
        &[
            "table `f`: its columns `A` and `a` differ only in case",
            "table `g`: it has no columns",
        ],
    );
}

#[test]
fn what_models_cannot_say_of_sqlite_is_left_out() {
    leaves_out(
        "sqlite",
        "sqlite",
        "CREATE TABLE a (id INTEGER PRIMARY KEY DESC, b TEXT);
CREATE TABLE p (x INTEGER, y INTEGER, PRIMARY KEY (x, y));
CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p, q INTEGER, r INTEGER, FOREIGN KEY (q, r) REFERENCES p);",
        &["foreign key `fk_c_p_p` of `c`: the key of `p` has another number of columns"],
    );
}
