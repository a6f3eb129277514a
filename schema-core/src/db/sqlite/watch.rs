//! How many rows a long statement has written: SQLite calls a hook at each of them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::Action;

use crate::db::{Watcher, Written};

/// After how many rows the watcher is told again.
const STRIDE: u64 = 1_000;

/// A watcher and what it has been told. The hook and the connection share it.
#[derive(Clone)]
pub(super) struct Watch(Arc<Mutex<Watched>>);

struct Watched {
    watcher: Watcher,
    written: Option<Written>,
}

impl Watch {
    /// Has the watcher told by this connection.
    ///
    /// # Errors
    ///
    /// What SQLite reports.
    pub(super) fn on(connection: &mut rusqlite::Connection, watcher: Watcher) -> rusqlite::Result<Self> {
        let watch = Watch(Arc::new(Mutex::new(Watched {
            watcher,
            written: None,
        })));
        let hook = watch.clone();
        connection.update_hook(Some(move |action: Action, _: &str, _: &str, _: i64| {
            if action == Action::SQLITE_INSERT {
                hook.count();
            }
        }))?;
        Ok(watch)
    }

    /// Begins to count, or ends.
    pub(super) fn expect(&self, rows: Option<u64>) {
        self.with(|watched| {
            let before = watched.written;
            watched.written = rows.map(|of| Written { rows: 0, of });
            if before.is_some() || rows.is_some() {
                (watched.watcher)(watched.written);
            }
        });
    }

    fn count(&self) {
        self.with(|watched| {
            if let Some(written) = &mut watched.written {
                written.rows += 1;
                if written.rows % STRIDE == 0 {
                    (watched.watcher)(Some(*written));
                }
            }
        });
    }

    /// A watcher that panicked has told what it could.
    fn with(&self, work: impl FnOnce(&mut Watched)) {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
