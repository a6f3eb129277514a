//! MySQL and MariaDB.
//!
//! One dialect for both, and one set of scripts: it writes what MySQL 8 and MariaDB 10.5 (and later) both take, and asks the server who it is where
//! their catalogs differ. Statements that change a schema commit themselves there, so a plan changes as much of a table as one statement can,
//! and looks for what would stand in its way before it changes anything.
//!
//! What a person has to know:
//!
//! - Text is compared as the database's collation says, which mostly takes upper and lower case for the same; `collate = "utf8mb4_bin"` does not.
//! - Expressions in models are standard SQL: names in double quotes, `||` joins texts. The driver sets its session up for that.
//! - What is left out, because only speed hangs on it: the method and operator classes of an index, the columns that it includes, where NULLs
//!   stand, the condition of an index that is not unique.
//! - What is refused, because the rules of the data hang on it: unique indexes with a condition or over expressions, deferred foreign keys,
//!   SET DEFAULT, keys over texts without a length.

mod ddl;
mod default;
mod expression;
mod hazards;
mod keywords;
mod normalize;
mod once;
mod plan;
mod portable;
mod quality;
mod reflect;
mod session;
mod settings;
mod standalone;
mod stored;
mod structure;
mod types;
mod unenforced;
mod unmanaged;

use super::{Change, Dialect, Located, Naming, Opening, Session, Unenforced, Unmanaged, Unsupported};
use crate::db::{Connection, Error};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::{Column, Expression, Literal, Schema, Type};

/// How the server cuts an expression into tokens, and how its own answers are read.
const LEXICON: Lexicon = Lexicon {
    backslash_escapes: true,
    double_quoted_strings: true,
    hash_comments: true,
    ..Lexicon::STANDARD
};

/// How it cuts what it is given to run.
const SCRIPTS: Lexicon = Lexicon {
    executable_comments: true,
    compound_bodies: true,
    ..LEXICON
};

/// What the names of the tool's own tables begin with.
const RESERVED_PREFIX: &str = "_autogen_";

/// The rules of MySQL and MariaDB.
///
/// ```
/// use schema_core::{dialect::{Dialect, mysql::MySql}, schema::Literal};
///
/// assert_eq!(MySql.quote("order"), "`order`");
/// assert_eq!(MySql.literal(&Literal::Bytes { hex: "00ff".into() }), "X'00ff'");
/// assert!(!MySql.session().transactional()); // each ALTER TABLE commits by itself
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MySql;

impl Dialect for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn lexicon(&self) -> Lexicon {
        SCRIPTS
    }

    fn quote(&self, name: &str) -> String {
        ddl::quote(name)
    }

    fn literal(&self, literal: &Literal) -> String {
        ddl::literal(literal)
    }

    fn steady_literal(&self, text: &str) -> String {
        ddl::steady_text(text)
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

    fn table_names(&self, connection: &mut dyn Connection) -> Result<Naming, Error> {
        let names = reflect::Server::ask(connection)?.names;
        Ok(Box::new(move |table| names.kept(table)))
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

    fn logical(&self, native: &str) -> Option<Type> {
        types::logical(native)
    }

    fn once(&self, condition: &str, plan: &Plan) -> Option<Plan> {
        Some(once::once(condition, plan))
    }

    fn now(&self) -> &'static str {
        "DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')"
    }

    fn portable(&self, expression: &Expression) -> Expression {
        portable::portable(expression)
    }

    fn session(&self) -> &dyn Session {
        self
    }
}
