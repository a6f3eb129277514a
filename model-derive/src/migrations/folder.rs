//! The files of a migrations folder, as far as they belong to its history.
//!
//! What is taken and what is refused is what `History::load` of schema-core takes and refuses. A symbolic link is never followed, and a
//! name is taken only if it reads the same wherever it is shown.

use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::header::{self, Header};
use super::tables::Tables;

/// The file that says what a revision is.
pub(super) const REVISION_FILE: &str = "revision.json";

/// The file that says which tables are the project's.
const CONFIGURATION_FILE: &str = "autogen.toml";

/// A migrations folder.
pub(super) struct Folder {
    /// Its snapshot, if it has one.
    pub(super) snapshot: Option<PathBuf>,
    /// Its configuration, if it has one.
    pub(super) configuration: Option<PathBuf>,
    /// What that says of tables.
    pub(super) tables: Tables,
    /// Its revisions, by the names of their folders.
    pub(super) revisions: Vec<Revision>,
}

/// The folder of a revision.
pub(super) struct Revision {
    /// Its name.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// The names of the scripts in it, sorted.
    pub(super) scripts: Vec<String>,
    /// What its file says.
    pub(super) header: Header,
}

impl Folder {
    /// Reads a folder of the package.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, each as a text that names the file as the user would.
    pub(super) fn read(package: &Path, given: &str) -> Result<Self, Vec<String>> {
        refuse_odd_path(given).map_err(|problem| vec![problem])?;
        let path = package.join(given);
        if package.to_str().is_none() {
            return Err(vec![format!(
                "cannot embed `{given}`: the path of this package is not UTF-8; move the package"
            )]);
        }
        let mut problems = Vec::new();
        let mut revisions = Vec::new();
        for name in revision_folders(&path, given).map_err(|problem| vec![problem])? {
            match Revision::read(&path, given, name) {
                Ok(Some(revision)) => revisions.push(revision),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        // Of a history with a hole in it, nothing more can be said.
        if problems.is_empty() {
            let headers: Vec<&Header> = revisions.iter().map(|revision| &revision.header).collect();
            problems = header::check(&headers);
        }
        let snapshot = Some(path.join("snapshot.json")).filter(|snapshot| snapshot.is_file());
        let configuration = Some(path.join(CONFIGURATION_FILE)).filter(|file| file.is_file());
        let mut tables = Tables::default();
        if let Some(file) = &configuration {
            let shown = format!("{given}/{CONFIGURATION_FILE}");
            let read = fs::read_to_string(file).map_err(|error| format!("cannot read `{shown}`: {error}"));
            match read.and_then(|text| Tables::parse(&text, &shown)) {
                Ok(read) => tables = read,
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Folder {
                snapshot,
                configuration,
                tables,
                revisions,
            })
        } else {
            Err(problems)
        }
    }
}

/// A path that is not relative means something else on every machine.
fn refuse_odd_path(given: &str) -> Result<(), String> {
    let relative = Path::new(given).components().all(|part| {
        matches!(
            part,
            Component::Normal(_) | Component::CurDir | Component::ParentDir
        )
    });
    if given.is_empty() || !relative {
        return Err(format!(
            "`{given}` is no relative path; name the migrations folder as seen from this package's `Cargo.toml`, as in `migrations!(\"migrations\")`"
        ));
    }
    refuse_odd_characters(given, given)
}

fn refuse_odd_characters(name: &str, within: &str) -> Result<(), String> {
    match name.chars().find(|character| character.is_control()) {
        None => Ok(()),
        Some(_) => Err(format!(
            "a name in `{}` holds a control character ({name:?}); give it another name",
            within.escape_debug()
        )),
    }
}

/// Returns the names of the folders that may hold a revision, sorted.
fn revision_folders(path: &Path, given: &str) -> Result<Vec<String>, String> {
    let shown = format!("{given}/versions");
    let entries = match fs::read_dir(path.join("versions")) {
        Ok(entries) => entries,
        // A folder without files does not survive version control.
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_dir() => return Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(format!(
                "there is no folder `{given}` in this package; make it with `autogen init`, or name the right one, as seen from `Cargo.toml`"
            ));
        }
        Err(error) => return Err(format!("cannot read `{shown}`: {error}")),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let kind = entry
            .file_type()
            .map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        let name = name(&entry, &shown)?;
        if kind.is_symlink() {
            return Err(is_link(&format!("{shown}/{name}")));
        }
        if kind.is_dir() {
            folders.push(name);
        }
    }
    folders.sort_unstable();
    Ok(folders)
}

fn name(entry: &DirEntry, within: &str) -> Result<String, String> {
    let name = entry
        .file_name()
        .into_string()
        .map_err(|name| format!("a name in `{within}` is not UTF-8 ({name:?}); give it another name"))?;
    refuse_odd_characters(&name, within)?;
    Ok(name)
}

fn is_link(shown: &str) -> String {
    format!("`{shown}` is a symbolic link, which is not followed; put a real file or folder in its place")
}

impl Revision {
    /// Reads a revision; `None` if the folder holds none and is not named like one, and so is somebody else's.
    fn read(migrations: &Path, given: &str, name: String) -> Result<Option<Self>, String> {
        let path = migrations.join("versions").join(&name);
        let shown = format!("{given}/versions/{name}");
        let id = name.split_once('_').map_or(name.as_str(), |(id, _)| id);
        let Some(text) = read_text(&path.join(REVISION_FILE), &format!("{shown}/{REVISION_FILE}"))? else {
            if header::is_id(id) {
                return Err(format!(
                    "the revision folder `{shown}` has no `{REVISION_FILE}`; restore the file from version control, or remove the folder"
                ));
            }
            return Ok(None);
        };
        let header = header::parse(&text, &format!("{shown}/{REVISION_FILE}"))?;
        if id != header.id {
            return Err(format!(
                "the folder `{shown}` is not named after its revision `{0}`; name it `{0}_…`, or give the revision the id in the folder's name",
                header.id
            ));
        }
        let scripts = scripts(&path, &shown)?;
        for dialect in &header.dialects {
            let script = format!("upgrade.{dialect}.sql");
            if !scripts.contains(&script) {
                return Err(format!(
                    "revision `{}` has no upgrade script for {dialect}: `{shown}/{script}` does not exist; restore the script from version control",
                    header.id
                ));
            }
        }
        Ok(Some(Revision {
            name,
            path,
            scripts,
            header,
        }))
    }
}

/// Returns the names of the scripts in a revision's folder, sorted. Other files are other people's.
fn scripts(path: &Path, shown: &str) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let mut scripts = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        let file = entry.file_name();
        if file.to_str().is_some_and(is_script) {
            let name = name(&entry, shown)?;
            // It is read so that what is wrong with it is said here and not of generated code.
            read_text(&entry.path(), &format!("{shown}/{name}"))?;
            scripts.push(name);
        }
    }
    scripts.sort_unstable();
    Ok(scripts)
}

fn is_script(name: &str) -> bool {
    let dialect = ["upgrade.", "downgrade."]
        .iter()
        .find_map(|direction| name.strip_prefix(direction)?.strip_suffix(".sql"));
    dialect.is_some_and(|dialect| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !dialect.is_empty() && dialect.chars().all(plain)
    })
}

/// Reads a text file; `None` if there is none.
fn read_text(path: &Path, shown: &str) -> Result<Option<String>, String> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => return Err(is_link(shown)),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read `{shown}`: {error}")),
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(format!(
            "cannot read `{shown}`: it is not UTF-8; save the file as UTF-8"
        )),
        Err(error) => Err(format!("cannot read `{shown}`: {error}")),
    }
}
