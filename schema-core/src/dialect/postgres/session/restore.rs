//! A session put back by statements: what it has is noted in a setting of the tool's own, and a block compares it with what the script left.

use std::collections::BTreeSet;

use super::stock::{ALL, WHO, may_leave, own_settings};
use crate::dialect::Restore;
use crate::dialect::postgres::LEXICON;
use crate::dialect::postgres::standalone::{block, quoted, settings};
use crate::lexer::{Kind, Token, lex};
use crate::plan::{Plan, Statement};

/// The setting that holds what the session had. Any session may have such ones.
const STOCK: &str = "'autogen.stock'";

/// What a thing is noted by.
const KEY: &str = "(stock.kind || ' ' || stock.name)";

/// Returns the statements around a script. One that does no more than to set what it names is put back by that name.
pub(super) fn restore(plan: &Plan) -> Restore {
    let statements: Vec<&str> = plan.executed().filter(|sql| may_leave(sql)).collect();
    let named: Option<Vec<BTreeSet<String>>> = statements.iter().map(|sql| set_by(sql)).collect();
    let (note, put_back) = match named {
        Some(names) => by_name(&names.into_iter().flatten().collect()),
        None => all(&statements),
    };
    let mut within = vec![put_back.because("the session as it was before")];
    within.extend(settings(&plan.mode));
    Restore {
        before: vec![note.because("how the session is, to be put back behind this script")],
        within,
        behind: Vec::new(),
    }
}

/// Returns the settings that a statement sets, if it leaves nothing else.
fn set_by(sql: &str) -> Option<BTreeSet<String>> {
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    let (first, rest) = words.split_first()?;
    if !first.is("SET") && !first.is("RESET") {
        return None;
    }
    let is_any = |word: &Token<'_>, of: &[&str]| of.iter().any(|one| word.is(one));
    let scope = rest
        .first()
        .is_some_and(|scope| is_any(scope, &["SESSION", "LOCAL"]));
    let name = match rest.get(usize::from(scope)..)? {
        [what, ..] if is_any(what, &["TRANSACTION", "CONSTRAINTS"]) => return Some(BTreeSet::new()),
        [what, ..] if is_any(what, &["ALL", "ROLE", "AUTHORIZATION", "CHARACTERISTICS"]) => return None,
        [time, zone, ..] if time.is("TIME") && zone.is("ZONE") => "timezone".to_owned(),
        [names, ..] if names.is("NAMES") => "client_encoding".to_owned(),
        [schema, value, ..] if schema.is("SCHEMA") && value.kind == Kind::String => "search_path".to_owned(),
        [space, dot, name, ..] if dot.is_symbol(".") => format!("{}.{}", space.name()?, name.name()?),
        [name, is, ..] if is.is("TO") || is.is_symbol("=") => name.name()?,
        [name] => name.name()?,
        _ => return None,
    };
    Some(BTreeSet::from([name]))
}

/// Returns what notes settings, and what puts them back. One that nobody has declared is empty then.
fn by_name(names: &BTreeSet<String>) -> (Statement, Statement) {
    let (mut note, mut put_back) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        let (name, kept) = (quoted(name), format!("'autogen.was_{at}'"));
        note.push(format!(
            "PERFORM pg_catalog.set_config({kept}, pg_catalog.current_setting({name}, true), false);"
        ));
        put_back.push(format!(
            "PERFORM pg_catalog.set_config({name}, pg_catalog.current_setting({kept}), false);"
        ));
    }
    let block = |body: Vec<String>| Statement::execute(block("", &body.join("\n")));
    (block(note), block(put_back))
}

/// Returns what notes all that the session has, and what puts that back.
fn all(statements: &[&str]) -> (Statement, Statement) {
    let stock = stock(statements);
    let note = format!(
        "PERFORM pg_catalog.set_config({STOCK}, (SELECT pg_catalog.jsonb_object_agg({KEY}, stock.value) FROM (\n{stock}\n) AS stock (kind, name, value))::text, false);"
    );
    let declared = format!("DECLARE was jsonb := pg_catalog.current_setting({STOCK}); thing record; ");
    (
        Statement::execute(block("", &note)),
        Statement::execute(block(&declared, &put_back(&stock))),
    )
}

/// Returns the query for all that the session has.
fn stock(statements: &[&str]) -> String {
    let mut parts = vec![ALL.to_owned()];
    for name in own_settings(statements) {
        let name = quoted(&name);
        // Once it was set it is never gone again, only empty.
        parts.push(format!(
            "SELECT 'setting', {name}, nullif(pg_catalog.current_setting({name}, true), '')"
        ));
    }
    parts.extend(WHO.map(|name| format!("SELECT 'setting', '{name}', pg_catalog.current_setting('{name}')")));
    parts.join("\n    UNION ALL ")
}

/// Returns what puts back what is another one, and takes away what is new. Who the session is goes first: what may be seen and set depends on it.
fn put_back(stock: &str) -> String {
    let who: String = WHO
        .iter()
        .map(|name| {
            format!(
                "IF pg_catalog.current_setting('{name}') <> was ->> 'setting {name}' THEN PERFORM pg_catalog.set_config('{name}', was ->> 'setting {name}', false); END IF;\n"
            )
        })
        .collect();
    format!(
        "{who}FOR thing IN SELECT stock.kind, stock.name, was ->> {KEY} AS was FROM (
{stock}
) AS stock (kind, name, value) WHERE was -> {KEY} IS NULL OR was ->> {KEY} IS DISTINCT FROM stock.value LOOP
    CASE
        WHEN thing.kind = 'setting' AND thing.was IS NULL THEN
            EXECUTE 'RESET ' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(part), '.') FROM pg_catalog.unnest(pg_catalog.string_to_array(thing.name, '.')) AS part);
        WHEN thing.kind = 'setting' THEN PERFORM pg_catalog.set_config(thing.name, thing.was, false);
        WHEN thing.kind = 'prepared' THEN EXECUTE pg_catalog.format('DEALLOCATE %I', thing.name);
        WHEN thing.kind = 'cursor' THEN EXECUTE pg_catalog.format('CLOSE %I', thing.name);
        ELSE EXECUTE pg_catalog.format('DROP %s IF EXISTS %s CASCADE', thing.kind, thing.name);
    END CASE;
END LOOP;"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_settings_that_a_statement_sets() {
        for (sql, expected) in [
            ("SET search_path = a, b", Some("search_path")),
            ("SET LOCAL my.own TO 5", Some("my.own")),
            ("SET SESSION TIME ZONE 'UTC'", Some("timezone")),
            ("SET NAMES 'latin1'", Some("client_encoding")),
            ("SET SCHEMA 'a'", Some("search_path")),
            ("RESET work_mem", Some("work_mem")),
            ("SET CONSTRAINTS ALL DEFERRED", Some("")),
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", Some("")),
            ("SET ROLE x", None),
            ("SET SESSION AUTHORIZATION x", None),
            ("RESET ALL", None),
            ("DO $$ BEGIN END $$", None),
            ("CREATE TEMP TABLE t (id int)", None),
        ] {
            let expected =
                expected.map(|name| BTreeSet::from_iter((!name.is_empty()).then(|| name.to_owned())));
            assert_eq!(set_by(sql), expected, "{sql}");
        }
    }
}
