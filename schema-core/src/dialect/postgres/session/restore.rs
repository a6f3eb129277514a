//! A session put back by statements: what it has is noted in a setting of the tool's own, and a block compares it with what the script left.

use std::collections::BTreeSet;

use super::stock::{ALL, WHO, dotted, may_leave, own_settings};
use crate::dialect::Restore;
use crate::dialect::postgres::LEXICON;
use crate::dialect::postgres::ddl::quote;
use crate::dialect::postgres::standalone::{block, pin, quoted, settings};
use crate::lexer::{Kind, Token, lex};
use crate::plan::{Plan, Statement};

/// The setting that holds what the session had. Any session may have such ones.
const STOCK: &str = "'autogen.stock'";

/// What a thing is noted by.
const KEY: &str = "(stock.kind || ' ' || stock.name)";

/// Returns the statements around a script. One that leaves no more than what its words name is put back by those names.
pub(super) fn restore(plan: &Plan) -> Restore {
    let statements: Vec<&str> = plan.executed().filter(|sql| may_leave(sql)).collect();
    let (before, mut within) = if statements.iter().any(|sql| resets_all(sql)) {
        (Vec::new(), anew())
    } else if let Some(named) = Named::read(plan, &statements) {
        named.around()
    } else {
        let (note, put_back) = all(&statements);
        (vec![note], vec![put_back])
    };
    within.extend(settings(&plan.mode));
    Restore {
        before,
        within,
        behind: Vec::new(),
    }
}

/// Tells whether a statement takes back whatever was set, and with it any note of that.
fn resets_all(sql: &str) -> bool {
    let mut words = lex(sql, LEXICON).filter(|token| !token.is_trivia());
    let resets = words
        .next()
        .is_some_and(|first| first.is("RESET") || first.is("DISCARD"));
    resets && words.next().is_some_and(|what| what.is("ALL"))
}

/// Returns what makes the session the one that the shell began with, but that names are found where the head of the script has them found.
fn anew() -> Vec<Statement> {
    let all = [
        "RESET SESSION AUTHORIZATION",
        "RESET ALL",
        "CLOSE ALL",
        "DEALLOCATE ALL",
        "DISCARD TEMP",
    ];
    let mut statements: Vec<Statement> = all.map(Statement::execute).into();
    statements.push(pin());
    statements
}

/// What statements leave that their words name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    settings: BTreeSet<String>,
    /// What is made in the schema `pg_temp`, each with its kind.
    things: Vec<(&'static str, String)>,
}

impl Named {
    /// Reads the statements that may leave something; `None` if the words do not tell.
    fn read(plan: &Plan, statements: &[&str]) -> Option<Self> {
        let mut named = Named::default();
        for sql in statements {
            match made_by(sql) {
                Some(thing) => named.things.push(thing),
                None => named.settings.extend(set_by(sql)?),
            }
        }
        // What has another name in the end, or is not dropped before its rows are checked, its making does not tell.
        let tells = |sql: &str| {
            let mut words = lex(sql, LEXICON).filter(|token| !token.is_trivia());
            !words.any(|word| ["RENAME", "DEFERRABLE"].iter().any(|one| word.is(one)))
        };
        (named.things.is_empty() || plan.executed().all(tells)).then_some(named)
    }

    /// Returns what notes the settings, and what puts them back and takes the things away. A setting that nobody has declared is empty then.
    fn around(&self) -> (Vec<Statement>, Vec<Statement>) {
        let drop = |(kind, name): &(&str, String)| {
            Statement::execute(format!("DROP {kind} IF EXISTS pg_temp.{} CASCADE", quote(name)))
        };
        // What stands on another thing goes before that.
        let dropped = self.things.iter().rev().map(drop).collect();
        if self.settings.is_empty() {
            return (Vec::new(), dropped);
        }
        let (mut note, mut put_back) = (Vec::new(), Vec::new());
        for (at, name) in self.settings.iter().enumerate() {
            let (name, kept) = (quoted(name), format!("'autogen.was_{at}'"));
            note.push(format!(
                "PERFORM pg_catalog.set_config({kept}, pg_catalog.current_setting({name}, true), false);"
            ));
            put_back.push(format!(
                "PERFORM pg_catalog.set_config({name}, pg_catalog.current_setting({kept}), false);"
            ));
        }
        let block = |body: Vec<String>| Statement::execute(block("", &body.join("\n")));
        let mut within = vec![block(put_back)];
        within.extend::<Vec<Statement>>(dropped);
        (vec![block(note)], within)
    }
}

/// Returns the temporary thing that a statement makes, if it leaves nothing else: a query may call what sets whatever it wants.
fn made_by(sql: &str) -> Option<(&'static str, String)> {
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    let is_any = |word: &Token<'_>, of: &[&str]| of.iter().any(|one| word.is(one));
    let (first, rest) = words.split_first()?;
    let at = rest
        .iter()
        .take_while(|word| is_any(word, &["OR", "REPLACE", "LOCAL", "GLOBAL"]))
        .count();
    let [temporary, kind, rest @ ..] = &rest[at..] else {
        return None;
    };
    let kind = ["TABLE", "VIEW", "SEQUENCE"]
        .into_iter()
        .find(|one| kind.is(one))?;
    if !first.is("CREATE") || !is_any(temporary, &["TEMP", "TEMPORARY"]) {
        return None;
    }
    let skipped = rest
        .iter()
        .take_while(|word| is_any(word, &["IF", "NOT", "EXISTS"]))
        .count();
    let (name, rest) = dotted(&rest[skipped..])?;
    let queries = rest
        .iter()
        .position(|word| is_any(word, &["SELECT", "WITH", "EXECUTE", "VALUES"]));
    let calls = queries.is_some_and(|at| {
        rest[at..]
            .iter()
            .any(|word| word.is_symbol("(") || word.is("EXECUTE"))
    });
    (!calls && !name.contains('.')).then_some((kind, name))
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
        words => match dotted(words)? {
            (name, []) => name,
            (name, [is, ..]) if is.is("TO") || is.is_symbol("=") => name,
            _ => return None,
        },
    };
    Some(BTreeSet::from([name]))
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
    // What has checks or triggers before it is not dropped.
    format!(
        "{who}SET CONSTRAINTS ALL IMMEDIATE;\nFOR thing IN SELECT stock.kind, stock.name, was ->> {KEY} AS was FROM (
{stock}
) AS stock (kind, name, value) WHERE was -> {KEY} IS NULL OR was ->> {KEY} IS DISTINCT FROM stock.value LOOP
    CASE
        WHEN thing.kind = 'setting' AND thing.was IS NULL AND EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = thing.name AND setting IS NOT DISTINCT FROM reset_val) THEN NULL;
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
    fn tells_the_temporary_things_that_a_statement_makes() {
        for (sql, expected) in [
            (
                "CREATE TEMP TABLE \"a b\" (id int DEFAULT (1))",
                Some(("TABLE", "a b")),
            ),
            (
                "CREATE OR REPLACE LOCAL TEMPORARY VIEW v AS SELECT 1",
                Some(("VIEW", "v")),
            ),
            ("CREATE TEMP SEQUENCE IF NOT EXISTS S", Some(("SEQUENCE", "s"))),
            ("CREATE TEMP TABLE t AS SELECT f()", None),
            ("CREATE TEMP TABLE t AS EXECUTE p", None),
            ("CREATE TABLE t AS SELECT 1 AS temp", None),
            ("CREATE TABLE pg_temp.t (id int)", None),
            ("CREATE TEMP TABLE pg_temp.t (id int)", None),
            ("CREATE UNLOGGED TABLE t AS SELECT 1 AS temp", None),
            ("SELECT 1 AS n INTO TEMP t", None),
        ] {
            let expected = expected.map(|(kind, name)| (kind, name.to_owned()));
            assert_eq!(made_by(sql), expected, "{sql}");
        }
    }

    #[test]
    fn tells_the_settings_that_a_statement_sets() {
        for (sql, expected) in [
            ("SET search_path = a, b", Some("search_path")),
            ("SET LOCAL my.own TO 5", Some("my.own")),
            ("SET SESSION a.b.c = 'x'", Some("a.b.c")),
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
