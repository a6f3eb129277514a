//! Lint: the hazards of revisions and of their scripts as they stand, for whoever reviews them.
//!
//! It needs no database. What the operations do is known from them, and how it is done from the scripts, hand-written or not;
//! what a script [allows](crate::script::Allow) is told apart from what is found. Both ways are looked at, though of the way back only what
//! is wrong in a script whichever way it leads: that rows go on the way back is what it is there for.

mod allowed;
mod error;
mod known;

pub use error::LintError;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::allowed::settle;
use self::known::{Anchors, known};
use crate::dialect::{Change, Dialect, Located};
use crate::hazard::{Code, Hazard, hazards};
use crate::history::{Cause, Direction, History, HistoryError, Revision, RevisionId};
use crate::operation::{apply_all, reverse_all};
use crate::schema::Schema;
use crate::script::{Problem, irreversible, parse_with_allows};

/// A hazard, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The revision.
    pub revision: RevisionId,
    /// Which of its scripts.
    pub direction: Direction,
    /// The script's file.
    pub script: PathBuf,
    /// The line of the statement that has it, counted from 1, if one is known.
    pub line: Option<usize>,
    /// The hazard.
    pub hazard: Hazard,
    /// Why it is allowed, if it is.
    pub allowed: Option<String>,
}

/// Returns the hazards of those revisions, parents first, in the scripts of those dialects.
///
/// A hazard that a revision has on any database is found once, where it stands in the first dialect's script; it is allowed if one of the
/// scripts allows it. A dialect for which a revision has no scripts is passed over. Of the codes that [are asked for](Code::is_asked_for), those in `also`
/// are looked for; an `allow` of the others is for those who do ask.
///
/// # Errors
///
/// [`LintError`] with the file: a revision or a script that cannot be read, or a script that a revision had.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{EmbeddedRevision, Migrations, dialect, hazard::Code, history::History};
/// # const fn revision(folder: &'static str, revision: &'static str, scripts: &'static [(&'static str, &'static str)]) -> EmbeddedRevision {
/// #     EmbeddedRevision { folder, revision, scripts }
/// # }
/// # static MIGRATIONS: Migrations = Migrations::new("migrations", &[
/// #     revision("6b0000000001_items", r#"{"format": 1, "id": "6b0000000001", "parents": [], "message": "items", "created": "2026-01-01T00:00:00Z",
/// #         "operations": [{"create_table": {"table": {"name": "items", "columns": [{"name": "id", "type": "i64"}]}}}]}"#, &[]),
/// #     revision("6b0000000002_no_items", r#"{"format": 1, "id": "6b0000000002", "parents": ["6b0000000001"], "message": "no items", "created": "2026-01-02T00:00:00Z",
/// #         "operations": [{"drop_table": {"table": {"name": "items", "columns": [{"name": "id", "type": "i64"}]}}}]}"#,
/// #         &[("upgrade.sqlite.sql", "DROP TABLE items;\n"), ("downgrade.sqlite.sql", "CREATE TABLE items (id INTEGER NOT NULL);\n")]),
/// # ]);
/// use schema_core::lint::lint;
///
/// let history = History::embedded(&MIGRATIONS)?; // its last revision drops a table
/// let sqlite = dialect::by_name("sqlite").expect("this build has SQLite");
/// let found = lint(&history, history.heads(), &[sqlite], &[])?;
/// assert_eq!((found[0].hazard.code, found[0].line), (Code::D01, Some(1)));
/// assert!(found.iter().all(|finding| finding.allowed.is_none()));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lint(
    history: &History,
    revisions: &[RevisionId],
    dialects: &[&dyn Dialect],
    also: &[Code],
) -> Result<Vec<Finding>, LintError> {
    let wanted: BTreeSet<RevisionId> = revisions.iter().copied().collect();
    let mut found = Vec::new();
    let mut replay = Replay::default();
    for header in history.revisions() {
        if replay.done == wanted.len() {
            break;
        }
        let is_wanted = wanted.contains(&header.id);
        if !replay.reach(history, header.id, is_wanted)? {
            continue;
        }
        let revision = history.revision(header.id)?;
        if is_wanted {
            replay.done += 1;
            found.extend(of_revision(history, &revision, &replay.schema, dialects, also)?);
        }
        for operation in &revision.operations {
            operation
                .apply(&mut replay.schema)
                .map_err(|error| history.misfit(header.id, error))?;
        }
        replay.at = Some(header.id);
    }
    Ok(found)
}

/// The schema at one revision after the other, each made from the one before where it can be.
#[derive(Default)]
struct Replay {
    schema: Schema,
    /// The revision whose schema it is; `None` for an empty one, or one that nobody needs.
    at: Option<RevisionId>,
    begun: bool,
    done: usize,
}

impl Replay {
    /// Brings the schema to what a revision builds on, unless nobody asks for it.
    fn reach(&mut self, history: &History, id: RevisionId, wanted: bool) -> Result<bool, LintError> {
        let parents = history
            .get(id)
            .map(|header| header.parents.as_slice())
            .unwrap_or_default();
        let follows = match (parents, self.at) {
            ([], None) => !self.begun,
            ([parent], Some(at)) => *parent == at,
            (_, _) => false,
        };
        self.begun = true;
        if follows {
            return Ok(true);
        }
        self.at = None;
        if !wanted {
            return Ok(false);
        }
        self.schema = Schema::default();
        for ancestor in history
            .applied_at(&[id])
            .into_iter()
            .filter(|ancestor| *ancestor != id)
        {
            history.replay(ancestor, &mut self.schema)?;
        }
        Ok(true)
    }
}

fn of_revision(
    history: &History,
    revision: &Revision,
    before: &Schema,
    dialects: &[&dyn Dialect],
    also: &[Code],
) -> Result<Vec<Finding>, LintError> {
    let mut texts = Vec::new();
    for dialect in dialects {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            match history.script(revision.id, dialect.name(), direction) {
                Ok(text) => texts.push((*dialect, direction, text)),
                Err(HistoryError {
                    cause: Cause::NoScript { .. },
                    ..
                }) if !revision.scripts.contains_key(dialect.name()) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    // Only what the revision names is looked at, so that a big schema costs no more than a small one.
    let scripts = texts
        .iter()
        .map(|(dialect, _, text)| (text.as_str(), dialect.lexicon()));
    let from = known(before, &revision.operations, scripts);
    let to =
        apply_all(from.clone(), &revision.operations).map_err(|error| history.misfit(revision.id, error))?;
    let back = reverse_all(&revision.operations);
    let mut found = Vec::new();
    for (dialect, direction, text) in &texts {
        let script = history
            .script_path(revision.id, dialect.name(), *direction)
            .unwrap_or_default();
        let at = |located: (Option<usize>, Hazard)| Finding {
            revision: revision.id,
            direction: *direction,
            script: script.clone(),
            line: located.0,
            hazard: located.1,
            allowed: None,
        };
        let (plan, mut allows) = match parse_with_allows(text, dialect.lexicon()) {
            Ok(read) => read,
            Err(error) => {
                let code = match error.problem {
                    Problem::Transaction { .. } | Problem::StepTransaction { .. } | Problem::Lock { .. } => {
                        Code::R01
                    }
                    Problem::NulByte => Code::R07,
                    Problem::Unterminated { .. }
                    | Problem::UnterminatedBody
                    | Problem::ClientCopy
                    | Problem::NoDelimiter
                    | Problem::DelimiterStays
                    | Problem::UnknownDirective { .. }
                    | Problem::Misplaced { .. }
                    | Problem::UnknownCode { .. }
                    | Problem::Argument { .. } => return Err(LintError::Script { path: script, error }),
                };
                let text = format!("{error}, so the runner refuses the script");
                let text = text
                    .split_once(": ")
                    .map_or(text.as_str(), |(_, text)| text)
                    .to_owned();
                let hazard = Hazard::new(code, text, error.hint().unwrap_or_default());
                found.push(at((Some(error.line), hazard)));
                continue;
            }
        };
        let is_wanted = |code: Code| !code.is_asked_for() || also.contains(&code);
        allows.retain(|allow| is_wanted(allow.code));
        let mut located = Vec::new();
        let anchors = Anchors::new(&plan, dialect.lexicon());
        match direction {
            Direction::Upgrade => {
                let quote = |name: &str| dialect.quote(name);
                let neutral = hazards(&revision.operations, &from, &to, &revision.answers, &quote);
                located.extend(neutral.into_iter().map(|hazard| Located {
                    hazard,
                    statement: None,
                }));
                let change = Change {
                    script: &plan,
                    operations: &revision.operations,
                    from: &from,
                    to: &to,
                };
                located.extend(dialect.hazards(&change));
                if !also.is_empty() {
                    let found = dialect.quality(&change).into_iter();
                    located.extend(found.filter(|located| is_wanted(located.hazard.code)));
                }
            }
            Direction::Downgrade => {
                let change = Change {
                    script: &plan,
                    operations: &back,
                    from: &to,
                    to: &from,
                };
                let either_way = dialect.hazards(&change).into_iter();
                located.extend(either_way.filter(|located| is_of_the_script(located.hazard.code)));
                if let Some(reason) = irreversible(text) {
                    let text = format!("the way back is said to be none: {reason}");
                    let hazard = Hazard::new(
                        Code::D15,
                        text,
                        "keep what the way there takes away, in a table of its own",
                    );
                    located.push(Located {
                        hazard,
                        statement: None,
                    });
                }
            }
        }
        for one in &mut located {
            if one.statement.is_none() {
                one.statement = anchors.of(&one.hazard);
            }
        }
        let line = |at: usize| plan.statements.get(at).map(|statement| statement.line);
        let mut settled: Vec<Finding> = settle(located, &allows)
            .into_iter()
            .map(|(one, allowed)| Finding {
                allowed,
                ..at((one.statement.and_then(line).or(one.line), one.hazard))
            })
            .collect();
        settled.sort_by_key(|finding| finding.line);
        found.extend(settled);
    }
    Ok(once(found))
}

/// Tells whether a hazard is one of what stands in a script, not of where it leads.
fn is_of_the_script(code: Code) -> bool {
    let of_rows = [
        Code::D03,
        Code::D08,
        Code::D09,
        Code::D10,
        Code::D11,
        Code::D12,
        Code::D13,
        Code::F08,
    ];
    let of_runs = [Code::L02, Code::L05, Code::L10, Code::L11];
    code.as_str().starts_with('R') || of_rows.contains(&code) || of_runs.contains(&code)
}

/// Leaves one of those that several dialects' scripts have alike.
fn once(found: Vec<Finding>) -> Vec<Finding> {
    let mut places: BTreeMap<(Direction, Code, String), usize> = BTreeMap::new();
    let mut all: Vec<Finding> = Vec::new();
    for finding in found {
        let is_of_script = matches!(finding.hazard.code, Code::R01 | Code::R07 | Code::R11);
        if finding.hazard.dialect.is_some() || is_of_script {
            all.push(finding);
            continue;
        }
        let key = (
            finding.direction,
            finding.hazard.code,
            finding.hazard.text.clone(),
        );
        match places.get(&key) {
            Some(at) => all[*at].allowed = all[*at].allowed.take().or(finding.allowed),
            None => {
                places.insert(key, all.len());
                all.push(finding);
            }
        }
    }
    all
}
