//! Expressions as the server stores them.
//!
//! Every default, check, generated column, index expression and predicate of a normalized schema is put through the server: into
//! temporary tables, in a transaction that is rolled back, from which they are read as [`reflect`](super::reflect) reads them. Alike
//! expressions over alike columns are tried once, and many in one table, so that the cost is that of what differs. Constants whose
//! text is known beforehand are not tried at all.

mod probe;

use std::collections::BTreeMap;

use self::probe::{Item, Kind, Probes};
use super::expression::is_plain;
use crate::db::{Connection, Error};
use crate::schema::{Column, Default, Expression, IndexPart, Schema, Table};

/// Returns the schema with its expressions as the server stores them.
///
/// # Errors
///
/// An expression that the server does not take, with the name of what it belongs to, or what the database reports.
pub(super) fn stored(connection: &mut dyn Connection, mut schema: Schema) -> Result<Schema, Error> {
    let mut probes = Probes::default();
    for table in schema.tables.values_mut() {
        each(table, &mut |item, _| probes.add(item));
    }
    let answers = probes.ask(connection)?;
    for table in schema.tables.values_mut() {
        each(table, &mut |item, place| {
            if let Some(answer) = answers.get(&item) {
                place.take(answer);
            }
        });
    }
    unprobed(connection, schema)
}

/// Returns the schema with nothing said that the server does not report, for which nothing has to be tried.
///
/// # Errors
///
/// What the database reports.
pub(super) fn unprobed(connection: &mut dyn Connection, mut schema: Schema) -> Result<Schema, Error> {
    if uses_operator_classes(&schema) {
        forget_default_classes(connection, &mut schema)?;
    }
    Ok(schema)
}

/// Where an expression stands.
enum Place<'a> {
    Default(&'a mut Option<Default>),
    Expression(&'a mut Expression),
    Key(&'a mut Expression, &'a mut Option<String>),
}

impl Place<'_> {
    fn take(self, answer: &probe::Answer) {
        match self {
            Place::Default(place) => place.clone_from(&answer.default),
            Place::Expression(place) => place.clone_from(&answer.expression),
            Place::Key(place, collation) => {
                place.clone_from(&answer.expression);
                // The one that the expression has anyway is not reported.
                *collation = collation.take().filter(|_| !answer.collates);
            }
        }
    }
}

/// Calls back for every expression of a table that the server may write in other words.
fn each(table: &mut Table, found: &mut dyn FnMut(Item, Place<'_>)) {
    let owner = table.clone();
    let item = |kind, text: &str, about: String| Item::new(kind, text, &owner, about);
    for column in &mut table.columns {
        let about = format!("column `{}.{}`", owner.name, column.name);
        if let Some(default) = column
            .default
            .clone()
            .filter(|default| !is_plain(default, &column.ty))
        {
            let kind = Kind::Default(probe::typed(column));
            let text = super::ddl::value(&default);
            let item = item(kind, &text, format!("the default of {about}"));
            found(item, Place::Default(&mut column.default));
        }
        if column.generated.is_some() {
            let kind = Kind::Generated(probe::typed(column));
            if let Some(generated) = &mut column.generated {
                let item = item(
                    kind,
                    &generated.expression.0,
                    format!("the expression of {about}"),
                );
                found(item, Place::Expression(&mut generated.expression));
            }
        }
    }
    for check in table.checks.values_mut() {
        let about = format!("check `{}` of `{}`", check.name, owner.name);
        let item = item(Kind::Condition, &check.expression.0, about);
        found(item, Place::Expression(&mut check.expression));
    }
    for index in table.indexes.values_mut() {
        let about = || format!("index `{}` of `{}`", index.name, owner.name);
        if let Some(predicate) = &mut index.predicate {
            let item = item(Kind::Condition, &predicate.0, about());
            found(item, Place::Expression(predicate));
        }
        for key in &mut index.keys {
            if let IndexPart::Expression(expression) = &mut key.part {
                let item = item(Kind::Key(key.collation.clone()), &expression.0, about());
                found(item, Place::Key(expression, &mut key.collation));
            }
        }
    }
}

/// Tells whether the server keeps the default of a column as it is said.
pub(super) fn keeps_default(column: &Column) -> bool {
    let default = column.default.as_ref();
    default.is_none_or(|default| is_plain(default, &column.ty))
}

fn uses_operator_classes(schema: &Schema) -> bool {
    let indexes = schema.tables.values().flat_map(|table| table.indexes.values());
    indexes
        .flat_map(|index| &index.keys)
        .any(|key| key.operator_class.is_some())
}

/// The class that an index has anyway is not reported.
fn forget_default_classes(connection: &mut dyn Connection, schema: &mut Schema) -> Result<(), Error> {
    let sql =
        "SELECT m.amname, c.opcname FROM pg_opclass c JOIN pg_am m ON m.oid = c.opcmethod WHERE c.opcdefault";
    let mut defaults: BTreeMap<(String, String), ()> = BTreeMap::new();
    for row in connection.query(sql, &[])? {
        let mut cells = super::reflect::Cells::of(row);
        defaults.insert((cells.text(), cells.text()), ());
    }
    for index in schema
        .tables
        .values_mut()
        .flat_map(|table| table.indexes.values_mut())
    {
        let method = index.using.clone().unwrap_or_else(|| "btree".to_owned());
        for key in &mut index.keys {
            let class = key.operator_class.take();
            key.operator_class =
                class.filter(|class| !defaults.contains_key(&(method.clone(), class.clone())));
        }
    }
    Ok(())
}
