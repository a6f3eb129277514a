//! What scripts leave in their session: settings, the role, temporary objects, prepared statements and cursors.

use std::collections::BTreeSet;

use super::{SETTINGS, effect, one};
use crate::db::{Connection, Error, Value};
use crate::dialect::postgres::LEXICON;
use crate::dialect::postgres::ddl::quote;
use crate::dialect::{Effect, Stock};
use crate::lexer::{Kind, Token, lex};

/// Who the session is. These are no rows of `pg_settings`, and go first: what may be seen and set depends on them.
pub(super) const WHO: [&str; 2] = ["session_authorization", "role"];

/// All there is, as kind, name and value.
pub(super) const ALL: &str = "SELECT 'setting', name, setting FROM pg_catalog.pg_settings
        WHERE context IN ('user', 'superuser') AND left(name, 8) <> 'autogen.' AND left(name, 12) <> 'transaction_'
    UNION ALL SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, 'pg_temp.' || quote_ident(relname), NULL
        FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind IN ('r', 'p', 'v', 'S')
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i') AND relkind = 'S')
    UNION ALL SELECT CASE prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END,
            'pg_temp.' || quote_ident(proname) || '(' || pg_catalog.pg_get_function_identity_arguments(oid) || ')', NULL
        FROM pg_catalog.pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema()
    UNION ALL SELECT CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, 'pg_temp.' || quote_ident(typname), NULL
        FROM pg_catalog.pg_type WHERE typnamespace = pg_catalog.pg_my_temp_schema() AND typtype IN ('e', 'd', 'r')
    UNION ALL SELECT 'prepared', name, NULL FROM pg_catalog.pg_prepared_statements WHERE from_sql
    UNION ALL SELECT 'cursor', name, NULL FROM pg_catalog.pg_cursors WHERE is_holdable";

/// Tells whether a statement may leave something. A function or a block may set whatever it wants.
pub(super) fn may_leave(sql: &str) -> bool {
    if !matches!(effect::effect(sql), Effect::Lasting | Effect::Nothing) {
        return true;
    }
    let mut words = lex(sql, LEXICON).filter(|token| !token.is_trivia());
    let Some(first) = words.next() else {
        return false;
    };
    if ["SET", "CALL", "DO", "EXECUTE", "DECLARE"]
        .iter()
        .any(|word| first.is(word))
    {
        return true;
    }
    let asks = first.is("SELECT") || first.is("WITH");
    words.any(|word| {
        asks && word.text == "(" || ["TEMP", "TEMPORARY", "pg_temp"].iter().any(|temp| word.is(temp))
    })
}

/// Takes stock.
pub(super) fn take(connection: &mut dyn Connection, statements: &[&str]) -> Result<Stock, Error> {
    let mut stock = Stock::default();
    // Settings that nobody has declared are in no list.
    // Nor are those of the tool's own, which `RESET ALL` takes, too.
    let kept = SETTINGS.map(|name| format!("autogen.{name}"));
    for name in own_settings(statements).into_iter().chain(kept) {
        let found = connection.query(
            "SELECT pg_catalog.current_setting(?1, true)",
            &[name.as_str().into()],
        )?;
        let value = found.into_iter().next().and_then(|row| row.into_iter().next());
        // Once it was set it is never gone again, only empty.
        let value = value.filter(|value| value.as_str().is_some_and(|text| !text.is_empty()));
        stock.settings.extend(value.map(|value| (name, value)));
    }
    for name in WHO {
        let value = one(
            connection,
            &format!("SELECT pg_catalog.current_setting('{name}')"),
        )?;
        stock.settings.insert(name.to_owned(), value);
    }
    connection.for_each(ALL, &[], &mut |row| {
        if let [Value::Text(kind), Value::Text(name), value] = row.as_slice() {
            if kind == "setting" {
                stock.settings.insert(name.clone(), value.clone());
            } else {
                stock.things.insert((kind.clone(), name.clone()));
            }
        }
        true
    })?;
    Ok(stock)
}

/// Puts back what is another one, and takes away what is new.
pub(super) fn put_back(
    connection: &mut dyn Connection,
    before: &Stock,
    statements: &[&str],
) -> Result<(), Error> {
    for name in WHO {
        let now = one(
            connection,
            &format!("SELECT pg_catalog.current_setting('{name}')"),
        )?;
        if let Some(was) = before.settings.get(name).filter(|was| **was != now) {
            set(connection, name, Some(was))?;
        }
    }
    let now = take(connection, statements)?;
    for (name, was) in now.changed_since(before) {
        if was.is_some() || !is_reset(connection, name)? {
            set(connection, name, was)?;
        }
    }
    for (kind, name) in now.added_since(before) {
        let sql = match kind {
            "prepared" => format!("DEALLOCATE {}", quote(name)),
            "cursor" => format!("CLOSE {}", quote(name)),
            kind => format!("DROP {kind} IF EXISTS {name} CASCADE"),
        };
        connection.execute(&sql, &[])?;
    }
    Ok(())
}

/// Tells whether a setting is what RESET would make it. A library that a script loads first brings some of its own, not all of which everyone may set.
fn is_reset(connection: &mut dyn Connection, name: &str) -> Result<bool, Error> {
    let query =
        "SELECT 1 FROM pg_catalog.pg_settings WHERE name = ?1 AND setting IS NOT DISTINCT FROM reset_val";
    Ok(!connection.query(query, &[name.into()])?.is_empty())
}

/// Returns the settings with a dot in their names that the statements may set: by SET, or as a text for a function that does it.
pub(super) fn own_settings(statements: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for sql in statements {
        let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
        if words.first().is_some_and(|first| first.is("SET")) {
            let dot = words.iter().position(|word| word.is_symbol("."));
            let name = dot.and_then(|dot| dotted(&words[dot.checked_sub(1)?..]));
            found.extend(name.map(|(name, _)| name));
        } else if sql.to_ascii_lowercase().contains("set_config") {
            // What stands in quotes, within the text of a block as well.
            let is_name = |text: &&str| {
                text.split('.').count() > 1
                    && text.split('.').all(|part| {
                        !part.is_empty()
                            && part
                                .chars()
                                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
                    })
            };
            found.extend(sql.split('\'').filter(is_name).map(str::to_owned));
        }
    }
    found.retain(|name| !name.starts_with("autogen."));
    found
}

/// Returns the name with dots in it that words begin with, as the database understands it, and the words behind it.
pub(super) fn dotted<'w, 't>(words: &'w [Token<'t>]) -> Option<(String, &'w [Token<'t>])> {
    let (first, mut rest) = words.split_first()?;
    let folded = |word: &Token<'_>| match word.kind {
        Kind::Word => word.name().map(|name| name.to_ascii_lowercase()),
        Kind::Quoted | Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => {
            word.name()
        }
    };
    let mut name = folded(first)?;
    while let [dot, part, behind @ ..] = rest {
        if !dot.is_symbol(".") {
            break;
        }
        name = format!("{name}.{}", folded(part)?);
        rest = behind;
    }
    Some((name, rest))
}

fn set(connection: &mut dyn Connection, name: &str, value: Option<&Value>) -> Result<(), Error> {
    match value {
        Some(value) => connection
            .query(
                "SELECT pg_catalog.set_config(?1, ?2, false)",
                &[name.into(), value.clone()],
            )
            .map(drop),
        None => {
            let quoted: Vec<String> = name.split('.').map(quote).collect();
            connection
                .execute(&format!("RESET {}", quoted.join(".")), &[])
                .map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_settings_that_nobody_has_declared() {
        let statements = [
            "SET LOCAL my.own TO 1",
            "SET search_path = a",
            "SET SESSION some.own.name = 'a.b'",
            "DO $$ BEGIN PERFORM set_config('a.b', 'c d. e', false); END $$",
        ];
        assert_eq!(
            Vec::from_iter(own_settings(&statements)),
            ["a.b", "my.own", "some.own.name"]
        );
    }

    #[test]
    fn tells_what_may_leave_something() {
        for sql in [
            "SET ROLE x",
            "SET LOCAL search_path = a",
            "RESET ALL",
            "DO $$ BEGIN END $$",
            "CALL p()",
            "SELECT f()",
            "PREPARE a AS SELECT 1",
            "CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
            "CREATE TABLE pg_temp.t (id int)",
        ] {
            assert!(may_leave(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE t (id int)",
            "UPDATE t SET a = lower(a)",
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
            "SELECT 1",
        ] {
            assert!(!may_leave(sql), "{sql}");
        }
    }
}
