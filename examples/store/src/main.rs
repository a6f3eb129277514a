//! Sells a chair, and says what is in store.

use rusqlite::{Connection, OpenFlags, params};
use schema_core::Model;
use store::{ItemModel, StoreModel};

fn main() -> rusqlite::Result<()> {
    // `autogen upgrade` makes the file; a program that made it too would hide a forgotten upgrade.
    let connection = Connection::open_with_flags("instance/database.db", OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let (stores, items) = (StoreModel::TABLE, ItemModel::TABLE);

    connection.execute(
        &format!("INSERT INTO {stores} (name) VALUES (?1) ON CONFLICT (name) DO NOTHING"),
        params!["Corner Shop"],
    )?;
    connection.execute(
        &format!(
            "INSERT INTO {items} (name, price, store_id) SELECT ?1, ?2, id FROM {stores} WHERE name = ?3"
        ),
        params!["Chair", 17.99, "Corner Shop"],
    )?;

    let mut query = connection.prepare(&format!(
        "SELECT {items}.id, {items}.name, price, {stores}.name FROM {items} JOIN {stores} ON store_id = {stores}.id"
    ))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (id, name, price, store): (i64, String, f64, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        println!("{id}  {name}  {price:.2}  {store}");
    }
    Ok(())
}
