//! The lock of a database, and whether it is one at all.
//!
//! A pooler that hands out a server session per transaction (PgBouncer's transaction mode) gives the same session to several clients,
//! for whom an advisory lock of the session is no lock, and with whom it stays when its process is gone. So it is looked for before a lock is
//! taken, and again in what shows later: the session changes between two statements, or has the lock already before it was asked for.

use std::time::Duration;

use super::{one, refused};
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::Patience;
use crate::dialect::postgres::ddl::quote;
use crate::dialect::postgres::standalone::quoted;

/// The lock's number: `autogen` in letters. A number is a lock of its own in every database.
const KEY: i64 = 0x00_61_75_74_6f_67_65_6e;

/// How often the session is asked who it is: a pooler may give out the same one several times.
const LOOKS: usize = 3;

/// Takes the lock, for at most as long as it may take.
///
/// # Errors
///
/// [`ErrorKind::Locked`] once the time is over; a pooler; or what the database reports.
pub(super) fn take(
    connection: &mut dyn Connection,
    timeout: Duration,
    waiting: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    if connection.shares_session()? {
        return Err(pooled());
    }
    let session = session(connection)?;
    let held = format!(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND {}",
        of(KEY)
    );
    if one(connection, &held)?.as_integer() != Some(0) {
        return Err(pooled());
    }
    let mut patience = Patience::new(timeout);
    let mut waited = false;
    while one(connection, &format!("SELECT pg_try_advisory_lock({KEY})"))? != Value::Integer(1) {
        if !waited {
            waiting(&holder(connection)?);
            waited = true;
        }
        if !patience.wait() {
            return Err(Error {
                kind: ErrorKind::Locked,
                message: format!("the lock of this database is held by {}", holder(connection)?),
                offset: None,
            });
        }
    }
    for _ in 0..LOOKS {
        if self::session(connection)? != session {
            give_back(connection);
            return Err(pooled());
        }
    }
    Ok(())
}

/// Gives the lock back.
pub(super) fn give_back(connection: &mut dyn Connection) {
    let _ = connection.query(&format!("SELECT pg_advisory_unlock({KEY})"), &[]);
}

fn session(connection: &mut dyn Connection) -> Result<Value, Error> {
    one(connection, "SELECT pg_backend_pid()")
}

/// The number of a lock that nobody waits for, and that a transaction has to its end.
const OPEN: i64 = KEY + 1;

/// Marks the transaction that has begun: the mark is gone with it, whoever ends it, and nothing else takes it away, as `RESET ALL` does with a setting.
pub(super) fn mark_transaction(connection: &mut dyn Connection) -> Result<(), Error> {
    let sql = format!("SELECT pg_advisory_xact_lock_shared({OPEN})");
    connection.query(&sql, &[]).map(drop)
}

/// Tells whether the transaction that was marked still stands.
pub(super) fn marks_transaction(connection: &mut dyn Connection) -> Result<bool, Error> {
    let held = format!(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND {}",
        of(OPEN)
    );
    Ok(one(connection, &held)?.as_integer() != Some(0))
}

/// The condition of a lock in `pg_locks`, where its number stands in two halves.
fn of(key: i64) -> String {
    format!(
        "locktype = 'advisory' AND objsubid = 1 AND classid = {} AND objid = {}
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        key >> 32,
        key & 0xffff_ffff
    )
}

/// Returns who has the lock, in words.
fn holder(connection: &mut dyn Connection) -> Result<String, Error> {
    Ok(who(connection, &of(KEY))?.unwrap_or_else(|| "another session".to_owned()))
}

/// Returns who keeps readers out of a table, in words.
pub(super) fn keeps_readers_out(connection: &mut dyn Connection, table: &str) -> String {
    let locked = format!(
        "l.mode = 'AccessExclusiveLock' AND l.relation = to_regclass({}) AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        quoted(&quote(table))
    );
    let who = who(connection, &locked).ok().flatten();
    format!(
        "{} with a lock on `{table}`",
        who.as_deref().unwrap_or("another session")
    )
}

/// Returns which session has a lock, in words. Of others' sessions a plain user may not see more than the number.
fn who(connection: &mut dyn Connection, which: &str) -> Result<Option<String>, Error> {
    let sql = format!(
        "SELECT concat('the session ', l.pid, ' of ' || a.usename, ', from ' || host(a.client_addr))
        FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.granted AND {which}"
    );
    Ok(one(connection, &sql)?.as_str().map(str::to_owned))
}

fn pooled() -> Error {
    refused(
        "the server's session is shared with others, as by a pooler in transaction mode, so a lock of it keeps nobody out: \
         connect to the server itself, or to a pool in session mode",
    )
}
