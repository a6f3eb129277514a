//! What only the compiler can check: that an attribute fits the field's type, whatever alias or newtype it is.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::macro_ident;
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
            let mut ident = macro_ident(field.ident);
            ident.set_span(span);
            let value = value.map(|value| quote!(, #value));
            assertions
                .extend(quote_spanned!(span=> const _: () = __autogen::#check(<#this as ::schema_core::Model>::FIELDS.#ident #value);));
        };
        let attrs = &field.attrs;
        if let Some(length) = &attrs.length {
            assert(length.span, "takes_length", None);
        }
        if let Some(precision) = &attrs.precision {
            assert(precision.span, "takes_precision", None);
        }
        if let Some(collate) = &attrs.collate {
            assert(collate.span, "takes_collation", None);
        }
        if let Some(span) = auto(field) {
            assert(span, "takes_auto", None);
        }
        for value in attrs.default.iter().chain(&attrs.backfill) {
            if let Some(kind) = kind(value) {
                assert(value.span, "takes_value", Some(kind));
            }
        }
    }
    for (field, span) in model.primary_key() {
        let span = Span::call_site().located_at(span);
        let mut ident = macro_ident(field.ident);
        ident.set_span(span);
        assertions.extend(quote_spanned!(span=> const _: () = __autogen::takes_key(<#this as ::schema_core::Model>::FIELDS.#ident);));
    }
    assertions
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
        Literal::Text(_) => quote!(__autogen::Value::Text),
        Literal::Bytes(_) => quote!(__autogen::Value::Bytes),
    })
}
