//! `autogen diff`: what turns one schema into another, as SQL.

mod compare;
mod theirs;
mod unmanaged;

use clap::{Args, ValueEnum};
use schema_core::dialect::Dialect;
use schema_core::hazard::Hazard;
use schema_core::operation::{Operation, describe_all};
use serde_json::json;

use crate::artifact::ModelArgs;
use crate::document;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Print what turns one schema into another
///
/// Each side is a schema source: `models`, a revision, a database URL, `database` (the configured one), a `.sql` file of plain
/// DDL, a snapshot `.json`, or `empty`. Nothing is changed: databases are only read, files are loaded into a scratch database.
///
/// The SQL that is printed leads from the one to the other in the database's own shell, whole or not at all, and keeps the rows that both can
/// hold; it has been tried on a scratch database with the structure of the first. What it loses is said on stderr. A rename is never guessed:
/// give it with `--rename`, or with `renamed_from` in the models. What models cannot say (views, triggers, …) is left alone, and a
/// change that would break it is refused.
///
/// Two sources of different databases are compared in the dialect of the first, or of `--dialect`; the other is read as models would
/// say it.
///
/// Between a database and the project, tables that no model and no revision has are left alone, unless `[tables]` of
/// `autogen.toml` includes them.
///
/// Example: autogen diff --from sqlite:instance/database.db --to models
///
/// With --json or --format json: {"from", "to", "dialect", "operations": [{"text", "operation"}],
/// "hazards": [{"code", "dialect", "text", "safe"}], "unmanaged": [{"side", "kind", "name", "depends_on"}], "sql"}
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The schema before
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    from: String,

    /// The schema after
    #[arg(long, value_name = "Y", allow_negative_numbers = true)]
    to: String,

    /// Write SQL for this database
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,

    /// What is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = DiffFormat::Sql)]
    format: DiffFormat,

    /// Exit with 1 if there is a difference
    #[arg(long)]
    exit_code: bool,

    /// Say that a column or table has a new name: `items.descr=items.description`, `wares=items`
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,

    /// Say what rows get in place of a value that an enum no longer has: `items.status.live=on_sale`
    #[arg(long, value_name = "OLD=NEW")]
    map: Vec<String>,

    #[command(flatten)]
    models: ModelArgs,
}

/// What `diff` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// A script
    Sql,
    /// One line for each difference
    Text,
    /// One document
    Json,
}

/// Two schemas, compared.
struct Difference {
    from: String,
    to: String,
    dialect: &'static dyn Dialect,
    operations: Vec<Operation>,
    hazards: Vec<Hazard>,
    unmanaged: Vec<unmanaged::Told>,
    /// The script; empty if there is no difference.
    sql: String,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &DiffArgs) -> Result<Outcome, CommandError> {
    let difference = compare::compare(environment, arguments)?;
    for told in &difference.unmanaged {
        environment.printer.info(Topic::Compare, told);
    }
    for hazard in &difference.hazards {
        environment.printer.warn(Topic::Hazard, hazard);
    }
    let format = match environment.printer.format() {
        Format::Json => DiffFormat::Json,
        Format::Text => arguments.format,
    };
    print(environment, &difference, format);
    let differs = !difference.operations.is_empty();
    Ok(match arguments.exit_code && differs {
        true => Outcome::Found,
        false => Outcome::Done,
    })
}

fn print(environment: &mut Environment<'_>, difference: &Difference, format: DiffFormat) {
    let Difference {
        from,
        to,
        dialect,
        operations,
        hazards,
        unmanaged,
        sql,
    } = difference;
    if operations.is_empty() && format != DiffFormat::Json {
        let text = format_args!("No differences between `{from}` and `{to}`.");
        environment.printer.say(text);
    }
    match format {
        DiffFormat::Sql => environment.printer.text(sql),
        DiffFormat::Text => {
            for line in describe_all(operations) {
                environment.printer.data(line);
            }
        }
        DiffFormat::Json => environment.printer.document(&json!({
            "from": from,
            "to": to,
            "dialect": dialect.name(),
            "operations": document::operations(operations),
            "hazards": hazards,
            "unmanaged": unmanaged.iter().map(unmanaged::Told::document).collect::<Vec<_>>(),
            "sql": sql,
        })),
    }
}
