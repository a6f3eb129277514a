//! `index(…)`, `unique(…)` and `check(…)`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Result, Token, parenthesized, token};

use super::parse;
use crate::near::nearest;

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
    let (mut unique, mut include) = (None, None);
    each(input, |input| {
        if let Some(option) = option(input)? {
            match option.to_string().as_str() {
                "name" => once(&option, &mut index.name, parse::name(input)?),
                "where" => once(&option, &mut index.predicate, parse::text(input)?),
                "using" => once(&option, &mut index.using, parse::text(input)?),
                _ => Err(no_option("an index", &option, &["name", "where", "using"])),
            }
        } else if is_word(input, "unique") {
            let word = input.call(Ident::parse_any)?;
            once(&word, &mut unique, ())
        } else if is_word(input, "include") && input.peek2(token::Paren) {
            let word = input.call(Ident::parse_any)?;
            once(&word, &mut include, parse::idents(input)?)
        } else if is_word(input, "nulls_not_distinct") {
            nulls_not_distinct(input, &mut index)
        } else {
            index.keys.push(key(input)?);
            Ok(())
        }
    })?;
    index.unique = unique.is_some();
    index.include = include.unwrap_or_default();
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
                "where" | "using" => Err(Error::new(
                    option.span(),
                    format!("a UNIQUE constraint has no `{option}`, but `index(…, unique)` may have"),
                )),
                _ => Err(no_option("a UNIQUE constraint", &option, &["name"])),
            };
        }
        if is_word(input, "nulls_not_distinct") {
            return nulls_not_distinct(input, &mut index);
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
            Some(option) => return Err(no_option("a primary key", &option, &["name"])),
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
            Some(option) => return Err(no_option("a check", &option, &["name"])),
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

/// Reads `nulls_not_distinct`.
fn nulls_not_distinct(input: ParseStream<'_>, index: &mut Index) -> Result<()> {
    let word = input.call(Ident::parse_any)?;
    once(&word, &mut index.nulls_not_distinct, word.span())
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

/// Says that there is no such option, and which was probably meant.
fn no_option(what: &str, option: &Ident, known: &[&str]) -> Error {
    let near = nearest(&option.to_string(), known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
    Error::new(option.span(), format!("{what} has no `{option}`{near}"))
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
