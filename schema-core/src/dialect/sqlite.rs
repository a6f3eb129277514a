//! SQLite.
//!
//! The dialect of one file: what it can hold ([`normalize`](Dialect::normalize)), what it holds ([`reflect`](Dialect::reflect)),
//! and how to change it ([`plan`](Dialect::plan)): natively where ALTER TABLE can, else by building the table anew.

mod backup;
mod condition;
mod ddl;
mod definition;
mod dependents;
mod expression;
mod hazards;
mod keywords;
mod literals;
mod normalize;
mod order;
mod parse;
mod plan;
mod quality;
mod redefine;
mod reflect;
mod session;
mod standalone;
mod types;
mod unmanaged;
mod violations;

use super::{Change, Dialect, Located, Opening, Session, Unmanaged, Unsupported};
use crate::db::{Connection, Error};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::{Column, Literal, Schema, Type};

/// How SQLite cuts a text into tokens.
const LEXICON: Lexicon = Lexicon {
    brackets: true,
    ..Lexicon::STANDARD
};

/// What the names of the tool's own tables begin with.
const RESERVED_PREFIX: &str = "_autogen_";

/// SQLite's rules.
///
/// ```
/// use schema_core::{dialect::{Dialect, sqlite::Sqlite}, schema::Literal};
///
/// assert_eq!(Sqlite.quote("order"), "\"order\"");
/// assert_eq!(Sqlite.literal(&Literal::Boolean(true)), "1");
/// assert!(Sqlite.session().transactional());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn lexicon(&self) -> Lexicon {
        LEXICON
    }

    fn quote(&self, name: &str) -> String {
        ddl::quote(name)
    }

    fn literal(&self, literal: &Literal) -> String {
        ddl::literal(literal)
    }

    fn normalize(&self, schema: &Schema) -> Result<Schema, Unsupported> {
        normalize::normalize(schema)
    }

    fn plan(&self, from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported> {
        plan::plan(from, operations)
    }

    fn hazards(&self, change: &Change<'_>) -> Vec<Located> {
        hazards::hazards(change)
    }

    fn quality(&self, change: &Change<'_>) -> Vec<Located> {
        quality::quality(change)
    }

    fn reflect(&self, connection: &mut dyn Connection) -> Result<Schema, Error> {
        reflect::reflect(connection)
    }

    fn stored(&self, _: &mut dyn Connection, schema: Schema) -> Result<Schema, Error> {
        // SQLite keeps the text, and both sides bring it into one spelling.
        Ok(schema)
    }

    fn stored_unprobed(&self, _: &mut dyn Connection, schema: Schema) -> Result<Schema, Error> {
        Ok(schema)
    }

    fn keeps_default(&self, _: &Column) -> bool {
        true
    }

    fn unmanaged(&self, connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
        unmanaged::unmanaged(connection)
    }

    fn peculiarities(&self, connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
        unmanaged::peculiarities(connection)
    }

    fn structure(&self, connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
        unmanaged::structure(connection)
    }

    fn standalone(&self, plan: &Plan) -> Plan {
        standalone::standalone(plan)
    }

    fn opening(&self, plans: &[&Plan]) -> Opening {
        standalone::opening(plans)
    }

    fn in_stored_order(&self, before: &[Plan], plans: &[Plan]) -> Option<Vec<Plan>> {
        order::in_stored_order(before, plans).ok()
    }

    fn now(&self) -> &'static str {
        "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
    }

    fn logical(&self, native: &str) -> Option<Type> {
        types::logical(native)
    }

    fn session(&self) -> &dyn Session {
        self
    }
}
