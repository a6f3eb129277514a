//! Database URLs, which never show a password.

mod server;

pub use server::ServerUrl;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a database is. Neither `Debug` nor `Display` shows a password.
///
/// The path of a file is taken as it stands: nothing in it is percent-decoded, because `%` and spaces are legal in file names and
/// the URL is mostly typed by hand. A `?` is refused there, so that parameters which other tools take are not taken for a name.
///
/// ```
/// use schema_core::db::DatabaseUrl;
///
/// let url: DatabaseUrl = "sqlite:instance/app.db".parse()?;
/// assert_eq!(url.dialect(), "sqlite");
/// assert!("sqlite:app.db?mode=ro".parse::<DatabaseUrl>().is_err());
/// # Ok::<(), schema_core::db::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite::memory:`: a database that lives as long as its connection.
    SqliteMemory,
    /// `sqlite:PATH`: a file.
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`: a database on a PostgreSQL server.
    Postgres(ServerUrl),
    /// `mysql://…` or `mariadb://…`: a database on a MySQL or MariaDB server.
    MySql(ServerUrl),
}

impl DatabaseUrl {
    /// Returns the name of the dialect that the database speaks.
    ///
    /// ```
    /// # use schema_core::db::DatabaseUrl;
    /// let url: DatabaseUrl = "mariadb://root@localhost/shop".parse()?;
    /// assert_eq!(url.dialect(), "mysql"); // one dialect for both
    /// # Ok::<(), schema_core::db::UrlError>(())
    /// ```
    #[must_use]
    pub fn dialect(&self) -> &'static str {
        match self {
            DatabaseUrl::SqliteMemory | DatabaseUrl::Sqlite(_) => "sqlite",
            DatabaseUrl::Postgres(_) => "postgres",
            DatabaseUrl::MySql(_) => "mysql",
        }
    }

    /// Returns the server and how to log in, unless it is a file or lives in memory.
    ///
    /// ```
    /// # use schema_core::db::DatabaseUrl;
    /// let url: DatabaseUrl = "postgres://app@db.example/shop".parse()?;
    /// assert_eq!(url.server().unwrap().host(), "db.example");
    /// assert!(DatabaseUrl::SqliteMemory.server().is_none());
    /// # Ok::<(), schema_core::db::UrlError>(())
    /// ```
    #[must_use]
    pub fn server(&self) -> Option<&ServerUrl> {
        match self {
            DatabaseUrl::SqliteMemory | DatabaseUrl::Sqlite(_) => None,
            DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => Some(server),
        }
    }
}

/// A text that is no database URL. It never holds the text itself, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// There is no `scheme:` in front.
    NoScheme,
    /// The scheme is not one that this build knows.
    UnknownScheme(String),
    /// There is nothing after the scheme.
    NoPath,
    /// There are parameters after a `?`.
    Parameters,
    /// There is a NUL byte in it.
    NulByte,
    /// There is no `//` with a server after the scheme.
    NoHost {
        /// The scheme.
        scheme: &'static str,
    },
    /// It names a file, or memory, where a server is meant.
    NoServer,
    /// The port is no number of a port.
    Port,
    /// There is an `@` where no name and password can end, so that what stands before it may be a part of one that is not encoded.
    Login,
    /// Something is percent-encoded and no UTF-8 text.
    Encoding,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UrlError::NoScheme => write!(f, "the database URL has no scheme; expected {FORMS}"),
            UrlError::UnknownScheme(scheme) => {
                write!(
                    f,
                    "the database URL's scheme `{scheme}` is not supported; expected {FORMS}"
                )
            }
            UrlError::NoPath => f.write_str("the database URL names no file; expected `sqlite:PATH`"),
            UrlError::Parameters => f.write_str(
                "the database URL has parameters after `?`, which SQLite files do not take; expected `sqlite:PATH`",
            ),
            UrlError::NulByte => f.write_str("the database URL holds a NUL byte"),
            UrlError::NoHost { scheme } => {
                write!(f, "the database URL names no server; expected `{scheme}://user@host/database`")
            }
            UrlError::NoServer => f.write_str(
                "the database URL names a SQLite database, which has no server; expected `postgres://…` or `mysql://…`",
            ),
            UrlError::Port => f.write_str("the database URL's port is no number from 0 to 65535"),
            UrlError::Login => f.write_str(
                "the database URL has an `@` behind the `/` or `?` that ends the server's name; expected `user:password@host/database`",
            ),
            UrlError::Encoding => {
                f.write_str("the database URL has a `%` that encodes no UTF-8 text; write `%25` for the sign itself")
            }
        }
    }
}

impl std::error::Error for UrlError {}

/// The forms that a URL can have, as errors name them.
const FORMS: &str = "`sqlite:PATH`, `postgres://…` or `mysql://…`";

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::NoScheme)?;
        if !is_scheme(scheme) {
            return Err(UrlError::NoScheme);
        }
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => file(rest),
            "postgres" | "postgresql" => ServerUrl::parse("postgres", rest).map(DatabaseUrl::Postgres),
            "mysql" | "mariadb" => ServerUrl::parse("mysql", rest).map(DatabaseUrl::MySql),
            unknown => Err(UrlError::UnknownScheme(unknown.to_owned())),
        }
    }
}

/// Reads what follows `sqlite:`.
fn file(rest: &str) -> Result<DatabaseUrl, UrlError> {
    if rest.contains('?') {
        return Err(UrlError::Parameters);
    }
    if rest.contains('\0') {
        return Err(UrlError::NulByte);
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    match path {
        "" => Err(UrlError::NoPath),
        ":memory:" => Ok(DatabaseUrl::SqliteMemory),
        path => Ok(DatabaseUrl::Sqlite(path.into())),
    }
}

/// Tells whether a text could be a scheme at all. If it could not, it may be part of a password and is not shown.
fn is_scheme(text: &str) -> bool {
    text.len() <= 20
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::SqliteMemory => f.write_str("sqlite::memory:"),
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => server.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        for (text, path) in [
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:///tmp/app.db", "/tmp/app.db"),
            ("SQLite:/tmp/50% off.db", "/tmp/50% off.db"),
            ("sqlite:C:\\data\\app.db", "C:\\data\\app.db"),
        ] {
            assert_eq!(text.parse(), Ok(DatabaseUrl::Sqlite(path.into())), "{text}");
        }
        for text in ["sqlite::memory:", "sqlite://:memory:"] {
            assert_eq!(text.parse(), Ok(DatabaseUrl::SqliteMemory));
        }
    }

    #[test]
    fn says_what_is_wrong_without_showing_it() {
        let parse = |text: &str| text.parse::<DatabaseUrl>().unwrap_err();
        assert_eq!(parse("app.db"), UrlError::NoScheme);
        assert_eq!(parse("hunter2@host:5432"), UrlError::NoScheme);
        assert_eq!(parse("sqlite:"), UrlError::NoPath);
        assert_eq!(parse("sqlite:a.db?mode=ro"), UrlError::Parameters);
        let error = parse("oracle://me:hunter2@host/db").to_string();
        assert!(
            error.contains("`oracle`") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
