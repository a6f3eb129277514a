//! Expressions as other databases understand them, too: without the casts and operators into which the server turns what was said.

use crate::lexer::{Kind, Token, lex, unquote};
use crate::schema::Expression;

/// The types of text between which nothing is lost: other databases compare their texts without a cast.
const TEXTS: [&str; 6] = [
    "text",
    "varchar",
    "character varying",
    "character",
    "bpchar",
    "name",
];

const NUMBERS: [&str; 6] = [
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double precision",
];

/// The types whose names are several words.
const SEVERAL_WORDS: [&str; 6] = [
    "character varying",
    "double precision",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
];

/// The words before a list, of however many.
const LISTS: [&str; 6] = ["IN", "ANY", "ALL", "SOME", "VALUES", "OVER"];

/// Returns the expression in words that are no more PostgreSQL's than they must be: `status IN ('a', 'b')` for `(status)::text = ANY (ARRAY['a'::text, 'b'::text])`.
/// What a cast other than to a text does to a column is kept, and for the other database to refuse.
pub(super) fn portable(expression: &Expression) -> Expression {
    let tokens: Vec<Token<'_>> = lex(&expression.0, super::LEXICON).collect();
    let mut words: Vec<String> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.is_symbol("::")
            && let Some(length) = cast(&tokens[at + 1..], &mut words)
        {
            at += 1 + length;
        } else {
            words.push(token.text.to_owned());
            at += 1;
        }
        unwrap(&mut words);
    }
    let text = words.concat();
    Expression::new(lists(&text).unwrap_or(text))
}

/// Returns how many tokens the type of a cast takes, if the cast says nothing to other databases; a number in quotes is one without them then.
fn cast(tokens: &[Token<'_>], words: &mut [String]) -> Option<usize> {
    let mut name = String::new();
    let mut length = 0;
    for (at, token) in tokens.iter().enumerate() {
        // The words of a type that has several; any other word is of what follows.
        let longer = format!("{name}{}", token.text.to_ascii_lowercase());
        let is_begun = SEVERAL_WORDS.iter().any(|whole| whole.starts_with(&longer));
        match token.kind {
            Kind::Word if at == 0 || is_begun => length = at + 1,
            Kind::Space if is_begun => {}
            Kind::Word
            | Kind::Space
            | Kind::Quoted
            | Kind::String
            | Kind::Number
            | Kind::Symbol
            | Kind::Comment => break,
        }
        name = longer;
    }
    if length == 0 {
        return None;
    }
    if tokens.get(length).is_some_and(|token| token.is_symbol("(")) {
        length += tokens[length..].iter().position(|token| token.is_symbol(")"))? + 1;
    }
    while let [open, close, ..] = &tokens[length..]
        && open.is_symbol("[")
        && close.is_symbol("]")
    {
        length += 2;
    }
    let name = name.trim_end();
    let last = words.last_mut()?;
    let of = kind(last);
    if of == Some(Kind::String) && NUMBERS.contains(&name) {
        let number = unquote(last);
        if number.parse::<f64>().is_ok() {
            *last = number;
        }
    }
    (matches!(of, Some(Kind::String | Kind::Number)) || TEXTS.contains(&name)).then_some(length)
}

/// Takes the parentheses off a single name or literal that was just closed, unless they are a call's or a list's.
fn unwrap(words: &mut Vec<String>) {
    let [before @ .., open, inner, close] = &words[..] else {
        return;
    };
    let is_single = open == "("
        && close == ")"
        && matches!(
            kind(inner),
            Some(Kind::Word | Kind::Quoted | Kind::String | Kind::Number)
        );
    let is_call = before
        .last()
        .is_some_and(|word| matches!(kind(word), Some(Kind::Word | Kind::Quoted)));
    let word = before.iter().rfind(|word| !word.trim().is_empty());
    let is_list = word.is_some_and(|word| LISTS.iter().any(|list| word.eq_ignore_ascii_case(list)));
    if is_single && !is_call && !is_list {
        words.pop();
        words.remove(words.len() - 2);
    }
}

/// Returns what a word is, a number with its sign as well.
fn kind(word: &str) -> Option<Kind> {
    let unsigned = word.strip_prefix('-').filter(|rest| !rest.is_empty());
    lex(unsigned.unwrap_or(word), super::LEXICON)
        .next()
        .map(|token| token.kind)
}

/// Returns the text with lists and patterns as the standard has them.
fn lists(text: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = lex(text, super::LEXICON).collect();
    let matters: Vec<&Token<'_>> = tokens.iter().filter(|token| !token.is_trivia()).collect();
    let is_list = |at: &usize| {
        matches!(&matters[*at..], [equal, any, open, word, list, ..]
            if ((equal.is_symbol("=") && any.is("ANY")) || (equal.is_symbol("<>") && any.is("ALL")))
                && open.is_symbol("(") && word.is("ARRAY") && list.is_symbol("["))
    };
    let replaced = (0..matters.len()).find(is_list).and_then(|at| {
        let [equal, _, _, _, list, rest @ ..] = &matters[at..] else {
            return None;
        };
        let close = rest
            .windows(2)
            .find(|pair| pair[0].is_symbol("]") && pair[1].is_symbol(")"))?;
        let word = if equal.is_symbol("=") { "IN" } else { "NOT IN" };
        Some((
            equal.start,
            close[1].end(),
            format!("{word} ({})", &text[list.end()..close[0].start]),
        ))
    });
    let replaced = replaced.or_else(|| {
        matters
            .windows(2)
            .enumerate()
            .find_map(|(at, pair)| pattern(text, &matters, at, pair))
    });
    let (start, end, word) = replaced?;
    let text = format!("{}{word}{}", &text[..start], &text[end..]);
    Some(lists(&text).unwrap_or(text))
}

/// Returns where the operator for LIKE stands, if that pair of tokens is it, and the word for it. That for ILIKE, with a star, has none.
fn pattern(
    text: &str,
    matters: &[&Token<'_>],
    at: usize,
    pair: &[&Token<'_>],
) -> Option<(usize, usize, String)> {
    let is_like = pair.iter().all(|token| token.is_symbol("~")) && pair[0].end() == pair[1].start;
    if !is_like || text[pair[1].end()..].starts_with('*') {
        return None;
    }
    let not = at
        .checked_sub(1)
        .map(|before| matters[before])
        .filter(|before| before.is_symbol("!"));
    let word = if not.is_some() { "NOT LIKE" } else { "LIKE" };
    Some((
        not.map_or(pair[0].start, |not| not.start),
        pair[1].end(),
        word.to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_server_made_of_it_as_it_was_said() {
        for (kept, said) in [
            ("((nick)::text <> ''::text)", "(nick <> '')"),
            (
                "(status)::text = ANY (ARRAY[('new'::character varying)::text, ('paid'::character varying)::text])",
                "status IN ('new', 'paid')",
            ),
            (
                "((a)::text <> ALL (ARRAY['x'::text])) AND (n > (0)::numeric)",
                "(a NOT IN ('x')) AND (n > 0)",
            ),
            (
                "(email ~~ '%@%'::text) OR (email !~~ 'a''::b%'::text)",
                "(email LIKE '%@%') OR (email NOT LIKE 'a''::b%')",
            ),
            ("upper((name)::text) || ' '::text", "upper(name) || ' '"),
            ("day > '2024-01-01'::date", "day > '2024-01-01'"),
            (
                "at > '2024-01-01 00:00:00'::timestamp without time zone AND b",
                "at > '2024-01-01 00:00:00' AND b",
            ),
            ("(code)::character varying(10) IS NOT NULL", "code IS NOT NULL"),
            ("\"order\" IN (1, 2)", "\"order\" IN (1, 2)"),
            ("(n)::integer > 1", "n::integer > 1"),
            ("lower(a) = (b)", "lower(a) = b"),
            ("'[]'::jsonb", "'[]'"),
            ("n > '-1'::integer", "n > -1"),
            ("n <> ('-1'::integer)::numeric", "n <> -1"),
            (
                "price < '1.5'::double precision AND a IN (1)",
                "price < 1.5 AND a IN (1)",
            ),
            ("(flag)", "flag"),
            ("a ~~* 'b'::text", "a ~~* 'b'"),
        ] {
            assert_eq!(portable(&Expression::new(kept)).0, said, "{kept}");
        }
    }
}
