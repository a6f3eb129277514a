//! What statements do beyond their session, and what they leave in it.

use super::words;
use crate::dialect::mysql::plan::collation::executed;
use crate::dialect::{Effect, makes_temporary};
use crate::lexer::Token;

/// Returns what a statement does.
pub(super) fn effect(sql: &str) -> Effect {
    let words: Vec<Token<'_>> = words(sql).collect();
    let any = |word: &str| words.iter().any(|token| token.is(word));
    match &words[..] {
        [set, what, ..] if set.is("SET") => {
            if [
                "GLOBAL",
                "PERSIST",
                "PERSIST_ONLY",
                "PASSWORD",
                "DEFAULT",
                "STATEMENT",
            ]
            .iter()
            .any(|word| what.is(word))
            {
                Effect::Lasting
            } else {
                Effect::keeping(&words[1..])
            }
        }
        [first, ..] if first.is("USE") => Effect::Setting,
        [first, name, ..] if first.is("PREPARE") => name.name().map_or(Effect::Lasting, Effect::Prepared),
        [first, ..] if first.is("DEALLOCATE") => Effect::releasing(&words),
        [first, second, ..] if first.is("DROP") && second.is("PREPARE") => Effect::releasing(&words),
        words if makes_temporary(words) => Effect::of_temporary(words),
        // What a procedure hands out, what prepared words keep, and what is counted in the midst of a change.
        [first, ..] if first.is("CALL") && words.iter().any(|word| word.text.starts_with('@')) => {
            Effect::Unrepeatable
        }
        [first, ..] if first.is("EXECUTE") && executed(sql).is_none() => Effect::Unrepeatable,
        _ if words.iter().any(|word| word.text.contains(":=")) => Effect::Unrepeatable,
        [first, ..] if first.is("SELECT") && any("INTO") => Effect::keeping(&words),
        [first, ..] if first.is("SELECT") || first.is("SHOW") => Effect::Nothing,
        _ => Effect::Lasting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_session_keeps() {
        for (sql, expected) in [
            ("SET @a = 1", Effect::Setting),
            ("SET SESSION sql_mode = ''", Effect::Setting),
            ("USE other", Effect::Setting),
            ("SET @a = (SELECT max(id) FROM t)", Effect::Reading),
            ("SELECT max(id) INTO @a FROM t", Effect::Reading),
            ("SELECT @a := max(id) FROM t", Effect::Unrepeatable),
            ("CREATE TEMPORARY TABLE t AS SELECT 1", Effect::Reading),
            ("CREATE OR REPLACE TEMPORARY TABLE t (a INT)", Effect::Reading),
            ("PREPARE `a b` FROM @a", Effect::Prepared("a b".to_owned())),
            ("DEALLOCATE PREPARE a", Effect::Released(Some("a".to_owned()))),
            ("DROP PREPARE a", Effect::Released(Some("a".to_owned()))),
            ("SELECT 1", Effect::Nothing),
            ("SET GLOBAL max_connections = 5", Effect::Lasting),
            (
                "SET STATEMENT max_statement_time = 5 FOR UPDATE t SET a = 1",
                Effect::Lasting,
            ),
            ("UPDATE t SET a = 1", Effect::Lasting),
            ("SET @id = last_insert_id()", Effect::Unrepeatable),
            ("SELECT last_insert_id() INTO @id", Effect::Unrepeatable),
            ("UPDATE t SET a = (@n := @n + 1)", Effect::Unrepeatable),
            ("CALL p(@out)", Effect::Unrepeatable),
            ("CALL p(1)", Effect::Lasting),
            ("EXECUTE a", Effect::Unrepeatable),
            ("EXECUTE autogen_alter", Effect::Lasting),
        ] {
            assert_eq!(effect(sql), expected, "{sql}");
        }
    }
}
