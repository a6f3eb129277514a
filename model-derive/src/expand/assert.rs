//! What only the compiler can check: that an attribute fits the field's type, whatever alias or newtype it is.
//!
//! Every assertion is a constant, and costs time to compile. Where the type is spelled so that it obviously fits
//! (`length` on a `String`) there is none.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Ident;

use super::literal::{integer, number, text};
use crate::ast::{Field, Model};
use crate::attr::{Literal, Value};

/// Returns constants that cannot be evaluated if an attribute does not fit, each at the attribute's token.
pub(super) fn assertions(model: &Model<'_>) -> TokenStream {
    let mut assertions = TokenStream::new();
    let this = model.ident;
    let key = model.primary_key();
    for field in &model.fields {
        let mut assert = |span: Span, check: &str, value: Option<TokenStream>| {
            let check = Ident::new(check, span);
            let place = number(model.place(field), model.body);
            let value = value.map(|value| quote_spanned!(span=> , #value));
            assertions
                .extend(quote_spanned!(span=> const _: () = __autogen::#check::<#this>(#place #value);));
        };
        let attrs = &field.attrs;
        let spelling = &field.spelling;
        if let Some(length) = attrs.length.as_ref().filter(|_| !spelling.is("String")) {
            assert(length.span, "takes_length", None);
        }
        if let Some(precision) = &attrs.precision {
            assert(precision.span, "takes_precision", None);
        }
        if let Some(collate) = &attrs.collate {
            assert(collate.span, "takes_collation", None);
        }
        if let Some(span) = auto(field) {
            if !spelling.is_integer() {
                assert(span, "takes_auto", None);
            }
            let is_key = key.iter().any(|(part, _)| part.name == field.name);
            if !is_key && (spelling.is_option || !spelling.is_integer()) {
                assert(span, "takes_number", None);
            }
        }
        for value in attrs.default.iter().chain(&attrs.backfill) {
            let fits = match &value.value {
                Value::Literal(Literal::Boolean(_)) => spelling.is("bool"),
                Value::Literal(Literal::Integer(number)) => {
                    (0..=127).contains(number) && spelling.is_integer()
                }
                Value::Literal(Literal::Number(_)) => spelling.is("f32") || spelling.is("f64"),
                Value::Literal(Literal::Text(_)) => spelling.is("String"),
                Value::Literal(Literal::Bytes(_)) | Value::Sql(_) => false,
            };
            if let Some(kind) = kind(&value.value, model.body).filter(|_| !fits) {
                assert(value.span, "takes_value", Some(kind));
            }
        }
    }
    for (field, span) in key {
        let spelling = &field.spelling;
        if !spelling.is_option && (spelling.is("String") || spelling.is_integer()) {
            continue;
        }
        let place = number(model.place(field), model.body);
        assertions.extend(quote_spanned!(span=> const _: () = __autogen::takes_key::<#this>(#place);));
    }
    assertions
}

fn auto(field: &Field<'_>) -> Option<Span> {
    let auto = field.attrs.auto.as_ref().filter(|auto| auto.value);
    auto.map(|auto| auto.span).or(field.attrs.autoincrement)
}

/// Returns the kind of a literal; nothing is known of an expression. It does not stand where the literal does, or lints would say how that is to be
/// written.
fn kind(value: &Value, span: Span) -> Option<TokenStream> {
    let literal = match value {
        Value::Literal(literal) => literal,
        Value::Sql(_) => return None,
    };
    Some(match literal {
        Literal::Boolean(_) => quote_spanned!(span=> __autogen::Value::Boolean),
        Literal::Integer(number) => {
            let number = integer(*number, span);
            quote_spanned!(span=> __autogen::Value::Integer(#number))
        }
        Literal::Number(_) => quote_spanned!(span=> __autogen::Value::Number),
        Literal::Text(value) => {
            let value = text(value, span);
            quote_spanned!(span=> __autogen::Value::Text(#value))
        }
        Literal::Bytes(value) => {
            let length = number(value.len(), span);
            quote_spanned!(span=> __autogen::Value::Bytes(#length))
        }
    })
}
