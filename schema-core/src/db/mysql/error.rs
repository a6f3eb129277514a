//! The server's errors, sorted into the kinds that a caller acts on.

use std::error::Error as _;

use mysql::DriverError;

use crate::db::{Error, ErrorKind};

/// What the driver says of a server that speaks no TLS.
pub(super) const NO_ENCRYPTION: &str =
    "the server does not encrypt connections; write `ssl-mode=disabled` if that is what you want";

/// Sorts by the numbers of errors (<https://mariadb.com/kb/en/mariadb-error-codes/>), which MySQL shares.
pub(super) fn translate(error: &mysql::Error) -> Error {
    let (kind, message) = match error {
        mysql::Error::MySqlError(error) => {
            let kind = match error.code {
                // What this user has no right to, of a database, a table, a column, a routine or the server.
                1044 | 1142 | 1143 | 1227 | 1370 => ErrorKind::Denied,
                1049 => ErrorKind::NoDatabase,
                // No such user; too many connections; the server is going down.
                1040 | 1045 | 1053 | 1129 | 1130 | 1203 | 1226 | 1698 | 1862 | 1927 => ErrorKind::Unreachable,
                // Waited too long for a row or table, or two waited for each other.
                1205 | 1213 | 3058 | 3572 => ErrorKind::Locked,
                // `max_statement_time` of MariaDB, `max_execution_time` of MySQL.
                1969 | 3024 => ErrorKind::TimedOut,
                // --read-only, a transaction or a mode that only reads.
                1036 | 1290 | 1792 | 1836 => ErrorKind::ReadOnlyServer,
                // The disk, the table's space or the log is full.
                1021 | 1114 | 3168 => ErrorKind::Full,
                _ => ErrorKind::Statement,
            };
            (kind, format!("{} (error {})", error.message, error.code))
        }
        mysql::Error::DriverError(DriverError::TlsNotSupported) => {
            (ErrorKind::Unreachable, NO_ENCRYPTION.to_owned())
        }
        mysql::Error::DriverError(error) => (ErrorKind::Unreachable, error.to_string()),
        mysql::Error::IoError(error) => (ErrorKind::Unreachable, error.to_string()),
        mysql::Error::TlsError(error) => (ErrorKind::Unreachable, error.to_string()),
        // A wire that breaks or a certificate that is not trusted, else somebody who speaks something else.
        mysql::Error::CodecError(error) => match error.source() {
            Some(cause) => (ErrorKind::Unreachable, cause.to_string()),
            None => (ErrorKind::NotADatabase, error.to_string()),
        },
        // The URL was read by us, and its text may hold a password.
        mysql::Error::UrlError(_) => (ErrorKind::Unreachable, "the URL is not understood".to_owned()),
        mysql::Error::FromValueError(_) | mysql::Error::FromRowError(_) => (
            ErrorKind::Statement,
            "a value is not of the expected type".to_owned(),
        ),
    };
    Error {
        kind,
        message,
        offset: None,
    }
}

/// Of a server that cannot even be logged in to, nothing can be said but that.
pub(super) fn translate_opening(error: &mysql::Error) -> Error {
    let translated = translate(error);
    match translated.kind {
        ErrorKind::Statement
        | ErrorKind::Unknown
        | ErrorKind::TimedOut
        | ErrorKind::Locked
        | ErrorKind::ReadOnly
        | ErrorKind::ReadOnlyServer
        | ErrorKind::Denied
        | ErrorKind::Full => Error {
            kind: ErrorKind::Unreachable,
            ..translated
        },
        ErrorKind::Unreachable | ErrorKind::NoDatabase | ErrorKind::NotADatabase | ErrorKind::System => {
            translated
        }
    }
}

pub(super) fn refused(message: &str) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: message.to_owned(),
        offset: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_number() {
        let kind = |code| {
            let error = mysql::MySqlError {
                state: "HY000".to_owned(),
                message: "words".to_owned(),
                code,
            };
            let translated = translate(&mysql::Error::MySqlError(error));
            assert_eq!(translated.message, format!("words (error {code})"));
            translated.kind
        };
        assert_eq!(kind(1045), ErrorKind::Unreachable);
        assert_eq!(kind(1049), ErrorKind::NoDatabase);
        assert_eq!(kind(1205), ErrorKind::Locked);
        assert_eq!(kind(1290), ErrorKind::ReadOnlyServer);
        assert_eq!(kind(1044), ErrorKind::Denied);
        assert_eq!(kind(1114), ErrorKind::Full);
        assert_eq!(kind(1064), ErrorKind::Statement);
    }
}
