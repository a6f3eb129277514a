//! Rows that change between two ALTERs of their table: old values that become others, and missing ones that are filled in.

use std::collections::BTreeMap;

use super::change::{Change, Changes, Source};
use crate::dialect::Unsupported;
use crate::dialect::backfill::{self, Filled, Refused, in_turns, reads_its_row_alone};
use crate::dialect::mysql::RESERVED_PREFIX;
use crate::dialect::mysql::ddl::{native, quote, table_name, text, value};
use crate::dialect::mysql::default::canonical_default;
use crate::dialect::mysql::expression::{Names, canonical};
use crate::dialect::mysql::normalize::unsupported;
use crate::dialect::mysql::types::{self, Class, standard_text};
use crate::lexer::Lexicon;
use crate::plan::Statement;
use crate::schema::{Auto, Column, Default, Expression, Type};

/// Refuses a backfill whose text could be more than one expression, or that reads what comes after it.
///
/// # Errors
///
/// Why it cannot be had, with the column's name.
pub(super) fn refuse_broken_backfills(change: &Change) -> Result<(), Unsupported> {
    let table = &change.after;
    filled_in_turns(change).map_err(|Refused { what, why }| unsupported(what, &why))?;
    for (column, source) in &change.sources {
        if let Some(Default::Expression { sql }) = &source.fill {
            canonical(&sql.0, Lexicon::STANDARD, &Names::of(table)).map_err(|why| {
                unsupported(format!("the backfill of column `{}.{column}`", table.name), why)
            })?;
        }
    }
    Ok(())
}

/// Returns the value for rows of a column that may no longer be NULL, or is new.
pub(super) fn fill<'a>(change: &Change, column: &'a Column, source: &'a Source) -> Option<&'a Default> {
    if column.generated.is_some() || column.auto != Auto::No {
        return None;
    }
    match change.standing(&column.name) {
        Some(standing) if standing.nullable && !column.nullable => {
            source.fill.as_ref().or(column.default.as_ref())
        }
        Some(_) => None,
        // A new column has its default at once.
        None => source
            .fill
            .as_ref()
            .filter(|fill| Some(*fill) != column.default.as_ref()),
    }
}

/// Returns the values that have to be exchanged by a statement. Those that differ only in case become each other with their type.
pub(super) fn mapped<'a>(change: &Change, column: &str, source: &'a Source) -> Vec<(&'a str, &'a str)> {
    let Some(standing) = change.standing(column) else {
        return Vec::new();
    };
    let by_case = is_sensitive(standing);
    let pairs = source.mapped.iter();
    pairs
        .filter(|(old, new)| by_case || old.to_lowercase() != new.to_lowercase())
        .map(|(old, new)| (old.as_str(), new.as_str()))
        .collect()
}

/// Returns the old values, what they are on their way and the new ones, where values of a unique column become each other: the server looks at each row by
/// itself, and would find two alike.
fn ways<'a>(change: &Change, column: &Column, source: &'a Source) -> Vec<(&'a str, String, &'a str)> {
    let before = &change.before;
    let mut indexes = before.indexes.values();
    let unique =
        before.is_key(&column.name) || indexes.any(|index| index.unique && index.mentions(&column.name));
    let mapped = mapped(change, &column.name, source);
    let exchanged = mapped
        .iter()
        .any(|(_, new)| mapped.iter().any(|(old, _)| old == new));
    let pairs = mapped.into_iter().filter(|_| unique && exchanged).enumerate();
    pairs
        .map(|(at, (old, new))| (old, format!("{RESERVED_PREFIX}{at}"), new))
        .collect()
}

fn is_sensitive(column: &Column) -> bool {
    let collation = column.collation.as_deref();
    collation.is_some_and(|name| name.ends_with("_bin") || name.ends_with("_cs"))
}

/// Returns the type in which a column can hold both its old and its new values, if it has to be given one first.
pub(super) fn type_between(change: &Change, column: &Column, source: &Source) -> Option<String> {
    let standing = change.standing(&column.name)?;
    let (old, new) = (native(standing), native(column));
    let fills = fill(change, column, source).is_some();
    if !mapped(change, &column.name, source).is_empty() {
        let (Some(mut values), Some(wanted)) = (types::values(old), types::values(new)) else {
            return (old != new).then(|| new.to_owned());
        };
        let by_case = is_sensitive(standing);
        let key = |value: &String| {
            if by_case {
                value.clone()
            } else {
                value.to_lowercase()
            }
        };
        for value in wanted {
            if !values.iter().any(|other| key(other) == key(&value)) {
                values.push(value);
            }
        }
        values.extend(
            ways(change, column, source)
                .into_iter()
                .map(|(_, between, _)| between),
        );
        let texts: Vec<String> = values.iter().map(|value| standard_text(value)).collect();
        return Some(format!("enum({})", texts.join(","))).filter(|between| between != old);
    }
    if goes_by_text(Class::of(old), Class::of(new)) {
        return Some("varchar(255)".to_owned());
    }
    (fills && old != new).then(|| new.to_owned())
}

/// Between numbers and a list of texts the server would take places in the list for values.
fn goes_by_text(old: Class, new: Class) -> bool {
    let is_number = |class| {
        matches!(
            class,
            Class::Integer | Class::Decimal(_) | Class::Float | Class::Double | Class::Bit
        )
    };
    let is_list = |class| matches!(class, Class::Enum | Class::Set);
    (is_number(old) && is_list(new)) || (is_list(old) && is_number(new))
}

/// Returns the statements that change rows, once every column has the name that it ends up with.
pub(super) fn updates(change: &Change) -> Vec<Statement> {
    let table = table_name(&change.after.name);
    let mut updates = Vec::new();
    for column in &change.after.columns {
        let Some(source) = change.sources.get(&column.name) else {
            continue;
        };
        let name = quote(&column.name);
        let kept = kept_times(change, &column.name);
        let ways = ways(change, column, source);
        let there = ways.iter().map(|(old, between, _)| (*old, between.as_str()));
        let on = ways.iter().map(|(_, between, new)| (between.as_str(), *new));
        let once = mapped(change, &column.name, source);
        let steps = if ways.is_empty() {
            vec![once]
        } else {
            vec![there.collect(), on.collect()]
        };
        for pairs in steps.into_iter().filter(|pairs| !pairs.is_empty()) {
            let cases = pairs.iter();
            let cases: String = cases
                .map(|(old, new)| format!(" WHEN {} THEN {}", text(old), text(new)))
                .collect();
            let old: Vec<String> = pairs.iter().map(|(old, _)| text(old)).collect();
            updates.push(format!(
                "UPDATE {table} SET {name} = CASE {name}{cases} ELSE {name} END{kept} WHERE {name} IN ({})",
                old.join(", ")
            ));
        }
    }
    // Whoever has planned so far has asked for them once, and was not refused.
    for column in filled_in_turns(change).into_iter().flatten().flatten() {
        let Some((column, fill)) = change.after.column(column).and_then(|column| {
            let source = change.sources.get(&column.name)?;
            Some((column, fill(change, column, source)?))
        }) else {
            continue;
        };
        let name = quote(&column.name);
        let rows = match change.standing(&column.name) {
            Some(_) => format!(" WHERE {name} IS NULL"),
            None => String::new(),
        };
        let (filled, kept) = (filled(change, column, fill), kept_times(change, &column.name));
        updates.push(format!("UPDATE {table} SET {name} = {filled}{kept}{rows}"));
    }
    updates.into_iter().map(Statement::execute).collect()
}

/// Returns the columns whose rows are filled, those first that others read.
fn filled_in_turns(change: &Change) -> Result<Vec<Vec<&str>>, Refused> {
    in_turns(&change.before, &change.after, &fills(change))
}

/// Returns the standing tables that change, those first in which the backfills of others read.
pub(super) fn tables_in_turn(changes: &Changes) -> impl Iterator<Item = &Change> {
    let filled = changes.tables.iter().map(|change| Filled {
        before: &change.before,
        after: &change.after,
        fills: fills(change),
    });
    let order = backfill::tables_in_turn(&filled.collect::<Vec<_>>()).into_iter();
    order.filter_map(|at| changes.tables.get(at))
}

fn fills(change: &Change) -> BTreeMap<&str, &Default> {
    let columns = change.after.columns.iter();
    let fills = columns.filter_map(|column| {
        let fill = fill(change, column, change.sources.get(&column.name)?)?;
        Some((column.name.as_str(), fill))
    });
    fills.collect()
}

/// Returns a fill as an operand, in the form in which the column takes it. One that reads other rows says whose its columns are, and stays as it is.
fn filled(change: &Change, column: &Column, fill: &Default) -> String {
    if !reads_its_row_alone(fill) {
        return value(fill);
    }
    let native = native(column);
    let values = types::values(native);
    let names = Names::of(&change.after);
    match canonical_default(fill, Class::of(native), values.as_deref(), &names) {
        Ok(Some(fill)) => value(&fill),
        Ok(None) => "NULL".to_owned(),
        // The server says what is wrong with it.
        Err(_) => value(fill),
    }
}

/// A time that the server sets whenever a row changes keeps its value if it is set to that.
fn kept_times(change: &Change, column: &str) -> String {
    let times = change.before.columns.iter().filter(|other| {
        other.name != column
            && native(other).contains(" on update ")
            && change.standing(&other.name).is_some()
    });
    times
        .map(|other| format!(", {0} = {0}", quote(&other.name)))
        .collect()
}

/// Returns a column on its way to what it shall be: perhaps of another type, perhaps with room for NULL.
pub(super) fn under_way(column: &Column, ty: Option<String>, nullable: bool) -> Column {
    Column {
        ty: ty.map_or_else(|| column.ty.clone(), Type::Native),
        nullable,
        default: None,
        auto: Auto::No,
        ..column.clone()
    }
}

/// Returns what is read from a column that is computed, and that a plain one takes over.
pub(super) fn carry(change: &Change, from: &str, to: &str) -> Statement {
    Statement::execute(format!(
        "UPDATE {} SET {} = {}",
        table_name(&change.after.name),
        quote(to),
        quote(from)
    ))
}

/// Tells whether an expression names one of some columns.
pub(super) fn mentions_any<'a>(
    expression: &Expression,
    mut columns: impl Iterator<Item = &'a String>,
) -> bool {
    columns.any(|column| expression.mentions(column))
}
