//! `index(…)`, `unique(…)` and `check(…)`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Result, Token, parenthesized, token};

use super::parse;

/// An index or a UNIQUE constraint.
pub(crate) struct Index {
    pub(crate) span: Span,
    pub(crate) keys: Vec<Key>,
    pub(crate) name: Option<String>,
    pub(crate) predicate: Option<String>,
    pub(crate) unique: bool,
    pub(crate) constraint: bool,
    pub(crate) using: Option<String>,
    pub(crate) include: Vec<Ident>,
    pub(crate) nulls_not_distinct: Option<Span>,
}

impl Index {
    fn new(span: Span) -> Self {
        Index {
            span,
            keys: Vec::new(),
            name: None,
            predicate: None,
            unique: false,
            constraint: false,
            using: None,
            include: Vec::new(),
            nulls_not_distinct: None,
        }
    }
}

/// One key of an index.
pub(crate) struct Key {
    pub(crate) part: Part,
    pub(crate) descending: bool,
    pub(crate) nulls: Option<Nulls>,
    pub(crate) operator_class: Option<String>,
}

/// Where NULLs stand in the order: the word in attribute and record alike.
#[derive(Clone, Copy)]
pub(crate) struct Nulls(pub(crate) &'static str);

/// What a key is made of.
pub(crate) enum Part {
    Field(Ident),
    Expression(String),
}

/// A condition, perhaps with a name.
pub(crate) struct Check {
    pub(crate) expression: String,
    pub(crate) name: Option<String>,
}

/// Reads what follows `index`.
pub(super) fn index(span: Span, input: ParseStream<'_>) -> Result<Index> {
    let mut index = Index::new(span);
    each(input, |input| {
        if let Some(option) = option(input)? {
            match option.to_string().as_str() {
                "name" => once(&option, &mut index.name, parse::name(input)?),
                "where" => once(&option, &mut index.predicate, parse::text(input)?),
                "using" => once(&option, &mut index.using, parse::text(input)?),
                _ => Err(Error::new(option.span(), format!("an index has no `{option}`"))),
            }
        } else if is_word(input, "unique") {
            input.call(Ident::parse_any)?;
            index.unique = true;
            Ok(())
        } else if is_word(input, "include") && input.peek2(token::Paren) {
            input.call(Ident::parse_any)?;
            index.include.extend(parse::idents(input)?);
            Ok(())
        } else if let Some(span) = nulls_not_distinct(input)? {
            index.nulls_not_distinct = Some(span);
            Ok(())
        } else {
            index.keys.push(key(input)?);
            Ok(())
        }
    })?;
    not_empty(index)
}

/// Reads what follows `unique` on a struct.
pub(super) fn unique(span: Span, input: ParseStream<'_>) -> Result<Index> {
    let mut index = Index {
        unique: true,
        constraint: true,
        ..Index::new(span)
    };
    each(input, |input| {
        if let Some(option) = option(input)? {
            return match option.to_string().as_str() {
                "name" => once(&option, &mut index.name, parse::name(input)?),
                _ => Err(Error::new(
                    option.span(),
                    format!("a UNIQUE constraint has no `{option}`, but `index(…, unique)` may have"),
                )),
            };
        }
        if let Some(span) = nulls_not_distinct(input)? {
            index.nulls_not_distinct = Some(span);
            return Ok(());
        }
        if input.peek(LitStr) {
            return Err(input.error(
                "a UNIQUE constraint is made of fields, but `index(…, unique)` may hold expressions",
            ));
        }
        let part = Part::Field(input.call(Ident::parse_any)?);
        index.keys.push(Key {
            part,
            descending: false,
            nulls: None,
            operator_class: None,
        });
        Ok(())
    })?;
    not_empty(index)
}

/// Reads what follows `primary_key` on a struct: the fields, and perhaps the name of the constraint.
pub(super) fn primary_key(span: Span, input: ParseStream<'_>) -> Result<(Vec<Ident>, Option<String>)> {
    let mut fields = Vec::new();
    let mut name = None;
    each(input, |input| {
        match option(input)? {
            Some(option) if option == "name" => return once(&option, &mut name, parse::name(input)?),
            Some(option) => {
                return Err(Error::new(
                    option.span(),
                    format!("a primary key has no `{option}`"),
                ));
            }
            None => fields.push(input.call(Ident::parse_any)?),
        }
        Ok(())
    })?;
    if fields.is_empty() {
        return Err(Error::new(span, "no field is named"));
    }
    Ok((fields, name))
}

/// Reads what follows `check`: `= "…"` or `("…", name = "…")`.
pub(super) fn check(input: ParseStream<'_>) -> Result<Check> {
    if input.peek(Token![=]) {
        let expression = parse::text(input)?;
        return Ok(Check {
            expression,
            name: None,
        });
    }
    let content;
    parenthesized!(content in input);
    let expression = parse::filled(&content)?.value();
    let mut name = None;
    while !content.is_empty() {
        content.parse::<Token![,]>()?;
        match option(&content)? {
            Some(option) if option == "name" => once(&option, &mut name, parse::name(&content)?)?,
            Some(option) => return Err(Error::new(option.span(), format!("a check has no `{option}`"))),
            None if content.is_empty() => {}
            None => return Err(content.error("a check has one condition")),
        }
    }
    Ok(Check { expression, name })
}

fn key(input: ParseStream<'_>) -> Result<Key> {
    let part = if input.peek(LitStr) {
        Part::Expression(parse::filled(input)?.value())
    } else {
        Part::Field(input.call(Ident::parse_any)?)
    };
    let operator_class = if is_word(input, "opclass") {
        input.call(Ident::parse_any)?;
        Some(parse::filled(input)?.value())
    } else {
        None
    };
    let descending = is_word(input, "desc");
    if descending {
        input.call(Ident::parse_any)?;
    }
    Ok(Key {
        part,
        descending,
        nulls: nulls(input)?,
        operator_class,
    })
}

/// Reads `nulls first` or `nulls last`, if it is there.
fn nulls(input: ParseStream<'_>) -> Result<Option<Nulls>> {
    if !is_word(input, "nulls") {
        return Ok(None);
    }
    input.call(Ident::parse_any)?;
    for word in ["first", "last"] {
        if is_word(input, word) {
            input.call(Ident::parse_any)?;
            return Ok(Some(Nulls(word)));
        }
    }
    Err(input.error("NULLs stand `nulls first` or `nulls last`"))
}

/// Reads `nulls_not_distinct`, if it is there.
fn nulls_not_distinct(input: ParseStream<'_>) -> Result<Option<Span>> {
    if is_word(input, "nulls_not_distinct") {
        Ok(Some(input.call(Ident::parse_any)?.span()))
    } else {
        Ok(None)
    }
}

/// Reads `(a, b, …)`, one thing after another.
pub(super) fn each(input: ParseStream<'_>, mut one: impl FnMut(ParseStream<'_>) -> Result<()>) -> Result<()> {
    let content;
    parenthesized!(content in input);
    while !content.is_empty() {
        one(&content)?;
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Takes the word before an `=`.
pub(super) fn option(input: ParseStream<'_>) -> Result<Option<Ident>> {
    if input.peek(Ident::peek_any) && input.peek2(token::Eq) {
        input.call(Ident::parse_any).map(Some)
    } else {
        Ok(None)
    }
}

/// Fills a place that is empty.
pub(super) fn once<T>(option: &Ident, into: &mut Option<T>, value: T) -> Result<()> {
    if into.replace(value).is_some() {
        return Err(Error::new(option.span(), format!("`{option}` is given twice")));
    }
    Ok(())
}

/// Tells whether the next token is the word. A field of that name is written `r#word`.
pub(super) fn is_word(input: ParseStream<'_>, word: &str) -> bool {
    input
        .fork()
        .call(Ident::parse_any)
        .is_ok_and(|ident| ident == word)
}

fn not_empty(index: Index) -> Result<Index> {
    if index.keys.is_empty() {
        return Err(Error::new(index.span, "no field is named"));
    }
    Ok(index)
}
