//! Writing and removing, each whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::keep::keep;
use super::{REVISION_FILE, SNAPSHOT_FILE, VERSIONS_FOLDER, folder_id, script_name};
use crate::history::{Cause, Direction, HistoryError, Revision, revision, slug};
use crate::schema::Schema;

/// How many leftovers of killed processes a temporary name steps aside for.
const LEFTOVERS: usize = 64;

/// The scripts of a revision for one dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scripts {
    /// The text of the upgrade script.
    pub upgrade: String,
    /// The text of the downgrade script.
    pub downgrade: String,
}

/// Writes a revision's folder, with its scripts by dialect, and returns the folder.
///
/// The folder's name is the id and the message's [`slug`]. The migrations folder must exist; `versions` in it is made.
///
/// # Errors
///
/// [`HistoryError`] if a revision of that id exists, or something cannot be written. Nothing is left behind then.
///
/// # Example
///
/// ```
/// # use std::collections::BTreeMap;
/// # use schema_core::history::{History, Revision, files::{self, Scripts}};
/// # let folder = std::env::temp_dir().join(format!("autogen_docs_{}_write", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let revision = History::load("../examples/store/migrations".as_ref())?.revision("6b036899bcc0".parse()?)?;
/// let upgrade = "CREATE TABLE stores (id INTEGER PRIMARY KEY);\n".to_owned();
/// let downgrade = "DROP TABLE stores;\n".to_owned();
/// let scripts = BTreeMap::from([("sqlite".to_owned(), Scripts { upgrade, downgrade })]);
/// let written = files::write_revision(&folder, &revision, &scripts)?;
/// assert!(written.ends_with("versions/6b036899bcc0_create_stores"));
/// assert_eq!(History::load(&folder)?.heads(), [revision.id]);
/// assert!(files::write_revision(&folder, &revision, &scripts).is_err()); // it is there already
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_revision(
    migrations: &Path,
    revision: &Revision,
    scripts: &BTreeMap<String, Scripts>,
) -> Result<PathBuf, HistoryError> {
    write_revision_for(migrations, revision, scripts, &[])
}

/// Writes a revision's folder as [`write_revision`] does, with what persons put into the folders of the revisions that it stands for: beside its own
/// files if it stands for one, and else in a folder for each, named as theirs. The old folders stay where they are.
///
/// # Errors
///
/// As [`write_revision`], and if something in an old folder cannot be copied.
///
/// # Example
///
/// What someone put beside a revision's files is beside those of the one that takes its place:
///
/// ```
/// # use std::collections::BTreeMap;
/// # use schema_core::history::{History, Revision, files::{self, Scripts}};
/// # let folder = std::env::temp_dir().join(format!("autogen_docs_{}_for", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let revision = History::load("../examples/store/migrations".as_ref())?.revision("6b036899bcc0".parse()?)?;
/// let old = files::write_revision(&folder, &revision, &BTreeMap::new())?;
/// std::fs::write(old.join("notes.md"), "why")?;
/// let squash = Revision { id: "6b0400000000".parse()?, ..revision };
/// let new = files::write_revision_for(&folder, &squash, &BTreeMap::new(), &[&old])?;
/// assert!(new.join("notes.md").exists() && old.exists());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_revision_for(
    migrations: &Path,
    revision: &Revision,
    scripts: &BTreeMap<String, Scripts>,
    old: &[&Path],
) -> Result<PathBuf, HistoryError> {
    let versions = migrations.join(VERSIONS_FOLDER);
    create_folder_if_missing(&versions)?;
    refuse_existing(&versions, revision)?;
    let name = format!("{}_{}", revision.id, slug(&revision.message));
    let folder = versions.join(&name);
    let text = revision::render(revision).map_err(|error| unwritable(&folder, &error))?;

    let temporary = Temporary::folder(&versions, &name)?;
    for from in old {
        let apart = from.file_name().filter(|_| old.len() > 1);
        let to = apart.map_or_else(|| temporary.path.clone(), |name| temporary.path.join(name));
        keep(from, &to, scripts)?;
    }
    fill(&temporary.path, &folder, &text, scripts)?;
    temporary.rename_to(&folder)?;
    sync_folder(&versions)?;
    Ok(folder)
}

/// Writes a revision in place of the one in a folder, at once: a reader sees all of the old one or all of the new one. What else is in the
/// folder stays in it.
///
/// # Errors
///
/// [`HistoryError`] if something cannot be written; the old one is as it was then.
///
/// # Example
///
/// ```
/// # use std::collections::BTreeMap;
/// # use schema_core::history::{History, Revision, files::{self, Scripts}};
/// # let folder = std::env::temp_dir().join(format!("autogen_docs_{}_replace", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let revision = History::load("../examples/store/migrations".as_ref())?.revision("6b036899bcc0".parse()?)?;
/// # let scripts = BTreeMap::new();
/// let written = files::write_revision(&folder, &revision, &scripts)?;
/// files::replace_revision(&written, &Revision { message: "create shops".into(), ..revision }, &scripts)?;
/// assert_eq!(History::load(&folder)?.revisions()[0].message, "create shops");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replace_revision(
    folder: &Path,
    revision: &Revision,
    scripts: &BTreeMap<String, Scripts>,
) -> Result<(), HistoryError> {
    refuse_symlink(folder)?;
    let versions = folder.parent().unwrap_or(Path::new("."));
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let text = revision::render(revision).map_err(|error| unwritable(folder, &error))?;
    let temporary = Temporary::folder(versions, name)?;
    keep(folder, &temporary.path, scripts)?;
    fill(&temporary.path, folder, &text, scripts)?;
    exchange(&temporary.path, folder).map_err(|error| HistoryError::io(folder, "write", &error))?;
    // What is under the temporary name now is the old one, which goes with it.
    drop(temporary);
    sync_folder(versions)
}

/// Writes the files of a revision into its new folder; `folder` is where it will be.
fn fill(
    new: &Path,
    folder: &Path,
    text: &str,
    scripts: &BTreeMap<String, Scripts>,
) -> Result<(), HistoryError> {
    write_new(&new.join(REVISION_FILE), text)?;
    for (dialect, Scripts { upgrade, downgrade }) in scripts {
        check_dialect(folder, dialect)?;
        write_new(&new.join(script_name(dialect, Direction::Upgrade)), upgrade)?;
        write_new(&new.join(script_name(dialect, Direction::Downgrade)), downgrade)?;
    }
    sync_folder(new)
}

/// Lets two folders change places, in one step where the system has one.
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        // A file system may lack it.
        if renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let aside = one.with_extension("old.tmp");
    fs::rename(other, &aside)?;
    if let Err(error) = fs::rename(one, other) {
        fs::rename(&aside, other)?;
        return Err(error);
    }
    fs::rename(&aside, one)
}

/// Writes `revision.json` in place of the one that is in the folder. The scripts stay as they are.
///
/// # Errors
///
/// [`HistoryError`] if it cannot be written; the old one is as it was then.
///
/// # Example
///
/// ```
/// # use std::collections::BTreeMap;
/// # use schema_core::history::{History, Revision, files::{self, Scripts}};
/// # let folder = std::env::temp_dir().join(format!("autogen_docs_{}_file", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let revision = History::load("../examples/store/migrations".as_ref())?.revision("6b036899bcc0".parse()?)?;
/// # let scripts = BTreeMap::new();
/// let written = files::write_revision(&folder, &revision, &scripts)?;
/// files::write_revision_file(&written, &Revision { message: "create shops".into(), ..revision })?;
/// assert_eq!(History::load(&folder)?.revisions()[0].message, "create shops");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_revision_file(folder: &Path, revision: &Revision) -> Result<(), HistoryError> {
    refuse_symlink(folder)?;
    let path = folder.join(REVISION_FILE);
    let text = revision::render(revision).map_err(|error| unwritable(&path, &error))?;
    let temporary = Temporary::file(folder, REVISION_FILE, &text)?;
    temporary.rename_to(&path)?;
    sync_folder(folder)
}

/// Removes a revision's folder. It vanishes at once: a reader sees all of it or nothing.
///
/// # Errors
///
/// [`HistoryError`] if it is no revision's folder or cannot be removed.
///
/// # Example
///
/// ```
/// # use std::collections::BTreeMap;
/// # use schema_core::history::{History, Revision, files::{self, Scripts}};
/// # let folder = std::env::temp_dir().join(format!("autogen_docs_{}_remove", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let revision = History::load("../examples/store/migrations".as_ref())?.revision("6b036899bcc0".parse()?)?;
/// # let scripts = BTreeMap::new();
/// let written = files::write_revision(&folder, &revision, &scripts)?;
/// files::remove_revision(&written)?;
/// assert!(History::load(&folder)?.is_empty());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn remove_revision(folder: &Path) -> Result<(), HistoryError> {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if folder_id(name).is_none() {
        return Err(HistoryError::new(
            folder,
            Cause::BadName {
                name: name.to_owned(),
            },
        ));
    }
    refuse_symlink(folder)?;
    let versions = folder.parent().unwrap_or(Path::new("."));
    let temporary = Temporary::folder(versions, name)?;
    fs::rename(folder, temporary.path.join(name))
        .map_err(|error| HistoryError::io(folder, "remove", &error))?;
    drop(temporary);
    sync_folder(versions)
}

/// Writes the schema at the head into a migrations folder, one column per line, in place of the snapshot that was there.
///
/// # Errors
///
/// [`HistoryError`] if it cannot be written; the old one is as it was then.
///
/// # Example
///
/// ```
/// # use std::collections::BTreeMap;
/// # use schema_core::history::{History, Revision, files::{self, Scripts}};
/// # let folder = std::env::temp_dir().join(format!("autogen_docs_{}_snapshot", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let revision = History::load("../examples/store/migrations".as_ref())?.revision("6b036899bcc0".parse()?)?;
/// # use schema_core::schema::{Schema, Table, TableName};
/// let schema = Schema::from_iter([Table::new(TableName::new("items"))]);
/// files::write_snapshot(&folder, &schema)?;
/// assert_eq!(files::read_snapshot(&folder)?, Some(schema));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_snapshot(migrations: &Path, schema: &Schema) -> Result<(), HistoryError> {
    let path = migrations.join(SNAPSHOT_FILE);
    let text = super::snapshot_text(schema).map_err(|error| unwritable(&path, &error))?;
    let temporary = Temporary::file(migrations, SNAPSHOT_FILE, &text)?;
    temporary.rename_to(&path)?;
    sync_folder(migrations)
}

fn unwritable(path: &Path, error: &serde_json::Error) -> HistoryError {
    HistoryError::new(
        path,
        Cause::Unwritable {
            message: error.to_string(),
        },
    )
}

/// A file or folder under a hidden name, which is removed unless it is renamed.
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    fn folder(parent: &Path, name: &str) -> Result<Self, HistoryError> {
        Temporary::create(parent, name, |path| fs::create_dir(path))
    }

    fn file(parent: &Path, name: &str, text: &str) -> Result<Self, HistoryError> {
        let temporary = Temporary::create(parent, name, |path| create_new(path).map(drop))?;
        let write = || {
            let mut file = OpenOptions::new().write(true).open(&temporary.path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| HistoryError::io(parent.join(name), "write", &error))?;
        Ok(temporary)
    }

    /// Creates it under the first free name; what a killed process left is stepped around.
    fn create(
        parent: &Path,
        name: &str,
        create: impl Fn(&Path) -> std::io::Result<()>,
    ) -> Result<Self, HistoryError> {
        let mut number = 0;
        loop {
            let path = parent.join(format!(".{name}.{number}.tmp"));
            match create(&path) {
                Ok(()) => return Ok(Temporary { path, renamed: false }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < LEFTOVERS => number += 1,
                Err(error) => return Err(HistoryError::io(parent.join(name), "write", &error)),
            }
        }
    }

    fn rename_to(mut self, to: &Path) -> Result<(), HistoryError> {
        fs::rename(&self.path, to).map_err(|error| HistoryError::io(to, "write", &error))?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.renamed {
            return;
        }
        // Nothing more can be done about a failure here; a hidden leftover is never read.
        if self.path.is_dir() {
            let _ = fs::remove_dir_all(&self.path);
        } else {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Creates a file that must not exist: with `O_EXCL`, a symbolic link in its place is not followed.
fn create_new(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn write_new(path: &Path, text: &str) -> Result<(), HistoryError> {
    let write = || {
        let mut file = create_new(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| HistoryError::io(path, "write", &error))
}

/// Brings the names in a folder to the disk. Windows has no such call, and opens no folders.
pub(super) fn sync_folder(folder: &Path) -> Result<(), HistoryError> {
    if cfg!(unix) {
        let sync = || File::open(folder)?.sync_all();
        sync().map_err(|error| HistoryError::io(folder, "write", &error))?;
    }
    Ok(())
}

fn create_folder_if_missing(folder: &Path) -> Result<(), HistoryError> {
    match fs::create_dir(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => refuse_symlink(folder),
        Err(error) => Err(HistoryError::io(folder, "create", &error)),
    }
}

fn refuse_symlink(path: &Path) -> Result<(), HistoryError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| HistoryError::io(path, "read", &error))?;
    if metadata.is_symlink() {
        return Err(HistoryError::new(path, Cause::SymbolicLink));
    }
    Ok(())
}

/// Refuses a second folder with the id, whatever its slug: a rename would replace an empty one.
fn refuse_existing(versions: &Path, revision: &Revision) -> Result<(), HistoryError> {
    let entries = fs::read_dir(versions).map_err(|error| HistoryError::io(versions, "read", &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| HistoryError::io(versions, "read", &error))?;
        if entry.file_name().to_str().and_then(folder_id) == Some(revision.id) {
            return Err(HistoryError::new(entry.path(), Cause::Exists));
        }
    }
    Ok(())
}

/// A dialect becomes part of a file's name.
fn check_dialect(folder: &Path, dialect: &str) -> Result<(), HistoryError> {
    if super::is_dialect_name(dialect) {
        return Ok(());
    }
    Err(HistoryError::new(
        folder,
        Cause::BadName {
            name: dialect.to_owned(),
        },
    ))
}
