//! The macros of schema-core: what `#[derive(Model)]`, `#[derive(Enum)]`, `#[derive(ColumnType)]` and `migrations!` read, check and write.
//!
//! The input of a derive goes through `ast` (with `attr`, the table of keys), `check` and `expand`; if it has errors, `fallback` stands in.
//! Nothing is read or written but tokens, except that `migrations` reads files. The examples of the documentation run as tests of schema-core.

mod ast;
mod attr;
mod check;
mod column_type;
mod enumeration;
mod errors;
mod expand;
mod fallback;
mod migrations;
mod naming;
mod near;
mod spelling;

use std::path::PathBuf;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("model.md")]
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input)
        .unwrap_or_else(|error| fallback::model(&input, error))
        .into()
}

#[doc = include_str!("column_type.md")]
#[proc_macro_derive(ColumnType, attributes(model))]
pub fn derive_column_type(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    column_type::expand(&input)
        .unwrap_or_else(|error| fallback::column_type(&input, error))
        .into()
}

#[doc = include_str!("enum.md")]
#[proc_macro_derive(Enum, attributes(model))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    enumeration::expand(&input)
        .unwrap_or_else(|error| fallback::enumeration(&input, error))
        .into()
}

#[doc = include_str!("migrations.md")]
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    // Without cargo, files are where the compiler runs.
    migrations::expand(&package.unwrap_or_default(), syn::parse(input)).into()
}

/// Stands for the functions that name the table of a struct, in the module that calls it, for schema-core's own use: a crate of macros can
/// hand out nothing else.
#[doc(hidden)]
#[proc_macro]
pub fn naming(_: TokenStream) -> TokenStream {
    let file = include_str!("naming.rs");
    let code = file.split("#[cfg(test)]").next().unwrap_or(file);
    // What the file says of itself is no item.
    let items: String = code
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("//!"))
        .collect();
    items.parse().expect("the file was compiled into this crate")
}
