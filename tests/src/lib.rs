//! What the tests that cross crates share.

pub mod autocommit;
pub mod case;
pub mod chain;
pub mod dice;
pub mod dying;
pub mod generate;
pub mod interrupted;
pub mod law;
pub mod notation;
pub mod operations;
pub mod provision;
pub mod revisions;
pub mod rows;
pub mod servers;
pub mod shell;
