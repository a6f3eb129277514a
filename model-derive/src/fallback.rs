//! What stands in for a model with errors: an empty implementation, so that its users get no second error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error};

/// Returns the errors and an implementation of `Model` that never runs.
pub(crate) fn model(input: &DeriveInput, error: Error) -> TokenStream {
    let errors = error.into_compile_error();
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #errors
        #[automatically_derived]
        impl #generics ::schema_core::Model for #ident #arguments #bounds {
            const DERIVED: ::schema_core::__private::Derived = ::schema_core::__private::Derived::BROKEN;
        }
    }
}

/// Returns the errors and an implementation of `ColumnType` that never runs.
pub(crate) fn column_type(input: &DeriveInput, error: Error) -> TokenStream {
    let errors = error.into_compile_error();
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #errors
        #[automatically_derived]
        impl #generics ::schema_core::ColumnType for #ident #arguments #bounds {
            const TYPE: &'static str = "text";
        }
    }
}

/// Returns the errors and implementations of `ColumnType` and `Enum` that never run.
pub(crate) fn enumeration(input: &DeriveInput, error: Error) -> TokenStream {
    let column_type = column_type(input, error);
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #column_type
        #[automatically_derived]
        impl #generics ::schema_core::Enum for #ident #arguments #bounds {
            const VALUES: &'static [&'static str] = &[];
            fn value(&self) -> &'static str {
                ""
            }
            fn from_value(_: &str) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}
