#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What the diff of two large schemas costs, beside its budget.
//!
//! `cargo bench -p autogen-tests --bench diff` prints a line per measure.

use std::time::{Duration, Instant};

use schema_core::diff::{Answers, diff};
use schema_core::schema::{
    Auto, Column, Index, IndexKey, PrimaryKey, Schema, Table, TableName, Type, naming,
};

/// How often it runs. The fastest counts: what else the machine does at the time only makes it slower.
const RUNS: usize = 15;

const TABLES: usize = 2_000;

fn main() {
    let from = schema();
    for changes in [0, 1, 200] {
        let to = changed(&from, changes);
        let times = (0..RUNS).map(|_| {
            let began = Instant::now();
            let operations = diff(&from, &to, &Answers::default());
            (began.elapsed(), operations.len())
        });
        let (time, operations) = times.min().unwrap_or((Duration::ZERO, 0));
        println!(
            "{TABLES} tables, {changes:>3} changes: {operations:>3} operations in {:>6.1} ms, budget 50",
            time.as_secs_f64() * 1_000.0
        );
    }
}

/// Returns tables of ten columns with a key and two indexes.
fn schema() -> Schema {
    (0..TABLES)
        .map(|number| {
            let mut table = Table::new(TableName::new(format!("things_{number:04}")));
            let id = Column {
                auto: Auto::Auto,
                ..Column::new("id", Type::I64)
            };
            table.columns.push(id);
            table.columns.extend((0..9).map(|at| Column {
                nullable: at % 2 == 0,
                ..Column::new(format!("column_{at}"), Type::Text { length: Some(80) })
            }));
            table.primary_key = Some(PrimaryKey {
                name: naming::primary_key(&table.name),
                columns: vec!["id".to_owned()],
            });
            for column in ["column_1", "column_2"] {
                let index = Index {
                    unique: column == "column_1",
                    ..Index::new(
                        naming::index(&table.name, &[column]),
                        vec![IndexKey::column(column)],
                    )
                };
                table.add_index(index);
            }
            table
        })
        .collect()
}

/// Returns the schema with that many changes of seven kinds, in tables far from each other.
fn changed(from: &Schema, changes: usize) -> Schema {
    let mut to = from.clone();
    let names: Vec<TableName> = from.tables.keys().cloned().collect();
    for change in 0..changes {
        let name = &names[change * names.len() / changes];
        let Some(table) = to.tables.get_mut(name) else {
            continue;
        };
        match change % 7 {
            0 => table.columns.push(Column {
                nullable: true,
                ..Column::new("added", Type::Boolean)
            }),
            1 => table.columns.retain(|column| column.name != "column_8"),
            2 => table.columns[5].nullable = !table.columns[5].nullable,
            3 => table.columns[6].ty = Type::I64,
            4 => table.indexes.retain(|_, index| index.unique),
            5 => table.columns[7].name = "renamed".to_owned(),
            _ => {
                to.tables.remove(name);
            }
        }
    }
    to
}
