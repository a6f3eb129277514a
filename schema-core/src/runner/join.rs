//! The proof that branches can be joined: their scripts run in every order in which a database may get them.

use super::prove::{build, compare, normalized, refuse_filled, run_text};
use super::{ProofCause, ProofError};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::history::{Direction, History, HistoryError, RevisionId};
use crate::schema::Schema;

/// Proves, on an empty scratch database, that one with the revisions of `base` comes to the schema of all by running the
/// upgrade scripts of the others in that order.
///
/// # Errors
///
/// [`ProofError`] with the revision whose script failed, or without one the differences at the end.
pub fn prove_order(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    base: &[RevisionId],
    order: &[RevisionId],
) -> Result<(), ProofError> {
    let from = replayed(history, base).map_err(ProofCause::History)?;
    refuse_filled(scratch, dialect)?;
    build(scratch, dialect, &normalized(dialect, &from)?)?;
    for id in order {
        let at = |cause| ProofError {
            revision: Some(*id),
            direction: Some(Direction::Upgrade),
            cause,
        };
        let text = history
            .script(*id, dialect.name(), Direction::Upgrade)
            .map_err(|error| at(ProofCause::History(error)))?;
        run_text(scratch, dialect, &text).map_err(at)?;
    }
    let to = replayed(history, &[base, order].concat()).map_err(ProofCause::History)?;
    compare(scratch, dialect, &normalized(dialect, &to)?).map_err(|cause| ProofError {
        revision: order.last().copied(),
        direction: Some(Direction::Upgrade),
        cause,
    })
}

/// Returns the schema of those revisions, in the order of the history.
fn replayed(history: &History, ids: &[RevisionId]) -> Result<Schema, HistoryError> {
    let mut schema = Schema::default();
    for header in history
        .revisions()
        .iter()
        .filter(|header| ids.contains(&header.id))
    {
        history.replay(header.id, &mut schema)?;
    }
    Ok(schema)
}
