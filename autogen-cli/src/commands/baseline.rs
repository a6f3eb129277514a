//! `autogen baseline`: a database that exists becomes one that autogen knows.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use schema_core::db::Connection;
use schema_core::history::{History, RevisionId};
use schema_core::operation::describe_all;
use schema_core::runner::{self, Agreement, Unknown};
use schema_core::schema::Schema;
use serde_json::json;

use super::migrate;
use super::running;
use crate::artifact::{self, ModelArgs};
use crate::config::Config;
use crate::database::{Database, Missing};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Adopt a database that exists
///
/// Proves that the models and the tables of the database agree, writes the models' first revision and records it as applied: from
/// then on, `autogen migrate` and `autogen upgrade` go on from there. Where they do not agree, the differences are listed, and nothing is
/// written or recorded. With a history that makes tables already, the database is compared with its head, and all of it is recorded.
///
/// The tables themselves are never changed, and no downgrade drops them: the first revision's says that there is no way back. (A history that was
/// there before says what its own downgrades say.) Those that no model has are told and left alone. What tables stand on and no model makes (extensions,
/// domains, types, sequences, functions) is told, too: for the sake of new databases, write it into a revision of its own before, by `autogen revision`;
/// the models' revision comes on top of that, and both are recorded.
///
/// For the models to begin with, see `autogen inspect URL --format rust`.
///
/// Example: autogen baseline sqlite:instance/database.db
///
/// With --json: {"database", "revisions": [ID], "others": [tables that no model has]}; where they do not agree, {"error",
/// "differences": [{"text", "operation"}]}
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// The database; without it, the configured one
    #[arg(value_name = "URL")]
    url: Option<String>,

    /// Say what the first revision is
    #[arg(short, long, value_name = "TEXT", default_value = "baseline", value_parser = NonEmptyStringValueParser::new())]
    message: String,

    /// Use this id of 12 hexadecimal digits instead of the time
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,

    /// Give up when another process holds the database for longer than this
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_timeout: u32,

    #[command(flatten)]
    models: ModelArgs,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &BaselineArgs,
) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    if arguments.url.is_some() {
        environment.database_url.clone_from(&arguments.url);
    }
    let database = environment.database(&config)?;
    refuse_other_dialect(&config, &database)?;
    let history = environment.history()?;
    let mut connection = database.open(Missing::Wrong)?;
    refuse_known(&mut *connection, &database)?;
    let is_first = history.schema_at(history.heads())?.tables.is_empty();
    let adopted = if is_first {
        first(
            environment,
            (&config, &history),
            &database,
            &mut *connection,
            arguments,
        )?
    } else {
        all(
            environment,
            (&config, &history),
            &database,
            &mut *connection,
            arguments,
        )?
    };
    report(environment, &database, &adopted);
    if history.heads().is_empty() {
        tell_needs(environment, &database, &mut *connection);
    }
    Ok(Outcome::Done)
}

/// What was recorded.
struct Adopted {
    revisions: Vec<RevisionId>,
    agreement: Agreement,
}

/// Writes the first revision and records it.
fn first(
    environment: &mut Environment<'_>,
    (config, history): (&Config, &History),
    database: &Database,
    connection: &mut dyn Connection,
    arguments: &BaselineArgs,
) -> Result<Adopted, CommandError> {
    let read = artifact::read(environment, config, &arguments.models)?;
    let agreement = agreed(
        connection,
        config,
        database,
        &read.models.schema,
        "the models say",
    )?;
    let written = migrate::first(
        environment,
        config,
        history,
        read,
        &arguments.message,
        arguments.rev_id.as_deref(),
    )?;
    let recorded = environment.history().and_then(|history| {
        let heads = history.heads().to_vec();
        record(connection, database, &history, &heads, arguments)
    });
    match recorded {
        Ok(revisions) => Ok(Adopted { revisions, agreement }),
        Err(error) => {
            // A revision that the database does not have would be run on it, table by table that is there.
            written.take_back(environment)?;
            Err(error)
        }
    }
}

/// Records a history that is there.
fn all(
    environment: &Environment<'_>,
    (config, history): (&Config, &History),
    database: &Database,
    connection: &mut dyn Connection,
    arguments: &BaselineArgs,
) -> Result<Adopted, CommandError> {
    if arguments.rev_id.is_some() {
        return Err(
            CommandError::new("`--rev-id` is for the first revision, and there are some already").hint(
                format!(
                    "see them with `autogen history`, in `{}`",
                    environment.shown(&environment.migrations)
                ),
            ),
        );
    }
    let heads = history.heads().to_vec();
    let schema = history.schema_at(&heads)?;
    let agreement = agreed(connection, config, database, &schema, "the revisions lead to")?;
    let revisions = record(connection, database, history, &heads, arguments)?;
    Ok(Adopted { revisions, agreement })
}

fn record(
    connection: &mut dyn Connection,
    database: &Database,
    history: &History,
    heads: &[RevisionId],
    arguments: &BaselineArgs,
) -> Result<Vec<RevisionId>, CommandError> {
    let options = running::waiting(arguments.lock_timeout);
    let stamped = runner::stamp(
        connection,
        database.dialect,
        history,
        heads,
        Unknown::Refuse,
        &options,
    )?;
    Ok(stamped.added)
}

/// Scripts for another dialect would never run there.
fn refuse_other_dialect(config: &Config, database: &Database) -> Result<(), CommandError> {
    let name = database.dialect.name();
    if config.dialects.iter().any(|dialect| dialect == name) {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "cannot adopt `{}`: the project has no scripts for {name}",
        database.shown
    ))
    .cause(format!(
        "`dialects` of `autogen.toml` names {}",
        config.dialects.join(", ")
    ))
    .hint(format!("add \"{name}\" to it")))
}

fn refuse_known(connection: &mut dyn Connection, database: &Database) -> Result<(), CommandError> {
    let applied = runner::applied(connection, database.dialect)?;
    if applied.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`{}` is adopted already: it has revisions",
        database.shown
    ))
    .hint("see them with `autogen current`, or compare with `autogen check --database`"))
}

/// Compares the database with what it should be.
///
/// # Errors
///
/// All that differs.
fn agreed(
    connection: &mut dyn Connection,
    config: &Config,
    database: &Database,
    schema: &Schema,
    whose: &str,
) -> Result<Agreement, CommandError> {
    let agreement = runner::agree(connection, database.dialect, schema, &config.tables)?;
    if agreement.differences.is_empty() {
        return Ok(agreement);
    }
    let error = CommandError::new(format!(
        "the tables of `{}` are not what {whose}; nothing was written",
        database.shown
    ));
    let error = describe_all(&agreement.differences)
        .into_iter()
        .fold(error, |error, line| {
            error.cause(format!("in the database: {line}"))
        });
    let differences = serde_json::to_value(crate::document::operations(&agreement.differences))
        .map_err(|error| CommandError::because("cannot write the differences", &error))?;
    Err(error
        .hint(format!(
            "see what the models would be with `autogen inspect {} --format rust`",
            database.url
        ))
        .hint(format!(
            "or print what makes the database agree with `autogen diff --from {} --to models`",
            database.url
        ))
        .hint("or, where models cannot say what a table has, leave it alone: name it in `exclude` under `[tables]` in `autogen.toml`")
        .detail("differences", differences))
}

/// Tells what a new database may have to have before it can get the tables. Of functions, most are the triggers'. All is recorded by now, so a database
/// that does not tell is no error.
fn tell_needs(environment: &mut Environment<'_>, database: &Database, connection: &mut dyn Connection) {
    let foundations = database.dialect.foundations(connection).unwrap_or_default();
    let needed: Vec<String> = foundations
        .iter()
        .filter(|thing| {
            ["EXTENSION", "COLLATION", "DOMAIN", "TYPE", "SEQUENCE"].contains(&thing.kind.as_str())
        })
        .map(ToString::to_string)
        .collect();
    if !needed.is_empty() {
        let text = format_args!(
            "No revision makes what a new database may need before these tables: {}",
            needed.join(", ")
        );
        environment.printer.info(Topic::Compare, text);
    }
}

fn report(environment: &mut Environment<'_>, database: &Database, adopted: &Adopted) {
    let Adopted { revisions, agreement } = adopted;
    for table in &agreement.others {
        let text = format_args!("Left alone: table `{table}`, which no model has");
        environment.printer.info(Topic::Compare, text);
    }
    for revision in revisions {
        let text = format_args!(
            "Recorded {revision} as applied in {}, running nothing",
            database.shown
        );
        environment.printer.info(Topic::Migrate, text);
    }
    if environment.printer.format() == Format::Json {
        let others: Vec<String> = agreement.others.iter().map(ToString::to_string).collect();
        environment.printer.document(&json!({
            "database": database.url.to_string(),
            "revisions": revisions,
            "others": others,
        }));
    }
}
