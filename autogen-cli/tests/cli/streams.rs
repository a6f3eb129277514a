//! What goes to which stream: data to stdout and nothing else, errors in the form and the colors that were asked for, and passwords to neither.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::session::Session;

const ITEM: &str =
    r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"}],"primary_key":["id"]}"#;
const FOLDER: &str = "migrations/versions/6921a3f4b07e_items";

/// Runs `autogen` with nobody at the terminal, and an editor.
fn autogen(session: &Session, arguments: &[&str], editor: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autogen"))
        .args(arguments)
        .current_dir(session.path())
        .env_remove("AUTOGEN_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .env_remove("VISUAL")
        .env_remove("NO_COLOR")
        .env("EDITOR", editor)
        .output()
        .unwrap()
}

/// Returns a project with one revision.
fn project() -> Session {
    let session = Session::new();
    session.models(&[], ITEM);
    for arguments in [
        &["init"][..],
        &[
            "migrate",
            "--rev-id",
            "6921a3f4b07e",
            "-m",
            "items",
            "--artifact",
            "app.rlib",
        ],
    ] {
        let run = autogen(&session, arguments, "true");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    session
}

/// Returns the one document that a command printed.
fn document(run: &Output) -> Value {
    serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&run.stdout)))
}

#[test]
fn what_clap_refuses_is_a_document_too() {
    let session = project();
    for arguments in [
        &["upgrade", "--timeout", "0", "--json"][..],
        &["--json", "downgrade"],
        &["--json"],
        &["--json", "no-such-command"],
        &["stamp", "--json", "head", "--foo"],
    ] {
        let run = autogen(&session, arguments, "true");
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
        let error = &document(&run)["error"];
        assert!(
            error["message"].as_str().is_some_and(|text| !text.is_empty()),
            "{error}"
        );
        assert!(error["causes"].is_array() && error["hints"].is_array(), "{error}");
    }
    // An argument behind `--` is none of the options.
    let run = autogen(&session, &["stamp", "--", "--json", "more"], "true");
    assert!(run.stdout.is_empty());
}

#[test]
fn what_clap_says_is_in_the_colors_that_are_asked_for() {
    let session = project();
    let is_colored = |arguments: &[&str]| {
        let run = autogen(&session, arguments, "true");
        [run.stdout, run.stderr].concat().contains(&0x1b)
    };
    for arguments in [&["no-such-command"][..], &["history", "--help"]] {
        let with = |color: &[&'static str]| [color, arguments].concat();
        assert!(is_colored(&with(&["--color", "always"])), "{arguments:?}");
        assert!(is_colored(&with(&["--color=always"])), "{arguments:?}");
        assert!(!is_colored(&with(&["--color", "never"])), "{arguments:?}");
        assert!(!is_colored(arguments), "{arguments:?}");
    }
}

#[test]
fn a_password_that_was_put_anywhere_is_shown_nowhere() {
    let session = project();
    for url in [
        "postgres://me:hunter2@127.0.0.1:1/db",
        "postgres//me:hunter2@127.0.0.1:1/db",
        "mysql://127.0.0.1:1/db?password=hunter2",
        "postgres://me:hunter2@127.0.0.1:1/db?passwrd=hunter2",
    ] {
        for before in [
            &[][..],
            &["upgrade"],
            &["history"],
            &["squash"],
            &["check"],
            &["inspect"],
            &["baseline"],
            &["-v", "current", "--database-url"],
            &["history", "-C"],
            &["history", "--migrations"],
            &["diff", "--to", "empty", "--from"],
        ] {
            for json in [&[][..], &["--json"]] {
                let arguments = [before, &[url], json].concat();
                let run = autogen(&session, &arguments, "true");
                assert_eq!(run.status.code(), Some(2), "{arguments:?}");
                let said = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
                assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
            }
        }
    }
}

#[test]
fn an_editor_does_not_write_into_the_document() {
    let session = project();
    let run = autogen(&session, &["edit", "--json"], "echo words and");
    assert_eq!(document(&run)["edited"], serde_json::json!([]));
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("words and"), "{said}");
    let run = autogen(&session, &["edit", "--json"], "no-such-editor --wait");
    assert_eq!(
        document(&run)["error"]["message"],
        "cannot start the editor `no-such-editor --wait`"
    );
    // One that breaks the script, too, leads to one document.
    let run = autogen(&session, &["edit", "--json"], "sed -i -e s/items/goods/");
    assert_eq!(run.status.code(), Some(2));
    assert!(document(&run)["error"]["message"].is_string());
}

#[test]
fn an_amended_revision_that_stays_leaves_no_second_one() {
    let session = project();
    let before = session.tree();
    let snapshot = fs::read(session.path().join("migrations/snapshot.json")).unwrap();
    // Every name to which the old folder could be put aside is taken.
    let folder = FOLDER.rsplit('/').next().unwrap();
    for number in 0..=64 {
        let name = format!("migrations/versions/.{folder}.{number}.tmp");
        fs::create_dir(session.path().join(name)).unwrap();
    }
    session.models(&["store"], ITEM);
    let arguments = ["migrate", "--amend", "--artifact", "app.rlib"];
    let run = autogen(&session, &arguments, "true");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("Removing {FOLDER} ...  failed")), "{said}");
    assert_eq!(session.tree(), before);
    assert_eq!(
        fs::read(session.path().join("migrations/snapshot.json")).unwrap(),
        snapshot
    );
}

#[test]
fn an_artifact_is_looked_for_where_the_command_is_said_to_work() {
    let session = project();
    fs::create_dir(session.path().join("elsewhere")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_autogen"))
        .args(["-C", "..", "check", "--artifact", "app.rlib"])
        .current_dir(session.path().join("elsewhere"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_document_tells_where_the_copy_of_a_database_is() {
    let session = project();
    let upgrade = || {
        document(&autogen(
            &session,
            &["-q", "--json", "upgrade", "--backup"],
            "true",
        ))
    };
    // There is nothing to copy at first.
    assert_eq!(upgrade()["backup"], Value::Null);
    let broken = "CREATE TABLE other (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n";
    let arguments = ["-q", "revision", "-m", "broken", "--rev-id", "6921a3f4b07f"];
    assert!(autogen(&session, &arguments, "true").status.success());
    session.write(
        "migrations/versions/6921a3f4b07f_broken/upgrade.sqlite.sql",
        broken,
    );
    let failed = upgrade();
    assert!(failed["error"]["message"].is_string(), "{failed}");
    let copy = failed["backup"].as_str().unwrap_or_else(|| panic!("{failed}"));
    assert!(session.path().join(copy).is_file(), "{copy}");
}
