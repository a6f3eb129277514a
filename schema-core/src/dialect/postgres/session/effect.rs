//! What statements do beyond their session, and what they leave in it.

use crate::dialect::postgres::LEXICON;
use crate::dialect::{Effect, makes_temporary};
use crate::lexer::{Token, lex};

/// Returns what a statement does.
pub(super) fn effect(sql: &str) -> Effect {
    let words = words(sql);
    let any = |word: &str| words.iter().any(|token| token.is(word));
    match &words[..] {
        // It ends with its transaction, which is over.
        [set, what, ..]
            if set.is("SET") && (what.is("LOCAL") || what.is("TRANSACTION") || what.is("CONSTRAINTS")) =>
        {
            Effect::Nothing
        }
        [first, ..]
            if ["SET", "RESET", "LOAD", "LISTEN", "UNLISTEN"]
                .iter()
                .any(|word| first.is(word)) =>
        {
            Effect::Setting
        }
        [first, name, ..] if first.is("PREPARE") => name.name().map_or(Effect::Lasting, Effect::Prepared),
        [first, ..] if first.is("DEALLOCATE") => Effect::releasing(&words),
        words if makes_temporary(words) => Effect::of_temporary(words),
        [first, rest @ ..] if first.is("SELECT") && (any("set_config") || any("setseed")) => {
            Effect::keeping(rest)
        }
        [first, ..] if first.is("SHOW") => Effect::Nothing,
        _ => Effect::Lasting,
    }
}

/// Tells whether a statement does not say what it changes, and may commit in the midst of it: a procedure, or a block with such words.
pub(super) fn is_opaque(sql: &str) -> bool {
    let mut words = words(sql).into_iter();
    match words.next() {
        Some(first) if first.is("CALL") => true,
        Some(first) if first.is("DO") => words.any(|word| {
            let text = word.text.to_ascii_uppercase();
            ["COMMIT", "ROLLBACK", "CALL"]
                .iter()
                .any(|commits| text.contains(commits))
        }),
        _ => false,
    }
}

fn words(sql: &str) -> Vec<Token<'_>> {
    lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_session_keeps() {
        for (sql, expected) in [
            ("SET search_path = other", Effect::Setting),
            ("RESET ALL", Effect::Setting),
            ("SET LOCAL lock_timeout = 1", Effect::Nothing),
            ("SET CONSTRAINTS ALL DEFERRED", Effect::Nothing),
            ("SET TRANSACTION READ WRITE", Effect::Nothing),
            ("SHOW work_mem", Effect::Nothing),
            ("SELECT setseed(0.5)", Effect::Unrepeatable),
            (
                "SELECT pg_catalog.set_config('search_path', '', false)",
                Effect::Setting,
            ),
            (
                "SELECT set_config('a.b', (SELECT max(id)::text FROM t), false)",
                Effect::Reading,
            ),
            (
                "SELECT set_config('a.b', lastval()::text, false)",
                Effect::Unrepeatable,
            ),
            ("CREATE TEMP TABLE t AS SELECT random()", Effect::Unrepeatable),
            ("CREATE TEMP TABLE t AS SELECT 1", Effect::Reading),
            ("CREATE LOCAL TEMPORARY TABLE t (id int)", Effect::Reading),
            ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", Effect::Reading),
            ("SELECT 1 INTO TEMP t", Effect::Reading),
            ("PREPARE a AS SELECT 1", Effect::Prepared("a".to_owned())),
            ("DEALLOCATE ALL", Effect::Released(None)),
            ("DEALLOCATE a", Effect::Released(Some("a".to_owned()))),
            // A function may do anything.
            ("SELECT f()", Effect::Lasting),
            ("CREATE TABLE t (id int)", Effect::Lasting),
            ("SELECT 1 AS temp INTO t", Effect::Lasting),
            ("SELECT temp FROM t", Effect::Lasting),
        ] {
            assert_eq!(effect(sql), expected, "{sql}");
        }
    }

    #[test]
    fn tells_what_is_opaque() {
        assert!(is_opaque("CALL p()"));
        assert!(is_opaque("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$"));
        assert!(!is_opaque("DO $$ BEGIN UPDATE t SET a = 1; END $$"));
        assert!(!is_opaque("UPDATE t SET a = 'COMMIT'"));
    }
}
