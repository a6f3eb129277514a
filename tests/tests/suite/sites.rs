//! A history of scripts that are written by hand, and an empty database of some kind for them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::time::Duration;

use autogen_tests::servers::{self, Fresh};
use schema_core::db::{self, Connection, DatabaseUrl, Value};
use schema_core::dialect::Dialect;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, RevisionId, ScriptSums};
use schema_core::runner::{self, Options, RunError};
use schema_core::script::checksum;

use autogen_tests::revisions::{Project, id, revision};

/// The history and the database.
pub(crate) struct Site {
    pub(crate) project: Project,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) fresh: Fresh,
    revisions: u32,
}

impl Site {
    /// Returns it, or nothing where there is no server.
    pub(crate) fn new(dialect: &str) -> Option<Self> {
        let database = servers::database(dialect)?;
        Some(Site {
            project: Project::new(),
            dialect: database.dialect(),
            fresh: database.fresh(),
            revisions: 0,
        })
    }

    /// Writes the next revision.
    pub(crate) fn write(&mut self, upgrade: &str) -> &mut Self {
        self.write_both(upgrade, "")
    }

    pub(crate) fn write_both(&mut self, upgrade: &str, downgrade: &str) -> &mut Self {
        let parents: Vec<u32> = (self.revisions > 0)
            .then_some(self.revisions)
            .into_iter()
            .collect();
        self.revisions += 1;
        let mut revision = revision(self.revisions, &parents, "step");
        let scripts = Scripts {
            upgrade: upgrade.to_owned(),
            downgrade: downgrade.to_owned(),
        };
        let sums = ScriptSums {
            upgrade: checksum(upgrade),
            downgrade: checksum(downgrade),
            edited: std::collections::BTreeSet::new(),
        };
        let dialect = self.dialect.name().to_owned();
        revision.scripts = BTreeMap::from([(dialect.clone(), sums)]);
        let scripts = BTreeMap::from([(dialect, scripts)]);
        write_revision(&self.project.migrations(), &revision, &scripts).unwrap();
        self
    }

    pub(crate) fn load(&self) -> History {
        self.project.load()
    }

    pub(crate) fn open(&self) -> Box<dyn Connection> {
        self.fresh.open()
    }

    /// Returns a connection to the database by a URL with more in it.
    pub(crate) fn open_with(&self, parameters: &str) -> Box<dyn Connection> {
        let url = self.fresh.url();
        let text = match url {
            DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => server.with_secrets(),
            DatabaseUrl::Sqlite(_) | DatabaseUrl::SqliteMemory => panic!("a file takes none"),
        };
        let join = if text.contains('?') { '&' } else { '?' };
        let url: DatabaseUrl = format!("{text}{join}{parameters}").parse().unwrap();
        db::open(&url).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Upgrades in a session of its own, and returns which revisions that applied.
    pub(crate) fn upgrade(&self) -> Result<Vec<RevisionId>, RunError> {
        self.upgrade_on(&mut *self.open())
    }

    pub(crate) fn upgrade_on(&self, connection: &mut dyn Connection) -> Result<Vec<RevisionId>, RunError> {
        self.upgrade_as(connection, &options())
    }

    pub(crate) fn upgrade_as(
        &self,
        connection: &mut dyn Connection,
        options: &Options,
    ) -> Result<Vec<RevisionId>, RunError> {
        let history = self.load();
        runner::upgrade(
            connection,
            self.dialect,
            &history,
            history.heads(),
            options,
            &mut |_| {},
        )
    }

    /// Takes the last revision back.
    pub(crate) fn downgrade(&self) -> Result<Vec<RevisionId>, RunError> {
        let to: Vec<RevisionId> = (self.revisions > 1)
            .then(|| id(self.revisions - 1))
            .into_iter()
            .collect();
        runner::downgrade(
            &mut *self.open(),
            self.dialect,
            &self.load(),
            &to,
            &options(),
            &mut |_| {},
        )
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.open()
            .execute(sql, &[])
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<Value>> {
        self.open()
            .query(sql, &[])
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Returns the one text that a query gives.
    pub(crate) fn text(&self, sql: &str) -> String {
        self.query(sql)[0][0].as_str().unwrap().to_owned()
    }

    /// Returns the one number that a query gives.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.query(sql)[0][0].as_integer().unwrap()
    }
}

/// A moment that never moves: 2026-01-02 03:04:05.
pub(crate) fn options() -> Options {
    let clock = || Duration::from_secs(1_767_323_045);
    Options::new("0.0.0-test", clock, Duration::from_secs(20))
}
