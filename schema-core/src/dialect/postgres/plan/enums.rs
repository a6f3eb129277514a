//! The life of enums: made before they are used, changed in place where the server can, else replaced, and dropped when nobody needs them.
//!
//! In place a type can get another name, a value another name, and new values where they belong
//! (<https://www.postgresql.org/docs/current/sql-altertype.html>). A new value cannot be used before it is committed, so a type whose new values
//! the same script uses is replaced too: the new one is made under the name, and the columns are taken over to it.

use std::collections::{BTreeMap, BTreeSet};

use super::change::TableChange;
use crate::dialect::postgres::ddl::{create_enum, in_schema, qualified, quote, text};
use crate::dialect::postgres::types;
use crate::operation::aside;
use crate::plan::Statement;
use crate::schema::{Column, Default, Literal, Schema, TableName, Type};

/// What becomes of the enums.
#[derive(Default)]
pub(super) struct Enums<'a> {
    /// Types that are new.
    pub(super) created: BTreeMap<TableName, &'a [String]>,
    /// Types that nobody needs any more.
    dropped: BTreeSet<TableName>,
    /// Types that get another name: the old one by the new one.
    renamed: BTreeMap<TableName, TableName>,
    /// Types that are changed in place.
    altered: BTreeMap<TableName, Vec<Alteration>>,
    /// Types that are replaced by others of the same name.
    replaced: BTreeMap<TableName, &'a [String]>,
    /// The names that new tables have.
    taken: BTreeSet<TableName>,
}

/// A change of a type in place.
enum Alteration {
    RenameValue { from: String, to: String },
    AddValue { value: String, place: String },
}

type Values<'a> = BTreeMap<TableName, &'a [String]>;

impl<'a> Enums<'a> {
    pub(super) fn compare(before: &'a Schema, after: &'a Schema, tables: &[TableChange<'a>]) -> Self {
        let (old, new) = (enums(before), enums(after));
        let mut enums = Enums {
            taken: after
                .tables
                .keys()
                .filter(|table| before.table(table).is_none())
                .cloned()
                .collect(),
            renamed: renamed(&old, &new, tables),
            ..Enums::default()
        };
        for (name, values) in &new {
            let was = enums.renamed.get(name).unwrap_or(name);
            match old.get(was) {
                None => drop(enums.created.insert(name.clone(), values)),
                Some(old) => match in_place(was, name, old, values, after, tables) {
                    Some(alterations) if alterations.is_empty() => {}
                    Some(alterations) => drop(enums.altered.insert(name.clone(), alterations)),
                    None => drop(enums.replaced.insert(name.clone(), values)),
                },
            }
        }
        let kept: BTreeSet<&TableName> = new.keys().chain(enums.renamed.values()).collect();
        enums.dropped = old.into_keys().filter(|name| !kept.contains(name)).collect();
        enums
    }

    /// Tells whether a column's values have to be taken to another type.
    pub(super) fn changes_type(&self, from: &Type, to: &Type) -> bool {
        match (types::enumeration(from), types::enumeration(to)) {
            (Some((old, _)), Some((new, _))) => {
                let array = |ty: &Type| matches!(ty, Type::Array(_));
                let same = self.renamed.get(&new).unwrap_or(&new) == &old && array(from) == array(to);
                !same || self.replaced.contains_key(&new)
            }
            (Some(_) | None, Some(_) | None) => from != to,
        }
    }

    /// Makes the types that tables and columns will use, and changes those in place that can be.
    pub(super) fn prepare(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut execute = |sql: String| statements.push(Statement::execute(sql));
        let rename =
            |from: &TableName, to: &str| format!("ALTER TYPE {} RENAME TO {}", qualified(from), quote(to));
        for name in self.dropped.intersection(&self.taken) {
            execute(rename(name, &aside(&name.name, |_| false)));
        }
        for (to, from) in &self.renamed {
            if from.name != to.name {
                execute(rename(from, &to.name));
            }
            if from.schema != to.schema {
                let schema = to.schema.as_deref().unwrap_or("public");
                execute(format!(
                    "ALTER TYPE {} SET SCHEMA {}",
                    in_schema(from, &to.name),
                    quote(schema)
                ));
            }
        }
        for (name, alterations) in &self.altered {
            for alteration in alterations {
                execute(format!("ALTER TYPE {} {}", qualified(name), alteration.sql()));
            }
        }
        for name in self.replaced.keys() {
            execute(rename(name, &aside(&name.name, |_| false)));
        }
        for (name, values) in self.replaced.iter().chain(&self.created) {
            execute(create_enum(name, values));
        }
        statements
    }

    /// Drops what nobody needs any more.
    pub(super) fn finish(&self) -> Vec<Statement> {
        let replaced = self.replaced.keys().map(|name| (name, true));
        let dropped = self.dropped.iter().map(|name| (name, self.taken.contains(name)));
        let all = replaced.chain(dropped);
        let drop = |(name, is_aside): (&TableName, bool)| {
            let name = if is_aside {
                in_schema(name, &aside(&name.name, |_| false))
            } else {
                qualified(name)
            };
            Statement::execute(format!("DROP TYPE {name}"))
        };
        all.map(drop).collect()
    }
}

impl Alteration {
    fn sql(&self) -> String {
        match self {
            Alteration::RenameValue { from, to } => format!("RENAME VALUE {} TO {}", text(from), text(to)),
            Alteration::AddValue { value, place } => format!("ADD VALUE {} {place}", text(value)),
        }
    }
}

fn enums(schema: &Schema) -> Values<'_> {
    let columns = schema.tables.values().flat_map(|table| &table.columns);
    columns
        .filter_map(|column| types::enumeration(&column.ty))
        .collect()
}

/// Finds the types that are the same under another name: all columns that had the old one have the new one.
fn renamed(old: &Values<'_>, new: &Values<'_>, tables: &[TableChange<'_>]) -> BTreeMap<TableName, TableName> {
    let mut renamed = BTreeMap::new();
    for to in new.keys().filter(|name| !old.contains_key(*name)) {
        let pairs = tables.iter().flat_map(TableChange::standing);
        let name = |column: &Column| types::enumeration(&column.ty).map(|(name, _)| name);
        let pairs: Vec<_> = pairs.map(|(from, to)| (name(from), name(to))).collect();
        let sources: BTreeSet<_> = pairs
            .iter()
            .filter(|(_, after)| after.as_ref() == Some(to))
            .collect();
        let mut sources = sources.into_iter();
        let (Some((Some(from), _)), None) = (sources.next(), sources.next()) else {
            continue;
        };
        let all = pairs
            .iter()
            .filter(|(before, _)| before.as_ref() == Some(from))
            .all(|(_, after)| after.as_ref() == Some(to));
        if all && !new.contains_key(from) {
            renamed.insert(to.clone(), from.clone());
        }
    }
    renamed
}

/// Returns how a type gets its new values in place, if it can.
fn in_place(
    was: &TableName,
    name: &TableName,
    old: &[String],
    new: &[String],
    after: &Schema,
    tables: &[TableChange<'_>],
) -> Option<Vec<Alteration>> {
    let mapped = common_mapping(was, name, tables)?;
    let mut alterations = Vec::new();
    let mut values = Vec::with_capacity(new.len());
    for value in old {
        if new.contains(value) && !mapped.contains_key(value) {
            values.push(value.clone());
            continue;
        }
        // Only a value that nobody else becomes or is can keep its place under another name.
        let to = mapped.get(value)?;
        let alone = mapped.values().filter(|other| *other == to).count() == 1;
        if !alone || old.contains(to) || new.contains(value) {
            return None;
        }
        values.push(to.clone());
        alterations.push(Alteration::RenameValue {
            from: value.clone(),
            to: to.clone(),
        });
    }
    for (at, value) in new.iter().enumerate() {
        if values.get(at) == Some(value) {
            continue;
        }
        if values.contains(value) || is_used(value, name, after, tables) {
            return None;
        }
        let place = match at.checked_sub(1).and_then(|before| new.get(before)) {
            Some(before) => format!("AFTER {}", text(before)),
            None => format!("BEFORE {}", text(values.first()?)),
        };
        values.insert(at, value.clone());
        alterations.push(Alteration::AddValue {
            value: value.clone(),
            place,
        });
    }
    Some(alterations)
}

/// Returns how all columns of a type map its values; `None` if they do not agree.
fn common_mapping(
    was: &TableName,
    name: &TableName,
    tables: &[TableChange<'_>],
) -> Option<BTreeMap<String, String>> {
    let mut common: Option<BTreeMap<String, String>> = None;
    for table in tables {
        for (old, new) in table.standing() {
            let is = |column: &Column, wanted: &TableName| {
                types::enumeration(&column.ty).is_some_and(|(name, _)| name == *wanted)
            };
            if !is(old, was) || !is(new, name) {
                continue;
            }
            let own = table
                .mapped
                .get(new.name.as_str())
                .copied()
                .cloned()
                .unwrap_or_default();
            match &common {
                Some(common) if *common != own => return None,
                Some(_) | None => common = Some(own),
            }
        }
    }
    Some(common.unwrap_or_default())
}

/// Tells whether anything in the tables as they shall be names a new value, so that the script would use it.
fn is_used(value: &str, name: &TableName, after: &Schema, tables: &[TableChange<'_>]) -> bool {
    let literal = text(value);
    let says = |default: &Default| match default {
        Default::Literal(Literal::Text(text)) => text == value,
        Default::Literal(_) => false,
        Default::Expression { sql } => sql.0.contains(&literal),
    };
    let fills = tables.iter().flat_map(|table| table.fills.values());
    let mappings = tables.iter().flat_map(|table| table.mapped.values());
    let targets = mappings.flat_map(|mapping| mapping.values());
    let columns = after.tables.values().flat_map(|table| &table.columns);
    let mut own =
        columns.filter(|column| types::enumeration(&column.ty).is_some_and(|(other, _)| other == *name));
    own.any(|column| column.default.as_ref().is_some_and(says))
        || fills.into_iter().any(|fill| says(fill))
        || targets.into_iter().any(|target| target == value)
        || after.tables.values().any(|table| {
            let checks = table.checks.values().map(|check| &check.expression);
            let generated = table
                .columns
                .iter()
                .filter_map(|column| column.generated.as_ref());
            let predicates = table
                .indexes
                .values()
                .filter_map(|index| index.predicate.as_ref());
            let mut all = checks
                .chain(generated.map(|generated| &generated.expression))
                .chain(predicates);
            all.any(|expression| expression.0.contains(&literal))
        })
}
