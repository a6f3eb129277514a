//! Which changes of a type leave the rows as they are.

use crate::dialect::postgres::types::base;
use crate::schema::{Table, Type};

/// Tells whether rows are written anew when a column of one type becomes another, by the cast that PostgreSQL finds itself.
///
/// Both are in the server's spelling. What is not known to be free is not.
pub(super) fn is_rewritten(old: &str, new: &str) -> bool {
    if old == new {
        return false;
    }
    let (from, to) = (base(old), base(new));
    let (before, after) = (numbers(old), numbers(new));
    let text = |name: &str| matches!(name, "text" | "character varying");
    if text(&from) && text(&to) {
        return !grows(before.first(), after.first());
    }
    if from != to {
        // Both are one thing to the server, which says so in pg_cast.
        return !matches!(
            (from.as_str(), to.as_str()),
            ("cidr", "inet") | ("citext", "text" | "character varying") | ("text", "citext")
        ) || !after.is_empty();
    }
    match from.as_str() {
        "numeric" => match (before.as_slice(), after.as_slice()) {
            (_, []) => false,
            ([precision, scale], [wider, same]) => scale != same || precision > wider,
            (_, _) => true,
        },
        "character varying" | "bit varying" => !grows(before.first(), after.first()),
        "timestamp without time zone"
        | "timestamp with time zone"
        | "time without time zone"
        | "time with time zone"
        | "interval" => !grows(before.first(), after.first()),
        _ => true,
    }
}

/// Tells whether indexes of a column are made anew although its rows stay: they are in another order then.
pub(super) fn is_reindexed(table: &Table, column: &str, new: &str, collated: bool) -> bool {
    let is_indexed = table.is_key(column) || table.indexes.values().any(|index| index.mentions(column));
    let was_citext = table
        .column(column)
        .is_some_and(|column| column.ty == Type::Native("citext".to_owned()));
    is_indexed && (collated || was_citext != (new == "citext"))
}

/// Tells whether a limit is lifted, raised or kept.
fn grows(old: Option<&u32>, new: Option<&u32>) -> bool {
    match (old, new) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => old <= new,
    }
}

/// Returns the numbers in a type's parentheses.
fn numbers(ty: &str) -> Vec<u32> {
    let inner = ty.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inner.map_or_else(Vec::new, |(inner, _)| {
        inner
            .split(',')
            .filter_map(|number| number.trim().parse().ok())
            .collect()
    })
}
