//! Parsers of the small things that keys are made of.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitBool, LitInt, LitStr, Result, Token, bracketed, parenthesized};

use super::Spanned;

/// Expects nothing more.
pub(super) fn end(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("nothing more is expected"))
    }
}

/// Expects the key alone.
pub(super) fn bare(span: Span, input: ParseStream<'_>) -> Result<Span> {
    end(input)?;
    Ok(span)
}

/// Reads nothing, or `= true` or `= false`.
pub(super) fn flag(input: ParseStream<'_>) -> Result<bool> {
    if input.is_empty() {
        return Ok(true);
    }
    input.parse::<Token![=]>()?;
    Ok(input.parse::<LitBool>()?.value)
}

/// Reads `= "…"`.
pub(super) fn text(input: ParseStream<'_>) -> Result<String> {
    input.parse::<Token![=]>()?;
    Ok(filled(input)?.value())
}

/// Reads a string that says something.
pub(super) fn filled(input: ParseStream<'_>) -> Result<LitStr> {
    let text: LitStr = input.parse()?;
    let value = text.value();
    if value.trim().is_empty() {
        Err(Error::new(text.span(), "the text is empty"))
    } else if value.contains('\0') {
        Err(Error::new(text.span(), "the text holds a NUL"))
    } else {
        Ok(text)
    }
}

/// Reads `= "…"`, the name of a table, column, index or constraint.
pub(super) fn name(input: ParseStream<'_>) -> Result<String> {
    input.parse::<Token![=]>()?;
    let text = filled(input)?;
    check_name(&text.value(), text.span())
}

/// Reads `= "…"`, the name of a type, perhaps with that of its schema and a dot before it.
pub(super) fn type_name(input: ParseStream<'_>) -> Result<String> {
    input.parse::<Token![=]>()?;
    let text = filled(input)?;
    let (value, span) = (text.value(), text.span());
    if value.contains('(') {
        return Err(Error::new(span, "the name of a type cannot hold '('"));
    }
    if value.split('.').count() > 2 {
        return Err(Error::new(
            span,
            "a type's name has at most two parts: `schema.type`",
        ));
    }
    value
        .split('.')
        .try_for_each(|part| check_part(part, span).map(drop))?;
    Ok(value)
}

/// Reads `= "…"` or `= ["…", "…"]`: one name or more.
pub(super) fn names(input: ParseStream<'_>) -> Result<Vec<Spanned<String>>> {
    one_or_more(input, |input| spanned(input, check_name))
}

/// Reads `= "…"`, a value of an enum.
pub(super) fn value(input: ParseStream<'_>) -> Result<Spanned<String>> {
    input.parse::<Token![=]>()?;
    spanned(input, check_value)
}

/// Reads `= "…"` or `= ["…", "…"]`: one value of an enum or more.
pub(super) fn values(input: ParseStream<'_>) -> Result<Vec<Spanned<String>>> {
    one_or_more(input, |input| spanned(input, check_value))
}

fn spanned(input: ParseStream<'_>, check: impl Fn(&str, Span) -> Result<String>) -> Result<Spanned<String>> {
    let text = filled(input)?;
    let (span, value) = (text.span(), check(&text.value(), text.span())?);
    Ok(Spanned { value, span })
}

fn one_or_more<T>(input: ParseStream<'_>, one: impl Fn(ParseStream<'_>) -> Result<T>) -> Result<Vec<T>> {
    input.parse::<Token![=]>()?;
    if !input.peek(syn::token::Bracket) {
        return Ok(vec![one(input)?]);
    }
    let content;
    let brackets = bracketed!(content in input);
    let mut items = Vec::new();
    while !content.is_empty() {
        items.push(one(&content)?);
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    if items.is_empty() {
        return Err(Error::new(brackets.span.join(), "no name is given"));
    }
    Ok(items)
}

/// Returns the text if databases, and the records of models, can hold it as a value of an enum.
pub(crate) fn check_value(value: &str, span: Span) -> Result<String> {
    match value.chars().find(|c| matches!(c, '"' | '\\') || c.is_control()) {
        Some(found) => Err(Error::new(
            span,
            format!("a value of an enum cannot hold {found:?}"),
        )),
        None if value.len() > MAX_NAME => Err(Error::new(
            span,
            format!("a value of an enum has at most {MAX_NAME} bytes"),
        )),
        None => Ok(value.to_owned()),
    }
}

/// The most bytes of a name: PostgreSQL's limit, and that of the records of models.
pub(crate) const MAX_NAME: usize = 63;

/// Returns the name that a text says. One with a dot in it stands in double quotes, as in SQL, since it may be meant for two.
fn check_name(text: &str, span: Span) -> Result<String> {
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted {
        None if text.contains('.') => {
            let message = "a name with a dot in it stands in double quotes, as in SQL: `\"\\\"a.b\\\"\"`; for the schema of a table there is `schema = \"…\"`";
            Err(Error::new(span, message))
        }
        quoted => check_part(quoted.unwrap_or(text), span),
    }
}

/// Returns the name if databases, and the records of models, can hold it.
pub(super) fn check_part(name: &str, span: Span) -> Result<String> {
    match name.chars().find(|c| matches!(c, '"' | '\\') || c.is_control()) {
        Some(found) => Err(Error::new(span, format!("a name cannot hold {found:?}"))),
        None if name.is_empty() => Err(Error::new(span, "the name is empty")),
        None if name.len() > MAX_NAME => {
            Err(Error::new(span, format!("a name has at most {MAX_NAME} bytes")))
        }
        None => Ok(name.to_owned()),
    }
}

/// Reads `= 2`.
pub(super) fn number(input: ParseStream<'_>) -> Result<u32> {
    input.parse::<Token![=]>()?;
    let number: LitInt = input.parse()?;
    let range = format!("the number is not between 0 and {}", u32::MAX);
    number
        .base10_parse()
        .map_err(|_| Error::new(number.span(), range))
}

/// Reads `= 80`.
pub(super) fn positive(input: ParseStream<'_>) -> Result<u32> {
    let span = input.span();
    match number(input)? {
        0 => Err(Error::new(span, "the number is 0")),
        number => Ok(number),
    }
}

/// Reads `(a, b)`.
pub(super) fn idents(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let content;
    let parentheses = parenthesized!(content in input);
    let idents = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, |input| {
        input.call(<Ident as syn::ext::IdentExt>::parse_any)
    })?;
    if idents.is_empty() {
        return Err(Error::new(parentheses.span.join(), "no field is named"));
    }
    Ok(idents.into_iter().collect())
}
