//! What a live database holds, in the form that normalization gives.
//!
//! Seven queries of the catalog read it all, however many tables there are. The server's version decides in which words some of them are
//! asked and how the texts in their answers are written.

mod catalog;
mod collation;
mod foreign_key;
mod table;

pub(super) use catalog::{Server, TableNames};
pub(super) use collation::Collations;

use std::collections::BTreeMap;

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
    foreign_key::foreign_keys(connection, &server, &mut |row| {
        with(&row.table, &mut |table| table::add_foreign_key(table, &row));
    })?;
    catalog::checks(connection, &server, &mut |row| {
        with(&row.table, &mut |table| table::add_check(table, &row, &server));
    })?;
    if server.names == TableNames::Folded {
        name_as_made(&mut schema);
    }
    for table in schema.tables.values_mut() {
        table::finish(table);
        normalize::leave_out_implied(table);
    }
    Ok(schema)
}

/// Has foreign keys call their tables as these are called, where the server notes them in lower case.
fn name_as_made(schema: &mut Schema) {
    let names: BTreeMap<String, TableName> = schema
        .tables
        .keys()
        .map(|name| (name.name.to_lowercase(), name.clone()))
        .collect();
    let keys = schema
        .tables
        .values_mut()
        .flat_map(|table| table.foreign_keys.values_mut());
    for key in keys.filter(|key| key.references.schema.is_none()) {
        if let Some(name) = names.get(&key.references.name.to_lowercase()) {
            key.references = name.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ForeignKey, Table};

    #[test]
    fn a_foreign_key_calls_its_table_as_that_is_called() {
        let mut child = Table::new(TableName::new("Child"));
        child.add_foreign_key(ForeignKey::new("fk", ["item"], TableName::new("items"), ["id"]));
        let mut schema = Schema::from_iter([Table::new(TableName::new("Items")), child]);
        name_as_made(&mut schema);
        let child = &schema.tables[&TableName::new("Child")];
        assert_eq!(child.foreign_keys["fk"].references, TableName::new("Items"));
    }
}
