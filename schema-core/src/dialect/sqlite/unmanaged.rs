//! What an SQLite database holds and no model can say: views, triggers, virtual tables, and clauses of tables.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{self, ParsedTable};
use super::{LEXICON, RESERVED_PREFIX};
use crate::db::{Connection, Error, Value};
use crate::dialect::Unmanaged;
use crate::lexer::{Kind, lex, unquote};
use crate::schema::TableName;

/// Returns the views, triggers and virtual tables of the main database, and the clauses of its tables that a schema cannot say.
///
/// # Errors
///
/// What the database reports.
pub(super) fn unmanaged(connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
    let kept_by_others = kept_by_others(connection)?;
    let objects: Vec<Object> = objects(connection)?
        .into_iter()
        .filter(|object| !kept_by_others.contains(&object.table))
        .collect();
    let tables: BTreeMap<String, TableName> = objects
        .iter()
        .filter(|object| object.kind == "table")
        .map(|object| (object.name.to_lowercase(), TableName::new(object.name.clone())))
        .collect();
    let mut found = Vec::new();
    for object in &objects {
        let of = |kind: &str| {
            Unmanaged::new(
                kind,
                object.name.clone(),
                mentioned(object, &tables).into_iter().cloned(),
            )
        };
        match object.kind.as_str() {
            "view" => found.push(of("view")),
            "trigger" => found.push(match tables.get(&object.table.to_lowercase()) {
                Some(table) => of("trigger").part_of(table.clone()),
                // INSTEAD OF, on a view.
                None => of("trigger"),
            }),
            _ if is_virtual(object) => found.push(of("virtual table")),
            _ => found.extend(clauses(object)),
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the clauses of tables that change what a statement does.
///
/// # Errors
///
/// What the database reports.
pub(super) fn peculiarities(connection: &mut dyn Connection) -> Result<Vec<Unmanaged>, Error> {
    let objects = objects(connection)?;
    let tables = objects
        .iter()
        .filter(|object| object.kind == "table" && !is_virtual(object));
    let mut found: Vec<Unmanaged> = tables.flat_map(clauses).collect();
    found.sort();
    Ok(found)
}

/// Returns the ON CONFLICT clauses of a table, each kind of them once.
fn clauses(object: &Object) -> BTreeSet<Unmanaged> {
    let parsed = parse::create_table(&object.sql);
    let conflicts = parsed.iter().flat_map(ParsedTable::conflicts);
    conflicts
        .map(|conflict| {
            let clause = format!("clause ON CONFLICT {conflict} of");
            // https://sqlite.org/lang_conflict.html
            let effect = match conflict.to_ascii_uppercase().as_str() {
                "REPLACE" => "what is in the way of a new row is deleted, and a NULL becomes the default",
                "IGNORE" => "a row that is in conflict is left out without an error",
                "FAIL" => "what a statement did before a conflict stays",
                _rollback => "a conflict ends the whole transaction",
            };
            Unmanaged::new(clause, object.name.clone(), [])
                .part_of(TableName::new(object.name.clone()))
                .with_effect(effect)
        })
        .collect()
}

/// Returns the statements that create all that the main database holds but for the tool's own tables, in an order in which they run.
///
/// # Errors
///
/// What the database reports.
pub(super) fn structure(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let kept_by_others = kept_by_others(connection)?;
    let objects = objects(connection)?.into_iter();
    let mut own: Vec<Object> = objects
        .filter(|object| !kept_by_others.contains(&object.table))
        .collect();
    // A trigger may stand on a view, and a virtual table read an ordinary one.
    own.sort_by_key(|object| match object.kind.as_str() {
        "table" if is_virtual(object) => 1,
        "view" => 2,
        "trigger" => 3,
        _ => 0,
    });
    Ok(own.into_iter().map(|object| object.sql).collect())
}

/// One row of `sqlite_schema`.
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

fn objects(connection: &mut dyn Connection) -> Result<Vec<Object>, Error> {
    let rows = connection.query(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
        &[],
    )?;
    let objects = rows.into_iter().filter_map(|row| {
        let [
            Value::Text(kind),
            Value::Text(name),
            Value::Text(table),
            Value::Text(sql),
        ] = <[Value; 4]>::try_from(row).ok()?
        else {
            return None;
        };
        let begins = |prefix: &str| {
            let start = table.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let ours = !begins("sqlite_") && !begins(RESERVED_PREFIX);
        ours.then_some(Object {
            kind,
            name,
            table,
            sql,
        })
    });
    Ok(objects.collect())
}

/// Returns the tables in which virtual tables keep their data.
fn kept_by_others(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let rows = connection.query(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'",
        &[],
    )?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect())
}

fn is_virtual(object: &Object) -> bool {
    let mut words = lex(&object.sql, LEXICON).filter(|token| !token.is_trivia());
    words.next().is_some_and(|word| word.is("CREATE")) && words.next().is_some_and(|word| word.is("VIRTUAL"))
}

/// Returns the tables whose names stand in the text of an object, but for itself. A virtual table may name another in a string.
fn mentioned<'a>(object: &Object, tables: &'a BTreeMap<String, TableName>) -> Vec<&'a TableName> {
    let names = lex(&object.sql, LEXICON).filter_map(|token| match token.kind {
        Kind::Word | Kind::Quoted | Kind::String => Some(unquote(token.text).to_lowercase()),
        Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
    });
    names
        .filter(|name| *name != object.name.to_lowercase())
        .filter_map(|name| tables.get(&name))
        .collect()
}
