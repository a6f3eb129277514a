//! The databases that tests run on: SQLite always, and the servers that can be reached.
//!
//! A server is found by its environment variable (`AUTOGEN_TEST_POSTGRES_URL`, `AUTOGEN_TEST_MYSQL_URL`), else at its usual port on this
//! machine. `cargo all-tests` sees to it that there are some. A server that is not there is left out, and said; with `CI` set it is a failure.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use schema_core::db::{self, Connection, DatabaseUrl, Scratch};
use schema_core::dialect::{self, Dialect};
use tempfile::TempDir;

/// What is known of a server before it is looked for.
pub struct Server {
    /// What it is called.
    pub name: &'static str,
    /// The name of its dialect.
    pub dialect: &'static str,
    /// The environment variable that holds the URL of some database on it, whose user may make others.
    pub variable: &'static str,
    /// The URL at which it is looked for without that.
    pub usual: &'static str,
}

/// The servers, in the order in which tests run on them.
pub const SERVERS: [Server; 2] = [
    Server {
        name: "PostgreSQL",
        dialect: "postgres",
        variable: "AUTOGEN_TEST_POSTGRES_URL",
        usual: "postgres://postgres@127.0.0.1:5432/postgres",
    },
    Server {
        name: "MariaDB or MySQL",
        dialect: "mysql",
        variable: "AUTOGEN_TEST_MYSQL_URL",
        usual: "mysql://root@127.0.0.1:3306/test",
    },
];

/// MySQL itself, on which the tests about its dialect run once more.
pub const ORACLE_MYSQL: Server = Server {
    name: "MySQL itself",
    dialect: "mysql",
    variable: "AUTOGEN_TEST_ORACLE_MYSQL_URL",
    usual: "mysql://root@127.0.0.1:3307/test",
};

/// The tests that are about what a server takes: the programs that they are in, and of the larger ones the parts.
pub const ABOUT_SERVERS: [(&str, &[&str]); 5] = [
    ("differ", &[]),
    ("mysql_values", &[]),
    ("types_across", &[]),
    (
        "suite",
        &[
            "check_rights::",
            "faults_process::",
            "faults_statement::",
            "laws::",
            "locks::",
            "migrator_servers::",
            "mysql_interrupted::",
            "mysql_stepwise::",
            "offline_servers::",
            "rename_laws::",
            "runner_session::",
        ],
    ),
    ("cli", &["on_mysql"]),
];

/// The environment variable with the name of the one dialect on whose database tests shall run.
pub const ONLY: &str = "AUTOGEN_TEST_ONLY";

impl Server {
    /// Returns where the server is, if it answers.
    ///
    /// # Errors
    ///
    /// Why it does not.
    pub fn find(&self) -> Result<DatabaseUrl, String> {
        let (url, origin) = match std::env::var(self.variable) {
            Ok(url) => (url, self.variable),
            Err(_) => (self.usual.to_owned(), "the usual port"),
        };
        let url: DatabaseUrl = url.parse().map_err(|error| format!("{origin}: {error}"))?;
        match db::open(&url) {
            Ok(_) => Ok(url),
            Err(error) => Err(format!("{origin}: {error}")),
        }
    }
}

/// A database that tests can run on.
#[derive(Clone)]
pub struct Database {
    dialect: &'static dyn Dialect,
    url: DatabaseUrl,
}

/// Returns the databases that tests run on.
///
/// # Panics
///
/// With `CI` in the environment, if a server is missing.
#[must_use]
pub fn databases() -> &'static [Database] {
    static FOUND: OnceLock<Vec<Database>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let sqlite = Database {
            dialect: dialect::by_name("sqlite").expect("the tests are built with all dialects"),
            url: DatabaseUrl::SqliteMemory,
        };
        let only = std::env::var(ONLY).ok();
        if let Some(only) = &only {
            assert!(
                dialect::by_name(only).is_some(),
                "{ONLY}: there is no dialect `{only}`"
            );
        }
        let is_wanted = |dialect: &str| only.as_deref().is_none_or(|only| only == dialect);
        let served = SERVERS
            .iter()
            .filter(|server| is_wanted(server.dialect))
            .filter_map(|server| {
                let dialect = dialect::by_name(server.dialect)?;
                match server.find() {
                    Ok(url) => Some(Database { dialect, url }),
                    Err(why) => {
                        missing(server, &why);
                        None
                    }
                }
            });
        let sqlite = is_wanted("sqlite").then_some(sqlite);
        sqlite.into_iter().chain(served).collect()
    })
}

#[allow(clippy::print_stderr, reason = "a run says what it leaves out")]
fn missing(server: &Server, why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "no {} server to test on: {why}; set {}",
        server.dialect,
        server.variable
    );
    eprintln!("skipped: {}: {why}", server.dialect);
}

/// Returns the database of that dialect, unless it is left out.
#[must_use]
pub fn database(dialect: &str) -> Option<&'static Database> {
    databases()
        .iter()
        .find(|database| database.dialect.name() == dialect)
}

/// Tells whether the server of the dialect `mysql` is MariaDB's; so it is if there is none.
///
/// # Panics
///
/// If it does not say.
#[must_use]
pub fn is_mariadb() -> bool {
    static IS: OnceLock<bool> = OnceLock::new();
    *IS.get_or_init(|| {
        database("mysql").is_none_or(|database| {
            let mut connection = db::open(&database.url).expect("it could be reached before");
            let rows = connection
                .query("SELECT version()", &[])
                .expect("it has a version");
            rows[0][0]
                .as_str()
                .expect("a text")
                .to_lowercase()
                .contains("mariadb")
        })
    })
}

impl Database {
    /// Returns the dialect.
    #[must_use]
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Returns the URL by which it was found: of a server, that of some database on it.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Makes an empty database for one connection; one of SQLite is in memory.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn empty(&self) -> Empty {
        if self.url == DatabaseUrl::SqliteMemory {
            return Empty {
                connection: db::open(&self.url).expect("memory can be had"),
                _fresh: None,
            };
        }
        let fresh = self.fresh();
        Empty {
            connection: fresh.open(),
            _fresh: Some(fresh),
        }
    }

    /// Makes an empty database that no other test knows of.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn fresh(&self) -> Fresh {
        if self.url == DatabaseUrl::SqliteMemory {
            let folder = tempfile::tempdir().expect("temporary files can be made");
            let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
            return Fresh {
                url,
                _place: Place::File(folder),
            };
        }
        let scratch = db::scratch(&self.url, &unique_name()).unwrap_or_else(|error| panic!("{error}"));
        if let DatabaseUrl::MySql(_) = self.url {
            // Not the one that its character set usually has, so that nothing passes by taking the one for the other.
            let collation = "ALTER DATABASE COLLATE utf8mb4_unicode_ci";
            let changed = db::open(scratch.url()).and_then(|mut database| database.execute(collation, &[]));
            changed.unwrap_or_else(|error| panic!("{error}"));
        }
        Fresh {
            url: scratch.url().clone(),
            _place: Place::Server(Box::new(scratch)),
        }
    }
}

/// The one connection to an empty database, which is dropped with this value.
pub struct Empty {
    connection: Box<dyn Connection>,
    _fresh: Option<Fresh>,
}

impl Deref for Empty {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        &*self.connection
    }
}

impl DerefMut for Empty {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.connection
    }
}

/// An empty database, dropped with this value.
pub struct Fresh {
    url: DatabaseUrl,
    _place: Place,
}

/// What holds a database as long as it is needed.
enum Place {
    File(#[allow(dead_code, reason = "it is only held")] TempDir),
    Server(#[allow(dead_code, reason = "it is only held")] Box<Scratch>),
}

impl Fresh {
    /// Returns where it is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Connects to it once more.
    ///
    /// # Panics
    ///
    /// If that fails.
    #[must_use]
    pub fn open(&self) -> Box<dyn Connection> {
        db::open(&self.url).unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }
}

/// Returns a name that no other test of any process uses.
#[must_use]
pub fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!(
        "autogen_test_{}_{count}_{:x}",
        std::process::id(),
        since.as_micros()
    )
}
