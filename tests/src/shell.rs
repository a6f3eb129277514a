//! A database's own shell, as far as scripts need one: it runs statement after statement and stops at the first error.

use schema_core::db::Connection;
use schema_core::dialect::Dialect;
use schema_core::plan::Step;
use schema_core::script::statements;

/// Runs a script.
///
/// # Errors
///
/// What the database said, and to which statement.
///
/// # Panics
///
/// If the script holds what no shell understands.
pub fn run(connection: &mut dyn Connection, dialect: &dyn Dialect, script: &str) -> Result<(), String> {
    for statement in statements(script, dialect.lexicon()).expect("it can be cut") {
        let Step::Execute { sql } = statement.step else {
            panic!("a shell knows statements only: {statement:?}");
        };
        connection
            .execute(&sql, &[])
            .map_err(|error| format!("{error}: {sql}"))?;
    }
    Ok(())
}
