//! What an operation does to a schema.

use std::fmt;

use super::Operation;
use crate::schema::{Schema, Table, TableName};

/// An operation that does not fit the schema it is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyError {
    /// The operation, in words.
    pub operation: String,
    /// What was found instead of what it expects.
    pub found: String,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` does not fit the schema: {}", self.operation, self.found)
    }
}

impl std::error::Error for ApplyError {}

impl Operation {
    /// Changes the schema.
    ///
    /// # Errors
    ///
    /// [`ApplyError`] if the schema does not hold what the operation changes, exactly as the operation knows it,
    /// or holds already what it adds. The schema is as it was then.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::{Schema, Table, TableName}};
    /// let mut schema = Schema::default();
    /// let create = Operation::CreateTable { table: Table::new(TableName::new("items")) };
    /// create.apply(&mut schema)?;
    /// assert_eq!(
    ///     create.apply(&mut schema).unwrap_err().to_string(),
    ///     "`added table 'items'` does not fit the schema: table `items` exists already"
    /// );
    /// # Ok::<(), schema_core::operation::ApplyError>(())
    /// ```
    pub fn apply(&self, schema: &mut Schema) -> Result<(), ApplyError> {
        self.try_apply(schema).map_err(|found| ApplyError {
            operation: self.describe(),
            found,
        })
    }

    fn try_apply(&self, schema: &mut Schema) -> Result<(), String> {
        match self {
            Operation::CreateTable { table } => create_table(schema, table),
            Operation::DropTable { table } => drop_table(schema, table),
            Operation::RenameTable { from, to } => rename_table(schema, from, to),
            Operation::AlterTable { table, from, to } => {
                let table = table_mut(schema, table)?;
                replace(&mut table.options, from, to, "the table's options")
            }
            Operation::AddColumn {
                table,
                column,
                after,
                backfill: _,
            } => {
                let table = table_mut(schema, table)?;
                if table.column(&column.name).is_some() {
                    return Err(format!("column `{}` exists already", column.name));
                }
                let at = position_after(table, after.as_deref());
                table.columns.insert(at, column.clone());
                Ok(())
            }
            Operation::DropColumn {
                table,
                column,
                after: _,
            } => {
                refuse_used(schema, table, &column.name)?;
                let table = table_mut(schema, table)?;
                let at = position(table, &column.name)?;
                if table.columns[at] != *column {
                    return Err(format!(
                        "column `{}` is not as it was when it was written",
                        column.name
                    ));
                }
                table.columns.remove(at);
                Ok(())
            }
            Operation::RenameColumn { table, from, to } => rename_column(schema, table, from, to),
            Operation::AlterColumn {
                table,
                from,
                to,
                backfill: _,
            } => {
                let table = table_mut(schema, table)?;
                let at = position(table, &from.name)?;
                replace(
                    &mut table.columns[at],
                    from,
                    to,
                    &format!("column `{}`", from.name),
                )
            }
            Operation::MapValues {
                table,
                column,
                values: _,
                back: _,
            } => position(table_mut(schema, table)?, column).map(drop),
            Operation::AlterPrimaryKey { table, from, to } => {
                let table = table_mut(schema, table)?;
                refuse_lacking(table, to.iter().flat_map(|key| &key.columns))?;
                replace(&mut table.primary_key, from, to, "the primary key")
            }
            Operation::AddIndex { table, index } => {
                let table = table_mut(schema, table)?;
                refuse_lacking(table, index.plain_columns())?;
                add(&mut table.indexes, &index.name, index, "index")
            }
            Operation::DropIndex { table, index } => remove(
                &mut table_mut(schema, table)?.indexes,
                &index.name,
                index,
                "index",
            ),
            Operation::RenameIndex { table, from, to } => {
                let mut renamed = from.clone();
                renamed.name.clone_from(to);
                rename(
                    &mut table_mut(schema, table)?.indexes,
                    &from.name,
                    to,
                    "index",
                    |index| *index = renamed,
                )
            }
            Operation::AddForeignKey { table, foreign_key } => {
                if let Some(target) = schema.table(&foreign_key.references) {
                    refuse_lacking(target, &foreign_key.referenced_columns)?;
                }
                let table = table_mut(schema, table)?;
                refuse_lacking(table, &foreign_key.columns)?;
                add(
                    &mut table.foreign_keys,
                    &foreign_key.name,
                    foreign_key,
                    "foreign key",
                )
            }
            Operation::DropForeignKey { table, foreign_key } => remove(
                &mut table_mut(schema, table)?.foreign_keys,
                &foreign_key.name,
                foreign_key,
                "foreign key",
            ),
            Operation::RenameForeignKey { table, from, to } => {
                let keys = &mut table_mut(schema, table)?.foreign_keys;
                rename(keys, from, to, "foreign key", |key| key.name.clone_from(to))
            }
            Operation::AddCheck { table, check } => {
                add(&mut table_mut(schema, table)?.checks, &check.name, check, "check")
            }
            Operation::DropCheck { table, check } => {
                remove(&mut table_mut(schema, table)?.checks, &check.name, check, "check")
            }
            Operation::RenameCheck { table, from, to } => rename(
                &mut table_mut(schema, table)?.checks,
                from,
                to,
                "check",
                |check| check.name.clone_from(to),
            ),
        }
    }
}

type Named<T> = std::collections::BTreeMap<String, T>;

fn table_mut<'a>(schema: &'a mut Schema, name: &TableName) -> Result<&'a mut Table, String> {
    schema
        .tables
        .get_mut(name)
        .ok_or_else(|| format!("there is no table `{name}`"))
}

fn position(table: &Table, column: &str) -> Result<usize, String> {
    table
        .columns
        .iter()
        .position(|candidate| candidate.name == column)
        .ok_or_else(|| format!("table `{}` has no column `{column}`", table.name))
}

/// Refuses columns that the table does not have.
fn refuse_lacking<'a>(table: &Table, columns: impl IntoIterator<Item = &'a String>) -> Result<(), String> {
    columns
        .into_iter()
        .try_for_each(|column| position(table, column).map(drop))
}

/// Refuses a column that a key or an index is of. The words of an expression are no proof that it uses the column.
fn refuse_used(schema: &Schema, name: &TableName, column: &String) -> Result<(), String> {
    let used = |by: String| Err(format!("column `{column}` is used by {by}"));
    for table in schema.tables.values() {
        for key in table.foreign_keys.values() {
            let points = key.references == *name && key.referenced_columns.contains(column);
            if points || table.name == *name && key.columns.contains(column) {
                return used(format!("foreign key `{}` of `{}`", key.name, table.name));
            }
        }
    }
    let Some(table) = schema.table(name) else {
        return Ok(());
    };
    if table
        .primary_key
        .as_ref()
        .is_some_and(|key| key.columns.contains(column))
    {
        return used("the primary key".to_owned());
    }
    match table
        .indexes
        .values()
        .find(|index| index.plain_columns().any(|used| used == column))
    {
        Some(index) => used(format!("index `{}`", index.name)),
        None => Ok(()),
    }
}

/// Returns where a column goes that is declared after another: at the end, if that one is gone.
fn position_after(table: &Table, after: Option<&str>) -> usize {
    let Some(after) = after else { return 0 };
    position(table, after).map_or(table.columns.len(), |at| at + 1)
}

fn replace<T: PartialEq + Clone>(place: &mut T, from: &T, to: &T, what: &str) -> Result<(), String> {
    if place != from {
        return Err(format!("{what} is not as it was when it was written"));
    }
    place.clone_from(to);
    Ok(())
}

fn add<T: Clone>(items: &mut Named<T>, name: &str, item: &T, kind: &str) -> Result<(), String> {
    if items.contains_key(name) {
        return Err(format!("{kind} `{name}` exists already"));
    }
    items.insert(name.to_owned(), item.clone());
    Ok(())
}

fn remove<T: PartialEq>(items: &mut Named<T>, name: &str, item: &T, kind: &str) -> Result<(), String> {
    match items.get(name) {
        None => Err(format!("there is no {kind} `{name}`")),
        Some(found) if found != item => Err(format!("{kind} `{name}` is not as it was when it was written")),
        Some(_) => {
            items.remove(name);
            Ok(())
        }
    }
}

fn rename<T>(
    items: &mut Named<T>,
    from: &str,
    to: &str,
    kind: &str,
    set: impl FnOnce(&mut T),
) -> Result<(), String> {
    if items.contains_key(to) {
        return Err(format!("{kind} `{to}` exists already"));
    }
    let mut item = items
        .remove(from)
        .ok_or_else(|| format!("there is no {kind} `{from}`"))?;
    set(&mut item);
    items.insert(to.to_owned(), item);
    Ok(())
}

fn create_table(schema: &mut Schema, table: &Table) -> Result<(), String> {
    if schema.tables.contains_key(&table.name) {
        return Err(format!("table `{}` exists already", table.name));
    }
    schema.insert(table.clone());
    Ok(())
}

fn drop_table(schema: &mut Schema, table: &Table) -> Result<(), String> {
    match schema.tables.get(&table.name) {
        None => Err(format!("there is no table `{}`", table.name)),
        Some(found) if found != table => Err(format!(
            "table `{}` is not as it was when it was written",
            table.name
        )),
        Some(_) => {
            schema.tables.remove(&table.name);
            Ok(())
        }
    }
}

/// Renames a table; the foreign keys that point at it follow.
fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) -> Result<(), String> {
    if schema.tables.contains_key(to) {
        return Err(format!("table `{to}` exists already"));
    }
    let mut table = schema
        .tables
        .remove(from)
        .ok_or_else(|| format!("there is no table `{from}`"))?;
    table.name.clone_from(to);
    schema.insert(table);
    for table in schema.tables.values_mut() {
        for key in table.foreign_keys.values_mut() {
            key.rename_table(from, to);
        }
    }
    Ok(())
}

/// Renames a column in its table's keys, indexes and expressions, and in the foreign keys that point at it.
fn rename_column(schema: &mut Schema, name: &TableName, from: &str, to: &str) -> Result<(), String> {
    let table = table_mut(schema, name)?;
    let at = position(table, from)?;
    if table.column(to).is_some() {
        return Err(format!("column `{to}` exists already"));
    }
    to.clone_into(&mut table.columns[at].name);
    table.rename_in_dependents(from, to);
    for table in schema.tables.values_mut() {
        let Table {
            name: of,
            foreign_keys,
            ..
        } = table;
        for key in foreign_keys.values_mut() {
            key.rename_column(of, name, from, to);
        }
    }
    Ok(())
}
