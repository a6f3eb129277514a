//! What the tests that cross crates share.

pub mod case;
pub mod notation;
