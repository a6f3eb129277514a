//! What a program with migrations tests: its queries on a real database, and that its history is in order.

use notes::MIGRATIONS;
use schema_core::testing;

#[test]
fn a_note_is_kept() {
    let connection = testing::database(&MIGRATIONS);
    notes::add(&connection, "buy a chair").unwrap();
    let notes = notes::all(&connection).unwrap();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].text, "buy a chair");
    assert!(!notes[0].done);
}

#[test]
fn a_new_notebook_is_empty() {
    assert!(notes::all(&testing::database(&MIGRATIONS)).unwrap().is_empty());
}

#[test]
fn the_history_is_in_order() {
    testing::one_head(&MIGRATIONS);
    testing::models_equal_history(&MIGRATIONS);
    testing::up_down_up(&MIGRATIONS);
}
