//! Database URLs, which never show a password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a database is. Neither `Debug` nor `Display` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite::memory:`: a database that lives as long as its connection.
    SqliteMemory,
    /// `sqlite:PATH`: a file.
    Sqlite(PathBuf),
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
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UrlError::NoScheme => f.write_str("the database URL has no scheme; expected `sqlite:PATH`"),
            UrlError::UnknownScheme(scheme) => {
                write!(
                    f,
                    "the database URL's scheme `{scheme}` is not supported; expected `sqlite:PATH`"
                )
            }
            UrlError::NoPath => f.write_str("the database URL names no file; expected `sqlite:PATH`"),
        }
    }
}

impl std::error::Error for UrlError {}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::NoScheme)?;
        if !scheme.eq_ignore_ascii_case("sqlite") {
            return Err(UrlError::UnknownScheme(scheme.to_owned()));
        }
        if rest == ":memory:" {
            return Ok(DatabaseUrl::SqliteMemory);
        }
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() {
            Err(UrlError::NoPath)
        } else {
            Ok(DatabaseUrl::Sqlite(path.into()))
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::SqliteMemory => f.write_str("sqlite::memory:"),
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
