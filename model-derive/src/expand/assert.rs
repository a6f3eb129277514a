//! What only the compiler can check: that an attribute fits the field's type, whatever alias or newtype it is.
//!
//! Every assertion is a constant, and costs time to compile. Where the type is spelled so that it obviously fits
//! (`length` on a `String`) there is none.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericArgument, Ident, PathArguments, Type};

use crate::ast::{Field, Model};
use crate::attr::{Literal, Spanned, Value};

/// Returns constants that cannot be evaluated if an attribute does not fit, each at the attribute's token.
pub(super) fn assertions(model: &Model<'_>) -> TokenStream {
    let mut assertions = TokenStream::new();
    let this = model.ident;
    for field in &model.fields {
        let mut assert = |span: Span, check: &str, value: Option<TokenStream>| {
            let span = Span::call_site().located_at(span);
            let check = Ident::new(check, span);
            let place = model.place(field);
            let value = value.map(|value| quote!(, #value));
            assertions.extend(quote_spanned!(span=> const _: () = __autogen::#check(<#this as __autogen::Model>::SHAPE, #place #value);));
        };
        let attrs = &field.attrs;
        let plain = plain(field.ty);
        let is = |names: &[&str]| {
            plain
                .as_ref()
                .is_some_and(|plain| names.iter().any(|name| plain == name))
        };
        if let Some(length) = attrs.length.as_ref().filter(|_| !is(&["String"])) {
            assert(length.span, "takes_length", None);
        }
        if let Some(precision) = &attrs.precision {
            assert(precision.span, "takes_precision", None);
        }
        if let Some(collate) = &attrs.collate {
            assert(collate.span, "takes_collation", None);
        }
        if let Some(span) = auto(field).filter(|_| !is(&NUMBERS)) {
            assert(span, "takes_auto", None);
        }
        for value in attrs.default.iter().chain(&attrs.backfill) {
            let fits = match &value.value {
                Value::Literal(Literal::Boolean(_)) => is(&["bool"]),
                Value::Literal(Literal::Integer(number)) => (0..=127).contains(number) && is(&NUMBERS),
                Value::Literal(Literal::Number(_)) => is(&["f32", "f64"]),
                Value::Literal(Literal::Text(_)) => is(&["String"]),
                Value::Literal(Literal::Bytes(_)) | Value::Sql(_) => false,
            };
            if let Some(kind) = kind(value).filter(|_| !fits) {
                assert(value.span, "takes_value", Some(kind));
            }
        }
    }
    for (field, span) in model.primary_key() {
        let word = plain(field.ty).filter(|_| !is_option(field.ty));
        if word.is_some_and(|word| word == "String" || NUMBERS.iter().any(|number| word == number)) {
            continue;
        }
        let span = Span::call_site().located_at(span);
        let place = model.place(field);
        assertions.extend(quote_spanned!(span=> const _: () = __autogen::takes_key(<#this as __autogen::Model>::SHAPE, #place);));
    }
    assertions
}

/// The whole numbers.
const NUMBERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];

/// Returns the type, or the type in the `Option`, if it is one plain word.
fn plain(ty: &Type) -> Option<&Ident> {
    let word = if let Type::Path(path) = ty {
        path.path.get_ident()
    } else {
        None
    };
    word.or_else(|| plain(argument(ty, "Option")?))
}

/// Returns the type in the angle brackets of one of that name.
fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        Some(_) | None => None,
    }
}

/// Tells whether a type, or the type in the `Option`, is spelled as one of std whose column has a short type.
///
/// It may be another of that name. If its type is a long one too, the record lacks it and is refused when it is read.
pub(super) fn is_std(ty: &Type) -> bool {
    let word = plain(ty);
    let is_short = |word: &Ident| {
        ["bool", "f32", "f64", "String"].iter().any(|name| word == name)
            || NUMBERS.iter().any(|number| word == number)
    };
    word.is_some_and(is_short) || is_bytes(ty)
}

/// Tells whether a type, or the type in the `Option`, is spelled `Vec<u8>`.
fn is_bytes(ty: &Type) -> bool {
    let ty = argument(ty, "Option").unwrap_or(ty);
    let element = argument(ty, "Vec").and_then(plain);
    element.is_some_and(|word| word == "u8")
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn auto(field: &Field<'_>) -> Option<Span> {
    let auto = field.attrs.auto.as_ref().filter(|auto| auto.value);
    auto.map(|auto| auto.span).or(field.attrs.autoincrement)
}

/// Returns the kind of a literal; nothing is known of an expression.
fn kind(value: &Spanned<Value>) -> Option<TokenStream> {
    let literal = match &value.value {
        Value::Literal(literal) => literal,
        Value::Sql(_) => return None,
    };
    Some(match literal {
        Literal::Boolean(_) => quote!(__autogen::Value::Boolean),
        Literal::Integer(number) => quote!(__autogen::Value::Integer(#number)),
        Literal::Number(_) => quote!(__autogen::Value::Number),
        Literal::Text(text) => quote!(__autogen::Value::Text(#text)),
        Literal::Bytes(_) => quote!(__autogen::Value::Bytes),
    })
}
