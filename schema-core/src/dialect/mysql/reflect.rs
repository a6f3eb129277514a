//! What a live database holds, in the form that normalization gives.
//!
//! Seven queries of the catalog read it all, however many tables there are. The server's version decides in which words some of them are
//! asked and how the texts in their answers are written.

mod catalog;
mod collation;
mod table;

pub(super) use catalog::Server;
pub(super) use collation::Collations;

use super::{RESERVED_PREFIX, normalize};
use crate::db::{Connection, Error};
use crate::schema::{Schema, TableName};

/// Reads the tables of the connection's database.
///
/// Left out are the tool's own tables, views, sequences, and tables that keep their old rows (MariaDB's system versioning).
///
/// # Errors
///
/// What the database reports.
pub(super) fn reflect(connection: &mut dyn Connection) -> Result<Schema, Error> {
    let server = Server::ask(connection)?;
    let collations = Collations::ask(connection)?;
    let mut schema = Schema::default();
    catalog::tables(connection, &mut |row| {
        if !row.name.to_lowercase().starts_with(RESERVED_PREFIX) {
            schema.insert(table::table(row, &server, &collations));
        }
    })?;
    let mut with = |name: &str, work: &mut dyn FnMut(&mut crate::schema::Table)| {
        if let Some(table) = schema.tables.get_mut(&TableName::new(name)) {
            work(table);
        }
    };
    catalog::columns(connection, &mut |row| {
        with(&row.table, &mut |table| {
            table::add_column(table, &row, &server, &collations)
        });
    })?;
    catalog::index_keys(connection, &server, &mut |row| {
        with(&row.table, &mut |table| {
            table::add_index_key(table, &row, &server)
        });
    })?;
    catalog::foreign_keys(connection, &mut |row| {
        with(&row.table, &mut |table| table::add_foreign_key(table, &row));
    })?;
    catalog::checks(connection, &server, &mut |row| {
        with(&row.table, &mut |table| table::add_check(table, &row, &server));
    })?;
    for table in schema.tables.values_mut() {
        table::finish(table);
        normalize::leave_out_implied(table);
    }
    Ok(schema)
}
