//! Models: Rust structs as tables.
//!
//! [`Model`] and [`ColumnType`] are what the derives implement. A model is constant data: the derive leaves it in
//! the compiled artifact, where the `autogen` command reads it without running the program.

use crate::schema::Table;

/// A struct that is a table. Implemented by `#[derive(Model)]`.
pub trait Model {
    /// The table's name.
    const TABLE: &'static str;
    /// The names of the columns, in declared order.
    const COLUMNS: &'static [&'static str];

    /// Returns the table as a value of the IR.
    fn table() -> Table;
}

/// A Rust type that a column can have.
pub trait ColumnType {
    /// The logical type, in the notation of [`Type`](crate::schema::Type).
    const TYPE: &'static str;
    /// Whether the column may hold NULL: true of `Option<T>`.
    const NULLABLE: bool = false;
}
