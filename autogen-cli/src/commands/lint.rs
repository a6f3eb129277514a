//! `autogen lint`.

use clap::Args;
use schema_core::hazard::Code;
use schema_core::history::{History, RevisionId};
use schema_core::lint::{Finding, LintError, lint};
use serde_json::{Value, json};

use crate::config::{codes, find_dialect};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Look for hazards in revisions, for whoever reviews them
///
/// Looks at what the revisions do and at their scripts as they stand, hand-written or not: data that is lost, rows that stop the upgrade, locks that
/// others wait for, programs that still run and break, statements that the runner cannot run. Each hazard has a code, the
/// reason and a safer form; no database is asked. Without a range the newest revision is looked at, and with branches that of each; `:` is the
/// whole history, `head-2:` the last three revisions.
///
/// What is meant is allowed in the script, with the reason: `-- autogen: allow D02 nobody reads it since May` above the statement, or at
/// the head of the script, above a blank line, for all of it. An allowed hazard is no finding; an `allow` without its hazard is one. These comments do
/// not count as an edit, so they can be written when the script has been applied already. That whoever ran `migrate` said `--allow-drop`
/// allows nothing here: it is for the reviewer to say.
///
/// What works and had better be otherwise, such as a table without a primary key or an index that is the beginning of another, is looked for where
/// it is asked for: `--with S` or `--with S04,S05`, and in `autogen.toml` `with = ["S"]` under `[lint]`. A revision has what it leaves behind
/// and has not found; `:` looks at all of the history.
///
/// Example: autogen lint head-2:
///
/// With --json: {"ok", "revisions": how many, "findings": [{"revision", "code", "dialect", "script", "line", "text", "safe"}],
/// "allowed": [the same, with "reason"]}, where "dialect" is null for a hazard on any database
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Only these: `a:b`, `:b`, `a:`, or one revision
    #[arg(value_name = "RANGE", default_value = "heads", allow_hyphen_values = true, value_parser = super::range)]
    range: String,

    /// Look at the scripts for this database only
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,

    /// Also look for these, besides those of `autogen.toml`: `S` or some of its codes
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    with: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &LintArgs) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let dialects = match &arguments.dialect {
        Some(name) => vec![find_dialect(name)?],
        None => config.dialects()?,
    };
    let history = environment.history()?;
    let revisions = revisions(environment, &history, &arguments.range)?;
    let mut also = config.lint.codes()?;
    also.extend(codes(&arguments.with)?);
    let found = lint(&history, &revisions, &dialects, &also)?;
    let (allowed, findings): (Vec<&Finding>, Vec<&Finding>) =
        found.iter().partition(|finding| finding.allowed.is_some());
    match environment.printer.format() {
        Format::Json => {
            let documents = |findings: &[&Finding]| -> Vec<Value> {
                findings
                    .iter()
                    .map(|finding| document(environment, finding))
                    .collect()
            };
            let document = json!({
                "ok": findings.is_empty(),
                "revisions": revisions.len(),
                "findings": documents(&findings),
                "allowed": documents(&allowed),
            });
            environment.printer.document(&document);
        }
        Format::Text => print(environment, &findings, &allowed, revisions.len()),
    }
    Ok(if findings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// Returns the revisions of a range; one that names none of a history that has some is a mistake.
fn revisions(
    environment: &mut Environment<'_>,
    history: &History,
    range: &str,
) -> Result<Vec<RevisionId>, CommandError> {
    let current = super::current_for(environment, history, range)?;
    let found: Vec<RevisionId> = history
        .range(range, &current)?
        .iter()
        .map(|header| header.id)
        .collect();
    if found.is_empty() && !history.is_empty() {
        return Err(CommandError::new(format!("the range `{range}` has no revision"))
            .hint("`autogen history` lists them, `autogen lint :` looks at all"));
    }
    Ok(found)
}

fn document(environment: &Environment<'_>, finding: &Finding) -> Value {
    let Finding {
        revision,
        direction: _,
        script,
        line,
        hazard,
        allowed,
    } = finding;
    let mut document = json!({
        "revision": revision,
        "code": hazard.code,
        "dialect": hazard.dialect,
        "script": environment.shown(script),
        "line": line,
        "text": hazard.text,
        "safe": hazard.safe,
    });
    if let Some(reason) = allowed {
        document["reason"] = json!(reason);
    }
    document
}

/// Prints what was found as data, each with the place that editors and CI know as one, and what is allowed with `-v`.
fn print(environment: &mut Environment<'_>, findings: &[&Finding], allowed: &[&Finding], looked_at: usize) {
    for finding in findings {
        let place = place(environment, finding);
        let hazard = &finding.hazard;
        environment
            .printer
            .data(format_args!("{place}: {} {}", hazard.code, hazard.text));
        environment.printer.data(format_args!("  safer: {}", hazard.safe));
    }
    for finding in allowed {
        let place = place(environment, finding);
        let reason = finding.allowed.as_deref().unwrap_or_default();
        let text = format_args!("{place}: {} is allowed: {reason}", finding.hazard.code);
        environment.printer.debug(Topic::Hazard, text);
    }
    let beside = match allowed.len() {
        0 => String::new(),
        count => format!("; {count} allowed"),
    };
    let revisions = super::verify::revisions(looked_at);
    match findings.len() {
        0 => environment
            .printer
            .say(format_args!("No hazards in {revisions}{beside}.")),
        1 => environment
            .printer
            .say(format_args!("1 hazard in {revisions}{beside}.")),
        count => environment
            .printer
            .say(format_args!("{count} hazards in {revisions}{beside}.")),
    }
    // What no script can be read with cannot be allowed in it.
    let refused = [Code::R01, Code::R07, Code::R11];
    let mut codes = findings.iter().map(|finding| finding.hazard.code);
    if let Some(code) = codes.find(|code| !refused.contains(code)) {
        environment.printer.hint(&format!(
            "what is meant is allowed by `-- autogen: allow {code} REASON` above its statement"
        ));
    }
}

fn place(environment: &Environment<'_>, finding: &Finding) -> String {
    let script = environment.shown(&finding.script);
    match finding.line {
        Some(line) => format!("{script}:{line}"),
        None => script,
    }
}

impl From<LintError> for CommandError {
    fn from(error: LintError) -> Self {
        CommandError::new(error.to_string()).hints(error.hint())
    }
}
