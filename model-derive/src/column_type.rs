//! `#[derive(ColumnType)]`: a newtype is the column that its inner type is.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Field, Result, parse_quote};

use crate::errors::Errors;

/// Returns the implementation.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let inner = &inner(input)?.ty;
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    // As the derives of std do.
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::schema_core::ColumnType));
    }
    let (generics, arguments, bounds) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::schema_core::ColumnType for #ident #arguments #bounds {
            const TYPE: &'static str = <#inner as ::schema_core::ColumnType>::TYPE;
            const RENAMED: &'static str = <#inner as ::schema_core::ColumnType>::RENAMED;
            const NULLABLE: bool = <#inner as ::schema_core::ColumnType>::NULLABLE;
            const LIST: &'static str = <#inner as ::schema_core::ColumnType>::LIST;
        }
    })
}

fn inner(input: &DeriveInput) -> Result<&Field> {
    let mut errors = Errors::default();
    let fields: Vec<&Field> = match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    };
    let attrs = input
        .attrs
        .iter()
        .chain(fields.iter().flat_map(|field| &field.attrs));
    for attr in attrs.filter(|attr| attr.path().is_ident("model")) {
        errors.push(Error::new_spanned(
            attr,
            "`ColumnType` takes no attributes; put them on the fields of models",
        ));
    }
    let (span, what) = match &input.data {
        Data::Struct(data) => match &fields[..] {
            [field] => return errors.into_error().map_or(Ok(*field), Err),
            [] => (input.ident.span(), "the struct has not exactly one field"),
            [..] => (data.fields.span(), "the struct has not exactly one field"),
        },
        Data::Enum(data) => (data.enum_token.span(), "an enum wraps no column type"),
        Data::Union(data) => (data.union_token.span(), "a union wraps no column type"),
    };
    let message = format!(
        "`ColumnType` cannot be derived: {what}; put it on a newtype such as `struct Money(i64)`, or write `impl ColumnType`"
    );
    errors.at(span, message);
    Err(errors.into_error().expect("there is one"))
}
