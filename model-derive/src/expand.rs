//! From a checked model to tokens: the record, the constants it is made of, and `impl Model`.
//!
//! The code is constant data. The user's types appear once each, in the constants of `Columns`; all else refers to those.

mod assert;
mod json;
mod record;

use proc_macro2::{Literal, Span, TokenStream};
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
    let schema = model.attrs.schema.as_ref().map(|schema| {
        quote!(const SCHEMA: ::core::option::Option<&'static str> = ::core::option::Option::Some(#schema);)
    });
    let columns = columns_ident(ident);
    let fields: Vec<Ident> = model
        .fields
        .iter()
        .map(|field| macro_ident(field.ident))
        .collect();
    let names = || model.fields.iter().map(|field| &field.column);
    let (columns_of, kinds) = (names(), model.fields.iter().map(kind));
    let entries = model.fields.iter().map(entry);
    let names = names();
    let key = model
        .primary_key()
        .into_iter()
        .map(|(field, _)| macro_ident(field.ident));
    let probe = model.fields.iter().any(is_native).then(|| {
        quote!(
            use __autogen::OrNot as _;
        )
    });
    let assertions = assert::assertions(model);
    let record::Record {
        targets,
        json,
        names: referenced,
    } = record::record(model);
    let (json_length, json) = (json.len(), Literal::byte_string(json.as_bytes()));
    let (types, references) = (fields.len(), referenced.len());
    let long: Vec<TokenStream> = model.fields.iter().filter_map(long).collect();
    quote! {
        const _: () = {
            use ::schema_core::__private as __autogen;
            #probe
            #[doc(hidden)]
            pub struct #columns {
                #(pub #fields: __autogen::Column,)*
            }
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__autogen"))]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "autogen"))]
            static __AUTOGEN_RECORD: __autogen::Record<{ ::core::module_path!().len() }, #json_length, #types, #references, { 0 #(+ __autogen::long_length(#long))* }> =
                __autogen::Record::new(::core::module_path!(), *#json, [#(#entries),*], [#(#referenced),*], __autogen::long(&[#(#long),*]));
            #[automatically_derived]
            impl ::schema_core::Model for #ident {
                const TABLE: &'static str = #table;
                #schema
                const COLUMNS: &'static [&'static str] = &[#(#names),*];
                const KEY: &'static [__autogen::Column] = &[#(<#ident as ::schema_core::Model>::FIELDS.#key),*];
                const FIELDS: #columns = #columns {
                    #(#fields: __autogen::Column { name: #columns_of, kind: #kinds },)*
                };
                const RECORD: &'static [u8] = __AUTOGEN_RECORD.bytes();
                type Columns = #columns;
            }
            #targets
            #assertions
        };
    }
}

/// Returns the kind of a field's type.
fn kind(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let span = Span::call_site().located_at(ty.span());
    match field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value) {
        Some(SqlType::Every(native)) => {
            let native = format!("native('{}')", native.replace('\'', "''"));
            quote_spanned! {span=>
                __autogen::Kind::native(<__autogen::Probe<#ty>>::MAPPED, <__autogen::Probe<#ty>>::OPTION, #native)
            }
        }
        Some(SqlType::Dialects(_)) | None => quote_spanned!(span=> <#ty as ::schema_core::ColumnType>::KIND),
    }
}

/// Returns a field's type as the record has it.
fn entry(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let span = Span::call_site().located_at(ty.span());
    if is_native(field) {
        quote_spanned! {span=>
            __autogen::native_entry(<__autogen::Probe<#ty>>::ENTRY, <__autogen::Probe<#ty>>::OPTION)
        }
    } else {
        quote_spanned!(span=> <#ty as ::schema_core::ColumnType>::ENTRY)
    }
}

/// Returns what a field's type needs in the list of long ones; nothing if it is spelled as one that never does.
fn long(field: &Field<'_>) -> Option<TokenStream> {
    let ty = field.ty;
    let span = Span::call_site().located_at(ty.span());
    if is_native(field) {
        return Some(quote_spanned!(span=> <__autogen::Probe<#ty>>::LONG));
    }
    (!assert::is_std(ty)).then(|| {
        quote_spanned! {span=>
            (<#ty as ::schema_core::ColumnType>::TYPE, <#ty as ::schema_core::ColumnType>::RENAMED)
        }
    })
}

/// Returns the name of the type that holds a model's columns.
pub(crate) fn columns_ident(model: &Ident) -> Ident {
    format_ident!("{model}Columns", span = Span::call_site())
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
