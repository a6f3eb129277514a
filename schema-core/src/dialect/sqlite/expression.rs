//! One spelling for expressions and defaults.
//!
//! SQLite keeps the text of an expression as it was written and changes it only to follow renames, when it writes the new name
//! in double quotes (<https://sqlite.org/lang_altertable.html#altertabrename>). So two texts are compared after both are brought into one spelling here: every
//! name in double quotes, keywords in upper case, function names in lower case, blanks where they help and nowhere
//! else, no comments, no parentheses around the whole, no table in front of a column. It knows tokens, not grammar.

use super::ddl::quote;
use super::keywords::{is_expression_keyword, is_reserved};
use crate::lexer::{Kind, Token, lex, unquote, without_parentheses};
use crate::schema::{Default, Expression, Literal};

/// Returns the one spelling of an expression over the columns of `table`.
///
/// # Errors
///
/// Why the text can be no expression, as a sentence's end: "its parentheses do not match".
pub(super) fn canonical(text: &str, table: &str) -> Result<Expression, &'static str> {
    let tokens = tokens(text)?;
    let tokens = without_qualifier(without_parentheses(&tokens), table);
    Ok(Expression::new(spell(&tokens)))
}

/// Takes a collation off the end of an expression, and parentheses off its outside.
pub(super) fn split_collation(text: &str) -> (&str, Option<String>) {
    let tokens: Vec<Token<'_>> = lex(text, super::LEXICON)
        .filter(|token| !token.is_trivia())
        .collect();
    let tokens = without_parentheses(&tokens);
    let span = |tokens: &[Token<'_>]| match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.start..last.end(),
        _ => 0..0,
    };
    match tokens {
        [before @ .., collate, name] if collate.is("COLLATE") && !before.is_empty() => {
            (&text[span(before)], Some(unquote(name.text)))
        }
        tokens => (&text[span(tokens)], None),
    }
}

/// Returns a default in the form that the database reports it, or `None` if it is NULL, which is no default at all.
///
/// # Errors
///
/// As [`canonical`].
pub(super) fn canonical_default(default: &Default, table: &str) -> Result<Option<Default>, &'static str> {
    match default {
        Default::Literal(literal) => {
            canonical_literal(literal).map(|literal| Some(Default::Literal(literal)))
        }
        Default::Expression { sql } => parse_default(&sql.0, table),
    }
}

/// Reads the text of a default: a literal, if it is one.
///
/// # Errors
///
/// As [`canonical`].
pub(super) fn parse_default(text: &str, table: &str) -> Result<Option<Default>, &'static str> {
    let tokens = tokens(text)?;
    let tokens = without_parentheses(&tokens);
    let literal = match tokens {
        [null] if null.is("NULL") => return Ok(None),
        [one] => literal(one, ""),
        [sign, number] if sign.is_symbol("-") && number.kind == Kind::Number => literal(number, "-"),
        [sign, number] if sign.is_symbol("+") && number.kind == Kind::Number => literal(number, ""),
        _ => None,
    };
    match literal {
        Some(literal) => Ok(Some(Default::Literal(literal))),
        None => Ok(Some(Default::Expression {
            sql: Expression::new(spell(&without_qualifier(tokens, table))),
        })),
    }
}

/// SQLite has no booleans of its own: TRUE is 1.
fn canonical_literal(literal: &Literal) -> Result<Literal, &'static str> {
    match literal {
        Literal::Boolean(value) => Ok(Literal::Integer(i64::from(*value))),
        Literal::Integer(number) => Ok(Literal::Integer(*number)),
        Literal::Text(text) if text.contains('\0') => Err("it holds a NUL byte"),
        Literal::Text(text) => Ok(Literal::Text(text.clone())),
        Literal::Number { number } => {
            let (sign, digits) = match number.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", number.strip_prefix('+').unwrap_or(number)),
            };
            match lex(digits, super::LEXICON).collect::<Vec<_>>().as_slice() {
                [token] if token.kind == Kind::Number => self::literal(token, sign).ok_or("it is no number"),
                _ => Err("it is no number"),
            }
        }
        Literal::Bytes { hex } if hex.len() % 2 != 0 || !hex.chars().all(|c| c.is_ascii_hexdigit()) => {
            Err("its bytes are not in hexadecimal")
        }
        Literal::Bytes { hex } => Ok(Literal::Bytes {
            hex: hex.to_ascii_lowercase(),
        }),
    }
}

/// Returns the literal that a token is.
fn literal(token: &Token<'_>, sign: &str) -> Option<Literal> {
    match token.kind {
        Kind::Number => {
            let text = format!("{sign}{}", token.text);
            if let Ok(number) = text.parse() {
                return Some(Literal::Integer(number));
            }
            let decimal = token
                .text
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
            decimal.then(|| Literal::Number {
                number: text.to_ascii_lowercase(),
            })
        }
        Kind::String if token.text.starts_with('\'') => Some(Literal::Text(unquote(token.text))),
        Kind::String => {
            let hex = token.text.strip_prefix(['x', 'X'])?;
            Some(Literal::Bytes {
                hex: unquote(hex).to_ascii_lowercase(),
            })
        }
        Kind::Word if token.is("TRUE") => Some(Literal::Integer(1)),
        Kind::Word if token.is("FALSE") => Some(Literal::Integer(0)),
        Kind::Word | Kind::Quoted | Kind::Symbol | Kind::Comment | Kind::Space => None,
    }
}

/// Returns the tokens that matter, if they could be one expression and nothing else.
fn tokens(text: &str) -> Result<Vec<Token<'_>>, &'static str> {
    if text.contains('\0') {
        return Err("it holds a NUL byte");
    }
    let tokens: Vec<Token<'_>> = lex(text, super::LEXICON)
        .filter(|token| !token.is_trivia())
        .collect();
    if tokens.is_empty() {
        return Err("it is empty");
    }
    let mut depth = 0_usize;
    for token in &tokens {
        match token.text {
            "(" if token.kind == Kind::Symbol => depth += 1,
            ")" if token.kind == Kind::Symbol => {
                depth = depth.checked_sub(1).ok_or("its parentheses do not match")?;
            }
            ";" if token.kind == Kind::Symbol => return Err("it holds a semicolon"),
            _ if !is_closed(token) => return Err("it holds a quote that is never closed"),
            _ => {}
        }
    }
    if depth == 0 {
        Ok(tokens)
    } else {
        Err("its parentheses do not match")
    }
}

fn is_closed(token: &Token<'_>) -> bool {
    let text = token.text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    match token.kind {
        Kind::Quoted | Kind::String => {
            let open = text.chars().next().unwrap_or('\'');
            let close = if open == '[' { ']' } else { open };
            // A closed token reads back from its own text and is as long with another quote behind it.
            let quotes = text.chars().filter(|c| *c == close).count();
            text.len() > 1 && text.ends_with(close) && (open == '[' || quotes % 2 == 0)
        }
        Kind::Word | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => true,
    }
}

/// Takes the table's own name off its columns: it says nothing, and would not follow a renamed table.
fn without_qualifier<'a>(tokens: &[Token<'a>], table: &str) -> Vec<Token<'a>> {
    let mut kept: Vec<Token<'a>> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let qualifies = tokens.get(at + 1).is_some_and(|next| next.is_symbol("."))
            && token.name().is_some_and(|name| name.eq_ignore_ascii_case(table))
            && !kept.last().is_some_and(|last| last.is_symbol("."));
        if qualifies {
            at += 2;
        } else {
            kept.push(*token);
            at += 1;
        }
    }
    kept
}

/// What a token turned out to be, as far as the next one has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing yet.
    Start,
    /// `(`, or a dot: nothing is set apart from it.
    Open,
    /// A sign that belongs to what follows.
    Sign,
    /// A name that an argument list follows.
    Function,
    /// An operator, a comma or a keyword: an operand follows.
    Operator,
    /// The end of an operand: an operator follows.
    Operand,
}

fn spell(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut before = Before::Start;
    let mut in_type = false;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let verbatim = tokens
            .get(at.wrapping_sub(1))
            .is_some_and(|last| last.is("COLLATE"));
        if in_type && token.kind == Kind::Symbol {
            in_type = false;
        }
        let (spelled, after) = word(token, next, before, in_type || verbatim);
        let joined = matches!(before, Before::Start | Before::Open)
            || (before == Before::Sign && !spelled.starts_with(['-', '+']))
            || matches!(spelled.as_str(), ")" | "," | ".")
            || (before == Before::Function && spelled == "(");
        if !joined {
            text.push(' ');
        }
        text.push_str(&spelled);
        in_type = in_type || token.is("AS");
        before = after;
    }
    text
}

/// Returns the spelling of one token, and what it is to the next.
fn word(token: &Token<'_>, next: Option<&Token<'_>>, before: Before, verbatim: bool) -> (String, Before) {
    let calls = next.is_some_and(|next| next.is_symbol("("));
    match token.kind {
        Kind::Word if verbatim => {
            let after = if calls { Before::Function } else { Before::Operand };
            (token.text.to_ascii_uppercase(), after)
        }
        Kind::Word if is_reserved(token.text) || (is_expression_keyword(token.text) && !calls) => {
            let constant = ["NULL", "TRUE", "FALSE", "END"].iter().any(|word| token.is(word))
                || token.text.len() > 8 && token.text[..8].eq_ignore_ascii_case("CURRENT_");
            let after = if constant {
                Before::Operand
            } else {
                Before::Operator
            };
            (token.text.to_ascii_uppercase(), after)
        }
        Kind::Word if calls => (token.text.to_ascii_lowercase(), Before::Function),
        Kind::Word | Kind::Quoted => (quote(&unquote(token.text)), Before::Operand),
        Kind::String | Kind::Number => (token.text.to_owned(), Before::Operand),
        Kind::Symbol if matches!(token.text, "(" | ".") => (token.text.to_owned(), Before::Open),
        Kind::Symbol if token.text == ")" => (token.text.to_owned(), Before::Operand),
        Kind::Symbol if matches!(token.text, "-" | "+" | "~") && before != Before::Operand => {
            (token.text.to_owned(), Before::Sign)
        }
        Kind::Symbol | Kind::Comment | Kind::Space => (token.text.to_owned(), Before::Operator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> String {
        let once = canonical(text, "items").unwrap().0;
        assert_eq!(canonical(&once, "items").unwrap().0, once, "twice is once");
        once
    }

    #[test]
    fn one_spelling() {
        for (written, expected) in [
            ("price>=0", "\"price\" >= 0"),
            ("((price >= -1))", "\"price\" >= -1"),
            ("(a) > (b)", "(\"a\") > (\"b\")"),
            ("[a b]=`c`", "\"a b\" = \"c\""),
            ("items.price /* why */ > 0 -- so", "\"price\" > 0"),
            (
                "LOWER( name )<>'X' and not a",
                "lower(\"name\") <> 'X' AND NOT \"a\"",
            ),
            ("a in ('x','y')", "\"a\" IN ('x', 'y')"),
            ("a - -5 * - - b", "\"a\" - -5 * - -\"b\""),
            (
                "cast(a as varchar(3)) collate nocase",
                "cast(\"a\" AS VARCHAR(3)) COLLATE NOCASE",
            ),
            (
                "case when a is null then 1 else 2 end",
                "CASE WHEN \"a\" IS NULL THEN 1 ELSE 2 END",
            ),
            ("current_timestamp", "CURRENT_TIMESTAMP"),
            ("a like 'x%' escape '\\'", "\"a\" LIKE 'x%' ESCAPE '\\'"),
            ("a->>'$.b'", "\"a\" ->> '$.b'"),
            ("key > 0", "\"key\" > 0"),
            ("a between 1 and 2", "\"a\" BETWEEN 1 AND 2"),
        ] {
            assert_eq!(spelled(written), expected);
        }
    }

    #[test]
    fn refuses_what_would_break_out() {
        for text in [
            "",
            "  -- nothing",
            "a) > (b",
            "(a",
            "a; DROP TABLE t",
            "'a",
            "\"a",
            "a\0b",
            "''' ",
        ] {
            assert!(canonical(text, "items").is_err(), "{text}");
        }
        for text in ["''", "''''", "'a''b'", "\"a\"\"b\"", "x''", "[a]"] {
            assert!(canonical(text, "items").is_ok(), "{text}");
        }
    }

    #[test]
    fn defaults_are_literals_where_they_can_be() {
        let parsed = |text: &str| parse_default(text, "items").unwrap();
        let literal = |literal| Some(Default::Literal(literal));
        assert_eq!(parsed("NULL"), None);
        assert_eq!(parsed("(-5)"), literal(Literal::Integer(-5)));
        assert_eq!(parsed("true"), literal(Literal::Integer(1)));
        assert_eq!(parsed("'it''s'"), literal(Literal::Text("it's".to_owned())));
        assert_eq!(
            parsed("+1.50"),
            literal(Literal::Number {
                number: "1.50".to_owned()
            })
        );
        assert_eq!(parsed("X'0F'"), literal(Literal::Bytes { hex: "0f".to_owned() }));
        assert_eq!(
            parsed("-9223372036854775808"),
            literal(Literal::Integer(i64::MIN))
        );
        assert_eq!(
            parsed("current_timestamp"),
            Some(Default::expression("CURRENT_TIMESTAMP"))
        );
        assert_eq!(parsed("0x10"), Some(Default::expression("0x10")));
    }
}
