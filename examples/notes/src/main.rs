//! Keeps notes: `cargo run -- "buy a chair"`.

use std::error::Error;

use notes::MIGRATIONS;
use schema_core::db::drivers::rusqlite::Connection;
use schema_core::migrator::Migrator;
use schema_core::runner::Event;

fn main() -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open("notes.db")?;
    // A new notebook gets its tables here, and one that an older version of the program made gets what it lacks.
    Migrator::new(&MIGRATIONS)
        .on_event(|event| {
            if let Event::Running { message, .. } = event {
                eprintln!("bringing your notes up to date: {message}");
            }
        })
        .upgrade(&mut connection)?;

    let text: Vec<String> = std::env::args().skip(1).collect();
    if !text.is_empty() {
        notes::add(&connection, &text.join(" "))?;
    }
    for note in notes::all(&connection)? {
        let mark = if note.done { 'x' } else { ' ' };
        println!("[{mark}] {}  {}", note.id, note.text);
    }
    Ok(())
}
