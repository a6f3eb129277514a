//! What scripts leave in their session: variables, the database that is used, the role, temporary tables and prepared statements.
//!
//! No server lists all of that, so the words of the script say what to look for.

use std::collections::{BTreeMap, BTreeSet};

use super::effect;
use super::words;
use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::ddl::quote;
use crate::dialect::{Effect, Stock};
use crate::lexer::Token;

/// What changes by itself, or is what the last statement left.
pub(super) const BY_THEMSELVES: [&str; 12] = [
    "error_count",
    "identity",
    "in_transaction",
    "insert_id",
    "last_insert_id",
    "pseudo_thread_id",
    "rand_seed1",
    "rand_seed2",
    "statement_id",
    "timestamp",
    "warning_count",
    "last_gtid",
];

/// What the tool's own words begin with, which leave nothing that another script could meet.
pub(super) const OWN: &str = "autogen_";

const DATABASE: &str = "database()";
const ROLE: &str = "current_role()";
const TEMPORARY: &str = "temporary";

/// Tells whether a statement may leave something. A procedure or a function may set whatever it wants.
pub(super) fn may_leave(sql: &str) -> bool {
    let words: Vec<Token<'_>> = words(sql).collect();
    let Some(first) = words.first() else {
        return false;
    };
    // A role or a procedure of such a name is someone else's.
    let own = match &words[..] {
        [set, at, name, ..] if set.is("SET") && at.text == "@" => Some(name),
        [first, name, ..] if first.is("PREPARE") || first.is("EXECUTE") => Some(name),
        [_, prepare, name] if prepare.is("PREPARE") => Some(name),
        _ => None,
    };
    if own.is_some_and(|name| name.text.starts_with(OWN)) {
        return false;
    }
    !matches!(effect::effect(sql), Effect::Lasting | Effect::Nothing)
        || ["CALL", "DO", "EXECUTE"].iter().any(|word| first.is(word))
        || (first.is("SELECT") && words.iter().any(|word| word.text == "("))
        || words.iter().any(|word| word.is("TEMPORARY"))
}

/// Takes stock of what the statements may change.
pub(super) fn take(connection: &mut dyn Connection, statements: &[&str]) -> Result<Stock, Error> {
    let mut stock = Stock {
        settings: variables(connection)?,
        ..Stock::default()
    };
    stock
        .settings
        .insert(DATABASE.to_owned(), cell(connection, "SELECT database()")?);
    if names_role(statements) {
        stock
            .settings
            .insert(ROLE.to_owned(), cell(connection, "SELECT current_role()")?);
    }
    for name in user_variables(statements) {
        let value = cell(connection, &format!("SELECT {name}"))?;
        stock.settings.insert(name, value);
    }
    for name in temporary_tables(statements) {
        if is_temporary(connection, &name) {
            stock.things.insert((TEMPORARY.to_owned(), name));
        }
    }
    Ok(stock)
}

/// Puts back what is another one, and takes away what is new.
pub(super) fn put_back(
    connection: &mut dyn Connection,
    before: &Stock,
    statements: &[&str],
) -> Result<(), Error> {
    if let Some(role) = before.settings.get(ROLE) {
        if cell(connection, "SELECT current_role()")? != *role {
            connection.execute(&format!("SET ROLE {}", role_name(role)), &[])?;
        }
    }
    // Those without a database before their names are in the one that was used when they were made.
    drop_temporary(connection, before, statements)?;
    if let Some(Value::Text(database)) = before.settings.get(DATABASE) {
        if cell(connection, "SELECT database()")?.as_str() != Some(database) {
            connection.execute(&format!("USE {}", quote(database)), &[])?;
            drop_temporary(connection, before, statements)?;
        }
    }
    for name in left_prepared(statements) {
        connection.execute(&format!("DEALLOCATE PREPARE {}", quote(&name)), &[])?;
    }
    let now = Stock {
        settings: variables(connection)?,
        ..Stock::default()
    };
    for (name, was) in now.changed_since(before) {
        let Some(was) = was.filter(|_| now.settings.contains_key(name)) else {
            continue;
        };
        set_variable(connection, name, was)?;
    }
    for (name, was) in &before.settings {
        if name.starts_with('@') && cell(connection, &format!("SELECT {name}"))? != *was {
            connection.execute(&format!("SET {name} = ?"), std::slice::from_ref(was))?;
        }
    }
    let sets_time = statements
        .iter()
        .any(|sql| words(sql).next().is_some_and(|first| first.is("SET")) && mentions(sql, "timestamp"));
    if sets_time {
        connection.execute("SET SESSION timestamp = DEFAULT", &[])?;
    }
    Ok(())
}

/// Returns the variables of the session, with those of the server among them.
fn variables(connection: &mut dyn Connection) -> Result<BTreeMap<String, Value>, Error> {
    let mut found = BTreeMap::new();
    connection.for_each("SHOW SESSION VARIABLES", &[], &mut |row| {
        if let [Value::Text(name), value] = row.as_slice() {
            let is_state = BY_THEMSELVES.contains(&name.as_str()) || name.starts_with("gtid_");
            if !is_state {
                found.insert(name.to_ascii_lowercase(), value.clone());
            }
        }
        true
    })?;
    Ok(found)
}

/// Sets a variable. Those that only the server has, or that nobody can set, are not the session's.
fn set_variable(connection: &mut dyn Connection, name: &str, value: &Value) -> Result<(), Error> {
    let outcome = match value.as_str() {
        Some("") if name == "character_set_results" => {
            connection.execute(&format!("SET SESSION {name} = NULL"), &[])
        }
        Some(number) if number.parse::<f64>().is_ok() => {
            connection.execute(&format!("SET SESSION {name} = {number}"), &[])
        }
        Some(_) | None => connection.execute(&format!("SET SESSION {name} = ?"), std::slice::from_ref(value)),
    };
    match outcome {
        Err(error)
            if ["(error 1229)", "(error 1238)"]
                .iter()
                .any(|number| error.message.ends_with(number)) =>
        {
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

fn drop_temporary(connection: &mut dyn Connection, before: &Stock, statements: &[&str]) -> Result<(), Error> {
    for name in temporary_tables(statements) {
        let is_new = !before.things.contains(&(TEMPORARY.to_owned(), name.clone()));
        if is_new && is_temporary(connection, &name) {
            connection.execute(&format!("DROP TEMPORARY TABLE {name}"), &[])?;
        }
    }
    Ok(())
}

fn is_temporary(connection: &mut dyn Connection, name: &str) -> bool {
    let rows = connection.query(&format!("SHOW CREATE TABLE {name}"), &[]);
    rows.is_ok_and(|rows| {
        let sql = rows.first().and_then(|row| row.get(1)?.as_str());
        sql.is_some_and(|sql| sql.starts_with("CREATE TEMPORARY"))
    })
}

/// Returns the temporary tables that the statements make, as they name them.
pub(super) fn temporary_tables(statements: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for sql in statements {
        let words: Vec<Token<'_>> = words(sql).collect();
        let Some(at) = words
            .windows(2)
            .position(|pair| pair[0].is("TEMPORARY") && pair[1].is("TABLE"))
        else {
            continue;
        };
        let mut rest = words[at + 2..]
            .iter()
            .skip_while(|word| ["IF", "NOT", "EXISTS"].iter().any(|skipped| word.is(skipped)));
        let Some(name) = rest.next().and_then(Token::name) else {
            continue;
        };
        let within = rest.next().filter(|word| word.is_symbol("."));
        match within.and_then(|_| rest.next()).and_then(Token::name) {
            Some(table) => found.insert(format!("{}.{}", quote(&name), quote(&table))),
            None => found.insert(quote(&name)),
        };
    }
    found
}

/// Returns the user variables that the statements name.
pub(super) fn user_variables(statements: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for sql in statements {
        let words: Vec<Token<'_>> = words(sql).collect();
        for (at, pair) in words.windows(2).enumerate() {
            let of_the_server = at > 0 && words[at - 1].text.ends_with('@');
            let name = pair[1].name().filter(|name| !name.starts_with(OWN));
            if let Some(name) = name.filter(|_| pair[0].text == "@" && !of_the_server) {
                found.insert(format!("@{}", quote(&name.to_lowercase())));
            }
        }
    }
    found
}

/// Returns the statements that are prepared and not taken away again.
pub(super) fn left_prepared(statements: &[&str]) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for sql in statements {
        match effect::effect(sql) {
            Effect::Prepared(name) => {
                left.insert(name.to_lowercase());
            }
            Effect::Released(Some(name)) => {
                left.remove(&name.to_lowercase());
            }
            Effect::Released(None) => left.clear(),
            Effect::Lasting | Effect::Nothing | Effect::Setting | Effect::Reading | Effect::Unrepeatable => {}
        }
    }
    left
}

pub(super) fn names_role(statements: &[&str]) -> bool {
    statements.iter().any(|sql| mentions(sql, "ROLE"))
}

fn mentions(sql: &str, name: &str) -> bool {
    words(sql).any(|word| word.is(name))
}

/// MariaDB gives a bare name, or NULL; MySQL a list of quoted ones, or NONE.
fn role_name(role: &Value) -> String {
    match role.as_str() {
        None | Some("NONE") => "NONE".to_owned(),
        Some(quoted) if quoted.starts_with('`') => quoted.to_owned(),
        Some(name) => quote(name),
    }
}

/// Returns the one cell that a query gives.
fn cell(connection: &mut dyn Connection, query: &str) -> Result<Value, Error> {
    let row = connection.query(query, &[])?.pop();
    Ok(row.and_then(|row| row.into_iter().next()).unwrap_or(Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_may_leave_something() {
        for sql in [
            "SET SESSION sql_mode = ''",
            "/*!40101 SET NAMES latin1 */",
            "USE other",
            "CALL p()",
            "SELECT f()",
            "CREATE OR REPLACE TEMPORARY TABLE t (id int)",
            "PREPARE a FROM 'SELECT 1'",
            "SET ROLE autogen_operator",
            "CALL autogen_tidy()",
        ] {
            assert!(may_leave(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE t (id int)",
            "UPDATE t SET a = lower(a)",
            "SET GLOBAL max_connections = 5",
            "SET @autogen_alter = concat('ALTER')",
            "PREPARE autogen_alter FROM @autogen_alter",
            "EXECUTE autogen_alter",
            "DEALLOCATE PREPARE autogen_alter",
        ] {
            assert!(!may_leave(sql), "{sql}");
        }
    }

    #[test]
    fn finds_what_a_script_makes_for_itself() {
        let statements = [
            "CREATE TEMPORARY TABLE IF NOT EXISTS `a b` (id int)",
            "create temporary table x.y as select @n, @@sql_mode, @autogen_alter",
            "PREPARE a FROM 'SELECT 1'",
            "PREPARE b FROM 'SELECT 1'",
            "DEALLOCATE PREPARE A",
        ];
        assert_eq!(
            Vec::from_iter(temporary_tables(&statements)),
            ["`a b`", "`x`.`y`"]
        );
        assert_eq!(Vec::from_iter(user_variables(&statements)), ["@`n`"]);
        assert_eq!(Vec::from_iter(left_prepared(&statements)), ["b"]);
    }
}
