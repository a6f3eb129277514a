//! What a person changed in the files of a revision since they were written.

use std::path::PathBuf;

use super::{Direction, History, HistoryError, RevisionId, files, revision};
use crate::script::checksum;

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

    /// Tells whether a person edited a script: it is not as it was written, or its revision says so.
    ///
    /// # Errors
    ///
    /// As [`script`](Self::script).
    pub fn is_edited(
        &self,
        id: RevisionId,
        dialect: &str,
        direction: Direction,
    ) -> Result<bool, HistoryError> {
        let text = self.script(id, dialect, direction)?;
        let sums = self.get(id).and_then(|header| header.scripts.get(dialect));
        Ok(sums.is_none_or(|sums| {
            let written = match direction {
                Direction::Upgrade => &sums.upgrade,
                Direction::Downgrade => &sums.downgrade,
            };
            sums.edited || checksum(&text) != *written
        }))
    }
}
