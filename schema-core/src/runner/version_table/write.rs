//! What writes to the version table.

use super::{Applied, COLUMNS, Place};
use crate::db::Connection;
use crate::history::RevisionId;
use crate::runner::{RunError, Unfinished};

/// Returns the statement that records a revision.
pub(in crate::runner) fn insert_sql(place: &Place<'_>, row: &Applied) -> String {
    let values = values(place, row);
    format!("INSERT INTO {} ({COLUMNS}) VALUES ({values})", place.table())
}

/// Returns the statement that records a revision if a condition holds.
pub(in crate::runner) fn insert_if_sql(place: &Place<'_>, row: &Applied, condition: &str) -> String {
    let values = values(place, row);
    format!(
        "INSERT INTO {} ({COLUMNS}) SELECT {values} FROM (SELECT 1 AS row_found) AS one WHERE {condition}",
        place.table()
    )
}

fn values(place: &Place<'_>, row: &Applied) -> String {
    let Applied {
        id,
        parents,
        message,
        checksum,
        downgrade,
        applied_at,
        duration,
        statements_done,
        tool_version,
        tag,
        unfinished,
    } = row;
    let parents: Vec<String> = parents.iter().map(ToString::to_string).collect();
    let values = [
        place.key(*id),
        place.text(&parents.join(" ")),
        place.text(message),
        place.text(checksum),
        place.optional(downgrade.as_deref()),
        place.text(applied_at),
        place.number(duration.as_millis()),
        place.number(*statements_done),
        place.text(tool_version),
        place.optional(tag.as_deref()),
        place.optional(unfinished.as_ref().map(ToString::to_string).as_deref()),
    ];
    values.join(", ")
}

/// Returns the statement that forgets a revision.
pub(in crate::runner) fn delete_sql(place: &Place<'_>, id: RevisionId) -> String {
    format!("DELETE FROM {} WHERE id = {}", place.table(), place.key(id))
}

/// Returns the statement that notes how far a revision's script is, if that was as expected until then.
pub(in crate::runner) fn progress_sql(
    place: &Place<'_>,
    id: RevisionId,
    before: Option<&Unfinished>,
    after: Option<&Unfinished>,
) -> String {
    let before = match before {
        Some(before) => format!("unfinished = {}", place.text(&before.to_string())),
        None => "unfinished IS NULL".to_owned(),
    };
    format!(
        "UPDATE {} SET unfinished = {} WHERE id = {} AND {before}",
        place.table(),
        place.optional(after.map(ToString::to_string).as_deref()),
        place.key(id)
    )
}

/// Records a revision.
pub(in crate::runner) fn insert(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    row: &Applied,
) -> Result<(), RunError> {
    write(connection, &insert_sql(place, row)).map(drop)
}

/// Forgets a revision.
pub(in crate::runner) fn delete(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    id: RevisionId,
) -> Result<(), RunError> {
    write(connection, &delete_sql(place, id)).map(drop)
}

/// Notes how far a script is; tells whether the note before was as expected.
pub(in crate::runner) fn progress(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    id: RevisionId,
    before: Option<&Unfinished>,
    after: Option<&Unfinished>,
) -> Result<bool, RunError> {
    let sql = progress_sql(place, id, before, after);
    Ok(write(connection, &sql)? > 0)
}

/// Notes at its end what an upgrade that ran out of a transaction came to.
pub(in crate::runner) fn finish(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    row: &Applied,
) -> Result<(), RunError> {
    let sql = format!(
        "UPDATE {} SET checksum = {}, downgrade = {}, applied_at = {}, duration_ms = {}, statements_done = {}, tool_version = {}, unfinished = NULL WHERE id = {}",
        place.table(),
        place.text(&row.checksum),
        place.optional(row.downgrade.as_deref()),
        place.text(&row.applied_at),
        place.number(row.duration.as_millis()),
        place.number(row.statements_done),
        place.text(&row.tool_version),
        place.key(row.id),
    );
    write(connection, &sql).map(drop)
}

/// Tags a revision.
pub(in crate::runner) fn tag(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    id: RevisionId,
    tag: &str,
) -> Result<(), RunError> {
    let sql = format!(
        "UPDATE {} SET tag = {} WHERE id = {}",
        place.table(),
        place.text(tag),
        place.key(id)
    );
    write(connection, &sql).map(drop)
}

fn write(connection: &mut dyn Connection, sql: &str) -> Result<u64, RunError> {
    connection
        .execute(sql, &[])
        .map_err(|error| RunError::database("write to the version table", error))
}
