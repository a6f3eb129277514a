//! What models cannot say: told in one line each, and in the way of a change that would break it.

use std::collections::BTreeSet;
use std::fmt;

use schema_core::db::Connection;
use schema_core::dialect::{Dialect, Unmanaged};
use schema_core::operation::Operation;
use schema_core::schema::TableName;
use serde_json::json;

use crate::error::CommandError;

/// Something that was left alone.
pub(super) struct Told {
    side: &'static str,
    thing: Unmanaged,
    /// Whether it goes with the table that it is part of.
    goes: bool,
}

impl Told {
    /// Returns it as `--json` shows it.
    pub(super) fn document(&self) -> serde_json::Value {
        let tables: Vec<String> = self.thing.depends_on.iter().map(ToString::to_string).collect();
        json!({
            "side": self.side,
            "kind": self.thing.kind,
            "name": self.thing.name,
            "depends_on": tables,
            "goes": self.goes,
        })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.goes {
            let table = self.thing.part_of.iter();
            write!(f, "The {} goes with its table", self.thing)?;
            return table.into_iter().try_for_each(|table| write!(f, " `{table}`"));
        }
        match self.side {
            "from" => write!(f, "Left alone: {}", self.thing),
            _ => write!(f, "Not made: {}", self.thing),
        }
    }
}

/// A view, and a statement that works as long as it does.
pub(super) struct View {
    name: String,
    proof: String,
}

/// Returns the views of a database that can be read. Some databases do not look at them when a table under them changes.
pub(super) fn working_views(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Vec<View> {
    let things = dialect.unmanaged(connection).unwrap_or_default();
    let views = things
        .into_iter()
        .filter(|thing| thing.kind == "view" || thing.kind == "materialized view");
    let mut working = Vec::new();
    for view in views {
        let parts: Vec<String> = match view.name.parse::<TableName>() {
            Ok(name) => name
                .schema
                .iter()
                .chain([&name.name])
                .map(|part| dialect.quote(part))
                .collect(),
            Err(_) => vec![dialect.quote(&view.name)],
        };
        let proof = format!("SELECT * FROM {} LIMIT 0", parts.join("."));
        if connection.execute(&proof, &[]).is_ok() {
            working.push(View {
                name: view.name,
                proof,
            });
        }
    }
    working
}

/// Looks whether the views can still be read.
///
/// # Errors
///
/// The first that cannot.
pub(super) fn refuse_broken_views(
    connection: &mut dyn Connection,
    views: &[View],
) -> Result<(), CommandError> {
    for View { name, proof } in views {
        if let Err(error) = connection.execute(proof, &[]) {
            let failed = format!("the SQL would break the view `{name}`");
            return Err(CommandError::because(failed, &error).hint("drop or change the view first"));
        }
    }
    Ok(())
}

/// Returns what is on both sides and in no schema.
///
/// # Errors
///
/// That a change would break something of it.
pub(super) fn told(
    from: Vec<Unmanaged>,
    to: Vec<Unmanaged>,
    operations: &[Operation],
) -> Result<Vec<Told>, CommandError> {
    let dropped: BTreeSet<&TableName> = operations.iter().filter_map(Operation::dropped).collect();
    let mut told = Vec::new();
    for thing in &from {
        let goes = thing
            .part_of
            .as_ref()
            .is_some_and(|table| dropped.contains(table));
        let broken = thing.depends_on.iter().find(|table| dropped.contains(table));
        if let (Some(table), false) = (broken, goes) {
            return Err(
                CommandError::new(format!("cannot drop `{table}`: the {thing} depends on it"))
                    .cause("models cannot say such a thing, so it is not autogen's to drop")
                    .hint(format!("drop or change the {thing} first")),
            );
        }
        told.push(Told {
            side: "from",
            thing: thing.clone(),
            goes,
        });
    }
    let new = to.into_iter().filter(|thing| !from.contains(thing));
    told.extend(new.map(|thing| Told {
        side: "to",
        thing,
        goes: false,
    }));
    Ok(told)
}
