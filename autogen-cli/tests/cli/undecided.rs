//! Where nobody can be asked: whatever the command is told besides, an open question means that nothing is written.

use crate::session::Session;

const BEFORE: &str = r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"a","type":"text","nullable":true},{"name":"b","type":"i64","nullable":true}],"primary_key":["id"]}
{"rust":"m::Log","table":"logs","columns":[{"name":"at","type":"i64"}]}"#;

/// What a person may have done to the models, and an answer that does not settle all of it.
const EDITS: [(&str, &str, &[&str]); 4] = [
    (
        "a column under another name",
        r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"c","type":"text","nullable":true},{"name":"b","type":"i64","nullable":true}],"primary_key":["id"]}
{"rust":"m::Log","table":"logs","columns":[{"name":"at","type":"i64"}]}"#,
        &["--rename", "items.b=items.b"],
    ),
    (
        "two columns under other names",
        r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"c","type":"text","nullable":true},{"name":"d","type":"i64","nullable":true}],"primary_key":["id"]}
{"rust":"m::Log","table":"logs","columns":[{"name":"at","type":"i64"}]}"#,
        &["--rename", "items.a=items.c"],
    ),
    (
        "a table and a column of it under other names",
        r#"{"rust":"m::Item","table":"wares","columns":[{"name":"id","type":"i64"},{"name":"c","type":"text","nullable":true},{"name":"b","type":"i64","nullable":true}],"primary_key":["id"]}
{"rust":"m::Log","table":"logs","columns":[{"name":"at","type":"i64"}]}"#,
        &["--rename", "items=wares"],
    ),
    (
        "a table that went, beside one that came",
        r#"{"rust":"m::Item","table":"items","columns":[{"name":"id","type":"i64"},{"name":"a","type":"text","nullable":true},{"name":"b","type":"i64","nullable":true}],"primary_key":["id"]}
{"rust":"m::Event","table":"events","columns":[{"name":"at","type":"i64"},{"name":"what","type":"text"}]}"#,
        &[],
    ),
];

#[test]
fn an_open_question_writes_nothing_in_any_mode() {
    let session = Session::new();
    let autogen = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        session.autogen(&arguments)
    };
    assert_eq!(autogen(&["-q", "init"]).code, 0);
    session.models(&["store"], "");
    let first = ["-q", "migrate", "--artifact", "app.rlib", "--rev-id"];
    assert_eq!(autogen(&[&first[..], &["6921a3f4b07d"]].concat()).code, 0);
    session.models(&["store"], BEFORE);
    assert_eq!(autogen(&[&first[..], &["6921a3f4b07e"]].concat()).code, 0);
    assert_eq!(autogen(&["-q", "upgrade"]).code, 0);
    let before = (session.tree(), snapshot(&session));
    for (edit, models, answer) in EDITS {
        session.models(&["store"], models);
        for mode in [&[][..], &["--json"], &["--dry-run"], &["-q"], &["-m", "sure"]] {
            for answer in [&[][..], answer] {
                let arguments = [&["migrate", "--artifact", "app.rlib"], mode, answer].concat();
                let run = autogen(&arguments);
                assert_eq!(run.code, 2, "{edit}, {arguments:?}: {}", run.terminal);
                assert!(run.terminal.contains("nothing was written"), "{}", run.terminal);
                assert_eq!(
                    (session.tree(), snapshot(&session)),
                    before,
                    "{edit}, {arguments:?}"
                );
            }
        }
    }
}

fn snapshot(session: &Session) -> String {
    std::fs::read_to_string(session.path().join("migrations/snapshot.json")).unwrap()
}

#[test]
fn a_former_name_is_one_of_the_same_schema() {
    let session = Session::new();
    let autogen = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let run = session.autogen(&arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.terminal);
        run.terminal
    };
    autogen(&["-q", "init", "--dialect", "postgres"]);
    let shops = r#"{"rust":"m::Shop","schema":"own","table":"shops","columns":[{"name":"id","type":"i64"}],"primary_key":["id"]}"#;
    session.models(&[], shops);
    autogen(&["-q", "migrate", "--artifact", "app.rlib"]);
    let table = r#""renamed_from":["shops"],"table":"stores""#;
    session.models(&[], &shops.replace(r#""table":"shops""#, table));
    let told = autogen(&["migrate", "--artifact", "app.rlib", "--dry-run"]);
    assert!(
        told.contains("Detected renamed table 'own.shops' to 'own.stores'"),
        "{told}"
    );
}
