//! Views and triggers that name what a run takes away, where the database lets that go without a word.

use std::time::Duration;

use schema_core::dialect::Dialect;
use schema_core::dialect::mysql::MySql;

use crate::reshaped::Project;

#[test]
fn broken_on_mysql() {
    let Some(project) = Project::new("mysql") else {
        return;
    };
    let database = &project.part;
    let views = [
        "CREATE VIEW names AS SELECT name FROM stores",
        "CREATE VIEW `all towns` AS SELECT town FROM stores",
        "CREATE TABLE gone (id INT)",
        "CREATE VIEW old AS SELECT id FROM gone",
        "DROP TABLE gone",
    ];
    for sql in views {
        database.open().execute(sql, &[]).unwrap();
    }
    let told = project.on(database, &["upgrade", "6921a3f4b07e"]);
    let warned =
        "WARN  [autogen::migrate] What the view `all towns` reads is not there any more: drop or change it\n";
    assert!(told.ends_with(warned), "{told}");

    // It works again, and no word is said of what was so before.
    let told = project.on(database, &["downgrade", "6921a2f4b07e"]);
    assert!(!told.contains("WARN"), "{told}");
    assert_eq!(project.found(database, "SELECT town FROM `all towns`"), ["Bern"]);

    // A view whose table somebody locks is not broken.
    let mut holder = database.open();
    for sql in [
        "CREATE TABLE held (id INT)",
        "CREATE VIEW of_held AS SELECT id FROM held",
        "LOCK TABLES held WRITE",
    ] {
        holder.execute(sql, &[]).unwrap();
    }
    let (session, mut broken) = (MySql.session(), None);
    let looked = session.bounded(&mut *database.open(), Duration::from_secs(1), &mut |connection| {
        broken = session.broken(connection).ok()
    });
    looked.unwrap();
    assert_eq!(broken.unwrap().views, ["old"]);
    drop(holder);

    let sql = "CREATE VIEW more AS SELECT town FROM `all towns`";
    database.open().execute(sql, &[]).unwrap();
    let told = project.on(database, &["-q", "--json", "upgrade"]);
    assert!(
        told.contains("\"broken_views\": [\n    \"all towns\",\n    \"more\"\n  ]"),
        "{told}"
    );
    let told = project.on(database, &["-q", "--json", "upgrade"]);
    assert!(told.contains("\"broken_views\": []"), "{told}");
}

/// The trigger of a table names a column that gets another name; another one does so already.
fn a_trigger_on(dialect: &'static str, statements: &[&str]) {
    let Some(project) = Project::new(dialect) else {
        return;
    };
    let database = &project.part;
    for sql in statements {
        database.open().execute(sql, &[]).unwrap();
    }
    let told = project.on(database, &["upgrade", "6921a3f4b07e"]);
    let warned = "WARN  [autogen::migrate] What the trigger `of_town` names is not there any more: drop or change it\n";
    assert!(told.ends_with(warned), "{told}");

    // It works again, and no word is said of what was so before.
    let told = project.on(database, &["downgrade", "6921a2f4b07e"]);
    assert!(!told.contains("WARN"), "{told}");
    let told = project.on(database, &["-q", "--json", "upgrade"]);
    assert!(
        told.contains("\"broken_triggers\": [\n    \"of_town\"\n  ]"),
        "{told}"
    );
}

#[test]
fn a_trigger_on_mysql() {
    a_trigger_on(
        "mysql",
        &[
            "CREATE TABLE log (line TEXT)",
            "CREATE TRIGGER of_town AFTER INSERT ON stores FOR EACH ROW INSERT INTO log VALUES (NEW.town)",
            "CREATE TRIGGER of_name AFTER UPDATE ON stores FOR EACH ROW INSERT INTO log VALUES (OLD.name)",
        ],
    );
}

#[test]
fn a_trigger_on_postgres() {
    a_trigger_on(
        "postgres",
        &[
            "CREATE FUNCTION town() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.town := upper(NEW.town); RETURN NEW; END'",
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.other := 1; RETURN NEW; END'",
            "CREATE TRIGGER of_other BEFORE UPDATE ON stores FOR EACH ROW EXECUTE FUNCTION other()",
            "CREATE TRIGGER of_town BEFORE INSERT ON stores FOR EACH ROW EXECUTE FUNCTION town()",
        ],
    );
}

#[test]
fn a_trigger_that_keeps_words_on_postgres() {
    a_trigger_on(
        "postgres",
        &[
            "CREATE TRIGGER of_town BEFORE INSERT ON stores FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('name', 'pg_catalog.english', 'town')",
            "CREATE TRIGGER of_name BEFORE INSERT ON stores FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('name', 'pg_catalog.english', 'name')",
        ],
    );
}
