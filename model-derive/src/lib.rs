//! The derive macros of schema-core.

use proc_macro::TokenStream;

/// Makes a struct a table.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Makes a newtype a column type.
#[proc_macro_derive(ColumnType, attributes(model))]
pub fn derive_column_type(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
