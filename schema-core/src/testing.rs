//! For a program's own tests: a fresh migrated database for each of them, and checks of the history to put beside them.
//!
//! What is wrong ends the test with a panic that says what failed, why, and how to go on. The feature `testing` belongs in
//! `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! schema-core = { version = "…", features = ["testing"] }
//! ```
//!
//! In functions with `#[test]`:
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
//! use schema_core::{Migrations, testing};
//!
//! // A store is kept.
//! let connection = testing::database(&MIGRATIONS);
//! connection.execute("INSERT INTO stores (name) VALUES ('Corner Shop')", [])?;
//!
//! // The history is in order, and with `models_equal_history` what the models say.
//! testing::one_head(&MIGRATIONS);
//! testing::up_down_up(&MIGRATIONS);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod history;
mod models;
mod server;
#[cfg(feature = "sqlite")]
mod template;

#[cfg(feature = "sqlite")]
pub use history::up_down_up;
pub use history::{one_head, up_down_up_at};
pub use models::{models_equal_history, tables_equal_history};
pub use server::{Database, database_at};
#[cfg(feature = "sqlite")]
pub use template::{database, write_database};

use std::panic::resume_unwind;
use std::{fmt, thread};

use crate::embedded::Migrations;
use crate::history::History;

/// What ends a test: what failed, why, and how to go on.
struct Failed {
    what: String,
    hint: Option<String>,
}

impl Failed {
    fn new(what: impl fmt::Display, hint: Option<String>) -> Self {
        let what = what.to_string();
        Failed { what, hint }
    }
}

/// Does work that waits for a server, on a thread of its own: the drivers may not wait on one that belongs to an asynchronous runtime, as that of a
/// `#[tokio::test]` does.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => resume_unwind(panic),
    })
}

/// Ends the test with what failed, why, and how to go on.
#[track_caller]
fn fail(what: impl fmt::Display, hint: Option<String>) -> ! {
    match hint {
        Some(hint) => panic!("{what}\nhint: {hint}"),
        None => panic!("{what}"),
    }
}

#[track_caller]
fn history_of(migrations: &Migrations) -> History {
    History::embedded(migrations).unwrap_or_else(|error| fail(&error, error.hint()))
}
