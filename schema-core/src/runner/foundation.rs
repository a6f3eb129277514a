//! What the tables of a database stand on, made anew on a scratch database.

use crate::db::Connection;
use crate::dialect::{Dialect, Foundation};

/// Makes on a scratch database what the tables of another one [stand on](Dialect::foundations), but not what one of the scripts makes that are going to run there; returns what
/// cannot be made, which is not missed until something needs it.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// use schema_core::dialect::Foundation;
///
/// let function = Foundation {
///     kind: "FUNCTION".into(),
///     name: "fold".into(),
///     create: vec!["CREATE FUNCTION fold(text) …".into()],
/// };
/// let missed = runner::lay(&mut scratch, sqlite, vec![function], &[]);
/// assert_eq!(missed[0].name, "fold"); // SQLite knows no such statement
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lay(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    foundations: Vec<Foundation>,
    scripts: &[String],
) -> Vec<Foundation> {
    let lexicon = dialect.lexicon();
    let is_made = |thing: &Foundation| scripts.iter().any(|script| thing.is_made_by(script, lexicon));
    let mut open = foundations;
    open.retain(|thing| !is_made(thing));
    loop {
        let before = open.len();
        open.retain(|thing| !thing.create.iter().any(|sql| scratch.execute(sql, &[]).is_ok()));
        // What one of them needs may come after it.
        if open.is_empty() || open.len() == before {
            return open;
        }
    }
}
