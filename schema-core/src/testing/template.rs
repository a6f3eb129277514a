//! Databases without a server: the history runs once a process, and every test gets a copy.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::backup::Backup;
use rusqlite::{Connection, MAIN_DB};

use super::fail;
use crate::embedded::Migrations;
use crate::migrator::Migrator;

/// The migrated databases that are copied, by where the revisions are in the program and how many there are.
static TEMPLATES: Mutex<BTreeMap<(usize, usize), Connection>> = Mutex::new(BTreeMap::new());

/// Makes a fresh migrated database in memory, which is gone with its connection.
///
/// The first call of a process runs the history; all others copy what it came to.
///
/// # Panics
///
/// If a script fails.
///
/// # Example
///
/// ```
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// use schema_core::testing;
///
/// let (one, other) = (testing::database(&MIGRATIONS), testing::database(&MIGRATIONS));
/// one.execute("INSERT INTO stores (name) VALUES ('Corner Shop')", [])?;
/// let count: i64 = other.query_row("SELECT count(*) FROM stores", [], |row| row.get(0))?;
/// assert_eq!(count, 0); // a database of its own
/// # Ok::<(), schema_core::db::drivers::rusqlite::Error>(())
/// ```
#[track_caller]
#[must_use]
pub fn database(migrations: &Migrations) -> Connection {
    let made = Connection::open_in_memory().and_then(|mut connection| {
        copy(migrations, &mut connection)?;
        Ok(connection)
    });
    made.unwrap_or_else(|error| fail(format_args!("cannot make a database in memory: {error}"), None))
}

/// Makes a fresh migrated database in a new file, for programs that open it by its path, or several times.
///
/// # Panics
///
/// If there is such a file already, it cannot be written, or a script fails.
///
/// # Example
///
/// ```
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// # let file = std::env::temp_dir().join(format!("autogen_docs_{}_write.db", std::process::id()));
/// schema_core::testing::write_database(&MIGRATIONS, &file);
/// let connection = schema_core::db::drivers::rusqlite::Connection::open(&file)?;
/// assert!(connection.table_exists(None, "stores")?);
/// # drop(connection);
/// # std::fs::remove_file(file)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn write_database(migrations: &Migrations, path: &Path) {
    if path.exists() {
        fail(
            format_args!(
                "cannot make the database `{}`: the file exists already",
                path.display()
            ),
            Some("give each test a folder of its own".into()),
        );
    }
    let made = Connection::open(path).and_then(|mut connection| copy(migrations, &mut connection));
    if let Err(error) = made {
        fail(
            format_args!("cannot make the database `{}`: {error}", path.display()),
            Some("give each test a folder of its own, that it may write to".into()),
        );
    }
}

/// Copies the migrated database into an empty one.
#[track_caller]
fn copy(migrations: &Migrations, to: &mut Connection) -> rusqlite::Result<()> {
    // A test that failed while it made one has left nothing half-made behind.
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    let revisions = migrations.revisions();
    let place = (revisions.as_ptr().addr(), revisions.len());
    if !templates.contains_key(&place) {
        let mut connection = Connection::open_in_memory()?;
        if let Err(error) = Migrator::new(migrations).upgrade(&mut connection) {
            drop(templates);
            fail(error, None);
        }
        templates.insert(place, connection);
    }
    Backup::new_with_names(&templates[&place], MAIN_DB, to, MAIN_DB)?
        .step(-1)
        .map(drop)
}
