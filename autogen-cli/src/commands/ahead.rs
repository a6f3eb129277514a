//! What `--dry-run` prints: the scripts that would run.

use schema_core::db::{self, Connection, DatabaseUrl};
use schema_core::history::{Direction, History};
use schema_core::runner::{self, Job, RunError};
use serde_json::json;

use super::running::listed;
use crate::database::{Database, Missing};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Prints the scripts that are ahead of the database. One that does not exist is not made.
///
/// # Errors
///
/// Why the database cannot be read, or what would stop the run before it begins.
pub(super) fn print(
    environment: &mut Environment<'_>,
    database: &Database,
    history: &History,
    ahead: impl FnOnce(&mut dyn Connection) -> Result<Vec<Job>, RunError>,
) -> Result<Outcome, CommandError> {
    let mut connection = open(database)?;
    let jobs = ahead(&mut *connection)?;
    let printer = &mut *environment.printer;
    if jobs.is_empty() {
        printer.say("Nothing would run.");
    }
    for job in &jobs {
        let title = title(job);
        printer.info(Topic::Migrate, format_args!("Would run {title}"));
        if printer.format() == Format::Text {
            printer.text(&format!("-- {title}\n{}\n", job.text));
        }
    }
    if printer.format() == Format::Json {
        let applied = runner::applied(&mut *connection, database.dialect)?;
        let tips = runner::tips(history, &applied);
        let jobs: Vec<_> = jobs.iter().map(document).collect();
        printer.document(&json!({
            "database": database.url.to_string(),
            "would_run": jobs,
            "current": tips.iter().map(|tip| tip.id).collect::<Vec<_>>(),
        }));
    }
    Ok(Outcome::Done)
}

fn open(database: &Database) -> Result<Box<dyn Connection + Send>, CommandError> {
    if database.path().is_some_and(|path| !path.exists()) {
        return db::open(&DatabaseUrl::SqliteMemory)
            .map_err(|error| CommandError::because("cannot open a database in memory", &error));
    }
    database.open(Missing::Refuse)
}

fn title(job: &Job) -> String {
    let own = listed(&[job.revision]);
    let parents = listed(&job.parents);
    let (from, to) = match job.direction {
        Direction::Upgrade => (parents, own),
        Direction::Downgrade => (own, parents),
    };
    let rest = match job.resumes_after {
        Some(done) => format!(" (the first {done} steps are done)"),
        None => String::new(),
    };
    format!("{} {from} -> {to}, {}{rest}", job.direction, job.message)
}

fn document(job: &Job) -> serde_json::Value {
    json!({
        "direction": job.direction.to_string(),
        "id": job.revision,
        "message": job.message,
        "steps_done": job.resumes_after.unwrap_or(0),
        "script": job.text,
    })
}
