//! Checks of the history by itself.

use super::server::scratch;
use super::{Failed, apart, fail, history_of};
use crate::embedded::Migrations;
use crate::migrator::{MigrateError, tables_of};
use crate::runner;

/// Checks that the history has one head, so that everybody who upgrades comes to the same schema by the same revisions.
///
/// # Panics
///
/// If there are several; two branches that were merged in version control leave them.
///
/// # Example
///
/// ```
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// schema_core::testing::one_head(&MIGRATIONS);
/// ```
#[track_caller]
pub fn one_head(migrations: &Migrations) {
    let history = history_of(migrations);
    if let [_, _, ..] = history.heads() {
        let heads: Vec<String> = history
            .heads()
            .iter()
            .filter_map(|id| history.get(*id))
            .map(|header| format!("`{}` ({})", header.id, header.message))
            .collect();
        fail(
            format_args!(
                "the history in `{}` has {} heads: {}",
                migrations.folder(),
                heads.len(),
                heads.join(", ")
            ),
            Some("join them with `autogen merge`".into()),
        );
    }
}

/// Checks on a scratch database in memory that every revision's scripts lead to what its operations say: up, down, and up again.
///
/// # Panics
///
/// If one does not, with the script, the statement that failed or the differences.
///
/// # Example
///
/// ```
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// schema_core::testing::up_down_up(&MIGRATIONS);
/// ```
#[cfg(feature = "sqlite")]
#[track_caller]
pub fn up_down_up(migrations: &Migrations) {
    up_down_up_at(migrations, "sqlite::memory:");
}

/// Does what [`up_down_up`] does, on a scratch database that is made on the server of that URL and dropped afterwards.
///
/// # Panics
///
/// As [`up_down_up`], and if no database can be made there.
///
/// # Example
///
/// ```no_run
/// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
/// schema_core::testing::up_down_up_at(&MIGRATIONS, "postgres://postgres@127.0.0.1/test");
/// ```
#[track_caller]
pub fn up_down_up_at(migrations: &Migrations, url: &str) {
    let history = history_of(migrations);
    let verified = apart(|| {
        let (mut scratch, dialect) = scratch(url, &history)?;
        let tables = tables_of(migrations).map_err(|error| {
            let error = MigrateError::Tables(error);
            Failed::new(&error, error.hint())
        })?;
        runner::verify(&mut scratch, dialect, &history, &tables, &mut |_| {})
            .map_err(|error| Failed::new(&error, error.hint()))
    });
    if let Err(Failed { what, hint }) = verified {
        fail(what, hint);
    }
}
