//! PostgreSQL, from version 13 on.
//!
//! The dialect of one server: what it can hold ([`normalize`](Dialect::normalize)), what it holds ([`reflect`](Dialect::reflect)) and how to change it
//! ([`plan`](Dialect::plan)), all in one transaction. Enums are types of their own here; a plan follows them through their whole life.

mod ddl;
mod expression;
mod foundation;
mod hazards;
mod logical;
mod normalize;
mod plan;
mod portable;
mod quality;
mod reflect;
mod session;
mod standalone;
mod stored;
mod structure;
mod types;
mod unenforced;
mod unmanaged;

use super::{
    Change, Dialect, Foundation, Located, Opening, Session, ShellCondition, Unenforced, Unmanaged,
    Unsupported,
};
use crate::db::{Connection, Error};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::{Column, Expression, Literal, Schema, Type};

/// The name used in script names and configuration.
const NAME: &str = "postgres";

/// How PostgreSQL cuts a text into tokens.
const LEXICON: Lexicon = Lexicon {
    dollar_quotes: true,
    nested_comments: true,
    returns_end_comments: true,
    ..Lexicon::STANDARD
};

/// What the names of the tool's own objects begin with.
const RESERVED_PREFIX: &str = "_autogen_";

/// PostgreSQL's rules.
///
/// ```
/// use schema_core::{dialect::{Dialect, postgres::Postgres}, schema::Literal};
///
/// assert_eq!(Postgres.quote("order"), "\"order\"");
/// assert_eq!(Postgres.literal(&Literal::Bytes { hex: "00ff".into() }), "'\\x00ff'::bytea");
/// assert!(Postgres.session().transactional());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        NAME
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

    /// What a backslash is in a plain literal depends on `standard_conforming_strings`.
    fn steady_literal(&self, text: &str) -> String {
        let literal = ddl::literal(&Literal::Text(text.to_owned()));
        if text.contains('\\') {
            format!("E{}", literal.replace('\\', "\\\\"))
        } else {
            literal
        }
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

    fn stored(&self, connection: &mut dyn Connection, schema: Schema) -> Result<Schema, Error> {
        stored::stored(connection, schema)
    }

    fn stored_unprobed(&self, connection: &mut dyn Connection, schema: Schema) -> Result<Schema, Error> {
        stored::unprobed(connection, schema)
    }

    fn keeps_default(&self, column: &Column) -> bool {
        stored::keeps_default(column)
    }

    fn unmanaged(&self, connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
        unmanaged::unmanaged(connection)
    }

    fn peculiarities(&self, connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
        unmanaged::peculiarities(connection)
    }

    fn foundations(&self, connection: &mut dyn Connection) -> Result<Vec<Foundation>, Error> {
        foundation::foundations(connection)
    }

    fn unenforced(&self, connection: &mut dyn Connection) -> Result<Vec<Unenforced>, Error> {
        unenforced::unenforced(connection)
    }

    fn structure(&self, connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
        structure::structure(connection)
    }

    fn standalone(&self, plan: &Plan) -> Plan {
        standalone::standalone(plan)
    }

    fn opening(&self, _plans: &[&Plan]) -> Opening {
        standalone::opening()
    }

    fn once(&self, condition: &str, plan: &Plan) -> Option<Plan> {
        standalone::once(condition, plan)
    }

    fn once_in_shell(&self, condition: &str) -> Option<ShellCondition> {
        Some(standalone::once_in_shell(condition))
    }

    fn now(&self) -> &'static str {
        "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    }

    fn logical(&self, native: &str) -> Option<Type> {
        logical::logical(native)
    }

    fn portable(&self, expression: &Expression) -> Expression {
        portable::portable(expression)
    }

    fn session(&self) -> &dyn Session {
        self
    }
}
