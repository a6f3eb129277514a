//! SQLite.

use super::{Dialect, Session, Unsupported};
use crate::db::{Connection, Error};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::Schema;

/// SQLite's rules.
#[derive(Debug, Clone, Copy)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn lexicon(&self) -> Lexicon {
        Lexicon {
            brackets: true,
            ..Lexicon::STANDARD
        }
    }

    fn normalize(&self, schema: &Schema) -> Result<Schema, Unsupported> {
        Ok(schema.clone())
    }

    fn plan(&self, _from: &Schema, _operations: &[Operation]) -> Result<Plan, Unsupported> {
        Ok(Plan::default())
    }

    fn reflect(&self, _connection: &mut dyn Connection) -> Result<Schema, Error> {
        Ok(Schema::default())
    }

    fn session(&self) -> &dyn Session {
        self
    }
}

impl Session for Sqlite {
    fn transactional(&self) -> bool {
        true
    }

    fn begin(&self, _: &mut dyn Connection, _: &super::Mode, _: std::time::Duration) -> Result<(), Error> {
        Ok(())
    }

    fn commit(&self, _: &mut dyn Connection, _: &super::Mode) -> Result<(), Error> {
        Ok(())
    }

    fn rollback(&self, _: &mut dyn Connection, _: &super::Mode) {}
}
