//! What of a statement is the same in another session, and what is not.

use crate::lexer::{Lexicon, Token, lex};

/// Functions of nothing but their arguments or of the rows that a query reads, and words that may stand before a parenthesis.
const STEADY: [&str; 35] = [
    "abs",
    "all",
    "and",
    "any",
    "as",
    "avg",
    "by",
    "cast",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "convert",
    "count",
    "exists",
    "from",
    "hex",
    "if",
    "ifnull",
    "in",
    "lower",
    "max",
    "min",
    "not",
    "nullif",
    "or",
    "quote",
    "replace",
    "round",
    "select",
    "set_config",
    "sum",
    "trim",
    "upper",
    "where",
];

/// Functions that tell what an earlier statement of the same session did.
const RECALLING: [&str; 8] = [
    "changes",
    "currval",
    "found_rows",
    "last_insert_id",
    "last_insert_rowid",
    "lastval",
    "row_count",
    "total_changes",
];

/// Variables of MySQL's that do.
const RECALLED: [&str; 5] = [
    "identity",
    "last_insert_id",
    "insert_id",
    "warning_count",
    "error_count",
];

/// Words for the present moment that need no parentheses.
const MOMENTS: [&str; 5] = [
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
];

/// Tells whether an expression or a query gives the same in another session that holds what this one does. In doubt it does not.
pub(crate) fn is_repeatable(words: &[Token<'_>]) -> bool {
    let pairs = || words.windows(2).map(|pair| (&pair[0], &pair[1]));
    let is_moment = |word: &Token<'_>| is_any(word, &MOMENTS);
    let calls = |(word, next): (&Token<'_>, &Token<'_>)| {
        next.is_symbol("(") && word.name().is_some() && !is_any(word, &STEADY)
    };
    let reads = |(mark, word): (&Token<'_>, &Token<'_>)| {
        ends_in_mark(mark) && (is_any(word, &RECALLED) || word.is("timestamp") || word.is("rand_seed1"))
    };
    !words.iter().any(is_moment) && !pairs().any(|pair| calls(pair) || reads(pair))
}

/// Returns which of the statements that are left asks for what an earlier one did in a session that is gone, such as the key of the row that it added.
pub(crate) fn recalling<'a>(left: impl Iterator<Item = &'a str>, lexicon: Lexicon) -> Option<usize> {
    for (at, sql) in left.enumerate() {
        let words: Vec<Token<'_>> = lex(sql, lexicon).filter(|token| !token.is_trivia()).collect();
        let recalls = words.windows(2).any(|pair| {
            (pair[1].is_symbol("(") && is_any(&pair[0], &RECALLING))
                || (ends_in_mark(&pair[0]) && is_any(&pair[1], &RECALLED))
        });
        if recalls {
            return Some(at);
        }
        // What comes behind asks for this one.
        if words
            .first()
            .is_some_and(|first| is_any(first, &["INSERT", "REPLACE"]))
        {
            return None;
        }
    }
    None
}

fn is_any(word: &Token<'_>, known: &[&str]) -> bool {
    known.iter().any(|known| word.is(known))
}

/// The marks before a name of MySQL's variables.
fn ends_in_mark(token: &Token<'_>) -> bool {
    token.text.ends_with('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeatable(sql: &str) -> bool {
        let words: Vec<Token<'_>> = lex(sql, Lexicon::STANDARD)
            .filter(|token| !token.is_trivia())
            .collect();
        is_repeatable(&words)
    }

    #[test]
    fn what_another_session_gives_as_well_is_repeatable() {
        for sql in [
            "@a = 5",
            "@a = concat('x', @@character_set_database)",
            "@old = @@sql_mode, sql_mode = ''",
            "@n = (SELECT count(*) FROM items WHERE (price > 5))",
        ] {
            assert!(repeatable(sql), "{sql}");
        }
        for sql in [
            "@id = last_insert_id()",
            "@id = @@identity",
            "@t = now()",
            "@t = CURRENT_TIMESTAMP",
            "@u = uuid()",
            "@f = my_function(5)",
        ] {
            assert!(!repeatable(sql), "{sql}");
        }
    }

    #[test]
    fn what_is_left_may_ask_for_what_is_gone() {
        let of = |left: &[&str]| recalling(left.iter().copied(), Lexicon::STANDARD);
        assert_eq!(
            of(&["UPDATE a SET b = 1", "INSERT INTO b VALUES (last_insert_id())"]),
            Some(1)
        );
        assert_eq!(
            of(&[
                "INSERT INTO a VALUES (1)",
                "INSERT INTO b VALUES (last_insert_id())"
            ]),
            None
        );
        assert_eq!(of(&["UPDATE a SET b = @@identity"]), Some(0));
        assert_eq!(of(&["UPDATE a SET changes = 1, identity = 2"]), None);
    }
}
