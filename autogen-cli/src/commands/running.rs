//! What `upgrade` and `downgrade` share: options, and telling what happens.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use schema_core::db::Connection;
use schema_core::history::{Direction, History, RevisionId};
use schema_core::runner::{self, Event, Options, PerRevision, RunError};
use serde_json::json;

use super::backup;
use crate::database::Database;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Printer, Took, Topic};

/// How scripts are run.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Print the scripts that would run, and run nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Copy the database into a file beside it before anything runs (SQLite)
    #[arg(long, conflicts_with = "dry_run")]
    backup: bool,

    /// Note this name in the database, for the state that it comes to; `autogen current` shows it
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run", value_parser = NonEmptyStringValueParser::new())]
    tag: Option<String>,

    /// Give up when one statement takes longer than this
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    timeout: Option<u32>,

    /// Give up when another process holds the database for longer than this
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_timeout: u32,
}

/// Returns the runner's options.
///
/// # Errors
///
/// A database that cannot be backed up from here.
pub(super) fn options(
    arguments: &RunArgs,
    per_revision: PerRevision,
    database: &Database,
) -> Result<Options, CommandError> {
    let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
    Ok(Options {
        statement_timeout: arguments.timeout.map(seconds),
        per_revision,
        backup: if arguments.backup {
            backup::path(database, now())?
        } else {
            None
        },
        ..Options::new(env!("CARGO_PKG_VERSION"), now, seconds(arguments.lock_timeout))
    })
}

/// Returns the options of what runs no script, and waits so many seconds for the database's lock.
pub(super) fn waiting(seconds: u32) -> Options {
    let lock = Duration::from_secs(u64::from(seconds));
    Options::new(env!("CARGO_PKG_VERSION"), now, lock)
}

/// Shows on a terminal how far the copying of a big table has come. Where that cannot be had, it is done unseen.
pub(super) fn watch(printer: &Printer, connection: &mut dyn Connection) {
    if let Some(watcher) = printer.watcher() {
        let _ = connection.watch_rows(watcher);
    }
}

/// Returns the time since 1970.
pub(super) fn now() -> Duration {
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
    /// How many scripts there are to run, and how many have begun.
    scripts: usize,
    begun: usize,
    /// What has begun: on SQLite, all that share a transaction end together.
    running: BTreeMap<RevisionId, String>,
    done: Vec<serde_json::Value>,
    backup: Option<String>,
    broken_views: Vec<String>,
    broken_triggers: Vec<String>,
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
            scripts: 0,
            begun: 0,
            running: BTreeMap::new(),
            done: Vec::new(),
            backup: None,
            broken_views: Vec::new(),
            broken_triggers: Vec::new(),
        }
    }

    /// Tells one event.
    pub(super) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Context {
                dialect,
                transactional,
                scripts,
            } => {
                self.scripts = *scripts;
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
            Event::BackedUp { path } => {
                let text = format_args!("Copied the database to {}", path.display());
                self.backup = Some(path.display().to_string());
                self.printer.info(Topic::Migrate, text);
            }
            Event::Waiting { holder, timeout } => {
                let text = format_args!(
                    "Waiting up to {} for {holder}, which is at work on the database",
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
                self.begins(*revision, message);
            }
            Event::Resuming {
                direction,
                revision,
                message,
                done,
                of,
                line,
            } => {
                let at = line.map(|line| format!(", at line {line}")).unwrap_or_default();
                let text = format_args!(
                    "Resuming {direction} {revision}, {message}: {done} of {of} steps are done{at}"
                );
                self.printer.info(Topic::Migrate, text);
                self.begins(*revision, message);
            }
            Event::BrokenViews { views } => {
                let text = format_args!(
                    "What {} not there any more: drop or change {}",
                    match views {
                        [view] => format!("the view `{view}` reads is"),
                        _several => format!("the views `{}` read is", views.join("`, `")),
                    },
                    if views.len() == 1 { "it" } else { "them" }
                );
                self.printer.warn(Topic::Migrate, text);
                self.broken_views.extend_from_slice(views);
            }
            Event::BrokenTriggers { triggers } => {
                let text = format_args!(
                    "What {} not there any more: drop or change {}",
                    match triggers {
                        [trigger] => format!("the trigger `{trigger}` names is"),
                        _several => format!("the triggers `{}` name is", triggers.join("`, `")),
                    },
                    if triggers.len() == 1 { "it" } else { "them" }
                );
                self.printer.warn(Topic::Migrate, text);
                self.broken_triggers.extend_from_slice(triggers);
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
                let message = self.running.remove(revision).unwrap_or_default();
                let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                self.done
                    .push(json!({"id": revision, "message": message, "milliseconds": milliseconds}));
            }
        }
    }

    fn begins(&mut self, revision: RevisionId, message: &str) {
        self.running.insert(revision, message.to_owned());
        self.printer.progress(self.begun, self.scripts);
        self.begun += 1;
    }

    /// Tells how it ended.
    pub(super) fn finish(
        self,
        connection: &mut dyn Connection,
        arguments: &RunArgs,
        result: Result<Vec<RevisionId>, RunError>,
    ) -> Result<Outcome, CommandError> {
        self.printer.progress_ends();
        let ran = result.map_err(|error| {
            CommandError::from(error)
                .detail("backup", json!(self.backup))
                .detail("revisions", json!(self.done))
        })?;
        if let Some(tag) = &arguments.tag {
            let tagged = runner::tag(connection, self.database.dialect, self.history, tag)?;
            let text = if tagged.is_empty() {
                format!("No revision is applied that could be called {tag}")
            } else {
                format!("Called {} {tag}", listed(&tagged))
            };
            self.printer.info(Topic::Migrate, text);
        }
        if ran.is_empty() {
            self.printer.say(match self.direction {
                Direction::Upgrade => "Nothing to upgrade.",
                Direction::Downgrade => "Nothing to downgrade.",
            });
        }
        if self.printer.format() == Format::Json {
            let applied = runner::applied(connection, self.database.dialect)?;
            let tips = runner::tips(self.history, &applied);
            let current: Vec<RevisionId> = tips.iter().map(|tip| tip.id).collect();
            self.printer.document(&json!({
                "database": self.database.url.to_string(),
                "backup": self.backup,
                "revisions": self.done,
                "current": current,
                "broken_views": self.broken_views,
                "broken_triggers": self.broken_triggers,
            }));
        }
        Ok(Outcome::Done)
    }
}

/// Returns the ids as a log line shows them: nothing before the first revision.
pub(super) fn listed(ids: &[RevisionId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
