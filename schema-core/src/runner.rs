//! The runner: brings a database to a revision and back, and tells how the two stand.
//!
//! The state of a database is the set of revisions in its version table. Where the database can, scripts and their rows commit together, in
//! a transaction that holds the database's lock from before the table is read; elsewhere every step is noted. So a revision is applied once however many
//! processes start at once, and a killed one leaves nothing that the next cannot go on from. The runner has no clock and prints nothing: what
//! it does it tells as [`Event`]s.
//!
//! What needs no [`Migrator`](crate::migrator::Migrator): a tool that works on a folder, with the time and the dialect its own affair.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use std::time::{Duration, SystemTime};
//! use schema_core::db::sqlite::SqliteConnection;
//! use schema_core::dialect;
//! use schema_core::history::History;
//! use schema_core::runner::{self, Options};
//!
//! fn now() -> Duration {
//!     SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
//! }
//!
//! let history = History::load("../examples/store/migrations".as_ref())?;
//! let mut connection = SqliteConnection::in_memory()?;
//! let sqlite = dialect::by_name("sqlite").expect("this build has SQLite");
//! let options = Options::new("1.0.0", now, Duration::from_secs(60));
//!
//! let heads = history.heads();
//! let ran = runner::upgrade(&mut connection, sqlite, &history, heads, &options, &mut |event| println!("{event:?}"))?;
//! assert_eq!(ran.len(), 2);
//! let back = runner::downgrade(&mut connection, sqlite, &history, &ran[..1], &options, &mut |_| {})?;
//! assert_eq!(back, ran[1..]);
//! assert_eq!(runner::applied(&mut connection, sqlite)?[0].message, "create stores");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agree;
mod apart;
mod check;
mod downgrade;
mod error;
mod execute;
mod foundation;
mod job;
mod join;
mod leftovers;
mod offline;
mod prove;
mod rehearse;
mod resume;
mod run;
mod session;
mod stamp;
mod stepwise;
mod tables;
mod time;
mod together;
mod unfinished;
mod upgrade;
mod verify;
mod version_table;

pub use agree::{Agreement, agree};
pub use apart::{Apart, ApartCause};
pub use check::{Checked, Finding, Uncompared, check};
pub use downgrade::{ahead_of_downgrade, downgrade};
pub use error::{Failure, FailureCause, Halfway, HalfwayCause, Kept, Remains, RunError, WayBack};
pub use foundation::lay;
pub use job::Job;
pub use join::prove_order;
pub use offline::{Repeat, downgrade_script, upgrade_script};
pub use prove::{ProofCause, ProofError, create, prove, run_script};
pub use rehearse::{load, rehearse};
pub use run::PerRevision;
pub use stamp::{Stamped, Unknown, stamp};
pub use tables::{Claim, Dangling, OddPattern, Tables};
pub use unfinished::Unfinished;
pub use upgrade::{ahead_of_upgrade, upgrade};
pub use verify::verify;
pub use version_table::Applied;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::version_table::Place;
use crate::db::Connection;
use crate::dialect::{Dialect, Limits};
use crate::history::{Direction, History, RevisionId};

/// What a run needs to be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for the database's lock, and for those of its tables.
    pub lock_timeout: Duration,
    /// How long one statement of a script may take, if there is an end to it. MySQL itself ends on a program's own connection only those that read;
    /// MariaDB, PostgreSQL and SQLite end any.
    pub statement_timeout: Option<Duration>,
    /// Where an upgrade of several revisions commits.
    pub per_revision: PerRevision,
    /// The file to copy the database into before anything runs.
    pub backup: Option<PathBuf>,
    /// What the version table notes as the version of the tool.
    pub tool_version: String,
    /// Returns the time since 1970, in UTC: what the version table notes as when a revision came.
    pub clock: fn() -> Duration,
}

impl Options {
    /// Returns the options of a run that waits so long for locks, and is else as it is by default: statements take as long as they like, and nothing is
    /// copied. The version table notes `tool_version` beside each revision, and when it came by the `clock`, which returns the time since 1970 in UTC.
    ///
    /// The other fields are public, and set where they are to differ:
    ///
    /// ```
    /// # use std::time::Duration;
    /// use schema_core::runner::{Options, PerRevision};
    ///
    /// let clock = || Duration::from_secs(1_790_000_000); // a test's; else the system's
    /// let options = Options {
    ///     per_revision: PerRevision::Always,
    ///     backup: Some("before.db".into()),
    ///     ..Options::new("1.0.0", clock, Duration::from_secs(60))
    /// };
    /// assert_eq!(options.statement_timeout, None);
    /// ```
    #[must_use]
    pub fn new(tool_version: impl Into<String>, clock: fn() -> Duration, lock_timeout: Duration) -> Self {
        Options {
            lock_timeout,
            statement_timeout: None,
            per_revision: PerRevision::default(),
            backup: None,
            tool_version: tool_version.into(),
            clock,
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            lock: self.lock_timeout,
            statement: self.statement_timeout,
        }
    }
}

/// What happens during a run.
///
/// ```
/// use schema_core::runner::Event;
///
/// let progress = |event: Event<'_>| {
///     if let Event::Waiting { holder, timeout } = event {
///         eprintln!("{holder} has the database; waiting for {timeout:?} at most");
///     }
///     if let Event::Finished { revision, duration, .. } = event {
///         eprintln!("{revision} took {duration:?}");
///     }
/// };
/// # progress(Event::BrokenViews { views: &[] });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// There is something to run.
    Context {
        /// The dialect's name.
        dialect: &'static str,
        /// Whether a script and its version row commit together.
        transactional: bool,
        /// How many scripts are to be run, as it looks.
        scripts: usize,
    },
    /// Revisions took the place of those that they were squashed from, all of which the database had.
    Adopted {
        /// Which.
        stamped: &'a Stamped,
    },
    /// The database was copied.
    BackedUp {
        /// The copy.
        path: &'a Path,
    },
    /// Another session holds the lock; it is waited for.
    Waiting {
        /// Who it is, as far as the database can tell.
        holder: &'a str,
        /// For how long at most.
        timeout: Duration,
    },
    /// A revision's script begins.
    Running {
        /// Which of its scripts.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// What it is for, in words.
        message: &'a str,
        /// What the database is at, as far as this revision goes: its parents on the way up, itself on the way down.
        from: &'a [RevisionId],
        /// What the database comes to.
        to: &'a [RevisionId],
    },
    /// A revision's script goes on where an earlier run stopped in it.
    Resuming {
        /// Which of its scripts.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// What it is for, in words.
        message: &'a str,
        /// How many of its steps are done.
        done: usize,
        /// How many it has.
        of: usize,
        /// The line on which the next one begins, if there is a next one.
        line: Option<usize>,
    },
    /// Views that could be read before the run cannot be read any more: it changed what they need.
    BrokenViews {
        /// Their names.
        views: &'a [String],
    },
    /// Triggers name a column that their table has lost in the run: they will fail when they fire.
    BrokenTriggers {
        /// Their names.
        triggers: &'a [String],
    },
    /// The script and its row are committed.
    Finished {
        /// Which of its scripts.
        direction: Direction,
        /// The revision.
        revision: RevisionId,
        /// How long it took.
        duration: Duration,
    },
}

/// Returns the revisions that a database has, by id; none if it has no version table, which is not made.
///
/// # Errors
///
/// [`RunError`] if the table cannot be read.
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
/// assert!(runner::applied(&mut connection, sqlite)?.is_empty());
/// runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// let applied = runner::applied(&mut connection, sqlite)?;
/// assert_eq!(applied[0].id, history.revisions()[0].id);
/// assert!(applied[0].checksum.starts_with("sha256:"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn applied(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<Vec<Applied>, RunError> {
    version_table::look(connection, dialect)
}

/// Returns the applied revisions on which no applied revision builds: where the database is.
///
/// The parents are those of the files; the database's own where the files lack the revision, or have put it on top of another one since.
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
/// runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// let applied = runner::applied(&mut connection, sqlite)?;
/// let tips = runner::tips(&history, &applied);
/// assert_eq!(tips.len(), 1);
/// assert_eq!(tips[0].message, "add items.description");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn tips<'a>(history: &History, applied: &'a [Applied]) -> Vec<&'a Applied> {
    let parents: BTreeSet<RevisionId> = applied
        .iter()
        .flat_map(|one| downgrade::parents_of(history, one, applied))
        .copied()
        .collect();
    applied.iter().filter(|one| !parents.contains(&one.id)).collect()
}

/// Returns what to go back to for a database to lose the revisions that shall be `gone`, and what builds on them, and no other: the targets of a
/// [`downgrade`]. None means the base.
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
/// runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// let applied = runner::applied(&mut connection, sqlite)?;
/// let [first, second] = [applied[0].id, applied[1].id];
/// assert_eq!(runner::back_to(&history, &applied, &[second]), [first]);
/// assert_eq!(runner::back_to(&history, &applied, &[first]), []);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn back_to(history: &History, applied: &[Applied], gone: &[RevisionId]) -> Vec<RevisionId> {
    let left = left(history, applied, gone);
    tips(history, &left).iter().map(|tip| tip.id).collect()
}

/// Returns what is left in a database that has lost those revisions, and what builds on them.
fn left(history: &History, applied: &[Applied], gone: &[RevisionId]) -> Vec<Applied> {
    let mut gone: BTreeSet<RevisionId> = gone.iter().copied().collect();
    loop {
        let more: Vec<RevisionId> = applied
            .iter()
            .filter(|one| !gone.contains(&one.id))
            .filter(|one| {
                let parents = downgrade::parents_of(history, one, applied);
                parents.iter().any(|parent| gone.contains(parent))
            })
            .map(|one| one.id)
            .collect();
        if more.is_empty() {
            break;
        }
        gone.extend(more);
    }
    let left = applied.iter().filter(|one| !gone.contains(&one.id));
    left.cloned().collect()
}

/// Notes what someone calls the state of a database, with the revisions at which it is, and returns those. Another name that they had is forgotten.
///
/// # Errors
///
/// [`RunError`] if the version table cannot be read or written.
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
/// runner::upgrade(&mut connection, sqlite, &history, history.heads(), &options, &mut |_| {})?;
/// let tagged = runner::tag(&mut connection, sqlite, &history, "v2.0")?;
/// assert_eq!(tagged, history.heads());
/// let applied = runner::applied(&mut connection, sqlite)?;
/// assert_eq!(applied[1].tag.as_deref(), Some("v2.0"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tag(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    tag: &str,
) -> Result<Vec<RevisionId>, RunError> {
    let rows = version_table::look(connection, dialect)?;
    let tips = tips(history, &rows);
    let place = Place::find(connection, dialect)?;
    for tip in &tips {
        if tip.tag.as_deref() != Some(tag) {
            version_table::tag(connection, &place, tip.id, tag)?;
        }
    }
    Ok(tips.iter().map(|tip| tip.id).collect())
}
