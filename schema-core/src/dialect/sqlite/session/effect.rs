//! What statements do beyond their session, and what they leave in it.

use crate::dialect::Effect;
use crate::dialect::sqlite::LEXICON;
use crate::lexer::{Token, lex};

/// Pragmas whose values the file keeps, and those that do something once (<https://sqlite.org/pragma.html>).
const KEPT: [&str; 12] = [
    "application_id",
    "auto_vacuum",
    "encoding",
    "incremental_vacuum",
    "journal_mode",
    "optimize",
    "page_size",
    "schema_version",
    "shrink_memory",
    "user_version",
    "wal_checkpoint",
    "data_version",
];

/// Returns what a statement does.
pub(super) fn effect(sql: &str) -> Effect {
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    match &words[..] {
        [first, ..] if first.is("ATTACH") || first.is("DETACH") => Effect::Setting,
        [first, second, ..] if first.is("CREATE") && (second.is("TEMP") || second.is("TEMPORARY")) => {
            Effect::of_temporary(&words)
        }
        [first, rest @ ..] if first.is("PRAGMA") => {
            let kept = KEPT.iter().any(|name| rest.iter().any(|word| word.is(name)));
            if kept { Effect::Lasting } else { Effect::Setting }
        }
        // No function of SQLite's own changes anything.
        [first, ..] if first.is("SELECT") || first.is("VALUES") => Effect::Nothing,
        _ => Effect::Lasting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_session_keeps() {
        for (sql, expected) in [
            ("PRAGMA recursive_triggers = ON", Effect::Setting),
            ("PRAGMA main.cache_size(500)", Effect::Setting),
            ("ATTACH 'other.db' AS other", Effect::Setting),
            ("CREATE TEMP TABLE t AS SELECT 1", Effect::Reading),
            ("CREATE TEMP TABLE t (id INT, name VARCHAR(40))", Effect::Reading),
            (
                "CREATE TEMP TABLE t AS SELECT last_insert_rowid() AS id",
                Effect::Unrepeatable,
            ),
            ("SELECT 1", Effect::Nothing),
            ("PRAGMA journal_mode = WAL", Effect::Lasting),
            ("PRAGMA main.user_version = 5", Effect::Lasting),
            ("VACUUM", Effect::Lasting),
        ] {
            assert_eq!(effect(sql), expected, "{sql}");
        }
    }
}
