//! `#[derive(Enum)]`: an enum of unit variants is a column of some texts.

use std::collections::BTreeMap;

use heck::ToSnakeCase as _;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DataEnum, DeriveInput, Fields, Ident, Result};

use crate::attr::{MAX_NAME, Spanned, check_value, on_enum_attrs, on_variant_attrs};
use crate::errors::Errors;

/// A variant and its text.
struct Variant<'a> {
    ident: &'a Ident,
    value: Spanned<String>,
    renamed_from: Vec<Spanned<String>>,
}

/// Returns the implementations of `ColumnType` and `Enum`.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let name = on_enum_attrs(&input.attrs, &mut errors).name;
    let name = name.unwrap_or_else(|| input.ident.unraw().to_string().to_snake_case());
    // One that is said has been looked at: it may be one of two names of that length.
    if !name.contains('.') && name.len() > MAX_NAME {
        let message =
            format!("the type's name has more than {MAX_NAME} bytes; give it another: `name = \"…\"`");
        errors.at(input.ident.span(), message);
    }
    let variants = match read(input, &mut errors) {
        Some(data) => variants(data, &mut errors),
        None => Vec::new(),
    };
    check(&variants, &mut errors);
    match errors.into_error() {
        Some(error) => Err(error),
        None => Ok(implementation(&input.ident, &name, &variants)),
    }
}

fn read<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a DataEnum> {
    if let Some(first) = input.generics.params.first() {
        errors.at(
            first.span(),
            "an enum of texts cannot be generic; write the types out",
        );
    }
    let (span, what) = match &input.data {
        Data::Enum(data) if data.variants.is_empty() => (input.ident.span(), "it has no variants"),
        Data::Enum(data) => return Some(data),
        Data::Struct(data) => (data.struct_token.span(), "a struct is no enum"),
        Data::Union(data) => (data.union_token.span(), "a union is no enum"),
    };
    let message = format!(
        "`Enum` cannot be derived: {what}; put it on an enum such as `enum Status {{ Draft, Live }}`"
    );
    errors.at(span, message);
    None
}

fn variants<'a>(data: &'a DataEnum, errors: &mut Errors) -> Vec<Variant<'a>> {
    let mut variants = Vec::new();
    for variant in &data.variants {
        let attrs = on_variant_attrs(&variant.attrs, errors);
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                variant.fields.span(),
                format!(
                    "`{}` has fields, and a column keeps the name of a variant only; keep the fields in columns of their own",
                    variant.ident
                ),
            );
        }
        let name = variant.ident.unraw().to_string().to_snake_case();
        let value = attrs.value.unwrap_or_else(|| Spanned {
            value: name,
            span: variant.ident.span(),
        });
        if let Err(error) = check_value(&value.value, value.span) {
            errors.push(error);
        }
        variants.push(Variant {
            ident: &variant.ident,
            value,
            renamed_from: attrs.renamed_from,
        });
    }
    variants
}

/// Every text stands for one variant, and every former one became one.
fn check(variants: &[Variant<'_>], errors: &mut Errors) {
    let mut values = BTreeMap::new();
    let mut former_values = BTreeMap::new();
    for Variant {
        ident,
        value,
        renamed_from,
    } in variants
    {
        if let Some(other) = values.insert(value.value.as_str(), ident) {
            let message = format!(
                "`{other}` has the value `{}` too; give one of them another: `value = \"…\"`",
                value.value
            );
            errors.at(value.span, message);
        }
        for former in renamed_from {
            if former.value == value.value {
                let message = format!(
                    "`{}` is what the value is called now; write its old name",
                    former.value
                );
                errors.at(former.span, message);
            } else if let Some(other) = former_values.insert(former.value.as_str(), ident) {
                let message = format!(
                    "`{}` cannot have become two values; it stands on `{other}` too",
                    former.value
                );
                errors.at(former.span, message);
            }
        }
    }
}

fn implementation(ident: &Ident, name: &str, variants: &[Variant<'_>]) -> TokenStream {
    let values: Vec<&str> = variants
        .iter()
        .map(|variant| variant.value.value.as_str())
        .collect();
    let idents: Vec<&Ident> = variants.iter().map(|variant| variant.ident).collect();
    let notation = format!("enum {name}({})", quoted(values.iter().copied()));
    let renamed = quoted(variants.iter().flat_map(|variant| {
        let former = variant.renamed_from.iter();
        former.flat_map(|former| [former.value.as_str(), variant.value.value.as_str()])
    }));
    quote! {
        #[automatically_derived]
        impl ::schema_core::ColumnType for #ident {
            const TYPE: &'static str = #notation;
            const RENAMED: &'static str = #renamed;
        }
        #[automatically_derived]
        impl ::schema_core::Enum for #ident {
            const VALUES: &'static [&'static str] = &[#(#values),*];
            fn value(&self) -> &'static str {
                match self {
                    #(Self::#idents => #values,)*
                }
            }
            fn from_value(value: &str) -> ::core::option::Option<Self> {
                match value {
                    #(#values => ::core::option::Option::Some(Self::#idents),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

/// Returns the texts in single quotes with commas between them, as the notation of types has them.
fn quoted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts
        .map(|text| format!("'{}'", text.replace('\'', "''")))
        .collect();
    quoted.join(", ")
}
