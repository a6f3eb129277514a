#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The example store: its committed history is what its models say, and is proved both ways.

use std::fs;
use std::path::Path;

use autogen_tests::servers;
use schema_core::Model;
use schema_core::db::{self, DatabaseUrl};
use schema_core::dialect;
use schema_core::history::files::{self, snapshot_holds};
use schema_core::history::{Direction, History};
use schema_core::rewrite::complete;
use schema_core::runner::{Tables, verify};
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
    verify(&mut *scratch, dialect, &history, &Tables::default(), &mut |_| {}).unwrap();
}

#[test]
fn a_dialect_that_comes_later_gets_scripts_for_every_revision() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/store/migrations/versions");
    let folder = tempfile::tempdir().unwrap();
    copy(&committed, &folder.path().join("versions"));
    let before = History::load(folder.path()).unwrap();
    let sqlite = before
        .script(before.heads()[0], "sqlite", Direction::Upgrade)
        .unwrap();

    let completed = complete(&before, dialect::all()).unwrap();
    assert_eq!(completed.len(), before.revisions().len());
    for completed in &completed {
        assert_eq!(completed.added, ["postgres", "mysql"]);
        files::replace_revision(&completed.folder, &completed.revision, &completed.scripts).unwrap();
    }
    let history = History::load(folder.path()).unwrap();
    assert!(complete(&history, dialect::all()).unwrap().is_empty());
    assert_eq!(
        history
            .script(history.heads()[0], "sqlite", Direction::Upgrade)
            .unwrap(),
        sqlite
    );
    for database in servers::databases() {
        let fresh = database.fresh();
        verify(
            &mut *fresh.open(),
            database.dialect(),
            &history,
            &Tables::default(),
            &mut |_| {},
        )
        .unwrap_or_else(|error| panic!("{}: {error}", database.dialect().name()));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(path, to.join(name)).unwrap();
        }
    }
}
