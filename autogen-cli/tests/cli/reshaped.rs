//! Histories that are reshaped while databases have them, or parts of them: the same on every database.

use std::path::Path;

use autogen_tests::servers::{self, Fresh};

use crate::session::{Run, Session};

/// What the models say at one time or another, one a line as in the artifact.
const STORES: &str = r#"{"rust":"m::Store","table":"stores","columns":[{"name":"id","type":"i64"},{"name":"name","type":"text","length":40}],"primary_key":["id"]}"#;
pub(crate) const STORES_TOWN: &str = r#"{"rust":"m::Store","table":"stores","columns":[{"name":"id","type":"i64"},{"name":"name","type":"text","length":40},{"name":"town","type":"text","nullable":true}],"primary_key":["id"]}"#;
const STORES_CITY: &str = r#"{"rust":"m::Store","table":"stores","columns":[{"name":"id","type":"i64"},{"name":"name","type":"text","length":40},{"name":"city","type":"text","nullable":true,"renamed_from":["town"]}],"primary_key":["id"]}"#;
const STORES_PHONE: &str = r#"{"rust":"m::Store","table":"stores","columns":[{"name":"id","type":"i64"},{"name":"name","type":"text","length":40},{"name":"city","type":"text","nullable":true},{"name":"phone","type":"text","nullable":true}],"primary_key":["id"]}"#;
const TAGS: &str = r#"{"rust":"m::Tag","table":"tags","columns":[{"name":"id","type":"i64"},{"name":"store_id","type":"i64"}],"primary_key":["id"],"foreign_keys":[{"columns":["store_id"],"table":"stores","references":["id"]}]}"#;
const TAGS_WORD: &str = r#"{"rust":"m::Tag","table":"tags","columns":[{"name":"id","type":"i64"},{"name":"store_id","type":"i64"},{"name":"word","type":"text","nullable":true}],"primary_key":["id"],"foreign_keys":[{"columns":["store_id"],"table":"stores","references":["id"]}]}"#;
pub(crate) const NOTES: &str =
    r#"{"rust":"m::Note","table":"notes","columns":[{"name":"id","type":"i64"}],"primary_key":["id"]}"#;

const CLEAN: &str = "The database is what its revisions say.\n";

/// A project for one dialect, with three databases.
pub(crate) struct Project {
    pub(crate) session: Session,
    dialect: &'static str,
    /// Has all revisions that are folded.
    pub(crate) all: Fresh,
    /// Has none of them.
    pub(crate) none: Fresh,
    /// Has some of them.
    pub(crate) part: Fresh,
}

impl Project {
    /// Returns the project after four revisions, the second of which was edited by hand; `None` where the server is left out.
    pub(crate) fn new(dialect: &'static str) -> Option<Self> {
        let database = servers::database(dialect)?;
        let mut project = Project {
            session: Session::new(),
            dialect,
            all: database.fresh(),
            none: database.fresh(),
            part: database.fresh(),
        };
        // Scripts are proved on the server of the configured database.
        let url = project.all.url().to_string();
        project.session.variable("DATABASE_URL", &url);
        project.run(&["-q", "init", "--dialect", dialect]);
        project.migrate("6921a1f4b07e", "create stores", &[STORES], &[]);
        project.migrate("6921a2f4b07e", "add town", &[STORES_TOWN], &[]);
        project.append(
            "6921a2f4b07e_add_town",
            "INSERT INTO stores (id, name, town) VALUES (1, 'main; street', 'Bern');",
        );
        project.on(&project.part, &["-q", "upgrade"]);
        project.migrate("6921a3f4b07e", "call it city", &[STORES_CITY], &[]);
        project.migrate("6921a4f4b07e", "create tags", &[STORES_CITY, TAGS], &[]);
        project.on(&project.all, &["-q", "upgrade"]);
        Some(project)
    }

    fn autogen(&self, arguments: &[&str]) -> Run {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.session.autogen(&arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let run = self.autogen(arguments);
        assert_eq!(run.code, 0, "{}: {arguments:?}: {}", self.dialect, run.terminal);
        run.terminal
    }

    pub(crate) fn on(&self, database: &Fresh, arguments: &[&str]) -> String {
        let url = database.url().to_string();
        self.run(&[arguments, &["--database-url", &url]].concat())
    }

    pub(crate) fn refused(&self, database: &Fresh, code: i32, arguments: &[&str]) -> String {
        let url = database.url().to_string();
        let run = self.autogen(&[arguments, &["--database-url", &url]].concat());
        assert_eq!(
            run.code, code,
            "{}: {arguments:?}: {}",
            self.dialect, run.terminal
        );
        run.terminal
    }

    pub(crate) fn migrate(&self, id: &str, message: &str, models: &[&str], more: &[&str]) {
        self.session.models(&[], &models.join("\n"));
        let arguments = [
            "-q",
            "migrate",
            "--artifact",
            "app.rlib",
            "--rev-id",
            id,
            "-m",
            message,
        ];
        self.run(&[&arguments, more].concat());
    }

    /// Writes SQL at the end of an upgrade script.
    fn append(&self, folder: &str, sql: &str) {
        let name = format!("migrations/versions/{folder}/upgrade.{}.sql", self.dialect);
        let text = std::fs::read_to_string(self.session.path().join(&name)).unwrap();
        self.session.write(&name, format!("{text}{sql}\n"));
    }

    /// Returns the first column of what a query finds.
    pub(crate) fn found(&self, database: &Fresh, sql: &str) -> Vec<String> {
        let rows = database.open().query(sql, &[]);
        let rows = rows.unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.dialect));
        rows.into_iter()
            .map(|row| {
                row[0]
                    .as_str()
                    .map_or_else(|| format!("{:?}", row[0]), str::to_owned)
            })
            .collect()
    }

    pub(crate) fn assert_clean(&self, database: &Fresh) {
        let told = self.on(database, &["check", "--database"]);
        assert_eq!(told, CLEAN, "{}", self.dialect);
    }
}

/// A range is folded, with SQL that was written by hand in it, whatever a database has of it; then the way is down, and up again.
fn squashed(dialect: &'static str) {
    let Some(project) = Project::new(dialect) else {
        return;
    };
    let Project { all, none, part, .. } = &project;
    let told = project.run(&["squash", ":", "--rev-id", "6921c1f4b07e", "-m", "the first year"]);
    for words in [
        format!("The scripts for {dialect} lead to the same schema, and back"),
        format!("Kept `upgrade.{dialect}.sql` of `6921a2f4b07e`, which was edited by hand"),
    ] {
        assert!(told.contains(&words), "{dialect}: no `{words}` in {told}");
    }
    let told = project.on(all, &["upgrade"]);
    assert!(
        told.contains(
            "Recorded 6921c1f4b07e in the place of 6921a1f4b07e, 6921a2f4b07e, 6921a3f4b07e, 6921a4f4b07e"
        ),
        "{dialect}: {told}"
    );
    let told = project.on(none, &["upgrade"]);
    assert!(
        told.contains("Running upgrade  -> 6921c1f4b07e, the first year"),
        "{dialect}: {told}"
    );
    let told = project.refused(part, 2, &["upgrade"]);
    assert!(
        told.contains(
            "the database has `6921a1f4b07e`, `6921a2f4b07e`, but not `6921a3f4b07e`, `6921a4f4b07e`"
        ),
        "{dialect}: {told}"
    );
    let cities = "SELECT city FROM stores ORDER BY id";
    for database in [all, none] {
        project.assert_clean(database);
        assert_eq!(project.found(database, cities), ["Bern"], "{dialect}");
        assert_eq!(
            project.on(database, &["current"]),
            "6921c1f4b07e (head), the first year\n"
        );
        project.on(database, &["-q", "downgrade", "base"]);
        assert_eq!(project.on(database, &["-q", "current"]), "", "{dialect}");
        project.on(database, &["-q", "upgrade"]);
        assert_eq!(project.found(database, cities), ["Bern"], "{dialect}");
        project.assert_clean(database);
    }
    project.run(&["-q", "verify"]);

    // The database that has a part is written off.
    let told = project.on(part, &["stamp", "base", "--purge"]);
    assert!(told.contains("Forgot `6921a1f4b07e`"), "{dialect}: {told}");
    assert_eq!(project.on(part, &["-q", "current"]), "");
}

/// Two branches, one moved onto the other, a third joined with them; seen on databases that have some of it.
fn branched(dialect: &'static str) {
    let Some(project) = Project::new(dialect) else {
        return;
    };
    let Project { all, none, .. } = &project;
    let head = ["--head", "6921a4f4b07e"];
    project.migrate("6921b1f4b07e", "add phone", &[STORES_PHONE, TAGS], &head);
    project.migrate("6921b2f4b07e", "add word", &[STORES_CITY, TAGS_WORD], &head);
    project.append(
        "6921b2f4b07e_add_word",
        "INSERT INTO tags (id, store_id, word) SELECT 7, id, 'old' FROM stores;",
    );
    project.migrate("6921b3f4b07e", "create notes", &[STORES_CITY, TAGS, NOTES], &head);
    project.on(all, &["-q", "upgrade", "6921b1"]);
    assert_eq!(
        project.on(all, &["history", "--graph", "-i", "6921a4:"]),
        "\
o  6921b3f4b07e (head), create notes
| o  6921b2f4b07e (head), add word
|/
| @  6921b1f4b07e (head, current), add phone
|/
*  6921a4f4b07e (applied), create tags
",
        "{dialect}"
    );

    let told = project.run(&["rebase", "6921b2", "--onto", "6921b1"]);
    assert!(
        told.contains(&format!(
            "Kept `upgrade.{dialect}.sql` of `6921b2f4b07e`, which was edited by hand"
        )),
        "{dialect}: {told}"
    );
    let told = project.refused(all, 2, &["rebase", "6921b1", "--onto", "6921b3"]);
    assert!(
        told.contains("revision `6921b1f4b07e` is applied in"),
        "{dialect}: {told}"
    );
    project.run(&["-q", "merge", "--rev-id", "6921d1f4b07e", "-m", "all of it"]);
    for database in [all, none] {
        project.on(database, &["-q", "upgrade"]);
        project.assert_clean(database);
        assert_eq!(
            project.on(database, &["current"]),
            "6921d1f4b07e (head), all of it\n"
        );
        assert_eq!(
            project.found(database, "SELECT word FROM tags"),
            ["old"],
            "{dialect}"
        );
        project.on(database, &["-q", "downgrade", "6921a4f4b07e"]);
        assert_eq!(
            project.found(database, "SELECT city FROM stores"),
            ["Bern"],
            "{dialect}"
        );
        project.assert_behind(database);
    }
    assert_eq!(
        project.on(none, &["history", "--graph", "-i", "6921a4:"]),
        "\
o    6921d1f4b07e (head), all of it
|\\
| o  6921b3f4b07e, create notes
o |  6921b2f4b07e, add word
o |  6921b1f4b07e, add phone
|/
@  6921a4f4b07e (current), create tags
",
        "{dialect}"
    );
    project.run(&["-q", "verify"]);

    // What a database claims is one thing, what it is another.
    let told = project.on(none, &["stamp", "head"]);
    assert!(
        told.contains("Recorded `6921d1f4b07e` (all of it)"),
        "{dialect}: {told}"
    );
    let told = project.refused(none, 1, &["check", "--database"]);
    assert!(told.contains("removed table 'notes'"), "{dialect}: {told}");
    project.on(none, &["-q", "stamp", "6921a4f4b07e"]);
    project.assert_behind(none);
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

impl Project {
    /// Asserts that a database lacks revisions and is else what it says.
    fn assert_behind(&self, database: &Fresh) {
        let told = self.refused(database, 1, &["check", "--database"]);
        let drifted = told.contains("is not what its revisions made");
        assert!(
            !drifted && told.contains("does not have revision"),
            "{}: {told}",
            self.dialect
        );
    }
}

#[test]
fn squashed_on_sqlite() {
    squashed("sqlite");
}

#[test]
fn squashed_on_postgres() {
    squashed("postgres");
}

#[test]
fn squashed_on_mysql() {
    squashed("mysql");
}

#[test]
fn branched_on_sqlite() {
    branched("sqlite");
}

#[test]
fn branched_on_postgres() {
    branched("postgres");
}

#[test]
fn branched_on_mysql() {
    branched("mysql");
}
