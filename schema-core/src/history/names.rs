//! The names of revisions: ids, slugs, heads, and places relative to others.

use super::{Cause, Header, History, HistoryError, RevisionId};

/// How many revisions an error about an unknown name lists.
const CANDIDATES: usize = 5;

/// The names that mean places in the history, so that no slug can be one of them.
pub(super) const PLACES: [&str; 4] = ["base", "head", "heads", "current"];

/// Tells whether what a name or a range means depends on where a database is: it says `current`, or counts steps from nothing else.
///
/// A slug in which the word stands does not.
///
/// # Example
///
/// ```
/// use schema_core::history::counts_from_current;
///
/// assert!(counts_from_current("+1") && counts_from_current(":current-1"));
/// assert!(!counts_from_current("add_current_km") && !counts_from_current("head-1:"));
/// ```
#[must_use]
pub fn counts_from_current(range: &str) -> bool {
    range.split(':').any(|name| {
        let (mut from, mut counted) = (name, false);
        while let Some((earlier, _, _)) = relative(from) {
            (from, counted) = (earlier, true);
        }
        from == "current" || counted && from.is_empty()
    })
}

impl History {
    /// Returns the revisions that a name means, given those that are `current` in the database.
    ///
    /// A name is a full id, a unique prefix of one, a slug or a unique prefix of one, `head`, `heads`, `base` (no
    /// revision), `current`, or a place relative to another: `+1` and `-2` count from `current`, `ID+1` and `ID-1` from any name. One
    /// step back from a merge leads to all its parents.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the candidates if no revision or several have the name.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let [first, second] = [history.revisions()[0].id, history.revisions()[1].id];
    /// assert_eq!(history.resolve("head", &[])?, [second]);
    /// assert_eq!(history.resolve("head-1", &[])?, [first]);
    /// assert_eq!(history.resolve("create", &[])?, [first]); // of `create_stores`
    /// assert_eq!(history.resolve("+1", &[first])?, [second]);
    /// assert!(history.resolve("6b036", &[]).is_err()); // both begin so
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn resolve(&self, name: &str, current: &[RevisionId]) -> Result<Vec<RevisionId>, HistoryError> {
        match name {
            "base" => return Ok(Vec::new()),
            "heads" => return Ok(self.heads.clone()),
            "head" if self.heads.len() > 1 => return Err(self.ambiguous(name, &self.heads)),
            "head" => return Ok(self.heads.clone()),
            "current" => return Ok(current.to_vec()),
            _ => {}
        }
        if let Some((from, forward, steps)) = relative(name) {
            let start = if from.is_empty() {
                current.to_vec()
            } else {
                self.resolve(from, current)?
            };
            return if forward {
                self.forward(name, start, steps)
            } else {
                self.back(name, start, steps)
            };
        }
        self.find(name).map(|id| vec![id])
    }

    /// Returns the revisions of a range, parents first: `a:b` those from `a` to `b`, both included, `:b` those up to `b`,
    /// `a:` those from `a` on; a single name is that revision.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert_eq!(history.range(":head", &[])?.len(), 2);
    /// let pending = history.range("current:", history.resolve("create_stores", &[])?.as_slice())?;
    /// assert_eq!(pending.last().unwrap().message, "add items.description");
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn range(&self, range: &str, current: &[RevisionId]) -> Result<Vec<&Header>, HistoryError> {
        let Some((from, to)) = range.split_once(':') else {
            return Ok(self
                .resolve(range, current)?
                .into_iter()
                .filter_map(|id| self.get(id))
                .collect());
        };
        let to = if to.is_empty() {
            self.heads.clone()
        } else {
            self.resolve(to, current)?
        };
        let from = if from.is_empty() {
            Vec::new()
        } else {
            self.resolve(from, current)?
        };
        for end in from.iter().chain(&to) {
            self.known(*end)?;
        }
        let after: std::collections::BTreeSet<RevisionId> = self.descendants(&from).into_iter().collect();
        let upto = self.ancestors(&to).into_iter();
        Ok(upto
            .filter(|id| from.is_empty() || after.contains(id))
            .filter_map(|id| self.get(id))
            .collect())
    }

    fn find(&self, name: &str) -> Result<RevisionId, HistoryError> {
        let lower = name.to_ascii_lowercase();
        let matching = |matches: &dyn Fn(RevisionId, &str) -> bool| -> Vec<RevisionId> {
            self.headers
                .iter()
                .map(|header| header.id)
                .filter(|id| matches(*id, self.slug(*id).unwrap_or_default()))
                .collect()
        };
        let exact = matching(&|id, slug| id.to_string() == lower || slug == name);
        let found = if exact.is_empty() && !name.is_empty() {
            matching(&|id, slug| id.to_string().starts_with(&lower) || slug.starts_with(name))
        } else {
            exact
        };
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(self.unknown(name)),
            several => Err(self.ambiguous(name, several)),
        }
    }

    fn forward(
        &self,
        name: &str,
        start: Vec<RevisionId>,
        steps: usize,
    ) -> Result<Vec<RevisionId>, HistoryError> {
        let mut at = start;
        for taken in 0..steps {
            let next: Vec<RevisionId> = match at.as_slice() {
                [] => self
                    .headers
                    .iter()
                    .filter(|header| header.parents.is_empty())
                    .map(|root| root.id)
                    .collect(),
                [one] => {
                    self.known(*one)?;
                    self.children(*one).map(|child| child.id).collect()
                }
                several => return Err(self.ambiguous(name, several)),
            };
            at = match next.as_slice() {
                [_] => next,
                [] => return Err(too_far(name, taken)),
                several => return Err(self.ambiguous(name, several)),
            };
        }
        Ok(at)
    }

    fn back(
        &self,
        name: &str,
        start: Vec<RevisionId>,
        steps: usize,
    ) -> Result<Vec<RevisionId>, HistoryError> {
        let mut at = start;
        for taken in 0..steps {
            at = match at.as_slice() {
                [] => return Err(too_far(name, taken)),
                [one] => self.known(*one)?.parents.clone(),
                several => return Err(self.ambiguous(name, several)),
            };
        }
        Ok(at)
    }

    fn known(&self, id: RevisionId) -> Result<&Header, HistoryError> {
        self.get(id).ok_or(HistoryError {
            path: None,
            cause: Cause::NotInFiles { revision: id },
        })
    }

    /// Returns the error for a name that no revision has, with what it was squashed into, those that are spelled most like it, or else the newest.
    pub(super) fn unknown(&self, name: &str) -> HistoryError {
        let lower = name.to_ascii_lowercase();
        let squashed: Vec<RevisionId> = (self.replaced.iter())
            .filter(|(id, _)| !name.is_empty() && id.to_string().starts_with(&lower))
            .map(|(_, by)| *by)
            .collect();
        if let Some(by) = squashed
            .first()
            .filter(|by| squashed.iter().all(|other| other == *by))
        {
            let cause = Cause::UnknownRevision {
                name: name.to_owned(),
                candidates: vec![format!(
                    "{}, into which it was squashed",
                    self.shown(&[*by]).concat()
                )],
            };
            return HistoryError { path: None, cause };
        }
        let mut near: Vec<(usize, RevisionId)> = self
            .headers
            .iter()
            .map(|header| {
                let slug = self.slug(header.id).unwrap_or_default();
                let length = name.len().max(1);
                let id = header.id.to_string();
                let prefix = &id[..length.min(id.len())];
                (
                    strsim::levenshtein(slug, name).min(strsim::levenshtein(prefix, name)),
                    header.id,
                )
            })
            .filter(|(distance, _)| *distance <= (name.len() / 3).max(1))
            .collect();
        near.sort_unstable();
        let mut ids: Vec<RevisionId> = near.into_iter().map(|(_, id)| id).take(CANDIDATES).collect();
        let places = PLACES
            .iter()
            .filter(|place| strsim::levenshtein(place, &lower) <= name.len() / 4);
        let places: Vec<String> = places.map(|place| format!("`{place}`")).collect();
        if ids.is_empty() && places.is_empty() {
            ids = self
                .headers
                .iter()
                .rev()
                .map(|header| header.id)
                .take(CANDIDATES)
                .collect();
        }
        let cause = Cause::UnknownRevision {
            name: name.to_owned(),
            candidates: [places, self.shown(&ids)].concat(),
        };
        HistoryError { path: None, cause }
    }

    fn ambiguous(&self, name: &str, ids: &[RevisionId]) -> HistoryError {
        let cause = Cause::AmbiguousRevision {
            name: name.to_owned(),
            candidates: self.shown(ids),
        };
        HistoryError { path: None, cause }
    }

    fn shown(&self, ids: &[RevisionId]) -> Vec<String> {
        ids.iter()
            .map(|id| match self.slug(*id) {
                Some(slug) if !slug.is_empty() => format!("`{id}` ({slug})"),
                Some(_) | None => format!("`{id}`"),
            })
            .collect()
    }
}

fn too_far(name: &str, available: usize) -> HistoryError {
    HistoryError {
        path: None,
        cause: Cause::TooFar {
            name: name.to_owned(),
            available,
        },
    }
}

/// Returns the name that a relative name counts from, whether it counts forward, and how far.
fn relative(name: &str) -> Option<(&str, bool, usize)> {
    let at = name.rfind(['+', '-'])?;
    let digits = &name[at + 1..];
    let steps = digits
        .parse()
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((&name[..at], name.as_bytes()[at] == b'+', steps))
}
