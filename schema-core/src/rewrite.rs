//! Revisions written anew: a range folded into one, a branch moved onto another, scripts for one more dialect.
//!
//! What a person wrote by hand stays as it was written. Nothing here runs a script or writes a file; whoever does proves
//! first that what came out does the same.

mod complete;
mod error;
mod rebase;
mod squash;

pub use complete::{Completed, complete};
pub use error::RewriteError;
pub use rebase::{Moved, rebase};
pub use squash::{Squash, squash};

use crate::history::{Direction, RevisionId};

/// A script that a person edited, and that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptScript {
    /// The revision it is of.
    pub revision: RevisionId,
    /// The dialect.
    pub dialect: String,
    /// Which script.
    pub direction: Direction,
}
