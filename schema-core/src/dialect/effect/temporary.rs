//! Temporary tables that a script makes and drops again: nothing of them has to be there for the run that goes on with it.

use crate::lexer::{Lexicon, Token, lex};

/// Tells whether a statement drops the temporary table that an earlier one makes.
pub(crate) fn drops_temporary(made: &str, later: &str, lexicon: Lexicon) -> bool {
    made_by(made, lexicon).is_some_and(|name| dropped_by(later, lexicon).contains(&name))
}

/// Tells whether a statement, given its words, makes something temporary.
pub(crate) fn makes_temporary(words: &[Token<'_>]) -> bool {
    behind_mark(words).is_some()
}

/// Returns what stands behind the word that says that what a statement makes is temporary: others may stand before that.
fn behind_mark<'w, 't>(words: &'w [Token<'t>]) -> Option<&'w [Token<'t>]> {
    let start = match words.first()? {
        first if first.is("CREATE") => 1,
        first if first.is("SELECT") => words.iter().position(|word| word.is("INTO"))? + 1,
        _ => return None,
    };
    let before = ["OR", "REPLACE", "LOCAL", "GLOBAL"];
    let rest = words.get(start..)?;
    let known = |word: &&Token<'_>| before.iter().any(|before| word.is(before));
    match rest.get(rest.iter().take_while(known).count()..)? {
        [mark, rest @ ..] if mark.is("TEMP") || mark.is("TEMPORARY") => Some(rest),
        _ => None,
    }
}

/// Returns the name of the temporary table that a statement makes, in lower case.
fn made_by(sql: &str, lexicon: Lexicon) -> Option<String> {
    let words = words(sql, lexicon);
    names(behind_mark(&words)?).into_iter().next()
}

/// Returns the names of the tables that a statement drops, in lower case.
fn dropped_by(sql: &str, lexicon: Lexicon) -> Vec<String> {
    let words = words(sql, lexicon);
    match words.as_slice() {
        [drop, temporary, rest @ ..] if drop.is("DROP") && temporary.is("TEMPORARY") => names(rest),
        [drop, rest @ ..] if drop.is("DROP") && rest.first().is_some_and(|what| what.is("TABLE")) => {
            names(rest)
        }
        _ => Vec::new(),
    }
}

/// Reads `TABLE IF EXISTS a.b, c`, and gives the last part of each name.
fn names(words: &[Token<'_>]) -> Vec<String> {
    let known = ["TABLE", "IF", "NOT", "EXISTS"];
    let start = words
        .iter()
        .position(|word| !known.iter().any(|known| word.is(known)));
    let mut words = words.get(start.unwrap_or(words.len())..).unwrap_or_default();
    let mut names = Vec::new();
    while let [first, rest @ ..] = words {
        let Some(name) = first.name() else {
            break;
        };
        words = match rest {
            [dot, rest @ ..] if dot.is_symbol(".") => rest,
            [comma, rest @ ..] if comma.is_symbol(",") => {
                names.push(name.to_lowercase());
                rest
            }
            _ => {
                names.push(name.to_lowercase());
                break;
            }
        };
    }
    names
}

fn words(sql: &str, lexicon: Lexicon) -> Vec<Token<'_>> {
    lex(sql, lexicon).filter(|token| !token.is_trivia()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_table_is_dropped_by_its_name() {
        let drops = |made, later| drops_temporary(made, later, Lexicon::STANDARD);
        for (made, later) in [
            ("CREATE TEMP TABLE t AS SELECT 1", "DROP TABLE T"),
            (
                "CREATE LOCAL TEMPORARY TABLE IF NOT EXISTS t (a int)",
                "DROP TABLE IF EXISTS u, pg_temp.t CASCADE",
            ),
            ("CREATE TEMPORARY TABLE a.t (a int)", "DROP TEMPORARY TABLE \"t\""),
            ("SELECT 1 INTO TEMP t", "DROP TABLE t"),
            ("CREATE OR REPLACE GLOBAL TEMP TABLE t (a int)", "DROP TABLE t"),
        ] {
            assert!(drops(made, later), "{made}: {later}");
        }
        for (made, later) in [
            ("CREATE TABLE t (a int)", "DROP TABLE t"),
            ("CREATE TEMP TABLE t (a int)", "DROP TABLE u"),
            ("CREATE TEMP TABLE t (a int)", "DROP INDEX t"),
            ("SET a = 1", "DROP TABLE t"),
        ] {
            assert!(!drops(made, later), "{made}: {later}");
        }
    }
}
