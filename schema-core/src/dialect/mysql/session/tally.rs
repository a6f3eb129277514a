//! What of the traces of a statement is there.

use crate::dialect::Progress;

/// The traces that are there, and those that are missing, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    there: Vec<String>,
    missing: Vec<String>,
}

impl Tally {
    pub(super) fn count(&mut self, is_there: bool, name: &str) {
        let counted = if is_there {
            &mut self.there
        } else {
            &mut self.missing
        };
        counted.push(name.to_owned());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.there.is_empty() && self.missing.is_empty()
    }

    /// Tells whether all of the traces are there, or none; `None` if it is neither, or there are none to look at.
    pub(super) fn whole(&self) -> Option<bool> {
        match (self.there.is_empty(), self.missing.is_empty()) {
            (false, true) => Some(true),
            (true, false) => Some(false),
            (true, true) | (false, false) => None,
        }
    }

    /// Returns how far a statement came that left traces of both kinds, or none of them.
    pub(super) fn progress(&self) -> Option<Progress> {
        Some(match self.whole() {
            Some(true) => Progress::Whole,
            Some(false) => Progress::Nothing,
            None if self.is_empty() => return None,
            None => Progress::Unclear {
                found: format!(
                    "what it does to `{}` is done, and what it does to `{}` is not",
                    self.there.join("`, `"),
                    self.missing.join("`, `")
                ),
            },
        })
    }
}
