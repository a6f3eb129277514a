//! Names under which something waits until the name that it shall have is free.

use super::Operation;

/// What such a name begins with.
const PREFIX: &str = "_autogen_old_";

/// Returns a free name under which something waits.
pub(crate) fn aside(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = format!("{PREFIX}{name}");
    while taken(&candidate) {
        candidate.push('_');
    }
    candidate
}

/// The names that a list of operations sets aside, so that a person can be told of what happens without them.
#[derive(Debug, Default)]
pub struct Asides(Vec<(String, String)>);

impl Asides {
    /// Finds the names that operations set aside.
    #[must_use]
    pub fn of(operations: &[Operation]) -> Self {
        let mut names: Vec<(String, String)> = operations.iter().filter_map(set_aside).collect();
        // A name that goes on another one comes before it.
        names.sort_by_key(|(aside, _)| std::cmp::Reverse(aside.len()));
        Asides(names)
    }

    /// Tells whether an operation only sets a name aside.
    #[must_use]
    pub fn is_step(operation: &Operation) -> bool {
        set_aside(operation).is_some()
    }

    /// Returns the words with the names that were meant.
    #[must_use]
    pub fn resolve(&self, words: String) -> String {
        self.0
            .iter()
            .fold(words, |words, (aside, name)| words.replace(aside, name))
    }
}

/// Returns the name that something waits under, and its own.
fn set_aside(operation: &Operation) -> Option<(String, String)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only tables and columns wait")]
    let (from, to) = match operation {
        Operation::RenameTable { from, to } => (&from.name, &to.name),
        Operation::RenameColumn { from, to, .. } => (from, to),
        _ => return None,
    };
    let waits = to.strip_prefix(PREFIX)?.trim_end_matches('_') == from.trim_end_matches('_');
    waits.then(|| (to.clone(), from.clone()))
}
