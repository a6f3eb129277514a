//! The statements that no script may have, since the runner is the one who begins and ends transactions.

use crate::dialect::Mode;
use crate::lexer::{Kind, Lexicon, lex};

/// Returns the first word of a statement that begins or ends a transaction. Savepoints, and going back to one, stay
/// inside it.
pub(super) fn transaction_keyword(sql: &str, lexicon: Lexicon) -> Option<String> {
    let mut words = lex(sql, lexicon).filter(|token| !token.is_trivia() && !token.marks_executable());
    let first = words.next().filter(|token| token.kind == Kind::Word)?;
    let rest: Vec<_> = words.take(3).collect();
    let has = |word: &str| rest.iter().any(|token| token.is(word));
    let breaks = match first.text.to_ascii_uppercase().as_str() {
        "BEGIN" | "COMMIT" => true,
        // On MySQL they are no statements.
        "END" | "ABORT" => !lexicon.compound_bodies,
        "START" => has("TRANSACTION"),
        "ROLLBACK" => !has("TO"),
        // It gives the transaction away, to be ended by anyone; a query can be called so, too.
        "PREPARE" => {
            let is_name = rest.get(1).is_some_and(|token| token.kind == Kind::String);
            has("TRANSACTION") && is_name && lexicon.dollar_quotes
        }
        "XA" => lexicon.compound_bodies && !has("RECOVER"),
        _ => false,
    };
    breaks.then(|| first.text.to_owned())
}

/// Returns the first words of a statement that locks tables beyond itself, if the script is no transaction that would keep the locks. Where comments may be
/// run, there is none: such a database commits each change of a table, and gives back the locks of a session before it begins a transaction
/// (<https://dev.mysql.com/doc/refman/8.4/en/lock-tables.html>).
pub(super) fn lock_keyword(sql: &str, lexicon: Lexicon, mode: &Mode) -> Option<String> {
    let words: Vec<_> = lex(sql, lexicon)
        .filter(|token| !token.is_trivia() && !token.marks_executable())
        .collect();
    let (first, second) = (words.first()?, words.get(1)?);
    let has = |word: &str| words.iter().any(|token| token.is(word));
    let of_session = lexicon.executable_comments;
    let is_lock = if first.is("LOCK") {
        let of_tables = second.is("TABLE") || second.is("TABLES");
        (of_session && of_tables) || (!of_session && mode.no_transaction)
    } else {
        of_session && first.is("FLUSH") && has("LOCK") && has("READ")
    };
    is_lock.then(|| format!("{} {}", first.text, second.text))
}
