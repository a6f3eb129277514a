//! From a checked model to tokens: the record, the constants it is made of, and `impl Model`.
//!
//! The code is constant data. The user's types appear in the shape of the model and in its record; all else refers to the shape.

mod assert;
mod json;
mod record;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Error};

use crate::ast::{Field, Model};
use crate::attr::{MAX_NAME, SqlType};
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
    let schema = match &model.attrs.schema {
        Some(schema) => quote!(::core::option::Option::Some(#schema)),
        None => quote!(::core::option::Option::None),
    };
    let columns = model.fields.iter().map(|field| &field.column);
    let renamed = model.fields.iter().any(|field| field.name != field.column);
    let fields = model.fields.iter().filter(|_| renamed).map(|field| &field.name);
    let kinds = model.fields.iter().map(kind);
    let key = model.primary_key();
    let table_entry = name_entry(&model.table);
    let key_entry = name_entry(key.first().map_or("", |(field, _)| &field.column));
    let key = key.iter().map(|(field, _)| model.place(field));
    let probe = model.fields.iter().any(is_native).then(|| {
        quote!(
            use __autogen::OrNot as _;
        )
    });
    let assertions = assert::assertions(model);
    let record::Record {
        targets,
        json,
        references,
        entries,
    } = record::record(model);
    let (json_length, json) = (json.len(), Literal::byte_string(json.as_bytes()));
    // One more stands between the types and the names.
    let entries = model.fields.len() + 1 + entries;
    let long: Vec<TokenStream> = model.fields.iter().filter_map(long).collect();
    let (long_length, long) = if long.is_empty() {
        (None, quote!([]))
    } else {
        (
            Some(quote!(, { 0 #(+ __autogen::long_length(#long))* })),
            quote!(__autogen::long(&[#(#long),*])),
        )
    };
    quote! {
        const _: () = {
            use ::schema_core::__private as __autogen;
            #probe
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__autogen"))]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "autogen"))]
            static __AUTOGEN_RECORD: __autogen::Record<{ ::core::module_path!().len() }, #json_length, #entries #long_length> =
                __autogen::Record::new(::core::module_path!(), *#json, <#ident as __autogen::Model>::SHAPE, &[#(#references),*], #long);
            #[automatically_derived]
            impl __autogen::Model for #ident {
                const SHAPE: &'static __autogen::Shape = &__autogen::Shape {
                    schema: #schema,
                    table: #table,
                    table_entry: #table_entry,
                    columns: &[#(#columns),*],
                    fields: &[#(#fields),*],
                    kinds: &[#(#kinds),*],
                    key: &[#(#key),*],
                    key_entry: #key_entry,
                };
                const RECORD: &'static [u8] = __AUTOGEN_RECORD.bytes();
            }
            #targets
            #assertions
        };
    }
}

/// Returns a name as records have it, a string and a comma, in as many bytes as `schema_core` gives it; it would take longer to put that together
/// in the compiler.
fn name_entry(name: &str) -> Literal {
    let padding = MAX_NAME - name.len();
    Literal::byte_string(format!("\"{name}\"{:padding$},", "").as_bytes())
}

/// Returns the kind of a field's type.
fn kind(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let span = Span::call_site().located_at(ty.span());
    match field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value) {
        Some(SqlType::Every(native)) => {
            let native = format!("native('{}')", native.replace('\'', "''"));
            quote_spanned! {span=>
                &__autogen::Kind::native(<__autogen::Probe<#ty>>::MAPPED, <__autogen::Probe<#ty>>::OPTION, #native)
            }
        }
        Some(SqlType::Dialects(_)) | None => quote_spanned!(span=> <#ty as __autogen::ColumnType>::KIND),
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
            (<#ty as __autogen::ColumnType>::TYPE, <#ty as __autogen::ColumnType>::RENAMED)
        }
    })
}

fn is_native(field: &Field<'_>) -> bool {
    let sql_type = field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value);
    matches!(sql_type, Some(SqlType::Every(_)))
}
