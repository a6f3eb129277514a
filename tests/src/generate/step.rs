//! From a generated schema to the next one: parts of another are taken, and some of it is renamed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use schema_core::diff::{Answers, diff, missing_values};
use schema_core::operation::Operation;
use schema_core::schema::{Default, Deferrable, Literal, Schema, Storage, Table, TableName, Type};

use super::{FRESH, cross, is_number, mend, schema_with};

/// What is thrown to get from a schema to another one.
#[derive(Debug, Clone)]
pub(super) struct Step {
    other: Schema,
    dice: Vec<u8>,
    renames: (u8, u8, u8),
    crossings: [u8; 11],
}

/// Returns what is thrown; the schema that parts are taken from is as `fit` leaves it.
pub(super) fn step(fit: fn(&mut Schema)) -> impl Strategy<Value = Step> {
    let renames = (any::<u8>(), any::<u8>(), any::<u8>());
    let thrown = (schema_with(fit), vec(0..4u8, 64), renames, any::<[u8; 11]>());
    thrown.prop_map(|(other, dice, renames, crossings)| Step {
        other,
        dice,
        renames,
        crossings,
    })
}

impl Step {
    /// Returns the schema that the step leads to, and what a person would answer.
    pub(super) fn from(self, from: &Schema) -> (Schema, Answers) {
        let mut to = mixed(from, &self.other, &self.dice);
        mend::mend(&mut to);
        let mut answers = Answers::default();
        rename(from, &mut to, self.renames, &mut answers);
        let [swaps, a, b, c, d, turns, by, copies, e, f, g] = self.crossings;
        if swaps % 3 == 0 {
            cross::swap(from, &mut to, [a, b, c, d], &mut answers);
        }
        map_values(from, &to, &mut answers);
        if turns % 2 == 0 {
            cross::turn_values(from, &to, by, &mut answers);
        }
        if copies % 3 == 0 {
            cross::copy(from, &mut to, [e, f, g], &mut answers);
        }
        for missing in missing_values(&diff(from, &to, &answers)) {
            let table = missing.column.table;
            let column = missing.column.column.expect("only columns miss values");
            let ty = &to.tables[&table]
                .column(&column)
                .expect("it is in the schema after")
                .ty;
            let value = vacant(ty);
            answers.backfills.insert((table, column), value);
        }
        (to, answers)
    }
}

/// Takes each table, and each part of a table that both have, from one of the two.
fn mixed(from: &Schema, other: &Schema, dice: &[u8]) -> Schema {
    let mut dice = dice.iter().cycle();
    let mut throw = || *dice.next().expect("a cycle of dice never ends");
    let mut to = Schema::default();
    for (name, old) in &from.tables {
        match (other.table(name), throw()) {
            (None, 0) => {}
            (Some(new), 0) => to.insert(new.clone()),
            (None, _) | (Some(_), 3..) => to.insert(old.clone()),
            (Some(new), _) => to.insert(mixed_table(old, new, &mut throw)),
        }
    }
    let fresh = other.tables.iter().filter(|(name, _)| from.table(name).is_none());
    to.tables
        .extend(fresh.map(|(name, table)| (name.clone(), table.clone())));
    to
}

fn mixed_table(old: &Table, new: &Table, throw: &mut impl FnMut() -> u8) -> Table {
    let mut table = old.clone();
    for column in &new.columns {
        match (table.column_mut(&column.name), throw()) {
            (Some(place), 0) => *place = column.clone(),
            (Some(place), 1) => {
                place.default.clone_from(&column.default);
                if let Some(generated) = &mut place.generated {
                    generated.storage = match generated.storage {
                        Storage::Virtual => Storage::Stored,
                        Storage::Stored => Storage::Virtual,
                    };
                }
            }
            (Some(place), 2) => place.nullable = column.nullable,
            (None, 0..2) => table.columns.push(column.clone()),
            (Some(_) | None, _) => {}
        }
    }
    if throw() == 0 {
        let dropped = table.columns.len() / 2;
        table.columns.remove(dropped);
    }
    if throw() == 0 {
        table.primary_key.clone_from(&new.primary_key);
    }
    if throw() == 0 {
        table.indexes.clone_from(&new.indexes);
    }
    match throw() {
        0 => table.foreign_keys.clone_from(&new.foreign_keys),
        1 => {
            for key in table.foreign_keys.values_mut() {
                std::mem::swap(&mut key.on_delete, &mut key.on_update);
                key.deferrable = match key.deferrable {
                    Deferrable::Never => Deferrable::Immediate,
                    Deferrable::Immediate => Deferrable::Deferred,
                    Deferrable::Deferred => Deferrable::Never,
                };
            }
        }
        _ => {}
    }
    if throw() == 0 {
        table.checks.clone_from(&new.checks);
    }
    if throw() == 0 {
        table.options.clone_from(&new.options);
    }
    table
}

/// Renames a table and a column now and then, and says so.
fn rename(
    from: &Schema,
    to: &mut Schema,
    (table_die, column_die, name_die): (u8, u8, u8),
    answers: &mut Answers,
) {
    let fresh = FRESH[usize::from(name_die) % FRESH.len()];
    let kept: Vec<TableName> = to
        .tables
        .keys()
        .filter(|name| from.tables.contains_key(name))
        .cloned()
        .collect();
    // In a chain, a name is fresh but once.
    let is_taken = |table: &TableName| from.table(table).is_some() || to.table(table).is_some();
    if kept.is_empty() || is_taken(&kept[usize::from(table_die) % kept.len()].sibling(fresh)) {
        return;
    }
    let old = &kept[usize::from(table_die) % kept.len()];
    let mut name = old.clone();
    if table_die % 4 == 0 {
        name = old.sibling(fresh);
        // It goes to another namespace, too, where there are some.
        let namespaces: BTreeSet<_> = from.tables.keys().map(|name| name.schema.clone()).collect();
        if let Some(other) = namespaces.into_iter().find(|schema| *schema != old.schema) {
            name.schema = other;
            if is_taken(&name) {
                return;
            }
        }
        let operation = Operation::RenameTable {
            from: old.clone(),
            to: name.clone(),
        };
        operation.apply(to).expect("the new name is fresh");
        answers.renamed_tables.insert(old.clone(), name.clone());
    }
    let kept: Vec<String> = to.tables[&name]
        .columns
        .iter()
        .filter(|column| from.tables[old].column(&column.name).is_some())
        .map(|column| column.name.clone())
        .collect();
    let has = |schema: &Schema, table: &TableName| schema.tables[table].column(fresh).is_some();
    if has(from, old) || has(to, &name) {
        return;
    }
    if column_die % 3 == 0 && !kept.is_empty() {
        let column = kept[usize::from(column_die) % kept.len()].clone();
        let operation = Operation::RenameColumn {
            table: name.clone(),
            from: column.clone(),
            to: fresh.to_owned(),
        };
        operation.apply(to).expect("the new name is fresh");
        answers.renamed_columns.insert((name, column), fresh.to_owned());
    }
}

/// Maps the values that an enum loses to one that it has, in every other table.
fn map_values(from: &Schema, to: &Schema, answers: &mut Answers) {
    for table in to.tables.values().step_by(2) {
        let Some(old) = from.table(&table.name) else {
            continue;
        };
        for column in &table.columns {
            if answers
                .renamed_columns
                .iter()
                .any(|((of, _), new)| *of == table.name && *new == column.name)
            {
                continue;
            }
            let types = (old.column(&column.name).map(|column| &column.ty), &column.ty);
            let (Some(Type::Enum { values: old, .. }), Type::Enum { values: new, .. }) = types else {
                continue;
            };
            let lost = old.iter().filter(|value| !new.contains(value));
            let map: BTreeMap<String, String> = lost.map(|value| (value.clone(), new[0].clone())).collect();
            if !map.is_empty() {
                answers
                    .mapped_values
                    .insert((table.name.clone(), column.name.clone()), map);
            }
        }
    }
}

/// Returns a value that old rows can be given.
fn vacant(ty: &Type) -> Default {
    Default::Literal(if let Type::Enum { name: _, values } = ty {
        Literal::Text(values[0].clone())
    } else if is_number(ty) {
        Literal::Integer(0)
    } else {
        Literal::Text(String::new())
    })
}
