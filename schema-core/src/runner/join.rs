//! The proof that branches can be joined: their scripts run in every order in which a database may get them, and take them back beside one another.

use super::prove::{build, compare, normalized, refuse_filled, run_text};
use super::{ProofCause, ProofError, Tables};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::history::{Cause, Direction, History, HistoryError, RevisionId};
use crate::schema::Schema;
use crate::script::irreversible;

/// Proves, on an empty scratch database, that one with the revisions of `base` comes to the schema of all by running the
/// upgrade scripts of the others in that order, and back by their downgrade scripts in the opposite one. Tables that are [left alone](Tables::excludes)
/// may come and go as the scripts like.
///
/// # Errors
///
/// [`ProofError`] with the revision whose script failed, or without one the differences at the end.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use std::time::Duration;
/// # use schema_core::{Migrations, db::sqlite::SqliteConnection, dialect, history::History, runner};
/// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
/// # let history = History::embedded(&MIGRATIONS)?;
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let options = runner::Options::new("1.0.0", || Duration::ZERO, Duration::from_secs(10));
/// # let mut connection = SqliteConnection::in_memory()?;
/// use schema_core::runner::{Tables, prove_order};
///
/// let [first, second] = [history.revisions()[0].id, history.revisions()[1].id];
/// prove_order(&mut connection, sqlite, &history, &[first], &[second], &Tables::default())?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prove_order(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    base: &[RevisionId],
    order: &[RevisionId],
    tables: &Tables,
) -> Result<(), ProofError> {
    let from = replayed(history, base).map_err(ProofCause::History)?;
    refuse_filled(scratch, dialect)?;
    build(scratch, dialect, &normalized(dialect, &from)?)?;
    for id in order {
        let at = |cause| at(*id, Direction::Upgrade, cause);
        let text = history
            .script(*id, dialect.name(), Direction::Upgrade)
            .map_err(|error| at(ProofCause::History(error)))?;
        run_text(scratch, dialect, &text).map_err(at)?;
    }
    if let Some(last) = order.last() {
        expect(scratch, dialect, history, &[base, order].concat(), tables)
            .map_err(|cause| at(*last, Direction::Upgrade, cause))?;
    }
    ways_back(scratch, dialect, history, base, order, tables)
}

/// Proves that the revisions can be taken back in turn, the last first, as far as there is a way back.
fn ways_back(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    base: &[RevisionId],
    order: &[RevisionId],
    tables: &Tables,
) -> Result<(), ProofError> {
    for (place, id) in order.iter().enumerate().rev() {
        let at = |cause| at(*id, Direction::Downgrade, cause);
        let text = match history.script(*id, dialect.name(), Direction::Downgrade) {
            Ok(text) if irreversible(&text).is_none() => text,
            Err(error) if !matches!(error.cause, Cause::NoScript { .. }) => {
                return Err(at(ProofCause::History(error)));
            }
            Ok(_) | Err(_) => return Ok(()),
        };
        run_text(scratch, dialect, &text).map_err(at)?;
        expect(
            scratch,
            dialect,
            history,
            &[base, &order[..place]].concat(),
            tables,
        )
        .map_err(at)?;
    }
    Ok(())
}

fn at(revision: RevisionId, direction: Direction, cause: ProofCause) -> ProofError {
    ProofError {
        revision: Some(revision),
        direction: Some(direction),
        cause,
    }
}

/// Compares the database with the schema of those revisions.
fn expect(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    ids: &[RevisionId],
    tables: &Tables,
) -> Result<(), ProofCause> {
    let schema = replayed(history, ids).map_err(ProofCause::History)?;
    compare(scratch, dialect, &normalized(dialect, &schema)?, tables)
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
