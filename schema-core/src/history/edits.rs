//! What a person changed in the files of a revision since they were written, or put beside them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Cause, Direction, History, HistoryError, RevisionId, ScriptTexts, files, revision};
use crate::script::{checksum, has_allows};

impl History {
    /// Returns the revisions whose operations are not those that were written, with their files.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a file cannot be understood.
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

    /// Tells whether a person wrote or edited a script: it is not as it was written, it allows a hazard, or its revision says so. One that
    /// is not there was not edited.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if it cannot be read.
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
            sums.edited || checksum(&text) != *written || has_allows(&text)
        }))
    }

    /// Returns the names of the dialects for which a revision has a script: one that its file tells of, or one that a person put beside it.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if there is no such revision or its folder cannot be read.
    pub fn script_dialects(&self, id: RevisionId) -> Result<BTreeSet<String>, HistoryError> {
        let source = self.source(id)?;
        let recorded = self.get(id).into_iter().flat_map(|header| header.scripts.keys());
        let mut dialects: BTreeSet<String> = recorded.cloned().collect();
        match &source.scripts {
            ScriptTexts::Folder => {
                for name in files::names(&source.folder)? {
                    dialects.extend(name.to_str().and_then(files::script_dialect).map(str::to_owned));
                }
            }
            ScriptTexts::Program(scripts) => {
                let names = scripts.iter().filter_map(|(name, _)| files::script_dialect(name));
                dialects.extend(names.map(str::to_owned));
            }
        }
        Ok(dialects)
    }
}
