#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The example store: its committed history is what its models say, and is proved both ways.

use std::path::Path;

use schema_core::Model;
use schema_core::db::{self, DatabaseUrl};
use schema_core::dialect;
use schema_core::history::History;
use schema_core::history::files::snapshot_holds;
use schema_core::runner::verify;
use schema_core::schema::Schema;
use store::{ItemModel, ItemsTags, StoreModel, TagModel, UserModel};

#[test]
fn the_stores_history_is_what_its_models_say() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/store/migrations");
    let history = History::load(&migrations).unwrap();
    let models = Schema::from_iter([
        StoreModel::table(),
        UserModel::table(),
        ItemModel::table(),
        TagModel::table(),
        ItemsTags::table(),
    ]);
    assert_eq!(history.schema().unwrap(), models);
    assert!(snapshot_holds(&migrations, &models).unwrap());
    let mut scratch = db::open(&DatabaseUrl::SqliteMemory).unwrap();
    let dialect = dialect::by_name("sqlite").unwrap();
    verify(&mut *scratch, dialect, &history, &mut |_| {}).unwrap();
}
