//! The derive macros of schema-core.

mod ast;
mod attr;
mod check;
mod column_type;
mod errors;
mod expand;
mod fallback;
mod near;
mod plural;
mod table_name;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a table.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input)
        .unwrap_or_else(|error| fallback::model(&input, error))
        .into()
}

/// Makes a newtype the column type that it wraps.
#[proc_macro_derive(ColumnType, attributes(model))]
pub fn derive_column_type(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    column_type::expand(&input)
        .unwrap_or_else(|error| fallback::column_type(&input, error))
        .into()
}
