//! What `upgrade` and `downgrade` share: options, and telling what happens.

use std::time::{Duration, SystemTime};

use clap::Args;
use schema_core::db::Connection;
use schema_core::history::{Direction, History, RevisionId};
use schema_core::runner::{self, Event, Options, RunError};
use serde_json::json;

use super::current::tips;
use crate::database::Database;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Printer, Took, Topic};

/// How scripts are run.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Give up when another process holds the database for longer than this
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_timeout: u32,
}

/// Returns the runner's options.
pub(super) fn options(arguments: &RunArgs) -> Options {
    Options {
        lock_timeout: Duration::from_secs(u64::from(arguments.lock_timeout)),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock: now,
    }
}

/// Returns the time since 1970.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// Tells what the runner does while it does it, and what it did at the end.
pub(super) struct Reporter<'a> {
    printer: &'a mut Printer,
    database: &'a Database,
    history: &'a History,
    direction: Direction,
    running: Option<(RevisionId, String)>,
    done: Vec<serde_json::Value>,
}

impl<'a> Reporter<'a> {
    /// Returns a reporter that has nothing to tell yet.
    pub(super) fn new(
        printer: &'a mut Printer,
        database: &'a Database,
        history: &'a History,
        direction: Direction,
    ) -> Self {
        Reporter {
            printer,
            database,
            history,
            direction,
            running: None,
            done: Vec::new(),
        }
    }

    /// Tells one event.
    pub(super) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Context {
                dialect,
                transactional,
            } => {
                let ddl = if *transactional {
                    "transactional DDL"
                } else {
                    "non-transactional DDL"
                };
                let text = format_args!("Context {dialect} ({}), {ddl}", self.database.shown);
                self.printer.info(Topic::Migrate, text);
            }
            Event::Adopted { stamped } => {
                let text = format_args!(
                    "Recorded {} in the place of {}, from which it was squashed",
                    listed(&stamped.added),
                    listed(&stamped.removed)
                );
                self.printer.info(Topic::Migrate, text);
            }
            Event::Waiting { timeout } => {
                let text = format_args!(
                    "Waiting up to {} for another process that is at work on the database",
                    Took(*timeout)
                );
                self.printer.info(Topic::Migrate, text);
            }
            Event::Running {
                direction,
                revision,
                message,
                from,
                to,
            } => {
                let (from, to) = (listed(from), listed(to));
                let text = format_args!("Running {direction} {from} -> {to}, {message}");
                self.printer.info(Topic::Migrate, text);
                self.running = Some((*revision, (*message).to_owned()));
            }
            Event::Finished {
                direction: _,
                revision,
                duration,
            } => {
                self.printer.debug(
                    Topic::Migrate,
                    format_args!("Finished {revision} ({})", Took(*duration)),
                );
                let message = self.running.take().map(|(_, message)| message);
                let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                self.done
                    .push(json!({"id": revision, "message": message, "milliseconds": milliseconds}));
            }
        }
    }

    /// Tells how it ended.
    pub(super) fn finish(
        self,
        connection: &mut dyn Connection,
        result: Result<Vec<RevisionId>, RunError>,
    ) -> Result<Outcome, CommandError> {
        let ran = result?;
        if ran.is_empty() {
            self.printer.say(match self.direction {
                Direction::Upgrade => "Nothing to upgrade.",
                Direction::Downgrade => "Nothing to downgrade.",
            });
        }
        if self.printer.format() == Format::Json {
            let applied = runner::applied(connection, self.database.dialect)?;
            let current: Vec<RevisionId> = tips(self.history, &applied).iter().map(|tip| tip.id).collect();
            self.printer.document(&json!({
                "database": self.database.url.to_string(),
                "revisions": self.done,
                "current": current,
            }));
        }
        Ok(Outcome::Done)
    }
}

/// Returns the ids as a log line shows them: nothing before the first revision.
fn listed(ids: &[RevisionId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
