//! A notebook: what it keeps, and the migrations of its database.

use schema_core::db::drivers::rusqlite::{Connection, Result};
use schema_core::{Migrations, Model};

/// The history in `migrations`, within the program.
pub static MIGRATIONS: Migrations = schema_core::migrations!("migrations");

/// Something to remember.
#[derive(Model)]
pub struct Note {
    pub id: i64,
    pub text: String,
    #[model(default = false)]
    pub done: bool,
}

/// Writes a note down.
pub fn add(connection: &Connection, text: &str) -> Result<()> {
    let notes = Note::TABLE;
    connection
        .execute(&format!("INSERT INTO {notes} (text) VALUES (?1)"), [text])
        .map(drop)
}

/// Returns the notes, the oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Note>> {
    let notes = Note::TABLE;
    let mut query = connection.prepare(&format!("SELECT id, text, done FROM {notes} ORDER BY id"))?;
    let rows = query.query_map([], |row| {
        Ok(Note {
            id: row.get(0)?,
            text: row.get(1)?,
            done: row.get(2)?,
        })
    })?;
    rows.collect()
}
