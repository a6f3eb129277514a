//! Fewer operations that do the same: what comes of a list when nobody needs the steps between.
//!
//! Operations are brought next to each other only past such as touch nothing of theirs, and two become one only where rows
//! come out the same: a column that is dropped and added again is a new column.

mod fold;
mod rename;

use super::Operation;
use super::conflict::commute;

/// Returns operations that lead to the same schema, with the same rows, in fewer steps where that can be told.
///
/// # Example
///
/// ```
/// use schema_core::operation::{Operation, optimize};
/// use schema_core::schema::{Column, Table, TableName, Type};
///
/// let table = TableName::new("items");
/// let create = Operation::CreateTable { table: Table::new(table.clone()) };
/// let column = Column::new("name", Type::Text { length: None });
/// let add = Operation::AddColumn { table: table.clone(), column, after: None, backfill: None };
/// let rename = Operation::RenameTable { from: table, to: TableName::new("wares") };
/// assert_eq!(optimize(&[create, add, rename]).len(), 1);
/// ```
#[must_use]
pub fn optimize(operations: &[Operation]) -> Vec<Operation> {
    let mut operations = operations.to_vec();
    loop {
        let fewer = pass(&operations);
        if fewer.len() == operations.len() {
            return fewer;
        }
        // What is gone no longer stands between others.
        operations = fewer;
    }
}

/// Folds each operation into one before it where that is possible.
fn pass(operations: &[Operation]) -> Vec<Operation> {
    let mut done = Vec::with_capacity(operations.len());
    for operation in operations {
        add(&mut done, operation);
    }
    done
}

fn add(done: &mut Vec<Operation>, operation: &Operation) {
    // Where the operation would stand: it moves left past what it commutes with, and a rename past what names the thing.
    let mut place = done.len();
    let mut stuck = false;
    for at in (0..done.len()).rev() {
        if let Some(folded) = fold::fold(&done[at], operation) {
            if !stuck {
                done.splice(at..=at, folded);
                return;
            }
            // Those from `place` on are told as they are after the operation.
            let mut between = done[at + 1..place].iter();
            if between.all(|between| commute(&done[at], between)) {
                done.splice(place..place, folded);
                done.remove(at);
                return;
            }
        }
        if stuck {
            continue;
        }
        if let Some(changed) = rename::after_rename(&done[at], operation) {
            done[at] = changed;
            place = at;
        } else if !commute(&done[at], operation) {
            stuck = true;
        }
    }
    done.insert(place, operation.clone());
}
