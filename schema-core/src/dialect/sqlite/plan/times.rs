//! What becomes of dates and times whose column keeps another kind of them.
//!
//! SQLite has no type for them: they are texts, and each kind is written in its own way, `2026-01-02`, `2026-01-02 03:04:05` and
//! `2026-01-02 03:04:05+00:00` (<https://sqlite.org/lang_datefunc.html#time_values>). A program that reads one kind does not read another, and
//! compared as texts the same moment in two of them is two. So a text of the old kind becomes one of the new kind, as the servers do it, in UTC. Whatever is
//! written otherwise, and numbers, stay as they are.

/// A date alone.
const DATE: &str = "????-??-??";

/// A date and a time, up to the seconds.
const DATE_AND_TIME: &str = "????-??-?????:??:??";

/// An offset from UTC.
const OFFSET: &str = "[-+]??:??";

/// What may follow a date for the first moment of its day.
const MIDNIGHT: &str =
    "'', ' 00:00:00', 'T00:00:00', ' 00:00:00+00:00', 'T00:00:00+00:00', ' 00:00:00Z', 'T00:00:00Z'";

/// Returns the value that `v` becomes where its column's declared type becomes another, if that is another value for any.
pub(super) fn converted(v: &str, from: &str, to: &str) -> Option<String> {
    match (from, to) {
        ("DATE", "DATETIME") => Some(format!(
            "CASE WHEN {v} GLOB '{DATE}' THEN {v} || ' 00:00:00' ELSE {v} END"
        )),
        ("DATE", "TIMESTAMP") => Some(format!(
            "CASE WHEN {v} GLOB '{DATE}' THEN {v} || ' 00:00:00+00:00' ELSE {v} END"
        )),
        // What has more than a date in it does not get here.
        ("DATETIME" | "TIMESTAMP", "DATE") => Some(format!(
            "CASE typeof({v}) WHEN 'text' THEN substr({v}, 1, 10) ELSE {v} END"
        )),
        ("DATETIME", "TIMESTAMP") => Some(format!(
            "CASE WHEN {v} GLOB '{DATE_AND_TIME}' OR {v} GLOB '{DATE_AND_TIME}.*[0-9]' AND {v} NOT GLOB '*{OFFSET}' THEN {v} || '+00:00' ELSE {v} END"
        )),
        ("TIMESTAMP", "DATETIME") => Some(format!(
            "CASE WHEN {v} GLOB '{DATE_AND_TIME}*Z' THEN substr({v}, 1, length({v}) - 1) WHEN {v} GLOB '{DATE_AND_TIME}*{OFFSET}' THEN {} ELSE {v} END",
            in_utc(v)
        )),
        _ => None,
    }
}

/// Returns the condition of texts that have more than a date in them, or none.
pub(super) fn no_date(v: &str) -> String {
    format!("date(substr({v}, 1, 10)) IS NOT substr({v}, 1, 10) OR substr({v}, 11) NOT IN ({MIDNIGHT})")
}

/// Returns a moment with its offset as the same one in UTC, to the last digit: SQLite's own functions keep three behind the point.
fn in_utc(v: &str) -> String {
    format!(
        "coalesce(strftime('%Y-%m-%d %H:%M:%S', substr({v}, 1, 19) || substr({v}, -6)) || substr({v}, 20, length({v}) - 25), {v})"
    )
}
