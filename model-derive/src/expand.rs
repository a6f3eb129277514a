//! From a checked model to tokens: the record, the constants it is made of, and `impl Model`.
//!
//! The code is constant data. The user's types appear once each, in the constants of `Columns`; all else refers to those.

mod assert;
mod json;
mod record;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Error, Ident};

use crate::ast::{Field, Model};
use crate::attr::SqlType;
use crate::check;
use crate::errors::Errors;

/// Returns the implementation of `Model`.
///
/// # Errors
///
/// All that is wrong with the input.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream, Error> {
    let mut errors = Errors::default();
    let Some(model) = Model::read(input, &mut errors) else {
        return Err(errors.into_error().expect("what cannot be read is reported"));
    };
    check::check(&model, &mut errors);
    match errors.into_error() {
        Some(error) => Err(error),
        None => Ok(implementation(&model)),
    }
}

fn implementation(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    let table = &model.table;
    let columns = format_ident!("{ident}Columns", span = Span::call_site());
    let constants = model.fields.iter().map(|field| constant(field));
    let names = model.fields.iter().map(|field| &field.column);
    let key = model
        .primary_key()
        .into_iter()
        .map(|(field, _)| macro_ident(field.ident));
    let probe = model.fields.iter().any(is_native).then(|| {
        quote!(
            use __autogen::OrNot as _;
        )
    });
    let assertions = assert::assertions(model, &columns);
    let record::Record { targets, pieces } = record::record(model, &columns);
    quote! {
        const _: () = {
            use ::schema_core::__private as __autogen;
            #probe
            #[doc(hidden)]
            pub struct #columns;
            #[doc(hidden)]
            impl #columns {
                #(#constants)*
            }
            #assertions
            #targets
            const __AUTOGEN_PIECES: &[&str] = &[#(#pieces),*];
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__autogen"))]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "autogen"))]
            static __AUTOGEN_RECORD: [u8; __autogen::size(__AUTOGEN_PIECES)] = __autogen::record(__AUTOGEN_PIECES);
            #[automatically_derived]
            impl ::schema_core::Model for #ident {
                const TABLE: &'static str = #table;
                const COLUMNS: &'static [&'static str] = &[#(#names),*];
                const KEY: &'static [__autogen::Column] = &[#(#columns::#key),*];
                type Columns = #columns;
                fn table() -> ::schema_core::schema::Table {
                    __autogen::table(&__AUTOGEN_RECORD)
                }
            }
        };
    }
}

/// Returns the constant of a field: `pub const id: Column = Column::of::<i64>("id");`.
fn constant(field: &Field<'_>) -> TokenStream {
    let ident = macro_ident(field.ident);
    let (column, ty) = (&field.column, field.ty);
    let span = Span::call_site().located_at(ty.span());
    let value = match field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value) {
        Some(SqlType::Every(native)) => {
            let native = format!("native('{}')", native.replace('\'', "''"));
            let native = json::escaped(&native);
            quote_spanned! {span=>
                __autogen::Column::native(
                    #column,
                    <__autogen::Probe<#ty>>::MAPPED,
                    <__autogen::Probe<#ty>>::OPTION,
                    #native,
                )
            }
        }
        Some(SqlType::Dialects(_)) | None => quote_spanned!(span=> __autogen::Column::of::<#ty>(#column)),
    };
    quote!(pub const #ident: __autogen::Column = #value;)
}

fn is_native(field: &Field<'_>) -> bool {
    let sql_type = field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value);
    matches!(sql_type, Some(SqlType::Every(_)))
}

/// Returns the name as a name of this macro, still where the user wrote it: lints about names do not apply.
pub(crate) fn macro_ident(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::call_site().located_at(ident.span()));
    ident
}
