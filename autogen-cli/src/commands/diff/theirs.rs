//! Tables that are none of the project's: left alone, whichever side has them.

use std::collections::BTreeSet;

use schema_core::plan::Side;
use schema_core::runner::Claim;
use schema_core::schema::{Schema, TableName};

use super::DiffArgs;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::Topic;
use crate::source::{Resolved, Source};

/// Makes the side after have what is left alone as the side before has it, or not at all.
///
/// Left alone is what `[tables]` excludes; and, between a database and the project itself, a table that one of the two does not
/// have and that no revision made, unless `[tables]` includes it or it is renamed.
///
/// # Errors
///
/// A configuration or history that cannot be read.
pub(super) fn leave_alone(
    environment: &mut Environment<'_>,
    arguments: &DiffArgs,
    (from, before): (&Source, &mut Side),
    (to, to_read, after): (&Source, &Resolved, &mut Side),
) -> Result<(), CommandError> {
    let config = environment.config_or_none()?;
    let between = (is_database(from) && is_project(to)) || (is_project(from) && is_database(to));
    let made = match between && environment.migrations.is_dir() {
        true => environment.history()?.made()?,
        false => BTreeSet::new(),
    };
    let renamed = renamed(arguments, to_read);
    let tables: BTreeSet<TableName> = names(&before.held).chain(names(&after.held)).cloned().collect();
    for table in tables {
        let on_one_side = before.held.table(&table).is_some() != after.held.table(&table).is_some();
        let is_theirs = match config.tables.claim(&table) {
            Claim::Never => true,
            Claim::Always => false,
            Claim::IfMade => between && on_one_side && !made.contains(&table) && !renamed.contains(&table),
        };
        // Only what is in the database is anybody's.
        let project = if is_project(from) {
            &before.held
        } else {
            &after.held
        };
        if !is_theirs || (on_one_side && between && project.table(&table).is_some()) {
            continue;
        }
        if before.held.table(&table) != after.held.table(&table) {
            environment.printer.info(
                Topic::Compare,
                format_args!("Left alone: table `{table}`, which is not this project's"),
            );
        }
        for (before, after) in [
            (&before.held, &mut after.held),
            (&before.neutral, &mut after.neutral),
        ] {
            match before.table(&table) {
                Some(old) => after.insert(old.clone()),
                None => {
                    after.tables.remove(&table);
                }
            }
        }
    }
    Ok(())
}

fn names(schema: &Schema) -> impl Iterator<Item = &TableName> {
    schema.tables.keys()
}

fn is_database(source: &Source) -> bool {
    match source {
        Source::Configured | Source::Database(_) => true,
        Source::Models | Source::Empty | Source::Sql(_) | Source::Snapshot(_) | Source::Revision(_) => false,
    }
}

fn is_project(source: &Source) -> bool {
    match source {
        Source::Models | Source::Snapshot(_) | Source::Revision(_) => true,
        Source::Configured | Source::Database(_) | Source::Empty | Source::Sql(_) => false,
    }
}

/// Returns the names that flags or models say are old or new ones.
fn renamed(arguments: &DiffArgs, to: &Resolved) -> BTreeSet<TableName> {
    let flags = arguments.rename.iter().flat_map(|flag| flag.split('='));
    let models = to.models.iter().flat_map(|models| &models.renames.tables);
    flags
        .filter_map(|name| name.parse().ok())
        .chain(models.flat_map(|(_, former)| former.iter().cloned()))
        .collect()
}
