//! Where `--backup` copies a database to.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::database::Database;
use crate::error::CommandError;

/// Returns the file beside the database that a copy goes to, named after the time; none if there is nothing to copy yet.
///
/// # Errors
///
/// A database that is not a file.
pub(super) fn path(database: &Database, now: Duration) -> Result<Option<PathBuf>, CommandError> {
    let Some(path) = database.path() else {
        return Err(
            CommandError::new(format!("cannot back up the database `{}`", database.shown))
                .cause("only an SQLite file can be copied from here")
                .hint("use the server's own tool, such as `pg_dump` or `mariadb-dump`, and leave out `--backup`"),
        );
    };
    if !path.exists() {
        return Ok(None);
    }
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(time.strftime(".%Y%m%dT%H%M%SZ.backup").to_string());
    let first = path.with_file_name(&name);
    // Two within one second are told apart by a number.
    let numbered = (2_u32..).map(|number| {
        let mut name = name.clone();
        name.push(format!("-{number}"));
        path.with_file_name(name)
    });
    Ok(std::iter::once(first).chain(numbered).find(|path| !path.exists()))
}
