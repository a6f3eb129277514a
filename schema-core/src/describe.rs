//! A schema in the words of others: as Rust structs, as diagrams, as text.
//!
//! It prints what it is given and knows no database: a schema that one holds is brought into the general form first, where that is wanted.

mod dot;
mod mermaid;
mod naming;
mod rust;
mod text;

pub use dot::dot;
pub use mermaid::mermaid;
pub use rust::{Rust, rust};
pub use text::text;
