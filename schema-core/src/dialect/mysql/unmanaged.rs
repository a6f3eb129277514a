//! What a database of the server holds and no model can say.

use std::collections::BTreeMap;

use super::{LEXICON, RESERVED_PREFIX};
use crate::db::{Connection, Error, Value};
use crate::dialect::Unmanaged;
use crate::lexer::lex;
use crate::schema::TableName;

/// Everything that has a name and a text: its kind, its name, the table that it is part of, and the text in which it names others.
const THINGS: &str = "
    SELECT 'view', TABLE_NAME, NULL, VIEW_DEFINITION
        FROM information_schema.VIEWS WHERE TABLE_SCHEMA = database()
    UNION ALL
    SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT
        FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = database()
    UNION ALL
    SELECT lower(ROUTINE_TYPE), ROUTINE_NAME, NULL, ROUTINE_DEFINITION
        FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = database()
    UNION ALL
    SELECT 'event', EVENT_NAME, NULL, EVENT_DEFINITION
        FROM information_schema.EVENTS WHERE EVENT_SCHEMA = database()
    UNION ALL
    SELECT DISTINCT concat('grant to ', GRANTEE, ' on'), TABLE_NAME, TABLE_NAME, NULL
        FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = database()";

/// Tables that are more than a schema can say: partitioned ones, and MariaDB's that keep old rows or only numbers.
const TABLES: &str = "
    SELECT TABLE_NAME, lower(TABLE_TYPE), coalesce(CREATE_OPTIONS, '') LIKE '%partitioned%'
        FROM information_schema.TABLES WHERE TABLE_SCHEMA = database() AND TABLE_TYPE <> 'VIEW'";

/// Returns views, triggers, routines, events, grants, partitions, sequences and tables with a history.
///
/// # Errors
///
/// What the database reports.
pub(super) fn unmanaged(connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
    let mut tables = BTreeMap::new();
    let mut found = Vec::new();
    connection.for_each(TABLES, &[], &mut |row| {
        if let [Value::Text(name), Value::Text(kind), partitioned] = row.as_slice() {
            let table = TableName::new(name.clone());
            if kind != "base table" {
                let kind = match kind.as_str() {
                    "system versioned" => "table with a history",
                    kind => kind,
                };
                found.push(Unmanaged::new(kind, name.clone(), []));
            } else if partitioned.as_integer() == Some(1) {
                found.push(Unmanaged::new("partitions of", name.clone(), []).part_of(table.clone()));
            }
            tables.insert(name.to_lowercase(), table);
        }
        true
    })?;
    connection.for_each(THINGS, &[], &mut |row| {
        if let [Value::Text(kind), Value::Text(name), of, text] = row.as_slice() {
            let names = lex(text.as_str().unwrap_or_default(), LEXICON).filter_map(|token| token.name());
            let named = names.filter_map(|name| tables.get(&name.to_lowercase()).cloned());
            let thing = Unmanaged::new(kind.clone(), name.clone(), named);
            let of = of.as_str().and_then(|table| tables.get(&table.to_lowercase()));
            found.push(match of {
                Some(table) => thing.part_of(table.clone()),
                None => thing,
            });
        }
        true
    })?;
    found.extend(peculiarities(connection)?);
    found.retain(|thing| {
        let of = thing.part_of.as_ref().map_or(&thing.name, |table| &table.name);
        !of.to_lowercase().starts_with(RESERVED_PREFIX)
    });
    found.sort();
    Ok(found)
}

/// Returns the indexes that no query uses: MySQL's `INVISIBLE` ones (<https://dev.mysql.com/doc/refman/8.4/en/invisible-indexes.html>) and MariaDB's
/// `IGNORED` ones (<https://mariadb.com/kb/en/ignored-indexes/>). Servers that have neither have no column that tells.
///
/// # Errors
///
/// What the database reports.
pub(super) fn peculiarities(connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
    let column = "SELECT COLUMN_NAME FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'STATISTICS' AND COLUMN_NAME IN ('IS_VISIBLE', 'IGNORED')";
    let column = connection.query(column, &[])?;
    let (clause, condition) = match column.first().and_then(|row| row.first()?.as_str()) {
        Some("IGNORED") => ("clause IGNORED of index", "IGNORED = 'YES'"),
        Some(_) => ("clause INVISIBLE of index", "IS_VISIBLE = 'NO'"),
        None => return Ok(Vec::new()),
    };
    let sql = format!(
        "SELECT DISTINCT TABLE_NAME, INDEX_NAME FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = database() AND {condition} ORDER BY 1, 2"
    );
    let mut found = Vec::new();
    connection.for_each(&sql, &[], &mut |row| {
        if let [Value::Text(table), Value::Text(index)] = row.as_slice() {
            let index = Unmanaged::new(clause, index.clone(), []).part_of(TableName::new(table.clone()));
            found.push(index.with_effect("no query uses it"));
        }
        true
    })?;
    Ok(found)
}
