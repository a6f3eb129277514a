//! Where a statement ends that may have semicolons within it: the bodies of triggers and routines.

use crate::lexer::{Kind, Lexicon, Token};
use crate::script::error::Problem;

/// What must come to its end before the statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `BEGIN` or `CASE`, which `END` closes.
    Block,
    /// One that `END` and its name close.
    Named(&'static str),
}

/// The compound statements that `END` and their name close.
const NAMED: [&str; 5] = ["IF", "LOOP", "WHILE", "REPEAT", "FOR"];

/// Returns the index of the token that ends the statement these tokens begin with, each with its index: its semicolon, or the end of
/// the script.
///
/// # Errors
///
/// A body, or a comment that is run, that is never closed.
pub(super) fn end(
    significant: &[(usize, &Token<'_>)],
    end: usize,
    lexicon: Lexicon,
) -> Result<usize, Problem> {
    let kind = kind(significant);
    let mut open: Vec<Open> = Vec::new();
    let mut parentheses = 0_usize;
    let mut in_comment = false;
    let mut at = 0;
    while let Some((index, token)) = significant.get(at) {
        if token.marks_executable() {
            in_comment = token.opens_executable();
        }
        if token.is_symbol(";") && open.is_empty() && parentheses == 0 && !in_comment {
            return Ok(*index);
        }
        if kind == HasBody::Rule {
            parentheses += usize::from(token.is_symbol("("));
            parentheses = parentheses.saturating_sub(usize::from(token.is_symbol(")")));
        }
        // `NEW.end` is a column, whatever its name.
        let qualified = at > 0 && significant[at - 1].1.is_symbol(".");
        if kind == HasBody::Routine && !qualified {
            at += follow(&mut open, &significant[at..], lexicon);
        }
        at += 1;
    }
    match (open.is_empty() && parentheses == 0, in_comment) {
        (true, false) => Ok(end),
        (false, false) => Err(Problem::UnterminatedBody),
        (_, true) => Err(Problem::Unterminated { what: "comment" }),
    }
}

/// Tells whether the statement that these tokens begin with makes a trigger or a routine.
pub(super) fn is_routine(significant: &[(usize, &Token<'_>)]) -> bool {
    kind(significant) == HasBody::Routine
}

/// Follows what the first of the tokens opens or closes, and returns how many more belong to it.
fn follow(open: &mut Vec<Open>, tokens: &[(usize, &Token<'_>)], lexicon: Lexicon) -> usize {
    let Some((_, token)) = tokens.first() else {
        return 0;
    };
    if token.is("BEGIN") || token.is("CASE") {
        open.push(Open::Block);
    } else if token.is("END") {
        let next = tokens.get(1).map(|(_, token)| *token);
        let of = |word: &str| next.is_some_and(|next| next.is(word));
        if let Some(name) = NAMED.into_iter().find(|name| of(name)) {
            if open.last() == Some(&Open::Named(name)) {
                open.pop();
            }
            return 1;
        }
        // What was taken for a compound statement within a block was a name there.
        if let Some(block) = open.iter().rposition(|open| *open == Open::Block) {
            open.truncate(block);
        }
        return usize::from(of("CASE"));
    } else if lexicon.compound_bodies {
        open.extend(compound(tokens).map(Open::Named));
    }
    0
}

/// Returns the name of the compound statement that these tokens begin with.
fn compound(tokens: &[(usize, &Token<'_>)]) -> Option<&'static str> {
    let token = |at: usize| tokens.get(at).map(|(_, token)| *token);
    let is_symbol = |at: usize, symbol: &str| token(at).is_some_and(|token| token.is_symbol(symbol));
    let is = |at: usize, word: &str| token(at).is_some_and(|token| token.is(word));
    let name = NAMED.into_iter().find(|name| is(0, name))?;
    let begins = match name {
        // `IF NOT EXISTS` before a name is a clause, and `IF (a, b, c)` a function.
        "IF" => {
            let not = usize::from(is(1, "NOT"));
            let clause = is(1 + not, "EXISTS") && !is_symbol(2 + not, "(");
            let function = is_symbol(1, "(") && arguments(&tokens[1..]) == 3;
            !clause && !function
        }
        "REPEAT" => !is_symbol(1, "("),
        // MariaDB's loop; any other FOR belongs to a statement.
        "FOR" => is(2, "IN"),
        _ => true,
    };
    begins.then_some(name)
}

/// Returns how many arguments stand in the parentheses that these tokens begin with.
fn arguments(tokens: &[(usize, &Token<'_>)]) -> usize {
    let (mut depth, mut count) = (0_usize, 1);
    for (_, token) in tokens {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if token.is_symbol(",") && depth == 1 {
            count += 1;
        }
    }
    count
}

/// Whether a statement may hold semicolons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HasBody {
    No,
    /// Between words: `CREATE [TEMP] TRIGGER`, and the routines of other databases.
    Routine,
    /// In parentheses: `CREATE [OR REPLACE] RULE` of PostgreSQL.
    Rule,
}

fn kind(tokens: &[(usize, &Token<'_>)]) -> HasBody {
    let mut words = tokens
        .iter()
        .map(|(_, token)| *token)
        .filter(|token| token.kind == Kind::Word);
    if !words.next().is_some_and(|word| word.is("CREATE")) {
        return HasBody::No;
    }
    let mut words = words
        .take_while(|word| {
            !["TABLE", "INDEX", "VIEW", "UNIQUE", "VIRTUAL"]
                .iter()
                .any(|other| word.is(other))
        })
        .take(8)
        .skip_while(|word| {
            !["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "RULE"]
                .iter()
                .any(|kind| word.is(kind))
        });
    match words.next() {
        Some(word) if word.is("RULE") => HasBody::Rule,
        Some(_) => HasBody::Routine,
        None => HasBody::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::statements;

    const MYSQL: Lexicon = Lexicon {
        compound_bodies: true,
        ..Lexicon::STANDARD
    };

    fn is_one(sql: &str, lexicon: Lexicon) {
        let script = format!("SELECT 1;\n{sql};\nSELECT 2;\n");
        let found = statements(&script, lexicon).unwrap_or_else(|error| panic!("{error}: {sql}"));
        assert_eq!(found.len(), 3, "{sql}: {found:?}");
    }

    #[test]
    fn a_compound_body_needs_no_block() {
        for sql in [
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NEW.n < 0 THEN SET NEW.n = 0; END IF",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF (NEW.n < 0) THEN SET NEW.n = if(1, 2, 3); ELSEIF (1) THEN SET @a = 1; END IF",
            "CREATE TRIGGER IF NOT EXISTS t BEFORE INSERT ON a FOR EACH ROW SET NEW.n = IF(NEW.n < 0, 0, NEW.n)",
            "CREATE PROCEDURE p() IF NOT EXISTS (SELECT 1) THEN SELECT 1; IF 1 THEN SELECT 2; END IF; END IF",
            "CREATE PROCEDURE w() WHILE @n > 0 DO SET @n = @n - 1; SET @s = repeat('a', 2); END WHILE",
            "CREATE PROCEDURE w() l: LOOP SET @n = 1; LEAVE l; END LOOP l",
            "CREATE PROCEDURE w() REPEAT SET @n = 1; UNTIL 1 END REPEAT",
            "CREATE PROCEDURE w() CASE @n WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE",
            "CREATE PROCEDURE w() FOR i IN 1..3 DO SELECT i; END FOR",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO IF 1 THEN SELECT 1; END IF",
            "CREATE PROCEDURE b() l: BEGIN DROP TABLE IF EXISTS a; IF 1 THEN SELECT CASE WHEN 1 THEN IF(1, 2, 3) END; END IF; END l",
            "CREATE PROCEDURE b() BEGIN DECLARE c CURSOR FOR SELECT 1; WHILE 1 DO BEGIN END; END WHILE; END",
        ] {
            is_one(sql, MYSQL);
        }
    }

    #[test]
    fn elsewhere_the_words_are_names() {
        for sql in [
            "CREATE TRIGGER t AFTER INSERT ON loop BEGIN UPDATE repeat SET while = 1; END",
            "CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a = 1 THEN 2 END; END",
            "CREATE OR REPLACE RULE r AS ON INSERT TO a DO ALSO (INSERT INTO b VALUES (1); INSERT INTO c VALUES (f(2)))",
            "CREATE RULE r AS ON INSERT TO a DO NOTHING",
        ] {
            is_one(sql, Lexicon::STANDARD);
        }
    }
}
