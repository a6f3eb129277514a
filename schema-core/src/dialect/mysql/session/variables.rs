//! Variables of a session that code sets: a procedure, a function or a trigger does so, and no word of the statement that runs it tells.

use std::collections::BTreeSet;

use super::said::{Said, said};
use super::words;
use crate::db::{Connection, Error, Value};
use crate::lexer::{Kind, Token, unquote};

/// What code there is, and how its routines are called; of some the server does not tell this user.
const CODE: &str = "SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES
        WHERE ROUTINE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')
    UNION ALL SELECT '', ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA <> 'sys'";

/// Returns which of the statements that are left reads a variable that code may have set which those that are done ran.
pub(super) fn forgotten(
    connection: &mut dyn Connection,
    done: &[&str],
    left: &[&str],
) -> Result<Option<usize>, Error> {
    let asked = asked(left);
    if done.is_empty() || asked.is_empty() {
        return Ok(None);
    }
    let called: BTreeSet<String> = done.iter().filter_map(|sql| called(sql)).collect();
    let mut missing = called.clone();
    let mut set = BTreeSet::new();
    let mut anything = false;
    connection.for_each(CODE, &[], &mut |row| {
        if let [Value::Text(name), definition] = row.as_slice() {
            missing.remove(&name.to_lowercase());
            match definition.as_str() {
                Some(code) => set.extend(variables(code).into_iter().map(|variable| variable.name)),
                None => anything |= !called.is_empty(),
            }
        }
        true
    })?;
    // What is gone by now may have set anything, unless the script has its text.
    for sql in done {
        let mut words = words(sql);
        if words.next().is_some_and(|first| first.is("CREATE")) {
            set.extend(variables(sql).into_iter().map(|variable| variable.name));
            missing.retain(|name| {
                !words.any(|word| word.name().is_some_and(|word| word.to_lowercase() == *name))
            });
        }
    }
    anything |= !missing.is_empty();
    let first = asked.into_iter().find(|(_, name)| anything || set.contains(name));
    Ok(first.map(|(at, _)| at))
}

/// Returns the procedure that a statement calls.
fn called(sql: &str) -> Option<String> {
    match said(sql) {
        Said::Called(procedure) => Some(procedure.name.to_lowercase()),
        Said::Again
        | Said::Changes(_)
        | Said::Renames(_)
        | Said::Rows(_)
        | Said::Emptied(_)
        | Said::Functions
        | Said::Unknown => None,
    }
}

/// Returns the variables that statements read before they set them, each with the place of its statement.
fn asked(left: &[&str]) -> Vec<(usize, String)> {
    let mut set = BTreeSet::new();
    let mut asked = Vec::new();
    for (at, sql) in left.iter().enumerate() {
        let variables = variables(sql);
        let (own, read): (Vec<_>, Vec<_>) = variables.into_iter().partition(|variable| variable.is_set);
        let own: BTreeSet<String> = own.into_iter().map(|variable| variable.name).collect();
        // `SET @a = @a + 1` reads what was there, and so does `SELECT @a := @a + 1`.
        asked.extend(
            read.into_iter()
                .filter(|variable| !set.contains(&variable.name))
                .map(|variable| (at, variable.name)),
        );
        set.extend(own);
    }
    asked
}

/// A place where a statement names a variable.
#[derive(Debug, PartialEq, Eq)]
struct Variable {
    name: String,
    is_set: bool,
}

fn variables(sql: &str) -> Vec<Variable> {
    let tokens: Vec<Token<'_>> = words(sql).collect();
    let is_setting = tokens.first().is_some_and(|first| first.is("SET"));
    let into = tokens.iter().position(|token| token.is("INTO"));
    let mut depth = 0_usize;
    let mut variables = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let (mark, word) = (&pair[0], &pair[1]);
        match mark.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        // Two marks are a setting of the server's.
        let is_server = before.is_some_and(|before| before.text.ends_with('@'));
        let is_mark = mark.kind == Kind::Symbol && mark.text.ends_with('@') && !is_server;
        let name = match word.kind {
            Kind::String => Some(unquote(word.text)),
            Kind::Word | Kind::Quoted => word.name(),
            Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
        };
        let (true, Some(name)) = (is_mark, name) else {
            continue;
        };
        let opens = |word: &Token<'_>| word.is("SET") || word.is_symbol(",");
        let in_set = is_setting && depth == 0 && before.is_some_and(opens);
        let in_into = into.is_some_and(|into| {
            let between = tokens.get(into + 1..at).unwrap_or_default();
            let is_one = |three: &[Token<'_>]| {
                three[0].is_symbol("@") && three.last().is_some_and(|last| last.is_symbol(","))
            };
            into < at && between.chunks(3).all(is_one)
        });
        let assigned = tokens.get(at + 2).is_some_and(|next| next.text.starts_with(":="));
        variables.push(Variable {
            name: name.to_lowercase(),
            is_set: in_set || in_into || assigned,
        });
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_read_before_it_is_set() {
        for (left, expected) in [
            (&["UPDATE st SET v=@Total"][..], &[(0, "total")][..]),
            (
                &["SET @a = 1, @b = @c", "UPDATE t SET a = @a, b = @b"],
                &[(0, "c")],
            ),
            (
                &[
                    "SELECT max(a), 1 INTO @a, @`b` FROM t",
                    "UPDATE t SET a = @a + @b",
                ],
                &[],
            ),
            (&["SET @a = f(1, @x)"], &[(0, "x")]),
            (&["SET @n := 0", "UPDATE t SET a = (@n := @n + 1)"], &[]),
            (&["SELECT @@sql_mode", "SET @@sql_mode = ''"], &[]),
            (&["INSERT INTO t SELECT @a"], &[(0, "a")]),
            (&["SELECT a INTO @a FROM t, u WHERE @b"], &[(0, "b")]),
            (&["SET @a = @a + 1"], &[(0, "a")]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(at, name)| (*at, (*name).to_owned()))
                .collect();
            assert_eq!(asked(left), expected, "{left:?}");
        }
    }
}
