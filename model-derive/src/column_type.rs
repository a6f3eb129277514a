//! `#[derive(ColumnType)]`: a newtype is the column that its inner type is.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Field, Fields, Result, parse_quote};

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
    let attrs = input.attrs.iter().chain(match &input.data {
        Data::Struct(data) => data
            .fields
            .iter()
            .next()
            .map(|field| &field.attrs[..])
            .unwrap_or_default(),
        Data::Enum(_) | Data::Union(_) => &[],
    });
    if let Some(attr) = attrs.into_iter().find(|attr| attr.path().is_ident("model")) {
        return Err(Error::new_spanned(
            attr,
            "`ColumnType` takes no attributes; put them on the fields of models",
        ));
    }
    let (span, what) = match &input.data {
        Data::Struct(data) => match (&data.fields, data.fields.len()) {
            (Fields::Unnamed(_) | Fields::Named(_), 1) => {
                return Ok(data.fields.iter().next().expect("there is one"));
            }
            (fields @ (Fields::Unnamed(_) | Fields::Named(_)), _) => {
                (fields.span(), "the struct has not exactly one field")
            }
            (Fields::Unit, _) => (input.ident.span(), "the struct has not exactly one field"),
        },
        Data::Enum(data) => (data.enum_token.span(), "an enum wraps no column type"),
        Data::Union(data) => (data.union_token.span(), "a union wraps no column type"),
    };
    let message = format!(
        "`ColumnType` cannot be derived: {what}; put it on a newtype such as `struct Money(i64)`, or write `impl ColumnType`"
    );
    Err(Error::new(span, message))
}
