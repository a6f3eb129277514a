//! A history out of the program: the same rules and errors as a folder's, and no file is read.

use std::path::Path;

use super::{Cause, History, HistoryError, ScriptTexts, Source, files};
use crate::embedded::{EmbeddedRevision, Migrations};

impl History {
    /// Reads the headers of all revisions that are within the program.
    ///
    /// # Errors
    ///
    /// As [`load`](History::load), with the files as they were when the program was compiled.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::{Migrations, history::History};
    ///
    /// static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    ///
    /// let history = History::embedded(&MIGRATIONS)?;
    /// assert_eq!(history.revisions().len(), 2);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn embedded(migrations: &Migrations) -> Result<History, HistoryError> {
        let versions = Path::new(migrations.folder()).join(files::VERSIONS_FOLDER);
        let (mut headers, mut sources) = (Vec::new(), Vec::new());
        for EmbeddedRevision {
            folder,
            revision,
            scripts,
        } in migrations.revisions()
        {
            let folder = versions.join(folder);
            headers.push(files::header(revision, &folder)?);
            sources.push(Source {
                folder,
                text: (*revision).into(),
                scripts: ScriptTexts::Program(scripts),
            });
        }
        History::from_parts(headers, sources)?.without_strays()
    }
}

/// Returns the text of a script, or the error of a file that is not there.
pub(super) fn script(scripts: &[(&str, &str)], name: &str, path: &Path) -> Result<String, HistoryError> {
    let found = scripts.iter().find(|(of, _)| *of == name);
    found
        .map(|(_, text)| (*text).to_owned())
        .ok_or_else(|| HistoryError::new(path, Cause::NotFound))
}
