//! A SQLite file and the runner at work on it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use schema_core::db::{Connection, DatabaseUrl, Value, open};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::{Direction, History, RevisionId};
use schema_core::runner::{self, Event, Options, RunError};

/// A moment that never moves: 2026-01-02 03:04:05.
pub(crate) fn options() -> Options {
    let clock = || Duration::from_secs(1_767_323_045);
    Options::new("0.0.0-test", clock, Duration::from_secs(60))
}

/// A database file, opened anew for everything that is done to it.
pub(crate) struct Database {
    pub(crate) path: PathBuf,
}

impl Database {
    pub(crate) fn new(path: PathBuf) -> Self {
        Database { path }
    }

    pub(crate) fn open(&self) -> Box<dyn Connection> {
        open(&DatabaseUrl::Sqlite(self.path.clone())).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Copies it, if it is there, and all that is beside it.
    pub(crate) fn copy(&self, to: PathBuf) -> Database {
        for end in ["", "-wal", "-shm", "-journal"] {
            let with_end = |path: &Path| {
                let mut path = path.as_os_str().to_owned();
                path.push(end);
                PathBuf::from(path)
            };
            let (from, to) = (with_end(&self.path), with_end(&to));
            let _ = std::fs::remove_file(&to);
            if from.exists() {
                std::fs::copy(from, to).unwrap();
            }
        }
        Database::new(to)
    }

    /// Opens it so that nothing is synced: many times faster, and as good unless the power fails.
    pub(crate) fn open_unsynced(&self) -> Box<dyn Connection> {
        let mut connection = self.open();
        connection.execute("PRAGMA synchronous = OFF", &[]).unwrap();
        connection
    }

    pub(crate) fn upgrade(&self, history: &History) -> Result<Vec<RevisionId>, RunError> {
        self.upgrade_to(history, history.heads())
    }

    pub(crate) fn upgrade_to(
        &self,
        history: &History,
        targets: &[RevisionId],
    ) -> Result<Vec<RevisionId>, RunError> {
        runner::upgrade(
            &mut *self.open(),
            &Sqlite,
            history,
            targets,
            &options(),
            &mut |_| {},
        )
    }

    pub(crate) fn downgrade(
        &self,
        history: &History,
        targets: &[RevisionId],
    ) -> Result<Vec<RevisionId>, RunError> {
        runner::downgrade(
            &mut *self.open(),
            &Sqlite,
            history,
            targets,
            &options(),
            &mut |_| {},
        )
    }

    pub(crate) fn applied(&self) -> Vec<RevisionId> {
        let rows = runner::applied(&mut *self.open(), &Sqlite).unwrap_or_else(|error| panic!("{error}"));
        rows.into_iter().map(|row| row.id).collect()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.open()
            .execute(sql, &[])
            .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<Value>> {
        self.open()
            .query(sql, &[])
            .unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// Returns all names in the database's schema.
    pub(crate) fn names(&self) -> Vec<String> {
        let rows = self.query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name");
        rows.iter()
            .map(|row| row[0].as_str().unwrap().to_owned())
            .collect()
    }

    /// Returns the whole schema and the version rows, to tell whether anything changed.
    pub(crate) fn state(&self) -> Vec<Vec<Value>> {
        let mut state = self.query("SELECT name, sql FROM sqlite_schema ORDER BY name");
        let tables = self.query(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        );
        for table in tables.iter().filter_map(|row| row[0].as_str()) {
            state.extend(self.query(&format!("SELECT * FROM \"{table}\" ORDER BY 1")));
        }
        state
    }
}

/// Says an event as one line.
pub(crate) fn said(event: Event<'_>) -> String {
    let listed = |ids: &[RevisionId]| {
        ids.iter()
            .map(|id| id.to_string()[6..8].to_owned())
            .collect::<Vec<_>>()
            .join("+")
    };
    match event {
        Event::Context {
            dialect,
            transactional,
            scripts: _,
        } => format!("context {dialect} {transactional}"),
        Event::Adopted { stamped } => format!("adopted {:?}", stamped.added),
        Event::BrokenViews { views } => format!("broken {views:?}"),
        Event::BrokenTriggers { triggers } => format!("broken {triggers:?}"),
        Event::BackedUp { path } => format!("backup {}", path.file_name().unwrap().display()),
        Event::Waiting { holder, timeout } => format!("waiting {timeout:?} for {holder}"),
        Event::Resuming {
            direction,
            revision,
            message,
            done,
            of,
            line,
        } => format!(
            "resume {direction} {}, {message}, {done} of {of}, line {line:?}",
            listed(&[revision])
        ),
        Event::Running {
            direction,
            revision: _,
            message,
            from,
            to,
        } => {
            format!("{direction} {} -> {}, {message}", listed(from), listed(to))
        }
        Event::Finished {
            direction,
            revision,
            duration,
        } => {
            let direction = match direction {
                Direction::Upgrade => "upgraded",
                Direction::Downgrade => "downgraded",
            };
            format!("{direction} {} in {duration:?}", listed(&[revision]))
        }
    }
}

pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
