//! Defaults, backfills, and what is said for each dialect: native types and collations.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Error, Ident, Lit, LitStr, Result, Token, parenthesized};

use super::index::{each, is_word};
use super::{Spanned, parse};
use crate::near::{list, nearest};

/// A literal, or an expression of the database.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Literal(Literal),
    Sql(String),
}

/// A constant.
#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Boolean(bool),
    Integer(i128),
    /// Digits with a point or an exponent.
    Number(String),
    Text(String),
    Bytes(Vec<u8>),
}

/// What is said of databases: a native type that replaces the logical one, or a collation.
pub(crate) enum ByDialect {
    /// In every database.
    Every(String),
    /// By dialect.
    Dialects(Vec<(String, String)>),
}

/// The dialects there are.
const DIALECTS: [&str; 3] = ["mysql", "postgres", "sqlite"];

/// Reads `= LITERAL` or `= sql("…")`.
pub(super) fn value(input: ParseStream<'_>) -> Result<Spanned<Value>> {
    input.parse::<Token![=]>()?;
    let span = input.span();
    if is_word(input, "sql") {
        input.parse::<Ident>()?;
        let content;
        parenthesized!(content in input);
        let value = Value::Sql(parse::filled(&content)?.value());
        parse::end(&content)?;
        return Ok(Spanned { value, span });
    }
    if !input.peek(Lit) {
        return Err(input.error("expected a literal or `sql(\"…\")`"));
    }
    let value = Value::Literal(constant(&input.parse()?)?);
    Ok(Spanned { value, span })
}

// `Lit` may grow, so it cannot be matched whole.
#[allow(clippy::wildcard_enum_match_arm)]
fn constant(literal: &Lit) -> Result<Literal> {
    let wrong = |message: &str| Err(Error::new(literal.span(), message));
    let suffix = |suffix: &str| match suffix {
        "" => Ok(()),
        suffix => Err(Error::new(
            literal.span(),
            format!("the number has a suffix, but the column has the type; leave `{suffix}` out"),
        )),
    };
    let constant = match literal {
        Lit::Int(number) => {
            suffix(number.suffix())?;
            match number.base10_parse() {
                Ok(number) => Literal::Integer(number),
                Err(_) => return wrong("the number is too large"),
            }
        }
        Lit::Float(number) => {
            suffix(number.suffix())?;
            Literal::Number(number.base10_digits().to_owned())
        }
        Lit::Bool(value) => Literal::Boolean(value.value),
        Lit::Str(text) if text.value().contains('\0') => return wrong("the text holds a NUL"),
        Lit::Str(text) => Literal::Text(text.value()),
        Lit::Char(character) => Literal::Text(character.value().to_string()),
        Lit::ByteStr(bytes) => Literal::Bytes(bytes.value()),
        _ => return wrong("expected a text, a number, `true`, `false` or bytes"),
    };
    Ok(constant)
}

/// Reads `= "…"` or `(sqlite = "…", …)`.
pub(super) fn by_dialect(span: Span, input: ParseStream<'_>) -> Result<ByDialect> {
    if input.peek(Token![=]) {
        return Ok(ByDialect::Every(parse::text(input)?));
    }
    let mut texts: Vec<(String, String)> = Vec::new();
    each(input, |input| {
        if input.peek(LitStr) {
            return Err(input.error("expected a dialect"));
        }
        let dialect = input.call(Ident::parse_any)?;
        let name = dialect.to_string();
        let error = |message: String| Err(Error::new(dialect.span(), message));
        if !DIALECTS.contains(&name.as_str()) {
            return error(match nearest(&name, DIALECTS) {
                Some(near) => format!("unknown dialect `{name}`, did you mean `{near}`?"),
                None => format!("unknown dialect `{name}`, there are {}", list(DIALECTS)),
            });
        }
        if texts.iter().any(|(other, _)| *other == name) {
            return error(format!("`{name}` is given twice"));
        }
        texts.push((name, parse::text(input)?));
        Ok(())
    })?;
    if texts.is_empty() {
        return Err(Error::new(span, "no dialect is named"));
    }
    Ok(ByDialect::Dialects(texts))
}
