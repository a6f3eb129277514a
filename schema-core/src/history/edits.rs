//! What a person changed in the files of a revision since they were written, or put beside them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Cause, Direction, History, HistoryError, RevisionId, ScriptTexts, Source, files, revision};
use crate::script::checksum;

/// A script that a revision should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptGone {
    /// The dialect.
    pub dialect: String,
    /// Which script.
    pub direction: Direction,
    /// Where it should be.
    pub path: PathBuf,
}

impl History {
    /// Returns the revisions whose operations are not those that were written, with their files.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a file cannot be understood.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert!(history.edited_operations()?.is_empty());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn edited_operations(&self) -> Result<Vec<(RevisionId, PathBuf)>, HistoryError> {
        let mut edited = Vec::new();
        for (header, source) in self.headers.iter().zip(&self.sources) {
            let path = source.folder.join(files::REVISION_FILE);
            match revision::holds_as_written(&source.text) {
                Ok(true) => {}
                Ok(false) => edited.push((header.id, path)),
                Err(error) => return Err(HistoryError::json(path, &error)),
            }
        }
        Ok(edited)
    }

    /// Tells whether a person wrote or edited a script: it is not as it was written, or its revision says so. One that is not there was not
    /// edited, nor was one that only [allows](crate::script::Allow) a hazard.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if it cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::history::Direction;
    /// assert!(!history.is_edited(history.heads()[0], "sqlite", Direction::Upgrade)?);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn is_edited(
        &self,
        id: RevisionId,
        dialect: &str,
        direction: Direction,
    ) -> Result<bool, HistoryError> {
        let text = match self.script(id, dialect, direction) {
            Ok(text) => text,
            Err(error) if matches!(error.cause, Cause::NoScript { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let sums = self.get(id).and_then(|header| header.scripts.get(dialect));
        Ok(sums.is_none_or(|sums| {
            let written = match direction {
                Direction::Upgrade => &sums.upgrade,
                Direction::Downgrade => &sums.downgrade,
            };
            sums.edited.contains(&direction) || checksum(&text) != *written
        }))
    }

    /// Returns the scripts of a revision that its file tells of and that are not there.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if there is no such revision or its folder cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert!(history.scripts_gone(history.heads()[0])?.is_empty());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn scripts_gone(&self, id: RevisionId) -> Result<Vec<ScriptGone>, HistoryError> {
        let source = self.source(id)?;
        let there = file_names(source)?;
        let mut gone = Vec::new();
        let recorded = self.get(id).into_iter().flat_map(|header| header.scripts.keys());
        for dialect in recorded {
            for direction in [Direction::Upgrade, Direction::Downgrade] {
                let name = files::script_name(dialect, direction);
                if !there.contains(&name) {
                    gone.push(ScriptGone {
                        dialect: dialect.clone(),
                        direction,
                        path: source.folder.join(name),
                    });
                }
            }
        }
        Ok(gone)
    }

    /// Returns the names of the dialects for which a revision has a script: one that its file tells of, or one that a person put beside it.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if there is no such revision or its folder cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert_eq!(history.script_dialects(history.heads()[0])?, ["sqlite".to_owned()].into());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn script_dialects(&self, id: RevisionId) -> Result<BTreeSet<String>, HistoryError> {
        let source = self.source(id)?;
        let recorded = self.get(id).into_iter().flat_map(|header| header.scripts.keys());
        let mut dialects: BTreeSet<String> = recorded.cloned().collect();
        let names = file_names(source)?;
        dialects.extend(
            names
                .iter()
                .filter_map(|name| files::script_dialect(name))
                .map(str::to_owned),
        );
        Ok(dialects)
    }
}

/// Returns the names of the files of a revision, as far as they are text.
fn file_names(source: &Source) -> Result<BTreeSet<String>, HistoryError> {
    Ok(match &source.scripts {
        ScriptTexts::Folder => files::names(&source.folder)?
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect(),
        ScriptTexts::Program(scripts) => scripts.iter().map(|(name, _)| (*name).to_owned()).collect(),
    })
}
