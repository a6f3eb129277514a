//! SQLite as a database would be on which every change of the schema commits by itself, to try what the runner does there.

use std::path::Path;
use std::time::Duration;

use schema_core::db::{Connection, Error};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{
    Change, Dialect, Effect, Home, Limits, Located, Mode, Progress, Restore, Session, Stock, Unmanaged,
    Unsupported, Within,
};
use schema_core::lexer::{Lexicon, lex};
use schema_core::operation::Operation;
use schema_core::plan::Plan;
use schema_core::schema::{Column, Literal, Schema};

/// The dialect. It is SQLite in everything but that.
#[derive(Debug, Clone, Copy)]
pub struct Autocommit;

impl Dialect for Autocommit {
    fn name(&self) -> &'static str {
        Sqlite.name()
    }

    fn lexicon(&self) -> Lexicon {
        Sqlite.lexicon()
    }

    fn quote(&self, name: &str) -> String {
        Sqlite.quote(name)
    }

    fn literal(&self, literal: &Literal) -> String {
        Sqlite.literal(literal)
    }

    fn normalize(&self, schema: &Schema) -> Result<Schema, Unsupported> {
        Sqlite.normalize(schema)
    }

    fn plan(&self, from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported> {
        Sqlite.plan(from, operations)
    }

    fn hazards(&self, change: &Change<'_>) -> Vec<Located> {
        Sqlite.hazards(change)
    }

    fn quality(&self, change: &Change<'_>) -> Vec<Located> {
        Sqlite.quality(change)
    }

    fn reflect(&self, connection: &mut dyn Connection) -> Result<Schema, Error> {
        Sqlite.reflect(connection)
    }

    fn stored(&self, connection: &mut dyn Connection, schema: Schema) -> Result<Schema, Error> {
        Sqlite.stored(connection, schema)
    }

    fn stored_unprobed(&self, connection: &mut dyn Connection, schema: Schema) -> Result<Schema, Error> {
        Sqlite.stored_unprobed(connection, schema)
    }

    fn keeps_default(&self, column: &Column) -> bool {
        Sqlite.keeps_default(column)
    }

    fn unmanaged(&self, connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
        Sqlite.unmanaged(connection)
    }

    fn session(&self) -> &dyn Session {
        self
    }
}

impl Session for Autocommit {
    fn transactional(&self) -> bool {
        false
    }

    fn shares_transactions(&self) -> bool {
        false
    }

    fn home(&self, connection: &mut dyn Connection, table: &str) -> Result<Home, Error> {
        Sqlite.session().home(connection, table)
    }

    fn bounded(
        &self,
        connection: &mut dyn Connection,
        timeout: Duration,
        read: &mut dyn FnMut(&mut dyn Connection),
    ) -> Result<(), Error> {
        Sqlite.session().bounded(connection, timeout, read)
    }

    fn keeps_readers_out(&self, connection: &mut dyn Connection, table: &str) -> String {
        Sqlite.session().keeps_readers_out(connection, table)
    }

    fn lock(
        &self,
        connection: &mut dyn Connection,
        limits: &Limits,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        Sqlite.session().lock(connection, limits, waiting)
    }

    fn unlock(&self, connection: &mut dyn Connection) {
        Sqlite.session().unlock(connection);
    }

    fn enter(&self, connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error> {
        Sqlite.session().enter(connection, &outside(mode), limits)
    }

    fn leave(&self, connection: &mut dyn Connection, mode: &Mode) {
        Sqlite.session().leave(connection, mode);
    }

    fn begin(&self, connection: &mut dyn Connection, _mode: &Mode, limits: &Limits) -> Result<(), Error> {
        Sqlite.session().begin(connection, &Mode::default(), limits)
    }

    fn check(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error> {
        Sqlite.session().check(connection, &outside(mode))
    }

    fn remembered(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<Option<String>, Error> {
        Sqlite.session().remembered(connection, &outside(mode))
    }

    fn recall(&self, connection: &mut dyn Connection, remembered: &str) -> Result<(), Error> {
        Sqlite.session().recall(connection, remembered)
    }

    fn commit(&self, connection: &mut dyn Connection) -> Result<(), Error> {
        Sqlite.session().commit(connection)
    }

    fn rollback(&self, connection: &mut dyn Connection) {
        Sqlite.session().rollback(connection);
    }

    fn keep_dependents(&self, connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
        Sqlite.session().keep_dependents(connection, table)
    }

    fn restore_dependents(
        &self,
        connection: &mut dyn Connection,
        table: &str,
        kept: &[String],
    ) -> Result<(), Error> {
        Sqlite.session().restore_dependents(connection, table, kept)
    }

    /// Only changes of rows do.
    fn effect(&self, sql: &str) -> Effect {
        Sqlite.session().effect(sql)
    }

    fn joins_transaction(&self, sql: &str) -> bool {
        let first = lex(sql, Sqlite.lexicon()).find(|token| !token.is_trivia());
        let rows = ["INSERT", "UPDATE", "DELETE", "REPLACE", "SELECT", "WITH"];
        first.is_some_and(|first| rows.iter().any(|word| first.is(word)))
    }

    fn may_leave(&self, sql: &str) -> bool {
        Sqlite.session().may_leave(sql)
    }

    fn stock(&self, connection: &mut dyn Connection, statements: &[&str]) -> Result<Stock, Error> {
        Sqlite.session().stock(connection, statements)
    }

    fn put_back(
        &self,
        connection: &mut dyn Connection,
        before: &Stock,
        statements: &[&str],
        within: Within,
    ) -> Result<(), Error> {
        Sqlite.session().put_back(connection, before, statements, within)
    }

    fn restore(&self, plan: &Plan) -> Restore {
        Sqlite.session().restore(plan)
    }

    fn fingerprint(&self, connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
        Sqlite.session().fingerprint(connection, sql)
    }

    /// A comment `/* unclear */` makes a statement one of which nobody can tell.
    fn probe(&self, connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
        if sql.contains("/* unclear */") {
            let found = "it says so itself".to_owned();
            return Ok(Progress::Unclear { found });
        }
        Sqlite.session().probe(connection, sql, before)
    }

    fn backup(&self, connection: &mut dyn Connection, to: &Path) -> Result<(), Error> {
        Sqlite.session().backup(connection, to)
    }
}

/// As SQLite runs a script that says so.
fn outside(mode: &Mode) -> Mode {
    Mode {
        no_transaction: true,
        ..mode.clone()
    }
}
