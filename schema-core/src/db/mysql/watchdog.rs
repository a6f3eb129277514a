//! The end of a statement that takes too long, where the server does not see to that itself: MySQL ends only what reads.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

/// Someone who has a statement ended from a second connection, unless it is over before.
pub(super) struct Watchdog {
    over: Sender<()>,
    thread: JoinHandle<bool>,
}

impl Watchdog {
    /// Begins to watch what the session of that number runs.
    pub(super) fn watch(options: OptsBuilder, session: u32, limit: Duration) -> Self {
        let (over, waits) = channel();
        let thread = spawn(move || {
            if waits.recv_timeout(limit) != Err(RecvTimeoutError::Timeout) {
                return false;
            }
            Conn::new(options)
                .and_then(|mut second| second.query_drop(format!("KILL QUERY {session}")))
                .is_ok()
        });
        Watchdog { over, thread }
    }

    /// Says that the statement is over; tells whether the server was asked to end it. No such request is under way any more then.
    pub(super) fn call_off(self) -> bool {
        let _ = self.over.send(());
        self.thread.join().unwrap_or_default()
    }
}
