//! What a person put into a revision's folder, which goes along when the revision is written anew.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::Path;

use super::{REVISION_FILE, Scripts, names, script_name};
use crate::history::{Cause, Direction, HistoryError};

/// Copies what is in a revision's folder beside its own file and the scripts that are written anew: notes, data, scripts for a
/// dialect that nobody asked about.
pub(super) fn keep(old: &Path, new: &Path, scripts: &BTreeMap<String, Scripts>) -> Result<(), HistoryError> {
    for name in names(old)? {
        if is_own(&name, scripts) {
            continue;
        }
        if !new.is_dir() {
            fs::create_dir(new).map_err(|error| HistoryError::io(new, "create", &error))?;
        }
        copy(&old.join(&name), &new.join(&name))?;
    }
    Ok(())
}

fn is_own(name: &OsStr, scripts: &BTreeMap<String, Scripts>) -> bool {
    let Some(name) = name.to_str() else { return false };
    // What a killed process left is nobody's.
    let is_leftover = name.starts_with('.') && name.ends_with(".tmp");
    is_leftover
        || name == REVISION_FILE
        || scripts.keys().any(|dialect| {
            [Direction::Upgrade, Direction::Downgrade]
                .iter()
                .any(|direction| name == script_name(dialect, *direction))
        })
}

fn copy(from: &Path, to: &Path) -> Result<(), HistoryError> {
    let failed = |error: &Error| HistoryError::io(from, "copy", error);
    let kind = fs::symlink_metadata(from)
        .map_err(|error| failed(&error))?
        .file_type();
    if kind.is_symlink() {
        return Err(HistoryError::new(from, Cause::SymbolicLink));
    }
    if kind.is_dir() {
        fs::create_dir(to).map_err(|error| failed(&error))?;
        for name in names(from)? {
            copy(&from.join(&name), &to.join(&name))?;
        }
        return super::write::sync_folder(to);
    }
    if !kind.is_file() {
        return Err(failed(&Error::new(ErrorKind::Unsupported, "it is no file")));
    }
    fs::copy(from, to)
        .and_then(|_| File::open(to)?.sync_all())
        .map_err(|error| failed(&error))
}
