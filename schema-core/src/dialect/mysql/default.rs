//! Defaults, in the form in which the server keeps them.
//!
//! The server converts a constant to its column's type when the column is made: `1.5` in a DECIMAL(10, 2) is `1.50` from then on. So a
//! literal is brought into that form here. Two kinds of number are left to the server: what [`is_certain`] says of them.

mod literal;

use self::literal::{is_hex, literal};
use super::expression::{Names, canonical, text_of, tokens};
use super::types::Class;
use crate::dialect::number;
use crate::lexer::{Kind, Lexicon, Token, without_parentheses};
use crate::schema::{Default, Expression, Literal};

/// Returns a default as the server keeps it in a column of that class, or `None` if it is NULL, which is no default at all.
///
/// # Errors
///
/// Why the column cannot have it, as a sentence's end.
pub(super) fn canonical_default(
    default: &Default,
    class: Class,
    values: Option<&[String]>,
    names: &Names<'_>,
) -> Result<Option<Default>, String> {
    match default {
        Default::Literal(constant) => literal(constant, class, values).map(Some),
        Default::Expression { sql } => parse_default(&sql.0, Lexicon::STANDARD, class, values, names),
    }
}

/// Reads the text of a default: a literal, if it is one.
///
/// # Errors
///
/// As [`canonical_default`].
pub(super) fn parse_default(
    text: &str,
    lexicon: Lexicon,
    class: Class,
    values: Option<&[String]>,
    names: &Names<'_>,
) -> Result<Option<Default>, String> {
    let all = tokens(text, lexicon)?;
    let tokens = without_parentheses(&all);
    if matches!(tokens, [null] if null.is("NULL")) {
        return Ok(None);
    }
    if let Some(bytes) = unhex(tokens, lexicon) {
        return literal(&bytes, class, values).map(Some);
    }
    if let Some(constant) = read_literal(tokens, lexicon) {
        return literal(&constant, class, values).map(Some);
    }
    if let Some(now) = now(tokens, class) {
        return Ok(Some(Default::expression(now)));
    }
    Ok(Some(Default::Expression {
        sql: canonical(text, lexicon, names)?,
    }))
}

/// Tells whether the server keeps a default as it is here. It rewrites expressions, and has a way of its own to write large and
/// long floating-point numbers.
pub(super) fn is_certain(default: &Default, class: Class) -> bool {
    match default {
        Default::Expression { sql } => is_bare(sql, class),
        Default::Literal(Literal::Number { number }) if matches!(class, Class::Float | Class::Double) => {
            let digits = number.chars().filter(char::is_ascii_digit).count();
            digits <= 6 && !number.contains('e')
        }
        Default::Literal(Literal::Integer(number)) if class == Class::Float => number.abs() < 1_000_000,
        Default::Literal(
            Literal::Boolean(_)
            | Literal::Integer(_)
            | Literal::Text(_)
            | Literal::Number { .. }
            | Literal::Bytes { .. },
        ) => true,
    }
}

/// Tells whether an expression stands behind DEFAULT without parentheses: the time of a time column, and bits.
pub(super) fn is_bare(sql: &Expression, class: Class) -> bool {
    match class {
        Class::DateTime(_) | Class::Timestamp(_) => sql.0 == now_of(class),
        Class::Bit => sql.0.starts_with("b'"),
        Class::Integer
        | Class::Decimal(_)
        | Class::Float
        | Class::Double
        | Class::Char(_)
        | Class::Text
        | Class::Binary(_)
        | Class::Blob
        | Class::Enum
        | Class::Set
        | Class::Json
        | Class::Date
        | Class::Time(_)
        | Class::Other => false,
    }
}

/// The current time, which must have as many digits as its column (MySQL insists on it).
fn now(tokens: &[Token<'_>], class: Class) -> Option<String> {
    let (name, rest) = tokens.split_first()?;
    let named = ["current_timestamp", "now", "localtime", "localtimestamp"]
        .iter()
        .any(|word| name.is(word));
    let argument = match rest {
        [] => !name.is("now"),
        [open, close] => open.is_symbol("(") && close.is_symbol(")"),
        [open, digits, close] => open.is_symbol("(") && digits.kind == Kind::Number && close.is_symbol(")"),
        [..] => false,
    };
    let fits = matches!(class, Class::DateTime(_) | Class::Timestamp(_));
    (named && argument && fits).then(|| now_of(class))
}

fn now_of(class: Class) -> String {
    match class.second_digits() {
        Some(digits @ 1..) => format!("current_timestamp({digits})"),
        Some(0) | None => "current_timestamp".to_owned(),
    }
}

/// Reads `unhex('00ff')`, which is how this dialect writes bytes.
fn unhex(tokens: &[Token<'_>], lexicon: Lexicon) -> Option<Literal> {
    let tokens: Vec<&Token<'_>> = tokens
        .iter()
        .filter(|token| !(token.kind == Kind::Word && token.text.starts_with('_')))
        .collect();
    let [call, open, text, close] = tokens.as_slice() else {
        return None;
    };
    let calls = call.is("unhex") && open.is_symbol("(") && close.is_symbol(")");
    let hex = text_of(text, lexicon).filter(|_| calls)?;
    is_hex(&hex).then(|| Literal::Bytes {
        hex: hex.to_ascii_lowercase(),
    })
}

/// Returns the literal that the tokens are.
fn read_literal(tokens: &[Token<'_>], lexicon: Lexicon) -> Option<Literal> {
    let (sign, token) = match tokens {
        [token] => ("", token),
        [sign, token] if sign.is_symbol("-") && token.kind == Kind::Number => ("-", token),
        [sign, token] if sign.is_symbol("+") && token.kind == Kind::Number => ("", token),
        [set, token] if set.kind == Kind::Word && set.text.starts_with('_') => ("", token),
        [..] => return None,
    };
    match token.kind {
        Kind::Number => match token.text.strip_prefix("0x").or(token.text.strip_prefix("0X")) {
            Some(hex) => is_hex(hex).then(|| Literal::Bytes {
                hex: hex.to_ascii_lowercase(),
            }),
            None => number::parts(&format!("{sign}{}", token.text)).map(|_| {
                let text = format!("{sign}{}", token.text);
                text.parse()
                    .map_or_else(|_| Literal::Number { number: text.clone() }, Literal::Integer)
            }),
        },
        Kind::String => match token.text.strip_prefix(['x', 'X']) {
            Some(hex) => Some(hex.trim_matches('\'').to_ascii_lowercase())
                .filter(|hex| is_hex(hex))
                .map(|hex| Literal::Bytes { hex }),
            None => text_of(token, lexicon).map(Literal::Text),
        },
        Kind::Word if token.is("TRUE") => Some(Literal::Integer(1)),
        Kind::Word if token.is("FALSE") => Some(Literal::Integer(0)),
        Kind::Word | Kind::Quoted | Kind::Symbol | Kind::Comment | Kind::Space => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Table, TableName};

    fn read(text: &str, class: Class) -> Option<Default> {
        let table = Table::new(TableName::new("items"));
        let names = Names::of(&table);
        let once = parse_default(text, super::super::LEXICON, class, None, &names).unwrap();
        if let Some(default) = &once {
            let twice = canonical_default(default, class, None, &names).unwrap();
            assert_eq!(twice, once, "twice is once");
        }
        once
    }

    fn number(text: &str) -> Option<Default> {
        Some(Default::Literal(Literal::Number {
            number: text.to_owned(),
        }))
    }

    fn text(text: &str) -> Option<Default> {
        Some(Default::Literal(Literal::Text(text.to_owned())))
    }

    #[test]
    fn constants_are_what_their_column_makes_of_them() {
        let integer = |number| Some(Default::Literal(Literal::Integer(number)));
        assert_eq!(read("NULL", Class::Integer), None);
        assert_eq!(read("1.50", Class::Integer), integer(2));
        assert_eq!(read("'5'", Class::Integer), integer(5));
        assert_eq!(read("-0.4", Class::Integer), integer(0));
        assert_eq!(read("true", Class::Integer), integer(1));
        assert_eq!(read("9.995", Class::Decimal(2)), number("10.00"));
        assert_eq!(read("0", Class::Decimal(2)), number("0.00"));
        assert_eq!(read("1.50", Class::Double), number("1.5"));
        assert_eq!(read("1e3", Class::Double), integer(1000));
        assert_eq!(read("5", Class::Char(3)), text("5"));
        assert_eq!(read("'it''s \\\\'", Class::Text), text("it's \\"));
        assert_eq!(
            read("'2024-01-01'", Class::DateTime(6)),
            text("2024-01-01 00:00:00.000000")
        );
        assert_eq!(
            read("'0000-00-00 00:00:00'", Class::DateTime(0)),
            text("0000-00-00 00:00:00")
        );
        assert_eq!(read("'01:02'", Class::Time(0)), text("01:02:00"));
        assert_eq!(read("5", Class::Bit), Some(Default::expression("b'101'")));
        let bytes = Some(Default::Literal(Literal::Bytes {
            hex: "00ff".to_owned(),
        }));
        for written in ["unhex('00FF')", "unhex(_utf8mb4'00ff')", "X'00ff'", "0x00FF"] {
            assert_eq!(read(written, Class::Binary(2)), bytes, "{written}");
        }
    }

    #[test]
    fn the_time_has_the_digits_of_its_column() {
        for written in [
            "CURRENT_TIMESTAMP",
            "now()",
            "current_timestamp(6)",
            "(LOCALTIME)",
        ] {
            let six = Some(Default::expression("current_timestamp(6)"));
            assert_eq!(read(written, Class::Timestamp(6)), six, "{written}");
            let none = Some(Default::expression("current_timestamp"));
            assert_eq!(read(written, Class::DateTime(0)), none, "{written}");
        }
    }

    #[test]
    fn refuses_what_the_server_would() {
        let table = Table::new(TableName::new("items"));
        let names = Names::of(&table);
        for (written, class) in [
            ("'abc'", Class::Integer),
            ("'2024-13-01'", Class::Date),
            ("'soon'", Class::DateTime(6)),
            ("'abcd'", Class::Char(3)),
            ("x'ff'", Class::Text),
        ] {
            assert!(
                parse_default(written, super::super::LEXICON, class, None, &names).is_err(),
                "{written}"
            );
        }
        let values = ["a".to_owned()];
        assert!(parse_default("'b'", super::super::LEXICON, Class::Enum, Some(&values), &names).is_err());
    }
}
