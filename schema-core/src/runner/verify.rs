//! The proof of a whole history: up from nothing, down, and up again, compared at every revision.

use super::prove::{compare, normalized, refuse_filled, run_text};
use super::{Event, ProofCause, ProofError, Tables};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::history::{Direction, Header, History, HistoryError, RevisionId};
use crate::operation::{apply_all, reverse_all};
use crate::schema::Schema;
use crate::script;

/// Runs every revision's scripts on an empty scratch database, up one by one, down and up again, and compares its
/// tables with the replayed operations after each.
///
/// Tables that are [left alone](Tables::excludes) may come and go as the scripts like. The way down ends at a downgrade that says it is irreversible;
/// its revision is returned. Of the events, only [`Event::Running`] occurs.
///
/// # Errors
///
/// [`ProofError`] with the revision, the script, and the statement that failed or the differences.
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
/// let irreversible = runner::verify(&mut connection, sqlite, &history, &runner::Tables::default(), &mut |_| {})?;
/// assert_eq!(irreversible, None); // the way down led to the base
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    tables: &Tables,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Option<RevisionId>, ProofError> {
    refuse_filled(scratch, dialect)?;
    let mut walk = Walk {
        scratch,
        dialect,
        history,
        tables,
        on_event,
        schema: Schema::default(),
    };
    let revisions: Vec<&Header> = history
        .applied_at(history.heads())
        .into_iter()
        .filter_map(|id| history.get(id))
        .collect();
    for header in &revisions {
        walk.step(header, Direction::Upgrade)?;
    }
    let mut taken_back = Vec::new();
    let mut irreversible = None;
    for header in revisions.into_iter().rev() {
        if !walk.step(header, Direction::Downgrade)? {
            irreversible = Some(header.id);
            break;
        }
        taken_back.push(header);
    }
    for header in taken_back.into_iter().rev() {
        walk.step(header, Direction::Upgrade)?;
    }
    Ok(irreversible)
}

struct Walk<'a> {
    scratch: &'a mut dyn Connection,
    dialect: &'a dyn Dialect,
    history: &'a History,
    tables: &'a Tables,
    on_event: &'a mut dyn FnMut(Event<'_>),
    /// What the operations of the revisions that the scratch database has lead to.
    schema: Schema,
}

impl Walk<'_> {
    /// Runs one script and compares; tells whether there was a way to go.
    fn step(&mut self, header: &Header, direction: Direction) -> Result<bool, ProofError> {
        self.try_step(header, direction).map_err(|cause| ProofError {
            revision: Some(header.id),
            direction: Some(direction),
            cause,
        })
    }

    fn try_step(&mut self, header: &Header, direction: Direction) -> Result<bool, ProofCause> {
        let text = self
            .history
            .script(header.id, self.dialect.name(), direction)
            .map_err(ProofCause::History)?;
        if direction == Direction::Downgrade && script::irreversible(&text).is_some() {
            return Ok(false);
        }
        let own = [header.id];
        let (from, to): (&[_], &[_]) = match direction {
            Direction::Upgrade => (&header.parents, &own),
            Direction::Downgrade => (&own, &header.parents),
        };
        (self.on_event)(Event::Running {
            direction,
            revision: header.id,
            message: &header.message,
            from,
            to,
        });
        run_text(self.scratch, self.dialect, &text)?;
        self.replay(header, direction).map_err(ProofCause::History)?;
        compare(
            self.scratch,
            self.dialect,
            &normalized(self.dialect, &self.schema)?,
            self.tables,
        )?;
        Ok(true)
    }

    fn replay(&mut self, header: &Header, direction: Direction) -> Result<(), HistoryError> {
        match direction {
            Direction::Upgrade => self.history.replay(header.id, &mut self.schema),
            Direction::Downgrade => {
                let back = reverse_all(&self.history.operations(header.id)?);
                let schema = std::mem::take(&mut self.schema);
                self.schema =
                    apply_all(schema, &back).map_err(|error| self.history.misfit(header.id, error))?;
                Ok(())
            }
        }
    }
}
