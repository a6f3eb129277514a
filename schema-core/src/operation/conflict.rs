//! Whether two lists of operations, made apart from one another, can be joined.

use std::collections::BTreeMap;

use super::Operation;
use super::touch::{Thing, Touch, Use, touches};
use crate::schema::TableName;

/// Two operations that touch the same thing, so that what comes of both depends on which comes last, or one of them cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What both touch, by the name that it had before either.
    pub thing: Thing,
    /// Where the one stands in the first list.
    pub left: usize,
    /// Where the other stands in the second list.
    pub right: usize,
}

/// Returns where two lists of operations, both made for the same schema, touch the same things.
///
/// If there is no such place, applying the one list and then the other gives the same schema whichever comes first. Things
/// are told apart by the names that they had at the start, so a renamed one is still itself. For each thing, the first operations on both
/// sides are named; where a whole table is in question, its parts are not listed.
///
/// # Example
///
/// ```
/// use schema_core::operation::{Operation, conflicts};
/// use schema_core::schema::TableName;
///
/// let rename = |to: &str| Operation::RenameColumn { table: TableName::new("items"), from: "cost".into(), to: to.into() };
/// let found = conflicts(&[rename("price")], &[rename("amount")]);
/// assert_eq!(found[0].thing.to_string(), "column 'items.cost'");
/// assert_eq!(conflicts(&[rename("price")], &[]), []);
/// ```
#[must_use]
pub fn conflicts(left: &[Operation], right: &[Operation]) -> Vec<Conflict> {
    let (left, right) = (by_thing(left), by_thing(right));
    let mut found = Vec::new();
    for (key, (thing, left)) in &left {
        let Some((_, right)) = right.get(key) else {
            continue;
        };
        let clash = left.iter().find_map(|(at, using)| {
            let (other, _) = right.iter().find(|(_, other)| using.clashes(other))?;
            Some((*at, *other))
        });
        if let Some((left, right)) = clash {
            let thing = thing.clone();
            found.push(Conflict { thing, left, right });
        }
    }
    let tables: Vec<TableName> = found
        .iter()
        .filter(|conflict| matches!(conflict.thing, Thing::Table(_)))
        .filter_map(|conflict| conflict.thing.table().cloned())
        .collect();
    found.retain(|conflict| {
        let is_table = matches!(conflict.thing, Thing::Table(_));
        is_table || conflict.thing.table().is_none_or(|table| !tables.contains(table))
    });
    found
}

/// Tells whether two operations, one right after the other, could change places.
pub(super) fn commute(first: &Operation, second: &Operation) -> bool {
    let second = touches(second);
    touches(first).iter().all(|one| {
        second
            .iter()
            .filter(|other| folded(&one.thing) == folded(&other.thing))
            .all(|other| !one.using.clashes(&other.using))
    })
}

/// The operations that touch each thing, and how; the thing as it was first named, under its [`folded`] name.
pub(super) type ByThing = BTreeMap<Thing, (Thing, Vec<(usize, Use)>)>;

pub(super) fn by_thing(operations: &[Operation]) -> ByThing {
    let mut origins = Origins::default();
    let mut found = ByThing::new();
    for (at, operation) in operations.iter().enumerate() {
        for Touch { thing, using } in touches(operation) {
            let thing = origins.of(thing);
            let entry = found.entry(folded(&thing)).or_insert_with(|| (thing, Vec::new()));
            entry.1.push((at, using));
        }
        origins.follow(operation);
    }
    found
}

/// What things that were renamed were called at the start.
#[derive(Default)]
struct Origins {
    tables: BTreeMap<TableName, TableName>,
    /// By the table's first name and the column's present one.
    columns: BTreeMap<(TableName, String), String>,
}

impl Origins {
    fn table(&self, table: &TableName) -> TableName {
        self.tables.get(table).unwrap_or(table).clone()
    }

    fn of(&self, thing: Thing) -> Thing {
        match thing {
            Thing::Table(table) => Thing::Table(self.table(&table)),
            Thing::Options(table) => Thing::Options(self.table(&table)),
            Thing::PrimaryKey(table) => Thing::PrimaryKey(self.table(&table)),
            Thing::ForeignKey(table, name) => Thing::ForeignKey(self.table(&table), name),
            Thing::Check(table, name) => Thing::Check(self.table(&table), name),
            Thing::Column(table, column) => {
                let key = (self.table(&table), column);
                match self.columns.get(&key) {
                    Some(first) => Thing::Column(key.0, first.clone()),
                    None => Thing::Column(key.0, key.1),
                }
            }
            Thing::Index(..) | Thing::Enum(_) => thing,
        }
    }

    fn follow(&mut self, operation: &Operation) {
        if let Operation::RenameTable { from, to } = operation {
            let first = self.tables.remove(from).unwrap_or_else(|| from.clone());
            self.tables.insert(to.clone(), first);
        }
        if let Operation::RenameColumn { table, from, to } = operation {
            let table = self.table(table);
            let first = self.columns.remove(&(table.clone(), from.clone()));
            let first = first.unwrap_or_else(|| from.clone());
            self.columns.insert((table, to.clone()), first);
        }
    }
}

/// Returns the thing in lower case: some databases do not tell `Items` from `items`.
fn folded(thing: &Thing) -> Thing {
    let lower = |text: &String| text.to_lowercase();
    let table = |table: &TableName| TableName {
        schema: table.schema.as_ref().map(lower),
        name: lower(&table.name),
    };
    match thing {
        Thing::Table(name) => Thing::Table(table(name)),
        Thing::Options(name) => Thing::Options(table(name)),
        Thing::Column(name, column) => Thing::Column(table(name), lower(column)),
        Thing::PrimaryKey(name) => Thing::PrimaryKey(table(name)),
        Thing::Index(schema, name) => Thing::Index(schema.as_ref().map(lower), lower(name)),
        Thing::ForeignKey(name, key) => Thing::ForeignKey(table(name), lower(key)),
        Thing::Check(name, check) => Thing::Check(table(name), lower(check)),
        Thing::Enum(name) => Thing::Enum(lower(name)),
    }
}
