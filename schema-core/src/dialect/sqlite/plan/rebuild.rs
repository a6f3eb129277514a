//! The rebuild: a new table, the rows copied into it, the old one dropped, the new one renamed.
//!
//! The order is the one that SQLite's manual gives (<https://sqlite.org/lang_altertable.html#otheralter>), with three additions: the rows
//! keep their rowids and AUTOINCREMENT its sequence; what hangs on the table and belongs to no model is kept; and while the
//! old table is gone `legacy_alter_table` keeps SQLite from looking into the views and triggers that name it. Foreign
//! keys must be off before the transaction begins, which the plan's mode says and the session does.

use std::collections::BTreeMap;

use super::change::Change;
use super::guard;
use crate::dialect::backfill::in_turns;
use crate::dialect::sqlite::RESERVED_PREFIX;
use crate::dialect::sqlite::ddl::{Wording, create_index, create_table, quote, quoted_list, text, value};
use crate::plan::{Statement, Step};
use crate::schema::{Auto, Column, Default, Table};

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
        sources: _,
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
    let filled = change.filled();
    let stages = stages(change, &filled);
    for column in after.columns.iter().filter(|column| column.generated.is_none()) {
        let is_read = stages.iter().flatten().any(|(name, _)| *name == column.name);
        let copied = match copied(change, &filled, column) {
            _ if is_read => quote(&column.name),
            Some(copied) => copied,
            // A column that is left out gets its default, or the next number.
            None => continue,
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
    let (with, rows) = staged(before, &stages);
    format!(
        "INSERT INTO {} ({})\n{with}SELECT {}\nFROM {rows}{order}",
        quote(new),
        targets.join(", "),
        values.join(", "),
    )
}

/// Returns the value that a column gets in the row that is copied; `None` if the database finds one.
fn copied(change: &Change, filled: &BTreeMap<&str, &Default>, column: &Column) -> Option<String> {
    let source = change.sources.get(&column.name)?;
    let fill = filled.get(column.name.as_str()).map(|fill| value(fill));
    let Some(name) = &source.column else {
        return fill;
    };
    let value_of_row = change.written_anew(&column.name).unwrap_or_else(|| quote(name));
    Some(match fill {
        Some(fill) => format!("coalesce({value_of_row}, {fill})"),
        None => value_of_row,
    })
}

/// Returns the columns that backfills read and that do not stay as they are, each with its value: those first that others read.
fn stages<'a>(change: &'a Change, filled: &BTreeMap<&str, &Default>) -> Vec<Vec<(&'a str, String)>> {
    let Change { before, after, .. } = change;
    let is_read = |name: &str| {
        filled.iter().any(|(reader, fill)| match fill {
            Default::Expression { sql } => *reader != name && sql.mentions(name),
            Default::Literal(_) => false,
        })
    };
    let columns = after.columns.iter().map(|column| column.name.as_str());
    let unfilled = columns.filter(|name| !filled.contains_key(name)).collect();
    // Whoever has planned so far has asked for them once, and was not refused.
    let turns = in_turns(before, after, filled).unwrap_or_default();
    let stages = std::iter::once(unfilled).chain(turns).map(|turn: Vec<&str>| {
        let read = turn.into_iter().filter(|name| is_read(name));
        let written = read.filter_map(|name| {
            let column = after.column(name).filter(|column| column.generated.is_none())?;
            let default = || column.default.as_ref().map_or_else(|| "NULL".to_owned(), value);
            let value = copied(change, filled, column).unwrap_or_else(default);
            (value != quote(name)).then_some((name, value))
        });
        written.collect::<Vec<_>>()
    });
    stages.filter(|stage| !stage.is_empty()).collect()
}

/// Returns the rows to copy, with what comes before the SELECT: for each stage all columns there are, each value made once however often it is
/// read.
fn staged(before: &Table, stages: &[Vec<(&str, String)>]) -> (String, String) {
    let table = quote(&before.name.name);
    let mut rows = table.clone();
    let mut columns: Vec<String> = before.columns.iter().map(|column| quote(&column.name)).collect();
    let rowid = free_rowid(before).map(|rowid| format!("{rowid} AS {rowid}"));
    let mut with = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        let written: Vec<String> = stage.iter().map(|(name, _)| quote(name)).collect();
        columns.retain(|column| !written.contains(column));
        let values = stage.iter().zip(&written);
        let values = values.map(|((_, value), name)| format!("{value} AS {name}"));
        let all: Vec<String> = rowid.iter().chain(&columns).cloned().chain(values).collect();
        let stage = quote(&format!("{RESERVED_PREFIX}rows_{at}"));
        with.push(format!(
            "{stage} AS MATERIALIZED (SELECT {} FROM {rows})",
            all.join(", ")
        ));
        columns.extend(written);
        // A backfill may say whose its columns are.
        rows = format!("{stage} AS {table}");
    }
    let with = if with.is_empty() {
        String::new()
    } else {
        format!("WITH {}\n", with.join(",\n"))
    };
    (with, rows)
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
