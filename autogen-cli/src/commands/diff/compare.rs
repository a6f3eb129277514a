//! The comparison itself: both sides in one dialect, the way between them, and its rehearsal.

use schema_core::dialect::{Change, Dialect, generalize, portable};
use schema_core::hazard::{Hazard, hazards};
use schema_core::metadata::Models;
use schema_core::operation::Operation;
use schema_core::plan::{Plan, Side, Way, way};
use schema_core::runner::{self, RunError};
use schema_core::schema::Schema;
use schema_core::script::render;

use super::{DiffArgs, Difference, theirs, unmanaged};
use crate::commands::migrate::answers;
use crate::config::find_dialect;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::Topic;
use crate::source::{Content, Resolved, Source, structure_of};

/// Reads both sides and compares them.
///
/// # Errors
///
/// A side that cannot be read, or a difference that no SQL makes up for.
pub(super) fn compare(
    environment: &mut Environment<'_>,
    arguments: &DiffArgs,
) -> Result<Difference, CommandError> {
    let from = Source::parse(&arguments.from, &environment.start)?;
    let to = Source::parse(&arguments.to, &environment.start)?;
    let asked = arguments.dialect.as_deref().map(find_dialect).transpose()?;
    let models = &arguments.models;
    // A file that does not tell its dialect has that of the other side.
    let mut from_read = from.resolve(environment, models, asked.or(to.dialect()?))?;
    let mut to_read = to.resolve(environment, models, asked.or(from_read.dialect()))?;
    let dialect = dialect(environment, asked, &from_read, &to_read)?;
    let mut before = side(&from_read, dialect)?;
    let mut after = side(&to_read, dialect)?;
    as_kept(&from_read, &mut before, &mut to_read, dialect)?;
    as_kept(&to_read, &mut after, &mut from_read, dialect)?;
    theirs::leave_alone(
        environment,
        arguments,
        (&from, &mut before),
        (&to, &to_read, &mut after),
    )?;
    warn_of_translation(environment, &to_read, dialect);

    let said = Models {
        schema: after.neutral.clone(),
        ..to_read.models.take().unwrap_or_default()
    };
    let answers = answers::given(&arguments.rename, &arguments.map, &before.neutral, said)?;
    let Way { operations, plan } = way(dialect, &before, &after, &answers)
        .map_err(|error| CommandError::because(format!("cannot write SQL for {}", dialect.name()), &error))?;
    let mut hazards = neutral_hazards(&operations, (&before, &after), &answers, dialect);
    let of_script = dialect.hazards(&Change {
        script: &plan,
        operations: &operations,
        from: &before.held,
        to: &after.held,
    });
    hazards.extend(of_script.into_iter().map(|located| located.hazard));
    let unmanaged = unmanaged::told(
        std::mem::take(&mut from_read.unmanaged),
        std::mem::take(&mut to_read.unmanaged),
        &operations,
    )?;
    let (from_shown, to_shown) = (from_read.shown.clone(), to_read.shown.clone());
    let sql = if operations.is_empty() {
        String::new()
    } else {
        let plan = rehearsed(environment, from_read, dialect, (&before, &after), plan)?;
        render(
            &dialect.standalone(&plan),
            &format!("from {from_shown} to {to_shown}"),
        )
    };
    Ok(Difference {
        from: from_shown,
        to: to_shown,
        dialect,
        operations,
        hazards,
        unmanaged,
        sql,
    })
}

/// Decides for which database the SQL is: for the one it is to run on.
fn dialect(
    environment: &Environment<'_>,
    asked: Option<&'static dyn Dialect>,
    from: &Resolved,
    to: &Resolved,
) -> Result<&'static dyn Dialect, CommandError> {
    match (asked, from.dialect()) {
        (Some(asked), Some(held)) if asked.name() != held.name() => {
            return Err(CommandError::new(format!(
                "cannot write SQL for {}: it would run on `{}`, which is {}",
                asked.name(),
                from.shown,
                held.name()
            ))
            .hint(format!("leave `--dialect {}` out", asked.name())));
        }
        (Some(dialect), _) | (None, Some(dialect)) => return Ok(dialect),
        (None, None) => {}
    }
    if let Some(dialect) = to.dialect() {
        return Ok(dialect);
    }
    environment.only_dialect()
}

/// Returns a side in the dialect.
fn side(read: &Resolved, dialect: &dyn Dialect) -> Result<Side, CommandError> {
    let neutral = match &read.content {
        Content::Held { dialect: of, schema } if of.name() == dialect.name() => {
            return Ok(Side {
                neutral: generalize(dialect, schema),
                held: schema.clone(),
            });
        }
        Content::Held { dialect: of, schema } => portable(*of, generalize(*of, schema)),
        Content::Neutral(schema) => schema.clone(),
    };
    let held = dialect.normalize(&neutral).map_err(|error| {
        CommandError::because(
            format!("cannot compare `{}` as {}", read.shown, dialect.name()),
            &error,
        )
    })?;
    Ok(Side { neutral, held })
}

/// Brings the expressions of a side that no database holds into the form in which the database of the other side keeps them.
fn as_kept(
    read: &Resolved,
    side: &mut Side,
    other: &mut Resolved,
    dialect: &dyn Dialect,
) -> Result<(), CommandError> {
    let is_held = |of: Option<&dyn Dialect>| of.is_some_and(|of| of.name() == dialect.name());
    if is_held(read.dialect()) || !is_held(other.dialect()) {
        return Ok(());
    }
    if let Some(connection) = other.connection() {
        let held = std::mem::take(&mut side.held);
        let doing = "learn how the database keeps expressions";
        side.held = dialect
            .stored(connection, held)
            .map_err(|error| RunError::Database { doing, error })?;
    }
    Ok(())
}

fn warn_of_translation(environment: &mut Environment<'_>, to: &Resolved, dialect: &dyn Dialect) {
    if let Some(of) = to.dialect().filter(|of| of.name() != dialect.name()) {
        let text = format_args!(
            "`{}` is {}: it is compared as models would say it, for {}",
            to.shown,
            of.name(),
            dialect.name()
        );
        environment.printer.warn(Topic::Compare, text);
    }
}

/// Returns the hazards of the operations, told by the logical types: of native ones nothing is known.
fn neutral_hazards(
    operations: &[Operation],
    (before, after): (&Side, &Side),
    answers: &schema_core::diff::Answers,
    dialect: &dyn Dialect,
) -> Vec<Hazard> {
    let operations: Vec<Operation> = operations
        .iter()
        .cloned()
        .map(|mut operation| {
            if let Operation::AlterColumn { table, from, to, .. } = &mut operation {
                let old_table = answers.renamed_tables.iter().find(|(_, new)| *new == table);
                let old_table = old_table.map_or(&*table, |(old, _)| old);
                let old_name = answers
                    .renamed_columns
                    .iter()
                    .find(|((of, _), new)| of == table && **new == from.name)
                    .map_or(&from.name, |((_, old), _)| old);
                let logical = |schema: &Schema, table, column: &str| {
                    Some(schema.table(table)?.column(column)?.ty.clone())
                };
                if let (Some(old), Some(new)) = (
                    logical(&before.neutral, old_table, old_name),
                    logical(&after.neutral, table, &to.name),
                ) {
                    (from.ty, to.ty) = (old, new);
                }
            }
            operation
        })
        .collect();
    let quote = |name: &str| dialect.quote(name);
    hazards(&operations, &before.held, &after.held, answers, &quote)
}

/// Tries the plan on a database with the structure of the side that it is for, and returns it whole.
///
/// # Errors
///
/// What it would break.
fn rehearsed(
    environment: &mut Environment<'_>,
    from: Resolved,
    dialect: &'static dyn Dialect,
    (before, after): (&Side, &Side),
    plan: Plan,
) -> Result<Plan, CommandError> {
    let shown = from.shown.clone();
    let Some(mut scratch) = structure_of(environment, from, dialect, &before.held)? else {
        return Ok(plan);
    };
    let reading = unmanaged::working_views(&mut *scratch, dialect);
    let plan = runner::rehearse(&mut *scratch, dialect, &plan, &after.held).map_err(|error| {
        CommandError::on_scratch(
            format!("the SQL does not work on a database with the structure of `{shown}`"),
            &error,
        )
    })?;
    unmanaged::refuse_broken_views(&mut *scratch, &reading)?;
    Ok(plan)
}
