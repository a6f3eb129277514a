//! A terminal of their own: which questions are shown and what each answer does, and how far a long work has come.

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{Options, PtySession, spawn_with_options};

use crate::session::Session;

const DOWN: &str = "\u{1b}[B";
const UP: &str = "\u{1b}[A";
const ENTER: &str = "\r";
const ESCAPE: &str = "\u{1b}";

const BEFORE: &str = r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"descr","type":"text"}],"primary_key":["id"]}"#;
const AFTER: &str = r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"price","type":"i64","nullable":true},{"name":"description","type":"text"}],"primary_key":["id"]}"#;

/// Returns a project with a row, where a column went and two came.
fn project() -> Session {
    let session = Session::new();
    let run = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let run = session.autogen(&arguments);
        assert_eq!(run.code, 0, "{}", run.terminal);
    };
    run(&["-q", "init"]);
    session.models(&[], BEFORE);
    run(&[
        "-q",
        "migrate",
        "--rev-id",
        "6921a3f4b07e",
        "--artifact",
        "app.rlib",
    ]);
    run(&["-q", "upgrade"]);
    session.sql(
        "instance/database.db",
        "INSERT INTO items (id, descr) VALUES (1, 'oak')",
    );
    session.models(&[], AFTER);
    session
}

/// Starts `autogen migrate` on a terminal, and waits for its first question.
fn migrate(session: &Session) -> PtySession {
    let mut terminal = started(session, true);
    terminal
        .exp_string("`items.descr` is gone from the models")
        .unwrap();
    // The likeliest first, the drop last.
    for choice in [
        "it was renamed to items.description",
        "it was renamed to items.price",
        "it is dropped, with all that it holds",
    ] {
        terminal.exp_string(choice).unwrap();
    }
    terminal
}

/// Starts `autogen migrate` on a terminal, with or without the escapes that it writes.
fn started(session: &Session, strip: bool) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogen"));
    command
        .args([
            "migrate",
            "--rev-id",
            "6921a3f4b07f",
            "--artifact",
            "app.rlib",
            "--color",
            "never",
        ])
        .current_dir(session.path())
        .env("TERM", "xterm")
        .env_remove("DATABASE_URL")
        .env_remove("AUTOGEN_DATABASE_URL");
    let options = Options::new()
        .timeout_ms(Some(30_000))
        .strip_ansi_escape_codes(strip);
    spawn_with_options(command, options).unwrap()
}

fn press(terminal: &mut PtySession, keys: &[&str]) {
    for key in keys {
        terminal.send(key).unwrap();
        terminal.flush().unwrap();
        // A terminal sends one key at a time; an escape that is followed at once is another key.
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn code(terminal: &PtySession) -> i32 {
    let status = terminal.process().wait().unwrap();
    let WaitStatus::Exited(_, code) = status else {
        panic!("{status:?}");
    };
    code
}

fn rows(session: &Session, columns: &str) -> String {
    let upgrade = session.autogen(&["-q".to_owned(), "upgrade".to_owned()]);
    assert_eq!(upgrade.code, 0, "{}", upgrade.terminal);
    session.sql("instance/database.db", &format!("SELECT {columns} FROM items"))
}

#[test]
fn a_chosen_rename_keeps_the_values() {
    let session = project();
    let mut terminal = migrate(&session);
    press(&mut terminal, &[DOWN, ENTER]);
    let said = terminal.exp_eof().unwrap();
    assert!(
        said.contains("Detected renamed column 'items.descr' to 'items.description'"),
        "{said}"
    );
    assert_eq!(code(&terminal), 0, "{said}");
    assert_eq!(rows(&session, "id, price, description"), "1 | NULL | oak\n");
}

#[test]
fn a_chosen_drop_is_one() {
    let session = project();
    let mut terminal = migrate(&session);
    press(&mut terminal, &[UP, ENTER]);
    // The new column has no value for the row that is there, which is the next question.
    terminal
        .exp_string("SQL value of `items.description` for rows that exist")
        .unwrap();
    press(&mut terminal, &["'none'", ENTER]);
    let said = terminal.exp_eof().unwrap();
    assert!(said.contains("Detected removed column 'items.descr'"), "{said}");
    assert_eq!(code(&terminal), 0, "{said}");
    assert_eq!(rows(&session, "id, price, description"), "1 | NULL | none\n");
}

#[test]
fn no_answer_is_taken_by_itself_and_none_at_all_writes_nothing() {
    let session = project();
    let before = session.tree();
    let mut terminal = migrate(&session);
    // Nothing is chosen until a key moves there.
    press(&mut terminal, &[ENTER, ENTER, ESCAPE]);
    let said = terminal.exp_eof().unwrap();
    assert!(
        said.contains("the question was not answered; nothing was written"),
        "{said}"
    );
    assert_eq!(code(&terminal), 2);
    assert_eq!(session.tree(), before);
}

#[test]
fn a_question_is_asked_in_the_colors_that_are_asked_for() {
    let session = project();
    let mut terminal = started(&session, false);
    let before = terminal.exp_string("is gone from the models").unwrap();
    // What moves the cursor is no color.
    assert!(
        !before.contains("\u{1b}[1m") && !before.contains("\u{1b}[33m"),
        "{before:?}"
    );
    press(&mut terminal, &[ESCAPE]);
    terminal.exp_eof().unwrap();
}

#[test]
fn ctrl_c_is_no_answer_and_leaves_the_terminal_as_it_was() {
    let session = project();
    let before = session.tree();
    let mut terminal = started(&session, false);
    terminal
        .exp_string("it is dropped, with all that it holds")
        .unwrap();
    press(&mut terminal, &["\u{3}"]);
    let said = terminal.exp_eof().unwrap();
    let cursor = "\u{1b}[?25h";
    let (_, after) = said.split_once(cursor).unwrap_or_else(|| panic!("{said:?}"));
    assert!(
        after.contains("the question was not answered; nothing was written"),
        "{after:?}"
    );
    assert_eq!(code(&terminal), 2);
    assert_eq!(session.tree(), before);
}

#[test]
fn a_long_history_says_how_far_it_has_come() {
    let session = Session::new();
    session.models(&[], BEFORE);
    let run = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let run = session.autogen(&arguments);
        assert_eq!(run.code, 0, "{}", run.terminal);
    };
    run(&["-q", "init"]);
    run(&[
        "-q",
        "migrate",
        "-m",
        "one",
        "--rev-id",
        "6921a3f4b07e",
        "--artifact",
        "app.rlib",
    ]);
    run(&["-q", "revision", "-m", "two", "--rev-id", "6921a3f4b07f"]);
    // Long enough for any machine, and cheap to read.
    session.write(
        "migrations/versions/6921a3f4b07e_one/upgrade.sqlite.sql",
        "CREATE TABLE items (id INTEGER NOT NULL, descr TEXT NOT NULL, CONSTRAINT pk_items PRIMARY KEY (id));\n\
         INSERT INTO items (descr) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 12000000) SELECT max(i) FROM n;\n",
    );
    for (command, line) in [
        ("verify", "Ran 1 of 6 scripts, "),
        ("upgrade", "Ran 1 of 2 scripts, "),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_autogen"));
        program
            .arg(command)
            .current_dir(session.path())
            .env("TERM", "xterm")
            .env_remove("DATABASE_URL")
            .env_remove("AUTOGEN_DATABASE_URL");
        let options = Options::new()
            .timeout_ms(Some(300_000))
            .strip_ansi_escape_codes(true);
        let mut terminal = spawn_with_options(program, options).unwrap();
        terminal.exp_string(line).unwrap();
        terminal.exp_string(" a second, ").unwrap();
        terminal.exp_string(" left").unwrap();
        terminal.exp_eof().unwrap();
        assert_eq!(code(&terminal), 0);
    }
}
