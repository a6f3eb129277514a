//! Revisions and the snapshot as files: read as they are, written whole or not at all.
//!
//! What is written goes to a temporary sibling first (created anew, never followed through a symbolic link), is
//! brought to the disk, and is then renamed; a failure leaves nothing behind. Names are made of checked parts, so that none leads out of the folder.

mod keep;
mod write;

pub use write::{
    Scripts, remove_revision, replace_revision, write_revision, write_revision_file, write_revision_for,
    write_snapshot,
};

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Cause, Direction, Header, HistoryError, RevisionId, ScriptTexts, Source, revision};
use crate::json;
use crate::schema::Schema;

/// The file that says what a revision is.
pub const REVISION_FILE: &str = "revision.json";

/// The file that shows the schema at the head.
pub const SNAPSHOT_FILE: &str = "snapshot.json";

/// How deep the snapshot is laid out over lines: down to the columns, one a line.
const SNAPSHOT_DEPTH: usize = 4;

/// How long most files are at most.
const USUAL_LENGTH: usize = 4_096;

/// The folder of the revisions, in the migrations folder.
pub const VERSIONS_FOLDER: &str = "versions";

/// Returns the name of a script: `upgrade.sqlite.sql`.
///
/// ```
/// use schema_core::history::{Direction, files};
///
/// assert_eq!(files::script_name("sqlite", Direction::Upgrade), "upgrade.sqlite.sql");
/// ```
#[must_use]
pub fn script_name(dialect: &str, direction: Direction) -> String {
    format!("{direction}.{dialect}.sql")
}

/// Returns the dialect that the name of a script tells.
pub(super) fn script_dialect(name: &str) -> Option<&str> {
    let dialect = name.strip_suffix(".sql").and_then(|name| {
        name.strip_prefix("upgrade.")
            .or_else(|| name.strip_prefix("downgrade."))
    })?;
    is_dialect_name(dialect).then_some(dialect)
}

/// Returns the names of what is in a folder.
pub(super) fn names(folder: &Path) -> Result<Vec<OsString>, HistoryError> {
    let names = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect()
    });
    names.map_err(|error| HistoryError::io(folder, "read", &error))
}

/// Tells whether a text can be the name of a dialect, which becomes part of the names of files: letters in lower case, digits and `_`.
pub(super) fn is_dialect_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.bytes().all(plain)
}

/// Reads the snapshot in a migrations folder; `None` if there is none.
///
/// # Errors
///
/// [`HistoryError`] if it cannot be read or understood, with line and column.
///
/// # Example
///
/// ```
/// use schema_core::history::files;
///
/// let snapshot = files::read_snapshot("../examples/store/migrations".as_ref())?;
/// assert_eq!(snapshot.unwrap().tables.len(), 5);
/// # Ok::<(), schema_core::history::HistoryError>(())
/// ```
pub fn read_snapshot(migrations: &Path) -> Result<Option<Schema>, HistoryError> {
    let path = migrations.join(SNAPSHOT_FILE);
    match read_text(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| HistoryError::json(path, &error)),
        Err(HistoryError {
            cause: Cause::NotFound,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells whether the snapshot in a migrations folder is this schema. No snapshot is the empty schema's.
///
/// # Errors
///
/// [`HistoryError`] if it cannot be read or understood, with line and column.
///
/// # Example
///
/// ```
/// use schema_core::history::{History, files};
///
/// let migrations = "../examples/store/migrations".as_ref();
/// let history = History::load(migrations)?;
/// assert!(files::snapshot_holds(migrations, &history.schema()?)?);
/// # Ok::<(), schema_core::history::HistoryError>(())
/// ```
pub fn snapshot_holds(migrations: &Path, schema: &Schema) -> Result<bool, HistoryError> {
    let path = migrations.join(SNAPSHOT_FILE);
    // Writing is cheaper than parsing, and the text is nearly always the one that would be written.
    let as_written =
        read_text(&path).is_ok_and(|text| snapshot_text(schema).is_ok_and(|written| written == text));
    Ok(as_written || read_snapshot(migrations)?.unwrap_or_default() == *schema)
}

/// Returns the text of a snapshot that holds the schema.
///
/// # Errors
///
/// None that a schema could cause.
///
/// # Example
///
/// ```
/// use schema_core::{history::files, schema::{Schema, Table, TableName}};
///
/// let text = files::snapshot_text(&Schema::from_iter([Table::new(TableName::new("items"))]))?;
/// assert!(text.contains(r#""name": "items""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn snapshot_text(schema: &Schema) -> Result<String, serde_json::Error> {
    json::to_string(schema, SNAPSHOT_DEPTH).map(|text| text + "\n")
}

/// Reads a text file.
///
/// A long history is thousands of small files: without asking first how long one is, each costs a third fewer calls of the system, and one that the
/// usual room holds is allocated once.
pub(super) fn read_text(path: &Path) -> Result<String, HistoryError> {
    let read = || {
        // A pipe would be waited for, and a device may have no end.
        let kind = fs::metadata(path)?.file_type();
        if !kind.is_file() && !kind.is_dir() {
            return Err(Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        let mut file = File::open(path)?;
        let mut start = [0; USUAL_LENGTH];
        let length = fill(&mut file, &mut start)?;
        let mut bytes = start[..length].to_vec();
        if length == start.len() {
            file.read_to_end(&mut bytes)?;
        }
        String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
    };
    read().map_err(|error| HistoryError::io(path, "read", &error))
}

/// Reads until the file ends or the room does, and returns how much that was.
fn fill(file: &mut File, room: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < room.len() {
        match file.read(&mut room[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Returns the words of a revision folder's name.
pub(super) fn folder_slug(folder: &Path) -> Option<&str> {
    let name = folder.file_name()?.to_str()?;
    Some(name.split_once('_').map_or("", |(_, slug)| slug))
}

/// Returns the id that a revision folder's name begins with.
fn folder_id(name: &str) -> Option<RevisionId> {
    let id = name.split_once('_').map_or(name, |(id, _)| id);
    id.parse().ok()
}

/// Reads the header of every revision, in the order of their folders' names.
///
/// Files, hidden folders and folders that hold no revision and are not named like one are other people's.
pub(super) fn read_revisions(migrations: &Path) -> Result<(Vec<Header>, Vec<Source>), HistoryError> {
    let versions = migrations.join(VERSIONS_FOLDER);
    let (mut headers, mut sources) = (Vec::new(), Vec::new());
    for folder in revision_folders(migrations, &versions)? {
        let path = folder.join(REVISION_FILE);
        let name = folder.file_name().and_then(|name| name.to_str());
        let named = name.and_then(folder_id);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(HistoryError {
                cause: Cause::NotFound,
                ..
            }) => match named {
                Some(_) => return Err(HistoryError::new(folder, Cause::NoRevisionFile)),
                None => continue,
            },
            Err(error) => return Err(error),
        };
        headers.push(header(&text, &folder)?);
        sources.push(Source {
            folder,
            text: text.into(),
            scripts: ScriptTexts::Folder,
        });
    }
    Ok((headers, sources))
}

/// Reads the header in the text of a revision's file, whose folder must be named after it.
pub(super) fn header(text: &str, folder: &Path) -> Result<Header, HistoryError> {
    let path = || folder.join(REVISION_FILE);
    let header = revision::parse_header(text).map_err(|error| HistoryError::json(path(), &error))?;
    let name = folder.file_name().and_then(|name| name.to_str());
    if name.and_then(folder_id) != Some(header.id) {
        return Err(HistoryError::new(
            path(),
            Cause::FolderName { revision: header.id },
        ));
    }
    Ok(header)
}

fn revision_folders(migrations: &Path, versions: &Path) -> Result<Vec<PathBuf>, HistoryError> {
    let entries = match fs::read_dir(versions) {
        Ok(entries) => entries,
        // A folder without files does not survive version control.
        Err(error) if error.kind() == ErrorKind::NotFound && migrations.is_dir() => return Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(HistoryError::new(migrations, Cause::NoMigrations));
        }
        Err(error) => return Err(HistoryError::io(versions, "read", &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| HistoryError::io(versions, "read", &error))?;
        let kind = entry
            .file_type()
            .map_err(|error| HistoryError::io(entry.path(), "read", &error))?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_symlink() {
            return Err(HistoryError::new(entry.path(), Cause::SymbolicLink));
        }
        if kind.is_dir() {
            names.push(name);
        }
    }
    // Names, since paths are compared part by part.
    names.sort_unstable();
    Ok(names.into_iter().map(|name| versions.join(name)).collect())
}
