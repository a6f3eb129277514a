//! `autogen check`.

use clap::Args;
use schema_core::dialect::Unmanaged;
use schema_core::diff::{Stale, declared, diff, stale};
use schema_core::history::files::{SNAPSHOT_FILE, snapshot_holds};
use schema_core::history::{Cause, Direction, History, HistoryError};
use schema_core::operation::{Operation, describe_all};
use schema_core::runner::{self, Uncompared};
use schema_core::schema::Schema;
use serde_json::json;

use crate::artifact::{self, ModelArgs};
use crate::config::Config;
use crate::database::Missing;
use crate::document;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Tell whether models and history agree, for CI
///
/// Exits with 1 if `autogen migrate` would write something, if a script is gone or `snapshot.json` is not what the revisions lead to, or,
/// with `--database`, if the database is not what its revisions say: an applied script was edited, a revision is
/// unknown or pending, a table differs. Tables that no revision made are nobody's business, but for those that `[tables]` of
/// `autogen.toml` includes. A database user who may only read will do; what could then not be compared is told. So is what no
/// model can say and changes what a table does (UNLOGGED, an index that no query uses, ON CONFLICT), which is no finding. A `renamed_from` that does nothing any more is told, and is no finding.
///
/// Example: autogen check --database
///
/// With --json: {"ok", "operations": [{"text", "operation"}], "findings": [{"code", "what", "hint"}],
/// "stale": [{"target", "former", "hint"}], "uncompared": ["the check `x` of `t`"],
/// "unmanaged": [{"kind", "name", "effect"}]}
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Check the database against the history, instead of the models
    #[arg(long)]
    database: bool,

    #[command(flatten)]
    models: ModelArgs,
}

/// Something that is not as it should be.
struct Finding {
    /// The stable name of its kind.
    code: &'static str,
    /// What is not as it should be.
    what: String,
    /// How to go on.
    hint: String,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &CheckArgs) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let mut findings = Vec::new();
    let mut operations = Vec::new();
    let mut idle = Vec::new();
    let mut uncompared = None;
    let mut unmanaged = Vec::new();
    if arguments.database {
        (uncompared, unmanaged) = check_database(environment, &config, &history, &mut findings)?;
    } else {
        let models = &arguments.models;
        operations = check_models(environment, &config, &history, models, &mut findings, &mut idle)?;
    }
    if let Some(uncompared) = &uncompared {
        environment.printer.warn(Topic::Compare, uncompared);
        environment.printer.hint(uncompared.hint());
    }
    for thing in &unmanaged {
        let text = format_args!("No model can say the {}", thing.told());
        environment.printer.warn(Topic::Compare, text);
    }
    for stale in &idle {
        environment.printer.info(Topic::Compare, stale);
        environment.printer.hint(stale.hint());
    }
    // A `renamed_from` that has done its work is allowed to stay: branches may still need it.
    let ok = operations.is_empty() && findings.is_empty();
    match environment.printer.format() {
        Format::Json => {
            let findings: Vec<_> = findings
                .iter()
                .map(|finding| json!({"code": finding.code, "what": finding.what, "hint": finding.hint}))
                .collect();
            let stale: Vec<_> = idle
                .iter()
                .map(|stale| json!({"target": stale.target.to_string(), "former": stale.former, "hint": stale.hint()}))
                .collect();
            environment.printer.document(&json!({
                "ok": ok,
                "operations": document::operations(&operations),
                "findings": findings,
                "stale": stale,
                "uncompared": uncompared.iter().flat_map(|uncompared| &uncompared.expressions).collect::<Vec<_>>(),
                "unmanaged": unmanaged
                    .iter()
                    .map(|thing| json!({"kind": thing.kind, "name": thing.name, "effect": thing.effect}))
                    .collect::<Vec<_>>(),
            }));
        }
        Format::Text if ok => environment.printer.say(if arguments.database {
            "The database is what its revisions say."
        } else {
            "No changes in schema detected."
        }),
        Format::Text => print(environment, &operations, &findings),
    }
    Ok(if ok { Outcome::Done } else { Outcome::Found })
}

fn print(environment: &mut Environment<'_>, operations: &[Operation], findings: &[Finding]) {
    for line in describe_all(operations) {
        environment.printer.data(line);
    }
    for (at, finding) in findings.iter().enumerate() {
        environment.printer.data(&finding.what);
        // What several findings share is said below the last of them.
        if findings.get(at + 1).is_none_or(|next| next.hint != finding.hint) {
            environment.printer.hint(&finding.hint);
        }
    }
    if !operations.is_empty() {
        environment
            .printer
            .hint("write them as a revision with `autogen migrate`");
    }
}

/// Looks at the history alone: whether its files are as they were written, and its branches fit together.
fn check_history(history: &History, findings: &mut Vec<Finding>) -> Result<(), CommandError> {
    for (revision, path) in history.edited_operations()? {
        findings.push(Finding {
            code: "edited-operations",
            what: format!("the operations of revision `{revision}` were edited (`{}`)", path.display()),
            hint: "restore the file from version control; what a revision does is changed in the models, and written anew with `autogen migrate --amend`"
                .to_owned(),
        });
    }
    for revision in history.revisions() {
        for script in history.scripts_gone(revision.id)? {
            findings.push(Finding {
                code: "missing-script",
                what: format!(
                    "revision `{}` has no {} script for {} any more (`{}`)",
                    revision.id,
                    script.direction,
                    script.dialect,
                    script.path.display()
                ),
                hint: "restore it from version control".to_owned(),
            });
        }
    }
    for (merge, conflict) in history.merged_conflicts()? {
        findings.push(Finding {
            code: "merged-conflict",
            what: format!("merge `{merge}` joins what does not fit together: {conflict}"),
            hint: format!("remove the folder of `{merge}`, and decide with `autogen merge --prefer`"),
        });
    }
    let heads = history.heads();
    let conflicts = history.conflicts(heads)?;
    if heads.len() > 1 {
        let named: Vec<String> = heads.iter().map(|id| super::named(history, *id)).collect();
        findings.push(Finding {
            code: "heads",
            what: format!("history has {} heads: {}", heads.len(), named.join(", ")),
            hint: if conflicts.is_empty() {
                "join them with `autogen merge`; the next `autogen migrate` does so, too".to_owned()
            } else {
                super::join::decision_hint(heads)
            },
        });
    }
    findings.extend(conflicts.into_iter().map(|conflict| Finding {
        code: "conflict",
        what: conflict.to_string(),
        hint: super::join::decision_hint(heads),
    }));
    Ok(())
}

/// Compares models, history and snapshot.
fn check_models(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    arguments: &ModelArgs,
    findings: &mut Vec<Finding>,
    idle: &mut Vec<Stale>,
) -> Result<Vec<Operation>, CommandError> {
    let read = artifact::read(environment, config, arguments)?;
    check_history(history, findings)?;
    let mut from = match history.schema() {
        Ok(schema) => schema,
        // What was found says why; without any finding, the error does.
        Err(_) if !findings.is_empty() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    findings.extend(scripts_lacking(config, history)?);
    findings.extend(check_snapshot(environment, &from)?);
    environment
        .printer
        .debug(Topic::Compare, "Comparing the models with the history");
    config.tables.refuse_dangling(&read.models.schema, &from)?;
    config.tables.leave_alone(&mut from);
    let past = super::past(history, history.heads(), &read.models)?;
    *idle = stale(&read.models, &from, Some(&past));
    let answers = declared(&read.models, &from, Some(&past));
    Ok(diff(&from, &read.models.schema, &answers))
}

/// Finds a snapshot that is not what the revisions lead to, or cannot be understood: it is derived, so nothing in it needs to be repaired.
fn check_snapshot(environment: &Environment<'_>, schema: &Schema) -> Result<Option<Finding>, CommandError> {
    let what = match snapshot_holds(&environment.migrations, schema) {
        Ok(true) => return Ok(None),
        Ok(false) if !environment.migrations.join(SNAPSHOT_FILE).exists() => {
            "there is no `snapshot.json`".to_owned()
        }
        Ok(false) => "`snapshot.json` is not the schema that the revisions lead to".to_owned(),
        Err(HistoryError {
            cause: Cause::Json { line, .. },
            ..
        }) => format!(
            "`snapshot.json` cannot be understood from line {line} on, as a merge in version control may leave it"
        ),
        Err(error) if error.cause == Cause::NotUtf8 => "`snapshot.json` is not UTF-8".to_owned(),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(Finding {
        code: "snapshot",
        what,
        hint: "write it anew with `autogen snapshot`".to_owned(),
    }))
}

/// Finds the dialects that were configured after revisions were made, and for which those have no scripts.
fn scripts_lacking(config: &Config, history: &History) -> Result<Vec<Finding>, CommandError> {
    let mut findings = Vec::new();
    for dialect in config.dialects()? {
        let name = dialect.name();
        let lacking = history
            .revisions()
            .iter()
            .filter(|revision| !revision.scripts.contains_key(name))
            .filter(|revision| history.script(revision.id, name, Direction::Upgrade).is_err())
            .count();
        if lacking > 0 {
            findings.push(Finding {
                code: "scripts",
                what: format!("{lacking} of the revisions have no scripts for {name}"),
                hint: "write them with `autogen migrate`".to_owned(),
            });
        }
    }
    Ok(findings)
}

/// Compares the database with what it says it is.
fn check_database(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    findings: &mut Vec<Finding>,
) -> Result<(Option<Uncompared>, Vec<Unmanaged>), CommandError> {
    let database = environment.database(config)?;
    let mut connection = database.open(Missing::Refuse)?;
    let found = runner::check(&mut *connection, database.dialect, history, &config.tables)?;
    findings.extend(found.findings.into_iter().map(|finding| Finding {
        code: finding.code(),
        what: finding.to_string(),
        hint: finding.hint(),
    }));
    Ok((found.uncompared, found.unmanaged))
}
