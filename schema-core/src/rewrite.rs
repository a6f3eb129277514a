//! Revisions written anew: a range folded into one, a branch moved onto another, scripts for one more dialect.
//!
//! What a person wrote by hand stays as it was written. Nothing here runs a script or writes a file; whoever does proves
//! first that what came out does the same.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use schema_core::history::{History, RevisionId};
//! use schema_core::dialect;
//! use schema_core::rewrite::{self, NewRevision};
//!
//! let history = History::load("../examples/store/migrations".as_ref())?;
//! let ids: Vec<RevisionId> = history.revisions().iter().map(|header| header.id).collect();
//! let sqlite = dialect::by_name("sqlite").expect("this build has SQLite");
//!
//! let new = NewRevision {
//!     id: RevisionId::new(0x6b03_7000, 0x0001),
//!     message: "create stores".into(),
//!     created: "2026-12-01T00:00:00Z".into(),
//! };
//! let squash = rewrite::squash(&history, &[sqlite], &ids, new)?;
//! assert_eq!(squash.to, history.schema()?);
//! assert!(squash.scripts["sqlite"].upgrade.contains(r#"CREATE TABLE "stores""#));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod complete;
mod error;
mod rebase;
mod squash;

pub use complete::{Completed, complete};
pub use error::{Misfit, RewriteError};
pub use rebase::{Moved, Rebased, rebase};
pub use squash::{NewRevision, Squash, squash};

use crate::dialect::{self, Dialect};
use crate::history::{Direction, History, HistoryError, RevisionId};

/// A script that was kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptScript {
    /// The revision it is of.
    pub revision: RevisionId,
    /// The dialect.
    pub dialect: String,
    /// Which script.
    pub direction: Direction,
}

/// Returns the dialects that were asked for, and those for which a revision has scripts, too, as far as this build knows them; and the names of the
/// others.
fn all_dialects(
    history: &History,
    asked: &[&'static dyn Dialect],
    id: RevisionId,
) -> Result<(Vec<&'static dyn Dialect>, Vec<String>), HistoryError> {
    let (mut dialects, mut unknown) = (asked.to_vec(), Vec::new());
    for name in history.script_dialects(id)? {
        match dialect::by_name(&name) {
            Some(_) if dialects.iter().any(|known| known.name() == name) => {}
            Some(dialect) => dialects.push(dialect),
            None => unknown.push(name),
        }
    }
    Ok((dialects, unknown))
}
