//! What a schema had better be on SQLite.

use super::{Sqlite, keywords};
use crate::dialect::hazards::quality::{
    keyless, new_problems, redundant, refers_to_many, reserved, unindexed,
};
use crate::dialect::hazards::{Change, Definition, Located};
use crate::hazard::{Code, Hazard};
use crate::schema::{Column, Schema, Table, Type};

/// Returns the problems that a revision brings.
pub(super) fn quality(change: &Change<'_>) -> Vec<Located> {
    new_problems(&Sqlite, change, column, problems)
}

fn column(definition: &Definition<'_>) -> Column {
    Column {
        nullable: !definition.has("NOT NULL"),
        ..Column::new(&definition.name, Type::Native(definition.ty.to_owned()))
    }
}

fn problems(schema: &Schema) -> Vec<Hazard> {
    let mut found = Vec::new();
    for table in schema.tables.values() {
        found.extend(keyless(table));
        found.extend(redundant(table));
        let mismatch = "SQLite takes the table, and then refuses each of its rows";
        let own = unindexed(table)
            .into_iter()
            .chain(refers_to_many(table, schema, mismatch))
            .chain(nullable_key(table))
            .chain(reserved(table, keywords::is_reserved));
        found.extend(own.map(|hazard| hazard.on("sqlite")));
    }
    found
}

/// A primary key that takes NULL (<https://www.sqlite.org/lang_createtable.html#the_primary_key>): only one that is INTEGER numbers rows
/// instead, and the word has to be just that.
fn nullable_key(table: &Table) -> Option<Hazard> {
    let key = table.primary_key.as_ref()?;
    let mut columns = key.columns.iter().filter_map(|name| table.column(name));
    let numbers =
        |column: &Column| matches!(&column.ty, Type::Native(ty) if ty.eq_ignore_ascii_case("INTEGER"));
    let is_number = key.columns.len() == 1 && table.column(&key.columns[0]).is_some_and(numbers);
    if is_number || table.options.strict || table.options.without_rowid {
        return None;
    }
    let column = columns.find(|column| column.nullable)?;
    let (name, of) = (&column.name, &table.name);
    let text = format!("`{of}.{name}` is of the primary key and takes NULL, in as many rows as one likes");
    let safe = "NOT NULL; for a key that numbers rows `INTEGER PRIMARY KEY`, in these words";
    Some(Hazard::new(Code::S09, text, safe).of(of, &[name]))
}
