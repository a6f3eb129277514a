//! The runner within a program: it brings the program's own database to the history that was compiled in.
//!
//! What it does is what `autogen upgrade` and `autogen check --database` do: the same scripts, version table, locks and checksums,
//! so that a program and the command can take turns on a database, and many instances of a program can start at once. It stands
//! where the command stands, so it is here that a clock comes in.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use schema_core::Migrations;
//! use schema_core::db::drivers::rusqlite::Connection;
//! use schema_core::migrator::Migrator;
//!
//! static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
//!
//! let mut connection = Connection::open_in_memory()?;
//! let applied = Migrator::new(&MIGRATIONS).upgrade(&mut connection)?;
//! assert_eq!(applied.len(), 2);
//!
//! // Another instance finds nothing to do, and whoever does not upgrade can at least ask.
//! assert!(Migrator::new(&MIGRATIONS).upgrade(&mut connection)?.is_empty());
//! let status = Migrator::new(&MIGRATIONS).check(&mut connection)?;
//! assert!(status.is_ok(), "{status}");
//! connection.execute("INSERT INTO stores (name) VALUES ('Corner Shop')", [])?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Connections
//!
//! A [`Migrator`] works on a connection that the program has opened: `rusqlite::Connection`, `postgres::Client`, `mysql::Conn` (see
//! [`drivers`](crate::db::drivers)), or whatever implements [`Client`]. Whatever is set on it for the run is as before afterwards, also if the run
//! fails: SQLite's switches, `busy_timeout` and `foreign_keys`; PostgreSQL's `search_path` and timeouts, MySQL's `sql_mode`. There must be
//! no transaction open on it. A program that uses another driver, or an asynchronous one, opens one of these for the run and closes it again.
//!
//! # Threads and asynchronous programs
//!
//! A run waits for the database, so an asynchronous program gives it a thread that may wait: `tokio::task::spawn_blocking` or one of its own. A `Migrator`
//! can be made in one thread and moved to another, and shared by those that only [`check`](Migrator::check); a [`Status`] and a [`MigrateError`] come back
//! from there. The connection is opened in that thread, since `postgres` and `mysql` wait for the server as they open it.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! # use schema_core::Migrations;
//! use schema_core::db::drivers::rusqlite::Connection;
//! use schema_core::migrator::Migrator;
//! # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
//!
//! let mut migrator = Migrator::new(&MIGRATIONS).on_event(|event| println!("{event:?}"));
//! // In a program on tokio: `tokio::task::spawn_blocking(move || …).await??`.
//! let applied = std::thread::spawn(move || {
//!     let mut connection = Connection::open_in_memory()?;
//!     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(migrator.upgrade(&mut connection)?)
//! });
//! assert_eq!(applied.join().expect("nothing panics")?.len(), 2);
//! # }
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```
//!
//! # Whether to upgrade at start-up
//!
//! A program whose database is its own (a file beside it, one server) does well to. Where old and new instances run beside each other,
//! the schema changes under the old ones: make changes that both can live with, or upgrade with `autogen upgrade` while deploying and let
//! the program [`check`](Migrator::check).

mod error;
mod status;

pub use error::MigrateError;
pub use status::Status;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::db::{Client, Connection};
use crate::dialect::{self, Dialect, Mode};
use crate::embedded::Migrations;
use crate::history::{History, RevisionId};
use crate::runner::{self, Event, OddPattern, Options, PerRevision, Tables};

/// How long another instance may be at work on the database before this one gives up, if nothing else is said.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// What is told of a run.
type OnEvent<'a> = Box<dyn FnMut(Event<'_>) + Send + 'a>;

/// Brings databases to the history that is within the program. See the [module](self) for an example.
pub struct Migrator<'a> {
    migrations: &'a Migrations,
    options: Options,
    /// Nobody ever waits for it: it is what lets a migrator be shared, whatever the callback is.
    on_event: Mutex<OnEvent<'a>>,
}

impl<'a> Migrator<'a> {
    /// Returns a migrator that tells nothing and waits up to a minute for other instances.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut migrator = Migrator::new(&MIGRATIONS);
    /// assert_eq!(migrator.upgrade(&mut Connection::open_in_memory()?)?.len(), 2);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(migrations: &'a Migrations) -> Self {
        Migrator {
            migrations,
            options: options(),
            on_event: Mutex::new(Box::new(|_| {})),
        }
    }

    /// Gives up when another instance or process holds the database for longer than this.
    ///
    /// Starting a program that must not hang behind another one:
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// use std::time::Duration;
    ///
    /// Migrator::new(&MIGRATIONS)
    ///     .lock_timeout(Duration::from_secs(5))
    ///     .upgrade(&mut Connection::open_in_memory()?)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.options.lock_timeout = timeout;
        self
    }

    /// Ends a statement of a script that takes longer than this; the revision fails then, and is as any other that failed. Without it, there is no end.
    ///
    /// SQLite, PostgreSQL and MariaDB end any statement. MySQL itself ends only those that read: an ALTER TABLE or an UPDATE goes on for as long as it
    /// takes, since only another session could end it and the program has lent just this one. There, `autogen upgrade --timeout` ends them all, as it can
    /// connect once more; what waits for a lock ends with [`lock_timeout`](Self::lock_timeout) everywhere.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::Migrations;
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// use std::time::Duration;
    /// use schema_core::migrator::Migrator;
    ///
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// Migrator::new(&MIGRATIONS)
    ///     .statement_timeout(Duration::from_secs(300))
    ///     .upgrade(&mut Connection::open_in_memory()?)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.options.statement_timeout = Some(timeout);
        self
    }

    /// Commits after each revision, also where several could share a transaction: those before one that fails stay then.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// connection.execute("CREATE TABLE stores (id INTEGER)", [])?; // in the way of the first revision
    /// let failed = Migrator::new(&MIGRATIONS).per_revision().upgrade(&mut connection);
    /// assert!(failed.unwrap_err().to_string().contains("`6b036899bcc0`"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn per_revision(mut self) -> Self {
        self.options.per_revision = PerRevision::Always;
        self
    }

    /// Tells what happens, while it does, for the program's log. The callback goes where the migrator goes, so it is [`Send`].
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::Migrations;
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// use schema_core::migrator::Migrator;
    /// use schema_core::runner::Event;
    ///
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut lines = Vec::new();
    /// Migrator::new(&MIGRATIONS)
    ///     .on_event(|event| {
    ///         if let Event::Running { revision, message, .. } = event {
    ///             lines.push(format!("upgrading to {revision}, {message}"));
    ///         }
    ///     })
    ///     .upgrade(&mut Connection::open_in_memory()?)?;
    /// assert_eq!(lines[0], "upgrading to 6b036899bcc0, create stores");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn on_event(mut self, on_event: impl FnMut(Event<'_>) + Send + 'a) -> Self {
        self.on_event = Mutex::new(Box::new(on_event));
        self
    }

    /// Applies what the database lacks of the history, and returns what was applied here, in that order.
    ///
    /// What another instance applies meanwhile is waited for and not done again.
    ///
    /// # Errors
    ///
    /// [`MigrateError`], which says what was and was not applied and how to go on. Where the database can run scripts in
    /// transactions, nothing of a revision stays that is not applied.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// match Migrator::new(&MIGRATIONS).upgrade(&mut connection) {
    ///     Ok(applied) => assert_eq!(applied.len(), 2),
    ///     Err(error) => eprintln!("{error}\nhint: {}", error.hint().unwrap_or_default()),
    /// }
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upgrade(&mut self, connection: &mut impl Client) -> Result<Vec<RevisionId>, MigrateError> {
        let dialect = dialect_of(connection)?;
        let history = self.history()?;
        let on_event = self.on_event.get_mut().unwrap_or_else(PoisonError::into_inner);
        let options = &self.options;
        let ran = connection.lend(|connection| {
            let run = Run { connection, dialect };
            runner::upgrade(
                &mut *run.connection,
                dialect,
                &history,
                history.heads(),
                options,
                on_event,
            )
        });
        Ok(ran.map_err(MigrateError::Connection)??)
    }

    /// Tells whether the database is the one that this program was built for. It changes nothing, and needs no right but to read: what
    /// cannot be compared without more is [told](Status::uncompared). What `[tables]` of `autogen.toml` excluded when the program was compiled is left
    /// alone.
    ///
    /// # Errors
    ///
    /// [`MigrateError`] if the database cannot be read or the history makes no sense.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// let status = Migrator::new(&MIGRATIONS).check(&mut connection)?;
    /// if !status.is_ok() {
    ///     eprintln!("{status}"); // one line for each finding, each with what to do
    /// }
    /// assert_eq!(status.pending().count(), 2);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, connection: &mut impl Client) -> Result<Status, MigrateError> {
        let dialect = dialect_of(connection)?;
        let history = self.history()?;
        let tables = tables_of(self.migrations).map_err(MigrateError::Tables)?;
        let found = connection.lend(|connection| {
            let run = Run { connection, dialect };
            runner::check(&mut *run.connection, dialect, &history, &tables)
        });
        let checked = found.map_err(MigrateError::Connection)??;
        Ok(Status::new(checked, history.revisions().len()))
    }

    fn history(&self) -> Result<History, MigrateError> {
        History::embedded(self.migrations).map_err(MigrateError::History)
    }
}

fn dialect_of(connection: &impl Client) -> Result<&'static dyn Dialect, MigrateError> {
    let name = connection.dialect();
    dialect::by_name(name).ok_or(MigrateError::NoDialect { name })
}

/// A connection that a run works on. If a callback of the program panics, nothing of the run is left on it.
struct Run<'a> {
    connection: &'a mut dyn Connection,
    dialect: &'static dyn Dialect,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let session = self.dialect.session();
            session.rollback(self.connection);
            session.leave(self.connection, &Mode::default());
            session.unlock(self.connection);
        }
    }
}

/// Returns which tables are those of the project.
pub(crate) fn tables_of(migrations: &Migrations) -> Result<Tables, OddPattern> {
    Tables::new(
        migrations.include().iter().copied(),
        migrations.exclude().iter().copied(),
    )
}

/// Returns the options of a run within a program.
pub(crate) fn options() -> Options {
    Options::new(env!("CARGO_PKG_VERSION"), now, LOCK_TIMEOUT)
}

/// Returns the time since 1970.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
