//! A copy of the whole database, whole or not there at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::db::{Connection, DatabaseUrl, Error, ErrorKind, open_existing};

/// Copies the database, as it is committed, into a new file.
///
/// VACUUM INTO does not sync what it writes (<https://sqlite.org/lang_vacuum.html#vacuuminto>), so it writes aside. It cannot stand in a transaction, so a
/// second connection does it, which reads while this one keeps others from writing. A database in memory has no other one, and nobody who writes.
pub(super) fn copy(connection: &mut dyn Connection, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(failed(to, "it exists already"));
    }
    let aside = aside(to);
    let text = aside
        .to_str()
        .ok_or_else(|| failed(to, "its path is no UTF-8 text"))?;
    let copied = file(connection)
        .and_then(|file| {
            let sql = "VACUUM main INTO ?1";
            match file {
                Some(file) => open_existing(&DatabaseUrl::Sqlite(file))?.execute(sql, &[text.into()]),
                None => connection.execute(sql, &[text.into()]),
            }
        })
        .and_then(|_| settle(&aside, to).map_err(|error| failed(to, &error.to_string())));
    if copied.is_err() {
        // A part of a copy is of no use to anyone; if it cannot be removed either, its name says what it is.
        let _ = fs::remove_file(&aside);
    }
    copied
}

/// Returns the file of the database, if it has one.
pub(super) fn file(connection: &mut dyn Connection) -> Result<Option<PathBuf>, Error> {
    let rows = connection.query("SELECT file FROM pragma_database_list WHERE name = 'main'", &[])?;
    let file = rows.first().and_then(|row| row.first()?.as_str());
    Ok(file.filter(|file| !file.is_empty()).map(PathBuf::from))
}

/// Gives the copy its name once it is on the disk.
fn settle(aside: &Path, to: &Path) -> io::Result<()> {
    File::open(aside)?.sync_all()?;
    fs::rename(aside, to)?;
    match to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

fn aside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    to.with_file_name(name)
}

fn failed(to: &Path, why: &str) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: format!("cannot write `{}`: {why}", to.display()),
        offset: None,
    }
}
