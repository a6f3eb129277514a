//! Attributes: from the tokens in `#[model(…)]` to values, by one table of keys.
//!
//! A new key is one row of [`KEYS`](keys::KEYS) and one field of [`StructAttrs`] or [`FieldAttrs`]. What a value means together
//! with others is the business of [`check`](crate::check).

mod index;
mod keys;
mod parse;
mod reference;
mod value;

pub(crate) use index::{Check, Index, Part};
pub(crate) use parse::MAX_NAME;
pub(crate) use parse::check_value;
pub(crate) use reference::{ForeignKey, Options, Reference, Target};
pub(crate) use value::{ByDialect, Literal, Value};

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Ident, Meta, Result, parenthesized};

use self::keys::KEYS;
use crate::errors::Errors;
use crate::near::{list, nearest};

/// A value and the key that gave it.
#[derive(Debug, Clone)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// What stands on a struct.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) table: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) primary_key: Option<Spanned<Vec<Ident>>>,
    pub(crate) primary_key_name: Option<String>,
    /// `index(…)` and `unique(…)`.
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) comment: Option<String>,
    pub(crate) strict: Option<Span>,
    pub(crate) without_rowid: Option<Span>,
    pub(crate) engine: Option<String>,
    pub(crate) charset: Option<String>,
    pub(crate) collate: Option<String>,
    pub(crate) renamed_from: Vec<Spanned<String>>,
}

/// What stands on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    /// Every key that was given, to name it in an error.
    pub(crate) keys: Vec<Ident>,
    pub(crate) column: Option<String>,
    pub(crate) primary_key: Option<Span>,
    /// `primary_key = false`
    pub(crate) no_primary_key: bool,
    pub(crate) auto: Option<Spanned<bool>>,
    pub(crate) autoincrement: Option<Span>,
    pub(crate) unique: Option<Span>,
    pub(crate) index: Option<Span>,
    pub(crate) length: Option<Spanned<u32>>,
    pub(crate) precision: Option<Spanned<u32>>,
    pub(crate) scale: Option<Spanned<u32>>,
    pub(crate) default: Option<Spanned<Value>>,
    pub(crate) backfill: Option<Spanned<Value>>,
    pub(crate) references: Option<Reference>,
    pub(crate) check: Option<Check>,
    pub(crate) collate: Option<Spanned<ByDialect>>,
    pub(crate) comment: Option<String>,
    pub(crate) sql_type: Option<Spanned<ByDialect>>,
    pub(crate) generated: Option<Spanned<String>>,
    pub(crate) stored: Option<Span>,
    pub(crate) virtual_: Option<Span>,
    pub(crate) renamed_from: Vec<Spanned<String>>,
    pub(crate) skip: Option<Span>,
}

/// What stands on an enum.
#[derive(Default)]
pub(crate) struct EnumAttrs {
    pub(crate) name: Option<String>,
}

/// What stands on a variant of an enum.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) value: Option<Spanned<String>>,
    pub(crate) renamed_from: Vec<Spanned<String>>,
}

/// Reads what follows a key into the place that keeps it.
type Parse<A> = fn(&mut A, Span, ParseStream<'_>) -> Result<()>;

/// Where a key may stand, and what reads it there.
enum Place {
    Struct(Parse<StructAttrs>),
    Field(Parse<FieldAttrs>),
    Enum(Parse<EnumAttrs>),
    Variant(Parse<VariantAttrs>),
}

/// How often a key may stand in one place.
#[derive(PartialEq, Eq)]
enum Times {
    Once,
    Many,
}

struct Row {
    key: &'static str,
    /// The right form, shown in errors.
    form: &'static str,
    times: Times,
    place: Place,
}

const fn on_struct(key: &'static str, form: &'static str, times: Times, parse: Parse<StructAttrs>) -> Row {
    let place = Place::Struct(parse);
    Row {
        key,
        form,
        times,
        place,
    }
}

const fn on_field(key: &'static str, form: &'static str, parse: Parse<FieldAttrs>) -> Row {
    let (times, place) = (Times::Once, Place::Field(parse));
    Row {
        key,
        form,
        times,
        place,
    }
}

const fn on_enum(key: &'static str, form: &'static str, parse: Parse<EnumAttrs>) -> Row {
    let (times, place) = (Times::Once, Place::Enum(parse));
    Row {
        key,
        form,
        times,
        place,
    }
}

const fn on_variant(key: &'static str, form: &'static str, parse: Parse<VariantAttrs>) -> Row {
    let (times, place) = (Times::Once, Place::Variant(parse));
    Row {
        key,
        form,
        times,
        place,
    }
}

/// Reads what stands on an enum.
pub(crate) fn on_enum_attrs(attrs: &[Attribute], errors: &mut Errors) -> EnumAttrs {
    let mut read = EnumAttrs::default();
    let parser = |row: &'static Row| match row.place {
        Place::Enum(parse) => Some(parse),
        Place::Struct(_) | Place::Field(_) | Place::Variant(_) => None,
    };
    keys(attrs, "an enum", parser, &mut read, errors);
    read
}

/// Reads what stands on a variant.
pub(crate) fn on_variant_attrs(attrs: &[Attribute], errors: &mut Errors) -> VariantAttrs {
    let mut read = VariantAttrs::default();
    let parser = |row: &'static Row| match row.place {
        Place::Variant(parse) => Some(parse),
        Place::Struct(_) | Place::Field(_) | Place::Enum(_) => None,
    };
    keys(attrs, "a variant", parser, &mut read, errors);
    read
}

/// Reads what stands on a struct.
pub(crate) fn on_struct_attrs(attrs: &[Attribute], errors: &mut Errors) -> StructAttrs {
    let mut read = StructAttrs::default();
    let parser = |row: &'static Row| match row.place {
        Place::Struct(parse) => Some(parse),
        Place::Field(_) | Place::Enum(_) | Place::Variant(_) => None,
    };
    keys(attrs, "a struct", parser, &mut read, errors);
    read
}

/// Reads what stands on a field.
pub(crate) fn on_field_attrs(attrs: &[Attribute], errors: &mut Errors) -> FieldAttrs {
    let mut read = FieldAttrs::default();
    let parser = |row: &'static Row| match row.place {
        Place::Field(parse) => Some(parse),
        Place::Struct(_) | Place::Enum(_) | Place::Variant(_) => None,
    };
    read.keys = keys(attrs, "a field", parser, &mut read, errors);
    read
}

/// Reads every key in the `#[model(…)]` among the attributes and returns those that stand there rightly.
fn keys<A>(
    attrs: &[Attribute],
    here: &str,
    parser: impl Fn(&'static Row) -> Option<Parse<A>>,
    into: &mut A,
    errors: &mut Errors,
) -> Vec<Ident> {
    let mut given: Vec<Ident> = Vec::new();
    let items: Vec<TokenStream> = attrs.iter().flat_map(|attr| items(attr, errors)).collect();
    for item in items {
        let Some(key) = key(&item) else {
            errors.push(syn::Error::new_spanned(
                &item,
                "expected a key, as in `#[model(length = 80)]`",
            ));
            continue;
        };
        let name = key.to_string();
        let rows = || KEYS.iter().filter(|row| row.key == name);
        let Some((row, parse)) = rows().find_map(|row| Some((row, parser(row)?))) else {
            let known = || KEYS.iter().filter(|row| parser(row).is_some());
            errors.at(key.span(), misplaced(&key, here, rows().next(), known));
            continue;
        };
        if row.times == Times::Once && given.contains(&key) {
            errors.at(key.span(), format!("`{key}` is given twice; take one away"));
            continue;
        }
        if let Err(error) = read(&item, &key, |input| parse(into, key.span(), input)) {
            let message = format!("{error}; `{key}` is written `{}`", row.form);
            errors.at(error.span(), message);
        }
        given.push(key);
    }
    given
}

/// Says what is wrong with a key that cannot stand here, and what could.
fn misplaced<'a, R: Iterator<Item = &'a Row>>(
    key: &Ident,
    here: &str,
    elsewhere: Option<&Row>,
    known: impl Fn() -> R,
) -> String {
    if let Some(row) = elsewhere {
        let there = match row.place {
            Place::Struct(_) => "the struct",
            Place::Field(_) => "a field",
            Place::Enum(_) => "an enum",
            Place::Variant(_) => "a variant of an enum",
        };
        return format!(
            "`{key}` cannot stand on {here}; put `#[model({})]` on {there}",
            row.form
        );
    }
    let name = key.unraw().to_string();
    let keeper = known().find(|row| matches!(row.key, "references" | "foreign_key"));
    if let Some(row) = keeper.filter(|_| reference::OPTIONS.contains(&name.as_str()) && name != "name") {
        return format!(
            "`{key}` stands within `{}`, which is written `{}`",
            row.key, row.form
        );
    }
    match nearest(&name, known().map(|row| row.key)) {
        Some(near) => {
            let form = known().find(|row| row.key == near).map_or("", |row| row.form);
            format!("unknown key `{key}`; did you mean `{near}`? it is written `{form}`")
        }
        None => format!(
            "unknown key `{key}`; {here} takes {}",
            list(known().map(|row| row.key))
        ),
    }
}

/// Returns what stands between the commas of a `#[model(…)]`; of another attribute, nothing.
fn items(attr: &Attribute, errors: &mut Errors) -> Vec<TokenStream> {
    if !attr.path().is_ident("model") {
        return Vec::new();
    }
    let Meta::List(list) = &attr.meta else {
        errors.push(syn::Error::new_spanned(
            &attr.meta,
            "expected keys in parentheses, as in `#[model(length = 80)]`",
        ));
        return Vec::new();
    };
    let mut items = vec![TokenStream::new()];
    for token in list.tokens.clone() {
        if matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ',') {
            items.push(TokenStream::new());
        } else {
            items.last_mut().expect("never empty").extend([token]);
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

fn key(item: &TokenStream) -> Option<Ident> {
    match item.clone().into_iter().next() {
        Some(TokenTree::Ident(key)) => Some(key),
        _ => None,
    }
}

/// Runs a parser on what follows the key. In parentheses that lie where the key does, so does an unexpected end.
fn read(item: &TokenStream, key: &Ident, parse: impl FnOnce(ParseStream<'_>) -> Result<()>) -> Result<()> {
    let mut group = Group::new(Delimiter::Parenthesis, item.clone());
    group.set_span(key.span());
    let parser = |outer: ParseStream<'_>| {
        let input;
        parenthesized!(input in outer);
        input.call(Ident::parse_any)?;
        parse(&input)?;
        parse::end(&input)
    };
    parser.parse2(TokenTree::from(group).into())
}
