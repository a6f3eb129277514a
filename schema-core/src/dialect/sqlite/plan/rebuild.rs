//! The rebuild: a new table, the rows copied into it, the old one dropped, the new one renamed.
//!
//! The order is the one that SQLite's manual gives (<https://sqlite.org/lang_altertable.html#otheralter>), with three additions: the rows
//! keep their rowids and AUTOINCREMENT its sequence; what hangs on the table and belongs to no model is kept; and while the
//! old table is gone `legacy_alter_table` keeps SQLite from looking into the views and triggers that name it. Foreign
//! keys must be off before the transaction begins, which the plan's mode says and the session does.

use super::change::Change;
use super::guard;
use crate::dialect::sqlite::RESERVED_PREFIX;
use crate::dialect::sqlite::ddl::{Wording, create_index, create_table, quote, quoted_list, text, value};
use crate::plan::{Statement, Step};
use crate::schema::{Auto, Column, Table};

/// The names by which SQLite knows the number of a row, unless a column has them
/// (<https://sqlite.org/lang_createtable.html#rowid>).
const ROWID: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// Appends the statements that rebuild the table, whose columns and itself have been renamed already.
pub(super) fn rebuild(change: &Change, why: &str, statements: &mut Vec<Statement>) {
    let Change {
        before,
        after,
        renames: _,
        sources: _,
    } = change;
    let name = &after.name.name;
    let new = format!("{RESERVED_PREFIX}new_{name}");
    let execute = |sql: String| Statement::execute(sql);
    statements.push(guard::unknown_columns(before));
    statements.extend(guard::guards(change));
    statements.push(Step::KeepDependents { table: name.clone() }.into());
    statements.push(
        execute(create_table(after, &new, &Wording::default()))
            .because(format!("`{name}` is rebuilt: {why}")),
    );
    statements.extend(guard::explanations(change));
    statements.push(execute(copy(change, &new)));
    let numbered = |table: &Table| {
        table
            .columns
            .iter()
            .any(|column| column.auto == Auto::NeverReused)
    };
    if numbered(before) && numbered(after) {
        statements.extend(carry_sequence(name, &new));
    }
    statements.push(
        execute("PRAGMA legacy_alter_table = ON".to_owned())
            .because("views and triggers that name the table stay as they are"),
    );
    statements.push(execute(format!("DROP TABLE {}", quote(name))));
    statements.push(execute(format!(
        "ALTER TABLE {} RENAME TO {}",
        quote(&new),
        quote(name)
    )));
    statements.push(execute("PRAGMA legacy_alter_table = OFF".to_owned()));
    for index in after.indexes.values().filter(|index| !index.constraint) {
        statements.push(execute(create_index(name, index)));
    }
    statements.push(Step::RestoreDependents { table: name.clone() }.into());
}

/// Copies the rows in the order of their keys, so that the new table is written from front to back.
fn copy(change: &Change, new: &str) -> String {
    let Change {
        before,
        after,
        renames: _,
        sources,
    } = change;
    let mut targets = Vec::new();
    let mut values = Vec::new();
    let key = rowid_key(after);
    let old_rowid = free_rowid(before);
    if key.is_none() {
        if let (Some(target), Some(value)) = (free_rowid(after), old_rowid) {
            targets.push(target.to_owned());
            values.push(value.to_owned());
        }
    }
    for column in after.columns.iter().filter(|column| column.generated.is_none()) {
        let Some(source) = sources.get(&column.name) else {
            continue;
        };
        let copied = match (&source.column, &source.fill) {
            (Some(name), fill) => {
                let value_of_row = change.written_anew(&column.name).unwrap_or_else(|| quote(name));
                let was_nullable = before.column(name).is_some_and(|column| column.nullable);
                match fill.as_ref().or(column.default.as_ref()) {
                    Some(fill) if was_nullable && !column.nullable => {
                        format!("coalesce({value_of_row}, {})", value(fill))
                    }
                    Some(_) | None => value_of_row,
                }
            }
            (None, Some(fill)) => value(fill),
            // A column that is left out gets its default, or the next number.
            (None, None) => continue,
        };
        targets.push(quote(&column.name));
        values.push(copied);
    }
    if targets.is_empty() {
        // All that is copied is that there were rows: one column is given what it would get anyway.
        let kept = after.columns.iter().find(|column| column.generated.is_none());
        if let Some(column) = key.or(kept) {
            let default = column.default.as_ref().filter(|_| key.is_none());
            targets.push(quote(&column.name));
            values.push(default.map_or_else(|| "NULL".to_owned(), value));
        }
    }
    let order = order(change, key, old_rowid);
    let order = order.map_or_else(String::new, |order| format!("\nORDER BY {order}"));
    format!(
        "INSERT INTO {} ({})\nSELECT {}\nFROM {}{order}",
        quote(new),
        targets.join(", "),
        values.join(", "),
        quote(&before.name.name)
    )
}

/// Returns the order in which the new table keeps its rows, as far as the old one knows it.
fn order(change: &Change, key: Option<&Column>, old_rowid: Option<&str>) -> Option<String> {
    let Change {
        before,
        after,
        renames: _,
        sources,
    } = change;
    let source = |column: &String| sources.get(column)?.column.as_deref();
    if let Some(column) = key.and_then(|key| source(&key.name)) {
        return Some(quote(column));
    }
    let by_key = after.primary_key.as_ref().filter(|_| after.options.without_rowid);
    let columns = by_key.and_then(|key| key.columns.iter().map(source).collect::<Option<Vec<_>>>());
    if let Some(columns) = columns {
        return Some(quoted_list(columns));
    }
    let old_key = || {
        before
            .primary_key
            .as_ref()
            .map(|key| quoted_list(key.columns.iter().map(String::as_str)))
    };
    old_rowid.map(str::to_owned).or_else(old_key)
}

/// Returns the column that is the rowid by another name.
pub(super) fn rowid_key(table: &Table) -> Option<&Column> {
    table.columns.iter().find(|column| column.auto != Auto::No)
}

/// Returns a name of the rowid that no column has, if the table has rowids.
pub(super) fn free_rowid(table: &Table) -> Option<&'static str> {
    let names = ROWID.into_iter().filter(|_| !table.options.without_rowid);
    names.into_iter().find(|name| {
        !table
            .columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    })
}

/// Carries the largest number ever given, which the copied rows alone do not know
/// (<https://sqlite.org/autoinc.html>).
fn carry_sequence(name: &str, new: &str) -> [Statement; 2] {
    [
        Statement::execute(format!("DELETE FROM sqlite_sequence WHERE name = {}", text(new)))
            .because("a number that was given once is never given again"),
        Statement::execute(format!(
            "INSERT INTO sqlite_sequence ({})\nSELECT {}, seq FROM sqlite_sequence WHERE name = {}",
            quoted_list(["name", "seq"]),
            text(new),
            text(name)
        )),
    ]
}
