//! SQLite's result codes as the kinds of errors that a caller acts on.

use rusqlite::ErrorCode;

use crate::db::{Error, ErrorKind};

/// Of a file that cannot even be opened, nothing can be said but that.
pub(super) fn translate_opening(error: &rusqlite::Error) -> Error {
    let translated = translate(error);
    match translated.kind {
        ErrorKind::Statement | ErrorKind::Unknown => Error {
            kind: ErrorKind::Unreachable,
            ..translated
        },
        ErrorKind::Unreachable
        | ErrorKind::NoDatabase
        | ErrorKind::NotADatabase
        | ErrorKind::Locked
        | ErrorKind::ReadOnly
        | ErrorKind::ReadOnlyServer
        | ErrorKind::Denied
        | ErrorKind::Full
        | ErrorKind::TimedOut
        | ErrorKind::System => translated,
    }
}

/// Sorts SQLite's result codes into the kinds that a caller acts on (<https://sqlite.org/rescode.html>).
pub(super) fn translate(error: &rusqlite::Error) -> Error {
    let code = error.sqlite_error_code();
    let is = |codes: &[ErrorCode]| code.is_some_and(|code| codes.contains(&code));
    let kind = if is(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
        ErrorKind::Locked
    } else if is(&[ErrorCode::ReadOnly]) {
        ErrorKind::ReadOnly
    } else if is(&[ErrorCode::CannotOpen, ErrorCode::PermissionDenied]) {
        ErrorKind::Unreachable
    } else if is(&[ErrorCode::NotADatabase, ErrorCode::DatabaseCorrupt]) {
        ErrorKind::NotADatabase
    } else if is(&[ErrorCode::DiskFull]) {
        ErrorKind::Full
    } else if is(&[ErrorCode::OperationInterrupted]) {
        ErrorKind::TimedOut
    } else if is(&[ErrorCode::SystemIoFailure, ErrorCode::OutOfMemory]) {
        ErrorKind::System
    } else {
        ErrorKind::Statement
    };
    let (message, offset) = if let rusqlite::Error::SqlInputError { msg, offset, .. } = error {
        (msg.clone(), usize::try_from(*offset).ok())
    } else if let rusqlite::Error::SqliteFailure(_, Some(message)) = error {
        (message.clone(), None)
    } else {
        (error.to_string(), None)
    };
    Error {
        kind,
        message,
        offset,
    }
}
