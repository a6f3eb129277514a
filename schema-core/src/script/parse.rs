//! The text of a script as a plan.

use super::allow::{Allow, Covers};
use super::error::{Problem, ScriptError};
use super::normalize_lines;
use super::refused::{lock_keyword, transaction_keyword};
use super::split::{Piece, split};
use crate::dialect::Mode;
use crate::lexer::Lexicon;
use crate::plan::{Plan, Statement, Step};

/// The directives, and how each is written.
pub(super) const DIRECTIVES: [(&str, &str); 9] = [
    ("no-transaction", "no-transaction"),
    ("foreign-keys-off", "foreign-keys-off"),
    ("irreversible", "irreversible REASON"),
    ("expect-no-rows", "expect-no-rows MESSAGE"),
    ("explain-failure", "explain-failure MESSAGE"),
    ("redefine-table", "redefine-table"),
    ("keep-dependents", "keep-dependents TABLE"),
    ("restore-dependents", "restore-dependents TABLE"),
    ("allow", "allow CODE REASON"),
];

/// Reads a script, hand-edited or not.
///
/// # Errors
///
/// [`ScriptError`] with the line: a NUL byte, something never closed, a statement that would end the transaction or lock tables in vain, a directive that is unknown or stands where it
/// means nothing.
///
/// # Example
///
/// ```
/// use schema_core::lexer::Lexicon;
/// use schema_core::plan::Step;
/// use schema_core::script::parse;
///
/// let plan = parse("-- why\nUPDATE items SET name = ';';\n", Lexicon::STANDARD).unwrap();
/// assert_eq!(plan.statements[0].reason, "why");
/// assert_eq!(plan.statements[0].step, Step::Execute { sql: "UPDATE items SET name = ';'".into() });
/// ```
pub fn parse(text: &str, lexicon: Lexicon) -> Result<Plan, ScriptError> {
    parse_with_allows(text, lexicon).map(|(plan, _)| plan)
}

/// Reads a script, and which hazards it allows.
///
/// # Errors
///
/// As [`parse`].
///
/// # Example
///
/// ```
/// use schema_core::hazard::Code;
/// use schema_core::lexer::Lexicon;
/// use schema_core::script::{Covers, parse_with_allows};
///
/// let script = "SELECT 1;\n\n-- autogen: allow D01 nobody reads it since May\nDROP TABLE tags;\n";
/// let (_, allows) = parse_with_allows(script, Lexicon::STANDARD).unwrap();
/// assert_eq!((allows[0].code, allows[0].covers), (Code::D01, Covers::Statement(1)));
/// ```
pub fn parse_with_allows(text: &str, lexicon: Lexicon) -> Result<(Plan, Vec<Allow>), ScriptError> {
    let text = normalize_lines(text);
    refuse_nul(&text)?;
    let mut reader = Reader::default();
    for piece in split(&text, lexicon)? {
        reader.read(piece, lexicon)?;
    }
    reader.finish()
}

pub(super) fn refuse_nul(text: &str) -> Result<(), ScriptError> {
    match text.find('\0') {
        Some(at) => Err(ScriptError {
            line: text[..at].matches('\n').count() + 1,
            problem: Problem::NulByte,
        }),
        None => Ok(()),
    }
}

/// Returns why a downgrade script says that there is no way back, or `None` if it does not say so.
///
/// ```
/// use schema_core::script::irreversible;
///
/// assert_eq!(irreversible("-- autogen: irreversible the old prices are gone\n").as_deref(), Some("the old prices are gone"));
/// assert_eq!(irreversible("SELECT 1;"), None);
/// ```
#[must_use]
pub fn irreversible(text: &str) -> Option<String> {
    normalize_lines(text)
        .lines()
        .map_while(|line| {
            let line = line.trim();
            (line.is_empty() || line.starts_with("--")).then(|| line.trim_start_matches('-'))
        })
        .find_map(|comment| match directive(comment)? {
            ("irreversible", reason) => Some(reason.to_owned()),
            (_, _) => None,
        })
}

/// Returns the text of a script without the directives at its head, which speak for the script as a whole.
///
/// ```
/// use schema_core::script::body;
///
/// let script = "-- why\n-- autogen: foreign-keys-off\n\n-- autogen: expect-no-rows gone\nSELECT 1;\n";
/// assert_eq!(body(script), "-- why\n\n-- autogen: expect-no-rows gone\nSELECT 1;\n");
/// ```
#[must_use]
pub fn body(text: &str) -> String {
    let text = normalize_lines(text);
    let mut in_head = true;
    text.split_inclusive('\n')
        .filter(|line| {
            let line = line.trim();
            in_head &= line.is_empty() || line.starts_with("--");
            let directive = line.strip_prefix("--").and_then(directive);
            !(in_head
                && directive.is_some_and(|(name, _)| {
                    matches!(name, "no-transaction" | "foreign-keys-off" | "irreversible")
                }))
        })
        .collect()
}

/// Returns the name and argument of a comment that is a directive.
pub(super) fn directive(comment: &str) -> Option<(&str, &str)> {
    let directive = comment.trim().strip_prefix("autogen:")?.trim_start();
    let end = directive.find(char::is_whitespace).unwrap_or(directive.len());
    Some((&directive[..end], directive[end..].trim()))
}

/// A directive that says what the statement below it is for.
#[derive(Clone)]
enum Purpose {
    ExpectNoRows { message: String },
    ExplainFailure { message: String },
    RedefineTable,
}

impl Purpose {
    fn name(&self) -> &'static str {
        match self {
            Purpose::ExpectNoRows { message: _ } => "expect-no-rows",
            Purpose::ExplainFailure { message: _ } => "explain-failure",
            Purpose::RedefineTable => "redefine-table",
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    mode: Mode,
    statements: Vec<Statement>,
    /// The comment lines directly above.
    reason: Vec<String>,
    /// What the statement still to come is for, and the line that says so.
    purpose: Option<(Purpose, usize)>,
    allows: Vec<Allow>,
    /// From which of them on it is still open what they are for.
    settled: usize,
}

impl Reader {
    fn read(&mut self, piece: Piece<'_>, lexicon: Lexicon) -> Result<(), ScriptError> {
        match piece {
            Piece::Blank => {
                self.reason.clear();
                if self.statements.is_empty() {
                    self.settle(Covers::Script);
                }
            }
            Piece::Comment { text, line } => match directive(text) {
                Some((name, argument)) => self.directive(name, argument, line)?,
                None => {
                    let text = text.strip_prefix(' ').unwrap_or(text).trim_end();
                    self.reason
                        .push(text.strip_prefix('\\').unwrap_or(text).to_owned());
                }
            },
            Piece::Aside { text, line } => {
                if let Some((name, _)) = directive(text) {
                    let (name, _) = known(name, line)?;
                    return Err(misplaced(name, line));
                }
            }
            Piece::Statement { sql, line } => self.statement(sql, line, lexicon)?,
        }
        Ok(())
    }

    fn statement(&mut self, sql: &str, line: usize, lexicon: Lexicon) -> Result<(), ScriptError> {
        if let Some(keyword) = transaction_keyword(sql, lexicon) {
            let problem = if lexicon.compound_bodies {
                Problem::StepTransaction { keyword }
            } else {
                Problem::Transaction { keyword }
            };
            return Err(ScriptError { line, problem });
        }
        if let Some(keyword) = lock_keyword(sql, lexicon, &self.mode) {
            return Err(ScriptError {
                line,
                problem: Problem::Lock { keyword },
            });
        }
        let sql = sql.to_owned();
        let step = match self.purpose.take() {
            Some((Purpose::ExpectNoRows { message }, _)) => Step::ExpectNoRows { sql, message },
            Some((Purpose::ExplainFailure { message }, _)) => Step::ExplainFailure { sql, message },
            Some((Purpose::RedefineTable, _)) => Step::RedefineTable { sql },
            None => Step::Execute { sql },
        };
        self.step(step, line);
        Ok(())
    }

    /// Decides what the newest allows are for.
    fn settle(&mut self, covers: Covers) {
        for allow in &mut self.allows[self.settled..] {
            allow.covers = covers;
        }
        self.settled = self.allows.len();
    }

    fn step(&mut self, step: Step, line: usize) {
        self.settle(Covers::Statement(self.statements.len()));
        let reason = std::mem::take(&mut self.reason).join("\n");
        self.statements.push(Statement { step, reason, line });
    }

    fn directive(&mut self, name: &str, argument: &str, line: usize) -> Result<(), ScriptError> {
        let (name, form) = known(name, line)?;
        let wrong_argument = ScriptError {
            line,
            problem: Problem::Argument { name, form },
        };
        let is_head = matches!(name, "no-transaction" | "foreign-keys-off" | "irreversible");
        // Between such a directive and its statement only comments may stand.
        if self.purpose.is_some() || (is_head && !self.statements.is_empty()) {
            return Err(misplaced(name, line));
        }
        match name {
            "no-transaction" | "foreign-keys-off" | "redefine-table" if !argument.is_empty() => {
                return Err(wrong_argument);
            }
            "no-transaction" => self.mode.no_transaction = true,
            "foreign-keys-off" => self.mode.foreign_keys_off = true,
            "expect-no-rows" => {
                let message = argument.to_owned();
                self.purpose = Some((Purpose::ExpectNoRows { message }, line));
            }
            "explain-failure" => {
                let message = argument.to_owned();
                self.purpose = Some((Purpose::ExplainFailure { message }, line));
            }
            "redefine-table" => self.purpose = Some((Purpose::RedefineTable, line)),
            "keep-dependents" | "restore-dependents" => {
                let table = table_argument(argument).ok_or(wrong_argument)?;
                let step = if name == "keep-dependents" {
                    Step::KeepDependents { table }
                } else {
                    Step::RestoreDependents { table }
                };
                self.step(step, line);
            }
            "allow" => {
                let (code, reason) = argument.split_once(char::is_whitespace).ok_or(wrong_argument)?;
                let code = code.parse().map_err(|_| ScriptError {
                    line,
                    problem: Problem::UnknownCode {
                        code: code.to_owned(),
                    },
                })?;
                self.allows.push(Allow {
                    code,
                    reason: reason.trim().to_owned(),
                    line,
                    covers: Covers::Script,
                });
            }
            // What it says is for those who run a downgrade, and `irreversible` reads it.
            _ => {}
        }
        if is_head {
            self.reason.clear();
        }
        Ok(())
    }

    fn finish(self) -> Result<(Plan, Vec<Allow>), ScriptError> {
        if let Some((purpose, line)) = self.purpose {
            return Err(misplaced(purpose.name(), line));
        }
        let open = self
            .allows
            .get(self.settled)
            .filter(|_| !self.statements.is_empty());
        if let Some(open) = open {
            return Err(misplaced("allow", open.line));
        }
        let plan = Plan {
            mode: self.mode,
            statements: self.statements,
        };
        Ok((plan, self.allows))
    }
}

/// Returns the directive of that name as it stands in the list.
fn known(name: &str, line: usize) -> Result<(&'static str, &'static str), ScriptError> {
    if let Some(known) = DIRECTIVES.into_iter().find(|(known, _)| *known == name) {
        return Ok(known);
    }
    let near = DIRECTIVES
        .into_iter()
        .map(|(known, _)| {
            (
                strsim::damerau_levenshtein(known, &name.to_ascii_lowercase()),
                known,
            )
        })
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min()
        .map(|(_, known)| known);
    Err(ScriptError {
        line,
        problem: Problem::UnknownDirective {
            name: name.to_owned(),
            near,
        },
    })
}

fn misplaced(name: &'static str, line: usize) -> ScriptError {
    let place = match name {
        "no-transaction" | "foreign-keys-off" | "irreversible" => "above the first statement",
        "expect-no-rows" => "directly above the query that must find no rows",
        "explain-failure" => "directly above the query that shows what is in the way of the next statement",
        "redefine-table" => "directly above the CREATE TABLE that says what the table becomes",
        "allow" => {
            "above the statement that has the hazard, or above a blank line at the head for the whole script"
        }
        _ => "between two statements",
    };
    ScriptError {
        line,
        problem: Problem::Misplaced { name, place },
    }
}

fn table_argument(argument: &str) -> Option<String> {
    if argument.starts_with('"') {
        return serde_json::from_str(argument).ok();
    }
    (!argument.is_empty()).then(|| argument.to_owned())
}
