//! How far an interrupted statement came.
//!
//! A statement is done whole or not at all, so each trace that it leaves tells of all of it; and others may change the same things in the meantime, so
//! nothing but its own traces tells. Some are exceptions: MariaDB drops the tables of a list one by one, an engine without transactions changes rows
//! one by one, and what a procedure or a prepared statement does nobody knows.

use super::said::{Alter, Change, Name, Said, inner, said};
use super::tally::Tally;
use super::trace::Trace;
use super::{engines, joins, parts, text};
use crate::db::{Connection, Error, ErrorKind};
use crate::dialect::Progress;
use crate::dialect::mysql::ddl;
use crate::dialect::mysql::plan::collation::executed;

/// Returns what the database says of all that a statement names.
pub(super) fn trace(connection: &mut dyn Connection, sql: &str) -> Result<Trace, Error> {
    let sql = spoken(connection, sql)?;
    look(connection, &sql)
}

fn look(connection: &mut dyn Connection, sql: &str) -> Result<Trace, Error> {
    let mut trace = Trace::of(connection, sql)?;
    if joins(sql) {
        trace.add_rows(connection, sql)?;
        return Ok(trace);
    }
    match said(sql) {
        Said::Renames(_) | Said::Rows(_) | Said::Emptied(_) => trace.add_files(connection)?,
        Said::Again | Said::Changes(_) | Said::Called(_) | Said::Functions | Said::Unknown => {}
    }
    Ok(trace)
}

/// Returns the statement that counts: the one that another one runs, as far as that can be known.
fn spoken(connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
    Ok(match executed(sql) {
        Some(query) => text(connection, &query)?,
        None => inner(sql),
    })
}

/// Tells how far a statement came, given the trace from before it.
pub(super) fn progress(
    connection: &mut dyn Connection,
    sql: &str,
    before: Option<&Trace>,
) -> Result<Progress, Error> {
    let sql = &spoken(connection, sql)?;
    let now = look(connection, sql)?;
    let Some(before) = before else {
        return Ok(unclear("how it was before it was not noted"));
    };
    if joins(sql) {
        return rows(connection, sql, *before == now);
    }
    Ok(match said(sql) {
        Said::Again => Progress::Nothing,
        Said::Changes(changes) => changed(&changes, before, &now),
        Said::Renames(pairs) => renamed(&pairs, before, &now),
        Said::Rows(table) => match (before.files_of(&table), now.files_of(&table)) {
            (Some(was), Some(is)) if was == is => Progress::Nothing,
            (None, _) if !before.has("TABLE", &table) && !now.has("TABLE", &table) => Progress::Nothing,
            _ => unclear("which rows its table has the definition does not say"),
        },
        Said::Emptied(table) => emptied(connection, &table, before, &now)?,
        Said::Functions if !before.has_function() && !now.has_function() => Progress::Nothing,
        // A procedure that is not there, and was not, did nothing.
        Said::Called(procedure)
            if !before.has("PROCEDURE", &procedure) && !now.has("PROCEDURE", &procedure) =>
        {
            Progress::Nothing
        }
        Said::Called(_) | Said::Functions | Said::Unknown if !is_sql(connection, sql)? => Progress::Nothing,
        Said::Called(_) | Said::Functions | Said::Unknown => {
            unclear("what it changes the statement does not say")
        }
    })
}

fn unclear(found: &str) -> Progress {
    Progress::Unclear {
        found: found.to_owned(),
    }
}

fn rows(connection: &mut dyn Connection, sql: &str, same: bool) -> Result<Progress, Error> {
    if same {
        return Ok(Progress::Nothing);
    }
    let lasting = engines::lasting(connection, sql)?;
    let tables: Vec<String> = lasting.iter().map(ToString::to_string).collect();
    let found = format!(
        "the rows of {} are not what they were before it, and without transactions some may be changed and others not",
        tables.join(" and ")
    );
    Ok(Progress::Unclear { found })
}

/// Tells how far a statement came by the traces that it leaves.
fn changed(changes: &[Change], before: &Trace, now: &Trace) -> Progress {
    let mut tally = Tally::default();
    let mut more = false;
    for change in changes {
        match change {
            Change::Made(kind, name) => match (before.has(kind, name), now.has(kind, name)) {
                (false, true) => tally.count(true, &name.name),
                // What was there before it did not make: with `IF NOT EXISTS` it does nothing, and else it fails.
                (false, false) | (true, _) => tally.count(false, &name.name),
            },
            Change::Gone(kind, name) => match (before.has(kind, name), now.has(kind, name)) {
                (true, false) => tally.count(true, &name.name),
                (_, true) => tally.count(false, &name.name),
                (false, false) => {}
            },
            Change::Altered(alter) => {
                altered(alter, before, now, &mut tally);
                more |= alter.more;
            }
        }
    }
    if let Some(progress) = tally.progress() {
        return progress;
    }
    if !more || before == now {
        return Progress::Nothing;
    }
    unclear("the definition of its table has changed, by it or by someone else")
}

fn altered(alter: &Alter, before: &Trace, now: &Trace, tally: &mut Tally) {
    let name = match &alter.renamed {
        Some(renamed) => {
            let renamed = &renamed.like(&alter.table);
            match (before.has("TABLE", renamed), now.has("TABLE", renamed)) {
                (false, is_there) => tally.count(is_there, &renamed.name),
                (true, _) => tally.count(!now.has("TABLE", &alter.table), &alter.table.name),
            }
            if now.has("TABLE", renamed) {
                renamed.clone()
            } else {
                alter.table.clone()
            }
        }
        None => alter.table.clone(),
    };
    if let (Some(before), Some(now)) = (before.table(&alter.table), now.table(&name)) {
        parts::count(alter, before, now, tally);
    }
}

/// Tells whether tables have the names that the pairs give them, one after another.
fn renamed(pairs: &[(Name, Name)], before: &Trace, now: &Trace) -> Progress {
    let mut names: Vec<&Name> = Vec::new();
    for name in pairs.iter().flat_map(|(from, to)| [from, to]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // Which of the tables from before has each name.
    let mut after: Vec<(&Name, Option<&Name>)> = names
        .iter()
        .map(|name| (*name, before.has("TABLE", name).then_some(*name)))
        .collect();
    for (from, to) in pairs {
        let moved = after
            .iter_mut()
            .find(|(name, _)| *name == from)
            .and_then(|(_, table)| table.take());
        if let Some((_, table)) = after.iter_mut().find(|(name, _)| *name == to) {
            *table = moved;
        }
    }
    let mut tally = Tally::default();
    for (name, table) in after.iter().filter(|(name, table)| *table != Some(*name)) {
        let (was, is) = (before.has("TABLE", name), now.has("TABLE", name));
        match table {
            None if was => tally.count(!is, &name.name),
            Some(_) if !was => tally.count(is, &name.name),
            Some(table) => match (before.files_of(table), before.files_of(name), now.files_of(name)) {
                (Some(after), _, Some(is)) if after == is => tally.count(true, &name.name),
                (_, Some(was), Some(is)) if was == is => tally.count(false, &name.name),
                _ => {}
            },
            None => {}
        }
    }
    tally.progress().unwrap_or_else(|| {
        if pairs.iter().any(|(from, _)| before.has("TABLE", from)) {
            unclear("which of the tables has which name their definitions do not say")
        } else {
            Progress::Nothing
        }
    })
}

/// Tells whether a table was emptied: it is another file then, as it is after others' changes too.
fn emptied(
    connection: &mut dyn Connection,
    table: &Name,
    before: &Trace,
    now: &Trace,
) -> Result<Progress, Error> {
    if !now.has("TABLE", table) {
        return Ok(Progress::Nothing);
    }
    match (before.files_of(table), now.files_of(table)) {
        (Some(was), Some(is)) if was == is => return Ok(Progress::Nothing),
        _ => {}
    }
    let path = [table.schema.as_ref(), Some(&table.name)].into_iter().flatten();
    let path: Vec<String> = path.map(|name| ddl::quote(name)).collect();
    let rows = connection.query(&format!("SELECT 1 FROM {} LIMIT 1", path.join(".")), &[])?;
    Ok(if rows.is_empty() {
        Progress::Whole
    } else {
        unclear("its table has rows, which may have been added behind it")
    })
}

/// Tells whether a statement is one at all: what the server cannot read it has not run.
fn is_sql(connection: &mut dyn Connection, sql: &str) -> Result<bool, Error> {
    let prepared = connection.execute(&format!("PREPARE autogen_probe FROM {}", ddl::text(sql)), &[]);
    match prepared {
        Ok(_) => {
            connection.execute("DEALLOCATE PREPARE autogen_probe", &[])?;
            Ok(true)
        }
        Err(error) if error.kind == ErrorKind::Statement => Ok(!error.message.ends_with("(error 1064)")),
        Err(error) => Err(error),
    }
}
