//! What the tests that cross crates share.

pub mod case;
pub mod generate;
pub mod law;
pub mod notation;
pub mod operations;
pub mod provision;
pub mod rows;
pub mod servers;
