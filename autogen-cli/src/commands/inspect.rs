//! `autogen inspect`: a schema source, described.

use clap::{Args, ValueEnum};
use schema_core::describe;
use schema_core::dialect::{Dialect, generalize};
use schema_core::diff::{Answers, diff};
use schema_core::history::files::snapshot_text;
use schema_core::schema::Schema;
use schema_core::script::render;
use serde_json::json;

use crate::artifact::ModelArgs;
use crate::config::find_dialect;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};
use crate::source::{Content, Resolved, Source};

/// Describe a schema: as text, Rust structs, SQL, a snapshot, a diagram
///
/// X is a schema source: `models`, a revision, a database URL, `database` (the configured one), a `.sql` file of plain DDL, a
/// snapshot `.json`, or `empty`. Nothing is changed.
///
/// `--format rust` writes structs with `#[derive(Model)]` that lead to the same schema again, so that `autogen check` finds nothing
/// to do: the beginning for a database that exists already. What the derive says by itself is not written; what it cannot say is told.
///
/// Example: autogen inspect sqlite:instance/database.db --format rust > src/models.rs
///
/// With --json: {"source", "dialect": name or null, "schema": as in snapshot.json, "unmanaged": [{"kind", "name", "depends_on"}]}
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// What is described
    #[arg(value_name = "X", allow_negative_numbers = true)]
    source: String,

    /// How it is described
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = InspectFormat::Text)]
    format: InspectFormat,

    /// Write SQL for this database, or read a `.sql` file as its own
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,

    #[command(flatten)]
    models: ModelArgs,
}

/// How `inspect` describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InspectFormat {
    /// Lines for a person
    Text,
    /// Structs with `#[derive(Model)]`
    Rust,
    /// Statements that create it
    Sql,
    /// A snapshot, which is a schema source itself
    Json,
    /// A diagram for Markdown pages
    Mermaid,
    /// A graph for Graphviz
    Dot,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &InspectArgs,
) -> Result<Outcome, CommandError> {
    let source = Source::parse(&arguments.source, &environment.start)?;
    let asked = arguments.dialect.as_deref().map(find_dialect).transpose()?;
    let read = source.resolve(environment, &arguments.models, asked)?;
    if environment.printer.format() == Format::Json {
        let document = document(&read);
        environment.printer.document(&document);
        return Ok(Outcome::Done);
    }
    for thing in &read.unmanaged {
        let text = format_args!("Not described: {thing}");
        environment.printer.info(Topic::Compare, text);
    }
    if as_it_is(&read).tables.is_empty() {
        let text = format_args!("There are no tables in `{}`.", read.shown);
        environment.printer.say(text);
    }
    let text = match arguments.format {
        InspectFormat::Text => describe::text(as_it_is(&read)),
        InspectFormat::Mermaid => describe::mermaid(as_it_is(&read)),
        InspectFormat::Dot => describe::dot(as_it_is(&read)),
        InspectFormat::Json => snapshot_text(&general(&read))
            .map_err(|error| CommandError::because("cannot write the schema", &error))?,
        InspectFormat::Rust => rust(environment, &read),
        InspectFormat::Sql => sql(environment, &read, asked)?,
    };
    environment.printer.text(&text);
    Ok(Outcome::Done)
}

/// Returns the schema as it was read.
fn as_it_is(read: &Resolved) -> &Schema {
    match &read.content {
        Content::Neutral(schema) | Content::Held { dialect: _, schema } => schema,
    }
}

/// Returns the schema as models would say it.
fn general(read: &Resolved) -> Schema {
    match &read.content {
        Content::Neutral(schema) => schema.clone(),
        Content::Held { dialect, schema } => generalize(*dialect, schema),
    }
}

fn rust(environment: &mut Environment<'_>, read: &Resolved) -> String {
    let title = format!("The tables of `{}`.", read.shown);
    let rust = describe::rust(&general(read), &title);
    for left_out in &rust.left_out {
        let text = format_args!("Models cannot say {left_out}");
        environment.printer.warn(Topic::Models, text);
    }
    rust.text
}

fn sql(
    environment: &Environment<'_>,
    read: &Resolved,
    asked: Option<&'static dyn Dialect>,
) -> Result<String, CommandError> {
    let dialect = match (asked, read.dialect()) {
        (Some(dialect), _) | (None, Some(dialect)) => dialect,
        (None, None) => environment.only_dialect()?,
    };
    let failed = |error| CommandError::because(format!("cannot write SQL for {}", dialect.name()), &error);
    let schema = match &read.content {
        Content::Held { dialect: of, schema } if of.name() == dialect.name() => schema.clone(),
        Content::Held { .. } | Content::Neutral(_) => dialect.normalize(&general(read)).map_err(failed)?,
    };
    let operations = diff(&Schema::default(), &schema, &Answers::default());
    let plan = dialect.plan(&Schema::default(), &operations).map_err(failed)?;
    Ok(render(&plan, &read.shown))
}

fn document(read: &Resolved) -> serde_json::Value {
    let unmanaged: Vec<_> = read
        .unmanaged
        .iter()
        .map(|thing| {
            let tables: Vec<String> = thing.depends_on.iter().map(ToString::to_string).collect();
            json!({"kind": thing.kind, "name": thing.name, "depends_on": tables})
        })
        .collect();
    json!({
        "source": read.shown,
        "dialect": read.dialect().map(Dialect::name),
        "schema": general(read),
        "unmanaged": unmanaged,
    })
}
