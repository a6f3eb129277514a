//! Database schemas as Rust structs, and the migrations between them.
//!
//! Put [`derive@Model`] on a struct and it is a table; the `autogen` command reads the models out of the compiled
//! program, compares them with the history of migrations and writes the next one. This crate is both what a program depends on
//! (light, with its default features) and what the command is built from (features `sqlite`, `postgres`, `mysql`, `artifacts` and `describe`).
//!
//! ```
//! use schema_core::Model;
//!
//! #[derive(Model)] // table `stores`
//! struct StoreModel {
//!     id: i64, // the primary key; the database makes the number
//!     #[model(length = 80, unique)]
//!     name: String, // NOT NULL; Option<String> may be NULL
//! }
//!
//! #[derive(Model)]
//! struct ItemModel {
//!     id: i64,
//!     name: String,
//!     #[model(references(StoreModel), index)]
//!     store_id: i64,
//! }
//!
//! // autogen is no ORM: a program queries as it likes, and has the names from here.
//! assert_eq!(format!("SELECT {} FROM {}", ItemModel::COLUMNS.join(", "), ItemModel::TABLE), "SELECT id, name, store_id FROM items");
//! assert!(ItemModel::table().foreign_keys.contains_key("fk_items_store_id_stores"));
//! ```
//!
//! What `autogen migrate` writes is brought to databases by `autogen upgrade`, or by the program itself: `migrator` (feature `sqlite`, `postgres` or
//! `mysql`). `testing` gives tests their databases.

#[cfg(feature = "describe")]
pub mod describe;
pub mod diff;
mod embedded;
pub mod hazard;
#[cfg(feature = "migrations")]
pub mod history;
#[cfg(feature = "migrations")]
pub mod json;
pub mod lexer;
#[cfg(feature = "migrations")]
pub mod lint;
pub mod metadata;
mod model;
pub mod operation;
pub mod schema;

#[cfg(feature = "migrations")]
pub mod db;
#[cfg(feature = "migrations")]
pub mod dialect;
#[cfg(feature = "migrations")]
pub mod migrator;
#[cfg(feature = "migrations")]
pub mod plan;
#[cfg(feature = "migrations")]
pub mod rewrite;
#[cfg(feature = "migrations")]
pub mod runner;
#[cfg(feature = "migrations")]
pub mod script;
#[cfg(feature = "testing")]
pub mod testing;

pub use embedded::{EmbeddedRevision, Migrations};
#[doc(hidden)]
pub use model::private as __private;
pub use model::{ColumnType, Enum, Model};
#[cfg(feature = "derive")]
pub use model_derive::{ColumnType, Enum, Model, migrations};
