//! Expressions and defaults: one spelling for what a model says, and the meaning of what the server reports.
//!
//! PostgreSQL keeps an expression as a tree and writes it anew when asked, so two texts can only be compared once both have been through
//! it ([`stored`](super::stored)). What is done here is what needs no server: comments and blanks that say nothing, parentheses around the whole, and
//! constants, which the server writes as a literal with a cast.

use super::types::{self, Class};
use crate::lexer::{Kind, Token, lex, unquote, without_parentheses};
use crate::schema::{Default, Expression, Literal, Table, Type};

/// Returns an expression over the columns of a table in one spelling.
///
/// # Errors
///
/// Why the text can be no expression, as a sentence's end: "its parentheses do not match".
pub(super) fn canonical(text: &str, table: Option<&Table>) -> Result<Expression, &'static str> {
    let tokens = tokens(text)?;
    Ok(Expression::new(spell(without_parentheses(&tokens), table)))
}

/// Takes a collation off the end of an expression.
pub(super) fn split_collation(expression: &Expression) -> (Expression, Option<String>) {
    let tokens: Vec<Token<'_>> = lex(&expression.0, super::LEXICON).collect();
    let matters: Vec<&Token<'_>> = tokens.iter().filter(|token| !token.is_trivia()).collect();
    match matters.as_slice() {
        [.., last, collate, name] if collate.is("COLLATE") => {
            let operand = &expression.0[..last.end()];
            let operand = canonical(operand, None).unwrap_or_else(|_| expression.clone());
            (operand, name.name())
        }
        _ => (expression.clone(), None),
    }
}

/// Returns a default as the database will report it, as far as that can be told without it; `None` if it is NULL, which is no
/// default at all.
///
/// # Errors
///
/// As [`canonical`].
pub(super) fn canonical_default(default: &Default, ty: &Type) -> Result<Option<Default>, &'static str> {
    let class = types::class(ty);
    match default {
        Default::Literal(literal) => Ok(Some(Default::Literal(canonical_literal(literal, class)?))),
        Default::Expression { sql } => {
            // The server keeps a number as it is, whichever way it is said.
            if let Some(number) = number(&sql.0).filter(|_| class != Class::Boolean) {
                return Ok(Some(Default::Literal(canonical_literal(&number, class)?)));
            }
            let sql = canonical(&sql.0, None)?;
            Ok((!sql.0.eq_ignore_ascii_case("NULL")).then_some(Default::Expression { sql }))
        }
    }
}

/// Booleans and numbers are not taken for each other by PostgreSQL.
fn canonical_literal(literal: &Literal, class: Class) -> Result<Literal, &'static str> {
    match (literal, class) {
        (Literal::Integer(number @ (0 | 1)), Class::Boolean) => Ok(Literal::Boolean(*number == 1)),
        (Literal::Boolean(value), Class::Integer | Class::Number | Class::Float) => {
            Ok(Literal::Integer(i64::from(*value)))
        }
        (Literal::Text(text), _) if text.contains('\0') => Err("it holds a NUL byte"),
        (Literal::Number { number }, _) => {
            let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
            match lex(digits, super::LEXICON).collect::<Vec<_>>().as_slice() {
                [token] if token.kind == Kind::Number => Ok(literal.clone()),
                _ => Err("it is no number"),
            }
        }
        (Literal::Bytes { hex }, _) if hex.len() % 2 != 0 || !hex.chars().all(|c| c.is_ascii_hexdigit()) => {
            Err("its bytes are not in hexadecimal")
        }
        (Literal::Bytes { hex }, _) => Ok(Literal::Bytes {
            hex: hex.to_ascii_lowercase(),
        }),
        (Literal::Boolean(_) | Literal::Integer(_) | Literal::Text(_), _) => Ok(literal.clone()),
    }
}

/// Tells whether the database reports a default just as it is given, so that it need not be asked.
pub(super) fn is_plain(default: &Default, ty: &Type) -> bool {
    let Default::Literal(literal) = default else {
        return false;
    };
    match (literal, types::class(ty)) {
        (Literal::Boolean(_), Class::Boolean)
        | (Literal::Integer(_), Class::Integer | Class::Number | Class::Float)
        | (Literal::Bytes { .. }, Class::Bytes) => true,
        // Of the types of text, only those whose values are kept as they are.
        (Literal::Text(_), Class::Text) => {
            matches!(ty, Type::Native(text) if text == "text" || text.starts_with("character varying"))
        }
        (Literal::Text(text), Class::Enum) => ty.values().is_some_and(|values| values.contains(text)),
        (Literal::Number { number }, Class::Number | Class::Float) => is_plain_number(number),
        (
            Literal::Boolean(_)
            | Literal::Integer(_)
            | Literal::Text(_)
            | Literal::Number { .. }
            | Literal::Bytes { .. },
            _,
        ) => false,
    }
}

/// Tells whether a number is reported as it is given; a zero loses its sign.
fn is_plain_number(number: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let is_zero = unsigned.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    unsigned.split_once('.').is_some_and(|(whole, fraction)| {
        digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
    }) && (!is_zero || unsigned == number)
}

/// Reads the text that the server reports for a default of a column: a literal, if it is one.
///
/// `held` is the type's own text, as casts in expressions name it.
pub(super) fn reported_default(text: &str, held: &str) -> Default {
    let Ok(tokens) = tokens(text) else {
        return Default::expression(text);
    };
    let tokens = without_parentheses(&tokens);
    let literal = match tokens {
        [one] if one.kind == Kind::Number => number(one.text),
        [one] if one.is("TRUE") => Some(Literal::Boolean(true)),
        [one] if one.is("FALSE") => Some(Literal::Boolean(false)),
        [value, cast, ty @ ..] if value.text.starts_with('\'') && cast.is_symbol("::") => {
            let (Some(first), Some(last)) = (ty.first(), ty.last()) else {
                return Default::expression(text);
            };
            cast_literal(&unquote(value.text), &text[first.start..last.end()], held)
        }
        _ => None,
    };
    match literal {
        Some(literal) => Default::Literal(literal),
        None => Default::Expression { sql: reported(text) },
    }
}

/// A literal with a cast to the column's own type is that literal; one with a cast to a number is a number.
fn cast_literal(value: &str, ty: &str, held: &str) -> Option<Literal> {
    match ty {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => number(value),
        "bytea" if held == "bytea" => Some(Literal::Bytes {
            hex: value.strip_prefix("\\x")?.to_owned(),
        }),
        ty if ty == held => Some(Literal::Text(value.to_owned())),
        _ => None,
    }
}

fn number(text: &str) -> Option<Literal> {
    if let Ok(number) = text.parse() {
        return Some(Literal::Integer(number));
    }
    is_plain_number(text).then(|| Literal::Number {
        number: text.to_owned(),
    })
}

/// Returns an expression that the server reports.
///
/// It writes a list that it casts as a whole in one way at first, `(ARRAY[a, b])::text[]`, and once that has been read again, as from a dump, in
/// another, `ARRAY[(a)::text, (b)::text]`. Both come out as the latter.
pub(super) fn reported(text: &str) -> Expression {
    let mut text = text.to_owned();
    while let Some(cast) = cast_of_list(&text) {
        text = cast;
    }
    canonical(&text, None).unwrap_or(Expression::new(text))
}

/// Casts the elements of the first list that is cast as a whole.
fn cast_of_list(text: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = lex(text, super::LEXICON)
        .filter(|token| !token.is_trivia())
        .collect();
    let begins = |at: &usize| {
        matches!(&tokens[*at..], [open, word, list, ..]
            if open.is_symbol("(") && word.is("ARRAY") && list.is_symbol("["))
    };
    (0..tokens.len()).filter(begins).find_map(|open| {
        let mut depth = 0_usize;
        let mut edges = vec![tokens[open + 2].end()];
        let mut commas = Vec::new();
        let close = (open + 3..tokens.len()).find(|at| {
            let token = &tokens[*at];
            if depth == 0 && token.is_symbol("]") {
                return true;
            }
            match token.text {
                "(" | "[" if token.kind == Kind::Symbol => depth += 1,
                ")" | "]" if token.kind == Kind::Symbol => depth = depth.saturating_sub(1),
                "," if token.kind == Kind::Symbol && depth == 0 => commas.push(token.start),
                _ => {}
            }
            false
        })?;
        let [_, end, cast, ty @ ..] = &tokens[close..] else {
            return None;
        };
        let brackets = ty.iter().position(|token| token.is_symbol("["))?;
        let is_cast = end.is_symbol(")") && cast.is_symbol("::") && brackets > 0;
        let plain = ty[..brackets]
            .iter()
            .all(|token| matches!(token.kind, Kind::Word | Kind::Quoted) || token.is_symbol("."));
        if !is_cast || !plain || !ty.get(brackets + 1)?.is_symbol("]") {
            return None;
        }
        let name = &text[ty[0].start..ty[brackets - 1].end()];
        edges.extend(commas);
        edges.push(tokens[close].start);
        let elements: Vec<String> = edges
            .windows(2)
            .map(|edge| {
                format!(
                    "({})::{name}",
                    text[edge[0]..edge[1]].trim_start_matches(',').trim()
                )
            })
            .collect();
        let after = ty[brackets + 1].end();
        Some(format!(
            "{}ARRAY[{}]{}",
            &text[..tokens[open].start],
            elements.join(", "),
            &text[after..]
        ))
    })
}

/// Returns the tokens of a text, if they could be one expression and nothing else.
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
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.checked_sub(1).ok_or("its parentheses do not match")?;
        } else if token.is_symbol(";") {
            return Err("it holds a semicolon");
        } else if !is_closed(text, token) {
            return Err("it holds a quote or comment that is never closed");
        }
    }
    if depth == 0 {
        Ok(tokens)
    } else {
        Err("its parentheses do not match")
    }
}

/// A token that runs to the end of the text is closed if nothing that follows is swallowed by it.
fn is_closed(text: &str, token: &Token<'_>) -> bool {
    if token.end() < text.len() || !matches!(token.kind, Kind::Quoted | Kind::String) {
        return true;
    }
    let followed = format!("{} ;", token.text);
    lex(&followed, super::LEXICON).any(|token| token.is_symbol(";"))
}

/// Writes tokens with one blank where there was anything between them, and names of columns that PostgreSQL would take for others
/// (it writes names without quotes in lower case) in quotes.
fn spell(tokens: &[Token<'_>], table: Option<&Table>) -> String {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        if before.is_some_and(|before| before.end() < token.start) {
            text.push(' ');
        }
        let is_call = tokens
            .get(at + 1)
            .is_some_and(|next| next.is_symbol("(") || next.is_symbol("."));
        let folds = token.kind == Kind::Word
            && !is_call
            && token.text.chars().any(|c| c.is_ascii_uppercase())
            && table.is_some_and(|table| table.column(token.text).is_some());
        if folds {
            text.push_str(&super::ddl::quote(token.text));
        } else {
            text.push_str(token.text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_an_expression_once() {
        let spelled = |text| canonical(text, None).map(|expression| expression.0);
        assert_eq!(spelled("((a  >\n0)) -- why").as_deref(), Ok("a > 0"));
        assert_eq!(spelled("(a) + (b)").as_deref(), Ok("(a) + (b)"));
        assert_eq!(spelled("a ->> 'x  y'").as_deref(), Ok("a ->> 'x  y'"));
        for broken in ["", "a)", "(a", "a; b", "'a", "a || 'it''s", "$$a", "/* a */"] {
            assert!(spelled(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_list_is_written_in_one_way() {
        let first = "((a)::text = ANY ((ARRAY['x'::character varying, 'y, z'::character varying])::text[]))";
        let later =
            "((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y, z'::character varying)::text]))";
        assert_eq!(reported(first), reported(later));
        assert_eq!(reported("(a = ANY (ARRAY[1, 2]))").0, "a = ANY (ARRAY[1, 2])");
    }

    #[test]
    fn reads_what_the_server_writes() {
        let literal = |literal| Default::Literal(literal);
        for (reported, held, expected) in [
            ("0", "bigint", literal(Literal::Integer(0))),
            ("'-5'::integer", "bigint", literal(Literal::Integer(-5))),
            (
                "'-1.50'::numeric",
                "numeric",
                literal(Literal::Number {
                    number: "-1.50".to_owned(),
                }),
            ),
            ("true", "boolean", literal(Literal::Boolean(true))),
            ("'it''s'::text", "text", literal(Literal::Text("it's".to_owned()))),
            (
                "'x'::character varying",
                "character varying",
                literal(Literal::Text("x".to_owned())),
            ),
            (
                "'\\x00ff'::bytea",
                "bytea",
                literal(Literal::Bytes {
                    hex: "00ff".to_owned(),
                }),
            ),
            ("'a'::text", "citext", Default::expression("'a'::text")),
            ("now()", "timestamp with time zone", Default::expression("now()")),
        ] {
            assert_eq!(reported_default(reported, held), expected);
        }
    }
}
