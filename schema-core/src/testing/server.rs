//! Databases on servers, one for each test.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Failed, apart, fail, history_of};
use crate::db::{self, DatabaseUrl, Scratch, ServerUrl};
use crate::dialect::{self, Dialect};
use crate::embedded::Migrations;
use crate::history::{Direction, History};
use crate::{migrator, runner};

/// A migrated database on a server, which no other test knows of. It is dropped with the value.
///
/// Threads can share it. Nothing drops what is in a `static`, so one that a `LazyLock` or `OnceLock` holds stays on the server. Where tests of one process
/// share one, they hold it and the `static` only knows of it, so that it goes with the last that does:
///
/// ```no_run
/// use std::sync::{Arc, Mutex, PoisonError, Weak};
///
/// use schema_core::testing::{self, Database};
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
///
/// fn shared() -> Arc<Database> {
///     static SHARED: Mutex<Weak<Database>> = Mutex::new(Weak::new());
///     let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
///     shared.upgrade().unwrap_or_else(|| {
///         let database = Arc::new(testing::database_at(&MIGRATIONS, "postgres://postgres@127.0.0.1/test"));
///         *shared = Arc::downgrade(&database);
///         database
///     })
/// }
/// ```
pub struct Database {
    /// `None` once it is dropped. Nobody ever waits for it: it lets threads share what only the last one uses.
    scratch: Option<Mutex<Scratch>>,
    server: ServerUrl,
}

/// Makes a fresh migrated database on the server of that URL, whose user may create some.
///
/// ```no_run
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// # #[cfg(feature = "mysql")] {
/// use schema_core::{db::drivers::mysql, testing};
///
/// let database = testing::database_at(&MIGRATIONS, "mysql://root@127.0.0.1:3306/test");
/// let connection = mysql::Conn::new(database.url().as_str());
/// # }
/// ```
///
/// The new database has the extensions, domains, types, sequences and functions of the one that the URL names, since columns may be of them.
///
/// A test that is killed leaves its database behind; their names begin with `autogen_test_`. [`Database`] says how tests share one.
///
/// # Panics
///
/// If the server cannot be reached, the user may not create databases, or a script fails.
#[track_caller]
#[must_use]
pub fn database_at(migrations: &Migrations, url: &str) -> Database {
    let history = history_of(migrations);
    match apart(|| make(&history, url)) {
        Ok(database) => database,
        Err(Failed { what, hint }) => fail(what, hint),
    }
}

fn make(history: &History, url: &str) -> Result<Database, Failed> {
    let (mut scratch, dialect) = scratch(url, history)?;
    let Some(server) = scratch.url().server().cloned() else {
        return Err(Failed::new(
            format_args!("`{}` names no server", scratch.url()),
            Some("`testing::database` and `testing::write_database` make databases that need none".into()),
        ));
    };
    let options = migrator::options();
    let targets = history.heads();
    runner::upgrade(&mut scratch, dialect, history, targets, &options, &mut |_| {})
        .map_err(|error| Failed::new(&error, error.hint()))?;
    let scratch = Some(Mutex::new(scratch));
    Ok(Database { scratch, server })
}

impl Database {
    /// Returns where the database is, with the password, for the driver that the program uses.
    ///
    /// ```no_run
    /// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let database = schema_core::testing::database_at(&MIGRATIONS, "postgres://postgres@127.0.0.1/test");
    /// println!("DATABASE_URL={}", database.url()); // for the program that is tested
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        self.server.with_secrets()
    }

    /// Drops the database now.
    ///
    /// # Errors
    ///
    /// What the server reports; the database may still be there then.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let database = schema_core::testing::database_at(&MIGRATIONS, "mysql://root@127.0.0.1/test");
    /// database.close()?;
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
    pub fn close(mut self) -> Result<(), db::Error> {
        self.remove()
    }

    fn remove(&mut self) -> Result<(), db::Error> {
        let Some(scratch) = self.scratch.take() else {
            return Ok(());
        };
        apart(|| {
            scratch
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .close()
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Whoever wants to know calls `close`.
        let _ = self.remove();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whatever shows the server shows no password.
        write!(f, "Database({})", self.server)
    }
}

/// Makes a database of the kind that the URL names. It is empty but for what tables stand on and no revision makes, which is as in the one of the URL.
pub(super) fn scratch(url: &str, history: &History) -> Result<(Scratch, &'static dyn Dialect), Failed> {
    let url: DatabaseUrl = url.parse().map_err(|error| Failed::new(error, None))?;
    let Some(dialect) = dialect::by_name(url.dialect()) else {
        return Err(Failed::new(
            format_args!("this build has no dialect `{}`", url.dialect()),
            Some(format!("build schema-core with the feature `{}`", url.dialect())),
        ));
    };
    match db::scratch(&url, &unique_name()) {
        Ok(mut scratch) => {
            lay_foundations(&mut scratch, dialect, &url, history);
            Ok((scratch, dialect))
        }
        Err(error) => Err(Failed::new(
            format_args!("cannot make a database for the test on `{url}`: {error}"),
            Some("name a server that runs, and a user who may create databases".into()),
        )),
    }
}

/// Makes what the tables of the URL's database stand on. What cannot be made is not missed until a script needs it, which says so then.
fn lay_foundations(scratch: &mut Scratch, dialect: &dyn Dialect, url: &DatabaseUrl, history: &History) {
    if url.server().is_none() {
        return;
    }
    let scripts: Vec<String> = history
        .revisions()
        .iter()
        .filter_map(|revision| {
            history
                .script(revision.id, dialect.name(), Direction::Upgrade)
                .ok()
        })
        .collect();
    let found = db::open_existing(url).and_then(|mut database| dialect.foundations(&mut *database));
    if let Ok(foundations) = found {
        runner::lay(scratch, dialect, foundations, &scripts);
    }
}

/// Returns a name that no other test of any process uses.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!(
        "autogen_test_{}_{count}_{:x}",
        std::process::id(),
        since.as_micros()
    )
}
