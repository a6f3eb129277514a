//! A history within a program: cargo compiles it anew when it has to, and program and command take turns on a database.

use schema_core::Migrations;
use schema_core::migrator::Migrator;

use crate::builds::{MANIFEST, Project};
use crate::session::Session;

static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");

const PROGRAM: &str = "\
#![allow(dead_code)]

use schema_core::{Migrations, Model};

static MIGRATIONS: Migrations = schema_core::migrations!(\"migrations\");

#[derive(Model)]
struct Store {
    id: i64,
}

fn main() {
    // Two ids of one second come in any order.
    let mut revisions = MIGRATIONS.revisions().to_vec();
    revisions.sort_by_key(|revision| &revision.folder[13..]);
    for revision in revisions {
        println!(\"{}: {} scripts\", &revision.folder[13..], revision.scripts.len());
        for (name, text) in revision.scripts {
            for line in text.lines().filter(|line| line.contains(\"by hand\")) {
                println!(\"{name}: {line}\");
            }
        }
    }
}
";

/// Builds and runs the project's program.
fn program(project: &Project) -> String {
    let run = project.cargo(&["run", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.terminal);
    run.terminal
}

#[test]
fn what_is_embedded_is_what_is_on_file() {
    let project = Project::new("embedding", &[("Cargo.toml", MANIFEST), ("src/main.rs", PROGRAM)]);
    let migrate = |message: &str| {
        let run = project.run(&["-q", "migrate", "-m", message]);
        assert_eq!(run.code, 0, "{}", run.terminal);
    };
    assert_eq!(program(&project), "");

    // There was nothing that cargo could have watched but what `build.rs` names.
    project.session.write(
        "build.rs",
        "fn main() { println!(\"cargo::rerun-if-changed=migrations\"); }\n",
    );
    migrate("first");
    assert_eq!(program(&project), "first: 2 scripts\n");

    // From here on the snapshot is enough. (The changed source makes cargo forget what it built before there was one.)
    std::fs::remove_file(project.session.path().join("build.rs")).unwrap();
    project.session.write(
        "src/main.rs",
        PROGRAM.replace("id: i64,", "id: i64,\n    name: Option<String>,"),
    );
    migrate("second");
    assert_eq!(program(&project), "first: 2 scripts\nsecond: 2 scripts\n");

    let versions = std::fs::read_dir(project.session.path().join("migrations/versions")).unwrap();
    let folders: Vec<_> = versions.map(|entry| entry.unwrap().path()).collect();
    let second = folders
        .iter()
        .find(|folder| folder.to_string_lossy().ends_with("_second"))
        .unwrap();
    let script = second.join("upgrade.sqlite.sql");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, text + "-- by hand\n").unwrap();
    assert_eq!(
        program(&project),
        "first: 2 scripts\nsecond: 2 scripts\nupgrade.sqlite.sql: -- by hand\n"
    );

    std::fs::remove_dir_all(second).unwrap();
    assert_eq!(program(&project), "first: 2 scripts\n");
}

/// Returns a project with the history that is within this program, and the path of its database.
fn store() -> Session {
    let session = Session::new();
    let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/store/migrations");
    session.write(
        "migrations/autogen.toml",
        "dialects = [\"sqlite\"]\n[database]\nurl = \"sqlite:app.db\"\n",
    );
    for revision in MIGRATIONS.revisions() {
        for file in std::fs::read_dir(migrations.join("versions").join(revision.folder)).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            let text = std::fs::read(file.path()).unwrap();
            session.write(&format!("migrations/versions/{}/{name}", revision.folder), text);
        }
    }
    session
}

#[test]
fn the_command_goes_on_from_what_a_program_did_and_back() {
    let session = store();
    let autogen = |arguments: &str| {
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let run = session.autogen(&arguments);
        assert_eq!(run.code, 0, "{}", run.terminal);
        run.terminal
    };
    let mut connection = rusqlite::Connection::open(session.path().join("app.db")).unwrap();
    let applied = Migrator::new(&MIGRATIONS).upgrade(&mut connection).unwrap();
    assert_eq!(applied.len(), 2);

    assert_eq!(
        autogen("check --database"),
        "The database is what its revisions say.\n"
    );
    assert_eq!(autogen("upgrade"), "Nothing to upgrade.\n");
    autogen("-q downgrade -1");
    let status = Migrator::new(&MIGRATIONS).check(&mut connection).unwrap();
    assert_eq!(status.pending().count(), 1, "{status}");
    autogen("-q upgrade");
    assert_eq!(Migrator::new(&MIGRATIONS).upgrade(&mut connection).unwrap(), []);
    assert!(Migrator::new(&MIGRATIONS).check(&mut connection).unwrap().is_ok());
}
