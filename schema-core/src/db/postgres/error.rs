//! Errors: the server's own words, sorted into the kinds that a caller acts on.

use std::error::Error as _;

use postgres::error::{ErrorPosition, SqlState};

use crate::db::{Error, ErrorKind};

/// Returns an error of the driver's own.
pub(super) fn refused(message: &str) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: message.to_owned(),
        offset: None,
    }
}

/// Translates an error: the message with its detail and hint, and where in `sql` the server found it.
pub(super) fn translate(error: &postgres::Error, sql: &str) -> Error {
    let Some(reported) = error.as_db_error() else {
        return without_server(error);
    };
    let mut message = reported.message().to_owned();
    if let Some(detail) = reported.detail() {
        message.push_str(": ");
        message.push_str(detail.trim_end_matches('.'));
    }
    if let Some(hint) = reported.hint() {
        message.push_str(&format!(" (hint: {})", hint.trim_end_matches('.')));
    }
    // The names of prepared statements are a session's.
    let is_shared = [
        SqlState::DUPLICATE_PSTATEMENT,
        SqlState::INVALID_SQL_STATEMENT_NAME,
    ]
    .contains(reported.code());
    if is_shared {
        message.push_str(
            "; the server's session seems to be shared with others, as by a pooler in transaction mode: ",
        );
        message.push_str("connect to the server itself, or to a pool in session mode");
    }
    Error {
        kind: if is_shared {
            ErrorKind::Unreachable
        } else {
            kind(reported.code())
        },
        message,
        offset: match reported.position() {
            Some(ErrorPosition::Original(position)) => offset(sql, *position),
            Some(ErrorPosition::Internal { .. }) | None => None,
        },
    }
}

/// What went wrong on our side of the wire; the crate's own message leaves the cause to its source.
fn without_server(error: &postgres::Error) -> Error {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !message.contains(&cause_text) {
            message.push_str(": ");
            message.push_str(&cause_text);
        }
        source = cause.source();
    }
    let lost = error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>());
    Error {
        kind: if lost {
            ErrorKind::Unreachable
        } else {
            ErrorKind::Statement
        },
        message,
        offset: None,
    }
}

/// The server counts characters, from 1, and names the one behind the last where something is missing.
fn offset(sql: &str, position: u32) -> Option<usize> {
    let nth = usize::try_from(position).ok()?.checked_sub(1)?;
    let starts = sql.char_indices().map(|(at, _)| at);
    starts.chain([sql.len()]).nth(nth)
}

/// Sorts SQLSTATEs (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn kind(state: &SqlState) -> ErrorKind {
    let unreachable = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::DATABASE_DROPPED,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    let locked = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::OBJECT_IN_USE,
    ];
    let unknown = [
        SqlState::UNDEFINED_OBJECT,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_TABLE,
        SqlState::INVALID_SCHEMA_NAME,
    ];
    let code = state.code();
    if code.starts_with("08") || code.starts_with("28") || unreachable.contains(state) {
        ErrorKind::Unreachable
    } else if *state == SqlState::INVALID_CATALOG_NAME {
        ErrorKind::NoDatabase
    } else if locked.contains(state) {
        ErrorKind::Locked
    } else if *state == SqlState::QUERY_CANCELED {
        ErrorKind::TimedOut
    } else if *state == SqlState::READ_ONLY_SQL_TRANSACTION {
        ErrorKind::ReadOnlyServer
    } else if *state == SqlState::INSUFFICIENT_PRIVILEGE {
        ErrorKind::Denied
    } else if *state == SqlState::DISK_FULL {
        ErrorKind::Full
    } else if *state == SqlState::DATA_CORRUPTED || *state == SqlState::INDEX_CORRUPTED {
        ErrorKind::NotADatabase
    } else if unknown.contains(state) {
        ErrorKind::Unknown
    } else {
        ErrorKind::Statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_and_an_offset_bytes() {
        assert_eq!(offset("SELECT 'ü', x", 13), Some(13));
        assert_eq!(offset("SELECT", 1), Some(0));
        assert_eq!(offset("SELECT", 99), None);
    }
}
