//! What the database says of the things that a statement names.
//!
//! It is the same until a statement that changes them has taken effect. Every word is looked up in every list of things there is, since only a
//! grammar would know which one is a table's name.

use std::collections::BTreeSet;

use super::named;
use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::ddl::quote;

/// Lists everything with a name, and the word by which the server is asked how it would create such a thing.
const THINGS: &str = "
    SELECT TABLE_NAME, 'TABLE' FROM information_schema.TABLES WHERE TABLE_SCHEMA = database()
    UNION ALL
    SELECT TRIGGER_NAME, 'TRIGGER' FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = database()
    UNION ALL
    SELECT ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = database()
    UNION ALL
    SELECT EVENT_NAME, 'EVENT' FROM information_schema.EVENTS WHERE EVENT_SCHEMA = database()";

/// Returns how the server would create all that a statement names, as one text.
pub(super) fn of(connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
    let names = named(sql);
    let mut things = BTreeSet::new();
    connection.for_each(THINGS, &[], &mut |row| {
        if let [Value::Text(name), Value::Text(kind)] = row.as_slice() {
            if names.contains(&name.to_lowercase()) {
                things.insert((name.clone(), kind.clone()));
            }
        }
        true
    })?;
    let mut trace = String::new();
    for (name, kind) in things {
        trace.push_str(&format!("{kind} {name}\n"));
        for row in connection.query(&format!("SHOW CREATE {kind} {}", quote(&name)), &[])? {
            // The name comes first, and the statement is among what follows.
            for value in row.iter().skip(1).filter_map(Value::as_str) {
                trace.push_str(&without_next_number(value));
                trace.push('\n');
            }
        }
    }
    Ok(trace)
}

/// The number of the next row changes by itself.
fn without_next_number(text: &str) -> String {
    match text.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{rest}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_more_is_no_change() {
        let text = |number: u32| format!(") ENGINE=InnoDB AUTO_INCREMENT={number} DEFAULT CHARSET=utf8mb4");
        assert_eq!(without_next_number(&text(5)), without_next_number(&text(60)));
    }
}
