//! `autogen check`.

use clap::Args;
use schema_core::diff::{Answers, diff};
use schema_core::history::History;
use schema_core::history::files::snapshot_holds;
use schema_core::operation::{Operation, describe_all};
use schema_core::runner;
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
/// Exits with 1 if `autogen migrate` would write something, if `snapshot.json` is not what the revisions lead to, or,
/// with `--database`, if the database is not what its revisions say: an applied script was edited, a revision is
/// unknown or pending, a table differs.
///
/// Example: autogen check --database
///
/// With --json: {"ok", "operations": [{"text", "operation"}], "findings": [{"code", "what", "hint"}]}
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
    if arguments.database {
        check_database(environment, &config, &history, &mut findings)?;
    } else {
        operations = check_models(environment, &config, &history, &arguments.models, &mut findings)?;
    }
    let ok = operations.is_empty() && findings.is_empty();
    match environment.printer.format() {
        Format::Json => {
            let findings: Vec<_> = findings
                .iter()
                .map(|finding| json!({"code": finding.code, "what": finding.what, "hint": finding.hint}))
                .collect();
            environment.printer.document(&json!({
                "ok": ok,
                "operations": document::operations(&operations),
                "findings": findings,
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
    for finding in findings {
        environment.printer.data(&finding.what);
        environment.printer.hint(&finding.hint);
    }
    if !operations.is_empty() {
        environment
            .printer
            .hint("write them as a revision with `autogen migrate`");
    }
}

/// Compares models, history and snapshot.
fn check_models(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    arguments: &ModelArgs,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Operation>, CommandError> {
    let read = artifact::read(environment, config, arguments)?;
    let from = history.schema()?;
    if let [_, _, ..] = history.heads() {
        let heads: Vec<String> = history
            .heads()
            .iter()
            .map(|id| super::named(history, *id))
            .collect();
        findings.push(Finding {
            code: "heads",
            what: format!("history has {} heads: {}", heads.len(), heads.join(", ")),
            hint: "let the later one name the other as its parent, in its `revision.json`".to_owned(),
        });
    }
    if !snapshot_holds(&environment.migrations, &from)? {
        findings.push(Finding {
            code: "snapshot",
            what: "`snapshot.json` is not the schema that the revisions lead to".to_owned(),
            hint: "write it anew with `autogen snapshot`".to_owned(),
        });
    }
    let answers = Answers {
        backfills: read.models.backfills,
        ..Answers::default()
    };
    environment
        .printer
        .debug(Topic::Compare, "Comparing the models with the history");
    Ok(diff(&from, &read.models.schema, &answers))
}

/// Compares the database with what it says it is.
fn check_database(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    findings: &mut Vec<Finding>,
) -> Result<(), CommandError> {
    let database = environment.database(config)?;
    let mut connection = database.open(Missing::Refuse)?;
    let found = runner::check(&mut *connection, database.dialect, history)?;
    findings.extend(found.into_iter().map(|finding| Finding {
        code: finding.code(),
        what: finding.to_string(),
        hint: finding.hint(),
    }));
    Ok(())
}
