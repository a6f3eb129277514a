//! A migrations folder in the making: revisions written by the real writer, small enough to read in a test.
//!
//! All of it panics where a file cannot be written or read.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, Revision, RevisionId, ScriptSums, Squashed};
use schema_core::operation::Operation;
use schema_core::schema::{Auto, Column, PrimaryKey, Table, TableName, Type};
use schema_core::script::checksum;
use schema_core::{EmbeddedRevision, Migrations};
use tempfile::TempDir;

/// A temporary project.
pub struct Project {
    /// Where it is, as long as it is needed.
    pub folder: TempDir,
}

impl Default for Project {
    fn default() -> Self {
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(project.migrations()).unwrap();
        project
    }
}

impl Project {
    /// Makes one with an empty folder of migrations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns its folder of migrations.
    #[must_use]
    pub fn migrations(&self) -> PathBuf {
        self.folder.path().join("migrations")
    }

    /// Returns where a file of that name is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Reads the history.
    #[must_use]
    pub fn load(&self) -> History {
        History::load(&self.migrations()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the history as `migrations!` puts it into a program.
    #[must_use]
    pub fn embed(&self) -> Migrations {
        embed(&self.migrations())
    }

    /// Writes a revision with scripts for SQLite and returns its folder.
    pub fn write(&self, revision: &Revision, upgrade: &str, downgrade: &str) -> PathBuf {
        let scripts = Scripts {
            upgrade: upgrade.to_owned(),
            downgrade: downgrade.to_owned(),
        };
        let scripts = BTreeMap::from([("sqlite".to_owned(), scripts)]);
        write_revision(&self.migrations(), revision, &scripts).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Writes a revision with those operations, and scripts that do nothing.
    pub fn write_operations(&self, number: u32, parents: &[u32], operations: &[Operation]) {
        let mut revision = revision(number, parents, &format!("revision {number}"));
        revision.operations = operations.to_vec();
        self.write(&revision, "", "");
    }

    /// Writes a revision that creates a table, with scripts that do so, and returns its folder.
    pub fn create_table(&self, number: u32, parents: &[u32], name: &str) -> PathBuf {
        let mut revision = revision(number, parents, &format!("create {name}"));
        revision.operations = vec![Operation::CreateTable { table: table(name) }];
        let upgrade = format!(
            "-- create {name}\n\nCREATE TABLE {name} (\n    id INTEGER NOT NULL,\n    name TEXT NOT NULL,\n    CONSTRAINT pk_{name} PRIMARY KEY (id)\n);\n"
        );
        self.write(&revision, &upgrade, &format!("DROP TABLE {name};\n"))
    }
}

/// Returns the files below as `migrations!` puts them into a program, under the folder's own name. They are never freed.
#[must_use]
pub fn embed(migrations: &Path) -> Migrations {
    let leak = |text: String| -> &'static str { text.leak() };
    let mut folders: Vec<_> = std::fs::read_dir(migrations.join("versions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let name = |path: &Path| leak(path.file_name().unwrap().to_str().unwrap().to_owned());
    let text = |path: &Path| leak(std::fs::read_to_string(path).unwrap());
    let revisions: Vec<EmbeddedRevision> = folders
        .iter()
        .map(|folder| {
            let files = std::fs::read_dir(folder).unwrap();
            let scripts: Vec<_> = files
                .map(|file| file.unwrap().path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
                .map(|path| (name(&path), text(&path)))
                .collect();
            EmbeddedRevision {
                folder: name(folder),
                revision: text(&folder.join("revision.json")),
                scripts: scripts.leak(),
            }
        })
        .collect();
    Migrations::new(
        leak(migrations.to_str().unwrap().to_owned()),
        Box::leak(revisions.into_boxed_slice()),
    )
}

/// Returns the id that stands for a number.
#[must_use]
pub fn id(number: u32) -> RevisionId {
    RevisionId::new(0x6900_0000 + number, 0)
}

/// Returns the ids that stand for numbers.
pub fn ids(numbers: impl IntoIterator<Item = u32>) -> Vec<RevisionId> {
    numbers.into_iter().map(id).collect()
}

/// Returns a revision that does nothing, with scripts for SQLite.
#[must_use]
pub fn revision(number: u32, parents: &[u32], message: &str) -> Revision {
    let sums = ScriptSums {
        upgrade: checksum(""),
        downgrade: checksum(""),
        edited: std::collections::BTreeSet::new(),
    };
    Revision {
        id: id(number),
        parents: ids(parents.iter().copied()),
        message: message.to_owned(),
        created: "2026-01-02T03:04:05Z".to_owned(),
        operations: Vec::new(),
        answers: Answers::default(),
        scripts: BTreeMap::from([("sqlite".to_owned(), sums)]),
        replaces: Vec::new(),
        overrules: Vec::new(),
    }
}

/// Returns a table with a number as its key, and a name.
#[must_use]
pub fn table(name: &str) -> Table {
    let mut table = Table::new(TableName::new(name));
    table.columns = vec![
        Column {
            auto: Auto::Auto,
            ..Column::new("id", Type::I64)
        },
        Column::new("name", Type::Text { length: None }),
    ];
    table.primary_key = Some(PrimaryKey {
        name: format!("pk_{name}"),
        columns: vec!["id".to_owned()],
    });
    table
}

/// Returns all files and folders below, with the text of the files, to tell whether anything was left behind.
#[must_use]
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                found.insert(path.clone(), String::new());
                open.push(path);
            } else {
                let text = std::fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                found.insert(path, text.unwrap_or_default());
            }
        }
    }
    found
}

/// Adds a column to `items`.
#[must_use]
pub fn add(column: &str) -> Operation {
    Operation::AddColumn {
        table: TableName::new("items"),
        column: Column::new(column, Type::I64),
        after: None,
        backfill: None,
    }
}

/// Renames a column of `items`.
#[must_use]
pub fn rename(from: &str, to: &str) -> Operation {
    Operation::RenameColumn {
        table: TableName::new("items"),
        from: from.into(),
        to: to.into(),
    }
}

/// Returns the revisions that were squashed, none of which was a merge.
pub fn plain(numbers: impl IntoIterator<Item = u32>) -> Vec<Squashed> {
    ids(numbers).into_iter().map(Squashed::Plain).collect()
}
