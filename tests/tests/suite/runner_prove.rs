//! The proof that scripts do what operations say: what is right passes, each kind of wrong is told with its script and line.

#![allow(clippy::unwrap_used)]

use autogen_tests::revisions::{Project, id, revision, table};
use schema_core::db::{Connection, DatabaseUrl, open};
use schema_core::dialect::Dialect;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{Direction, RevisionId};
use schema_core::operation::Operation;
use schema_core::plan::plan;
use schema_core::runner::{ProofCause, ProofError, Tables, prove, verify};
use schema_core::schema::{Column, ForeignKey, Schema, Table, TableName, Type};
use schema_core::script::render;

use crate::database::said;

fn scratch() -> Box<dyn Connection> {
    open(&DatabaseUrl::SqliteMemory).unwrap()
}

/// A table that refers to another by `<parent>_id`.
fn child(name: &str, parent: &str) -> Table {
    let mut table = table(name);
    let column = format!("{parent}_id");
    table.columns.push(Column {
        nullable: true,
        ..Column::new(&column, Type::I64)
    });
    let key = format!("fk_{name}_{column}_{parent}");
    table.add_foreign_key(ForeignKey::new(key, [column], TableName::new(parent), ["id"]));
    table
}

fn with_description(mut table: Table) -> Table {
    table.columns.push(Column {
        nullable: true,
        ..Column::new("description", Type::Text { length: None })
    });
    table
}

fn scripts(from: &Schema, to: &Schema) -> Scripts {
    let plans = plan(&Sqlite, from, to, &Answers::default()).unwrap();
    Scripts {
        upgrade: render(&plans.upgrade, "up"),
        downgrade: render(&plans.downgrade, "down"),
    }
}

fn proof(from: &Schema, to: &Schema, scripts: &Scripts) -> Result<(), ProofError> {
    prove(&mut *scratch(), &Sqlite, from, to, scripts, &Tables::default())
}

/// Returns the scripts with another way there.
fn upgrading(scripts: &Scripts, upgrade: &str) -> Scripts {
    Scripts {
        upgrade: upgrade.to_owned(),
        ..scripts.clone()
    }
}

/// Returns the scripts with another way back.
fn downgrading(scripts: &Scripts, downgrade: &str) -> Scripts {
    Scripts {
        downgrade: downgrade.to_owned(),
        ..scripts.clone()
    }
}

fn shop() -> Schema {
    Schema::from_iter([
        table("stores"),
        child("items", "stores"),
        child("tags", "items"),
        table("users"),
    ])
}

#[test]
fn what_the_planner_writes_is_proved() {
    let empty = Schema::default();
    let shop = shop();
    let mut changed = shop.clone();
    changed.insert(with_description(child("items", "stores")));
    changed.tables.remove(&TableName::new("users"));
    let mut strict = changed.clone();
    strict.insert(child("tags", "stores"));
    for (from, to) in [
        (&empty, &shop),
        (&shop, &changed),
        (&changed, &strict),
        (&strict, &empty),
        (&shop, &shop),
    ] {
        let scripts = scripts(from, to);
        proof(from, to, &scripts).unwrap_or_else(|error| panic!("{error}\n{scripts:?}"));
    }
}

#[test]
fn a_script_that_does_too_little_or_too_much_is_told() {
    let (from, mut to) = (shop(), shop());
    to.insert(with_description(child("items", "stores")));
    let scripts = scripts(&from, &to);

    let error = proof(&from, &to, &upgrading(&scripts, "-- nothing\n")).unwrap_err();
    assert_eq!(error.direction, Some(Direction::Upgrade));
    assert_eq!(
        error.to_string(),
        "the upgrade script does not lead to the schema that its operations describe: on the scratch database, it has\n  removed column 'items.description'"
    );
    assert!(error.hint().is_some());

    let more = format!("{}\nCREATE TABLE more (a INTEGER);\n", scripts.upgrade);
    let error = proof(&from, &to, &upgrading(&scripts, &more)).unwrap_err();
    assert!(error.to_string().ends_with("\n  added table 'more'"), "{error}");

    let error = proof(&from, &to, &downgrading(&scripts, "-- nothing\n")).unwrap_err();
    assert_eq!(error.direction, Some(Direction::Downgrade));
    assert!(
        error
            .to_string()
            .starts_with("the downgrade script does not lead"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .ends_with("\n  added column 'items.description'"),
        "{error}"
    );

    proof(&from, &to, &downgrading(&scripts, "-- autogen: irreversible\n")).unwrap();
}

#[test]
fn a_failing_statement_is_told_with_line_and_words() {
    let (from, mut to) = (shop(), shop());
    to.insert(with_description(child("items", "stores")));
    let scripts = scripts(&from, &to);
    let nowhere = "-- up\n\nALTER TABLE nowhere ADD COLUMN a;\n";
    let error = proof(&from, &to, &upgrading(&scripts, nowhere)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the upgrade script fails on a scratch database, line 3: no such table: nowhere\n  | ALTER TABLE nowhere ADD COLUMN a"
    );
    let error = proof(&from, &to, &downgrading(&scripts, "SELECT 'a\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the downgrade script: line 1: the string is never closed"
    );
    assert!(error.hint().is_some());
}

#[test]
fn scripts_that_run_out_of_a_transaction_are_proved_too() {
    let (from, mut to) = (shop(), shop());
    to.insert(with_description(child("items", "stores")));
    let scripts = scripts(&from, &to);
    let outside = |script: &str| {
        format!("-- autogen: no-transaction\n\n{script}\nVACUUM;\nPRAGMA journal_mode = WAL;\n")
    };
    let both = Scripts {
        upgrade: outside(&scripts.upgrade),
        downgrade: outside(&scripts.downgrade),
    };
    proof(&from, &to, &both).unwrap();
    let error = proof(&from, &to, &upgrading(&scripts, &outside("SELECT 1;\n"))).unwrap_err();
    assert!(matches!(error.cause, ProofCause::Differs { .. }), "{error}");
    let error = proof(&from, &to, &downgrading(&scripts, &outside("SELECT nonsense;\n"))).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the downgrade script fails on a scratch database, line 3: "),
        "{error}"
    );
}

#[test]
fn a_data_fix_may_touch_any_table() {
    let (from, mut to) = (shop(), shop());
    to.insert(with_description(table("users")));
    let mut scripts = scripts(&from, &to);
    scripts.upgrade += "\nUPDATE \"Tags\" SET name = (SELECT name FROM items LIMIT 1);\n";
    proof(&from, &to, &scripts).unwrap_or_else(|error| panic!("{error}"));
}

/// What no model is to have, a script may make all the same, once that is said.
#[test]
fn a_table_that_is_left_alone_may_come_and_go() {
    let (from, mut to) = (shop(), shop());
    to.insert(with_description(table("users")));
    let mut scripts = scripts(&from, &to);
    scripts.upgrade += "\nCREATE TABLE log_users (what TEXT);\n";
    let back = format!("{}\nDROP TABLE log_users;\n", scripts.downgrade);
    let whole = downgrading(&scripts, &back);
    let excluding = |pattern: &'static str| Tables::new([], [pattern]).unwrap();
    let proof =
        |tables: &Tables, scripts: &Scripts| prove(&mut *scratch(), &Sqlite, &from, &to, scripts, tables);
    let error = proof(&Tables::default(), &whole).unwrap_err();
    assert!(
        error.hint().unwrap().contains("`exclude` under `[tables]`"),
        "{error}"
    );
    proof(&excluding("log_*"), &whole).unwrap();
    // Nothing is said of it, so nothing of what is left of it.
    proof(&excluding("log_*"), &scripts).unwrap();
    // What operations say of a table counts all the same.
    let lost = format!(
        "{}\nALTER TABLE users DROP COLUMN description;\n",
        scripts.upgrade
    );
    let error = proof(&excluding("*"), &upgrading(&whole, &lost)).unwrap_err();
    assert!(matches!(error.cause, ProofCause::Differs { .. }), "{error}");

    let project = Project::new();
    let texts = Scripts {
        upgrade: "CREATE TABLE log_users (what TEXT);\n".to_owned(),
        downgrade: "DROP TABLE log_users;\n".to_owned(),
    };
    let texts = [("sqlite".to_owned(), texts)].into();
    write_revision(&project.migrations(), &revision(1, &[], "by hand"), &texts).unwrap();
    let history = project.load();
    let verified = |tables: &Tables| verify(&mut *scratch(), &Sqlite, &history, tables, &mut |_| {});
    assert!(verified(&Tables::default()).is_err());
    assert_eq!(verified(&excluding("log_*")).unwrap(), None);
}

/// The proof of a change in a schema of many tables makes only those that the change concerns.
#[test]
fn the_cost_is_that_of_the_change() {
    let mut from: Schema = (0..200).map(|number| table(&format!("t{number}"))).collect();
    for table in shop().tables.into_values() {
        from.insert(table);
    }
    let mut to = from.clone();
    to.insert(with_description(child("items", "stores")));
    let scripts = scripts(&from, &to);
    let mut scratch = scratch();
    prove(&mut *scratch, &Sqlite, &from, &to, &scripts, &Tables::default()).unwrap();
    let made = Sqlite.reflect(&mut *scratch).unwrap();
    assert_eq!(
        made.tables.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ["items", "stores", "tags"]
    );
}

#[test]
fn a_database_in_use_is_no_scratch_database() {
    let mut scratch = scratch();
    scratch.execute("CREATE TABLE theirs (a INTEGER)", &[]).unwrap();
    let error = prove(
        &mut *scratch,
        &Sqlite,
        &Schema::default(),
        &shop(),
        &Scripts::default(),
        &Tables::default(),
    )
    .unwrap_err();
    assert!(matches!(error.cause, ProofCause::NotEmpty), "{error}");
    let project = Project::new();
    assert!(
        verify(
            &mut *scratch,
            &Sqlite,
            &project.load(),
            &Tables::default(),
            &mut |_| {}
        )
        .is_err()
    );
    assert_eq!(scratch.query("SELECT * FROM theirs", &[]).unwrap().len(), 0);
}

/// stores ← items, and tags beside it, joined by a merge.
fn branches() -> Project {
    let project = Project::new();
    project.create_table(1, &[], "stores");
    project.create_table(2, &[1], "items");
    project.create_table(3, &[1], "tags");
    project.write(&revision(4, &[2, 3], "merge"), "-- nothing\n", "-- nothing\n");
    project
}

fn verified(project: &Project) -> (Vec<String>, Result<Option<RevisionId>, ProofError>) {
    let mut log = Vec::new();
    let outcome = verify(
        &mut *scratch(),
        &Sqlite,
        &project.load(),
        &Tables::default(),
        &mut |event| log.push(said(event)),
    );
    (log, outcome)
}

#[test]
fn a_whole_history_goes_up_down_and_up_again() {
    let (log, outcome) = verified(&branches());
    assert_eq!(outcome.unwrap_or_else(|error| panic!("{error}")), None);
    let up = [
        "upgrade  -> 01, create stores",
        "upgrade 01 -> 02, create items",
        "upgrade 01 -> 03, create tags",
        "upgrade 02+03 -> 04, merge",
    ];
    let down = [
        "downgrade 04 -> 02+03, merge",
        "downgrade 03 -> 01, create tags",
        "downgrade 02 -> 01, create items",
        "downgrade 01 -> , create stores",
    ];
    assert_eq!(log, [up, down, up].concat());
}

#[test]
fn the_revision_and_script_that_lie_are_named() {
    let project = branches();
    let folder = project.create_table(5, &[4], "likes");
    let script = |name: &str| folder.join(name);
    let upgrade = std::fs::read_to_string(script("upgrade.sqlite.sql")).unwrap();

    std::fs::write(
        script("downgrade.sqlite.sql"),
        "ALTER TABLE likes RENAME TO kept;\n",
    )
    .unwrap();
    let (_, outcome) = verified(&project);
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.revision, error.direction),
        (Some(id(5)), Some(Direction::Downgrade))
    );
    assert!(
        error
            .to_string()
            .starts_with("the downgrade script of `690000050000` does not lead"),
        "{error}"
    );

    std::fs::write(
        script("upgrade.sqlite.sql"),
        upgrade.replace("name TEXT NOT NULL", "name TEXT"),
    )
    .unwrap();
    let error = verified(&project).1.unwrap_err();
    assert_eq!(
        (error.revision, error.direction),
        (Some(id(5)), Some(Direction::Upgrade))
    );
    assert!(
        error
            .to_string()
            .ends_with("\n  changed NOT NULL to NULL of column 'likes.name'"),
        "{error}"
    );

    std::fs::write(script("upgrade.sqlite.sql"), "CREATE TABEL likes;\n").unwrap();
    let error = verified(&project).1.unwrap_err();
    assert!(
        error.to_string().starts_with(
            "the upgrade script of `690000050000` fails on a scratch database, line 1: near \"TABEL\""
        ),
        "{error}"
    );

    std::fs::remove_file(script("upgrade.sqlite.sql")).unwrap();
    let error = verified(&project).1.unwrap_err();
    assert!(matches!(error.cause, ProofCause::History(_)), "{error}");
}

#[test]
fn the_way_down_ends_where_there_is_none() {
    let project = branches();
    let mut gone = revision(5, &[4], "drop tags");
    gone.operations = vec![Operation::DropTable { table: table("tags") }];
    project.write(&gone, "DROP TABLE tags;\n", "-- autogen: irreversible\n");
    project.create_table(6, &[5], "likes");
    let (log, outcome) = verified(&project);
    assert_eq!(outcome.unwrap_or_else(|error| panic!("{error}")), Some(id(5)));
    assert_eq!(
        log[6..],
        [
            "downgrade 06 -> 05, create likes",
            "upgrade 05 -> 06, create likes"
        ]
    );
}
