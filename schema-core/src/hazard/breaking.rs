//! What breaks programs that still run on the schema before: those that were deployed before the step, and go on beside it.
//!
//! A database that is a file of one program has no such programs, so it is for the dialects of servers to ask.

use super::find::renamed;
use super::{Code, Hazard};
use crate::operation::Operation;
use crate::schema::{Auto, Column, Default, Index, Schema, TableName};

/// Returns the hazards of a step for programs that know the schema before, in the order of its operations.
///
/// # Example
///
/// ```
/// use schema_core::hazard::{Code, breaking};
/// use schema_core::operation::Operation;
/// use schema_core::schema::{Schema, Table, TableName};
///
/// let from = Schema::from_iter([Table::new(TableName::new("wares"))]);
/// let rename = Operation::RenameTable { from: TableName::new("wares"), to: TableName::new("items") };
/// assert_eq!(breaking(&[rename], &from)[0].code, Code::B01);
/// ```
#[must_use]
pub fn breaking(operations: &[Operation], from: &Schema) -> Vec<Hazard> {
    let before = renamed(from, operations);
    let mut found = Vec::new();
    for operation in operations {
        found.extend(of(operation, operations, &before));
    }
    found
}

fn of(operation: &Operation, operations: &[Operation], before: &Schema) -> Option<Hazard> {
    match operation {
        Operation::RenameTable { from, to } => {
            let next = operations.iter().find_map(|other| {
                let Operation::RenameTable { from, to: last } = other else {
                    return None;
                };
                (from == to && is_aside(&to.name)).then_some(last)
            });
            let to = next.unwrap_or(to);
            (!is_aside(&from.name) && !is_aside(&to.name)).then(|| {
                let text = format!("`{from}` is `{to}` from now on, and programs that still run know the old name");
                let safe = format!("leave a view `{from}` of `{to}` until the last of them is gone, or rename in the models only: `#[model(table = {:?})]`", from.name);
                Hazard::new(Code::B01, text, safe).of(to, &[&from.name])
            })
        }
        Operation::RenameColumn { table, from, to } => {
            let next = operations.iter().find_map(|other| {
                let Operation::RenameColumn {
                    table: of,
                    from,
                    to: last,
                } = other
                else {
                    return None;
                };
                (of == table && from == to && is_aside(to)).then_some(last)
            });
            let to = next.unwrap_or(to);
            (!is_aside(from) && !is_aside(to)).then(|| {
                let text = format!("`{table}.{from}` is `{to}` from now on, and programs that still run know the old name");
                let safe = format!("rename in the models only, `#[model(column = {from:?})]`; or add `{to}`, write both, and drop `{from}` later");
                Hazard::new(Code::B02, text, safe).of(table, &[from, to])
            })
        }
        Operation::AddColumn {
            table,
            column,
            backfill,
            ..
        } => {
            let required = before.table(table).is_some() && backfill.is_some() && is_required(column);
            required.then(|| left_out(table, column))
        }
        Operation::AlterColumn {
            table,
            from,
            to,
            backfill,
        } => {
            before.table(table)?;
            altered(table, from, to, backfill.as_ref())
        }
        Operation::MapValues {
            table,
            column,
            values,
            ..
        } => {
            let gone = gone_values(operations, table, column)?;
            let old: Vec<String> = values
                .keys()
                .filter(|value| gone.contains(value))
                .map(|value| format!("`{value}`"))
                .collect();
            (!old.is_empty()).then(|| {
                let text = format!("`{table}.{column}` has no {} any more, which programs that still run write and look for", old.join(", "));
                let safe = "add the new value first, let programs write it, and take the old one away in a later revision";
                Hazard::new(Code::B05, text, safe).of(table, &[column])
            })
        }
        Operation::AddIndex { table, index } => unique_added(table, index, before),
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterPrimaryKey { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddForeignKey { .. }
        | Operation::DropForeignKey { .. }
        | Operation::RenameForeignKey { .. }
        | Operation::AddCheck { .. }
        | Operation::DropCheck { .. }
        | Operation::RenameCheck { .. } => None,
    }
}

/// Tells whether a name is one under which something waits to be dropped, or to get the name of another.
fn is_aside(name: &str) -> bool {
    name.starts_with("_autogen_")
}

/// Tells whether a row that says nothing of the column is refused.
fn is_required(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.generated.is_none() && column.auto == Auto::No
}

fn left_out(table: &TableName, column: &Column) -> Hazard {
    let name = &column.name;
    let text = format!(
        "`{table}.{name}` is NOT NULL without a default, and rows that programs still write without it are refused"
    );
    let safe = "`#[model(default = …)]` until every program writes it, and take the default away in a later revision";
    Hazard::new(Code::B04, text, safe).of(table, &[name])
}

fn altered(table: &TableName, from: &Column, to: &Column, backfill: Option<&Default>) -> Option<Hazard> {
    let name = &to.name;
    if !from.nullable && to.nullable {
        let text = format!(
            "`{table}.{name}` may hold NULL from now on, which programs that still run do not expect"
        );
        let safe = "write no NULL before they are gone";
        return Some(Hazard::new(Code::B03, text, safe).of(table, &[name]));
    }
    // Rows that hold NULL are another hazard, which says the same of rows to come.
    let tightened = from.nullable && backfill.is_some();
    let bared = !from.nullable && from.default.is_some();
    (is_required(to) && (tightened || bared)).then(|| left_out(table, to))
}

/// Returns the values that a column loses in this step.
fn gone_values<'a>(operations: &'a [Operation], table: &TableName, column: &str) -> Option<Vec<&'a String>> {
    operations.iter().find_map(|operation| {
        let Operation::AlterColumn {
            table: of,
            from,
            to,
            backfill: _,
        } = operation
        else {
            return None;
        };
        let (old, new) = (from.ty.values()?, to.ty.values()?);
        (of == table && to.name == column).then(|| old.iter().filter(|value| !new.contains(value)).collect())
    })
}

fn unique_added(table: &TableName, index: &Index, before: &Schema) -> Option<Hazard> {
    let standing = before.table(table)?;
    let columns = index.columns().unwrap_or_default();
    // Nobody writes yet what comes with this step.
    let is_written = columns.iter().all(|column| standing.column(column).is_some());
    let was_unique = standing
        .indexes
        .values()
        .any(|old| old.unique && old.keys == index.keys && old.predicate == index.predicate);
    (index.unique && is_written && !was_unique).then(|| {
        let text = format!(
            "`{}` refuses rows of `{table}` that programs which still run may write",
            index.name
        );
        let safe = "let the last program that writes rows which are alike go first";
        Hazard::new(Code::B08, text, safe).of(table, &[&index.name])
    })
}
