//! From a checked model to tokens: `impl Model`, and in it the record and the constants it is made of.
//!
//! The code is constant data, and what it says is said in as few constants and tokens as can be: each takes time to compile.
//!
//! It stands where the struct's braces stand, as if it had been written there. A token of the macro's own would carry the place of the
//! `#[derive]` in its file, and when that moves, the compiler would look at all that stands below it again. So lints take the code for the user's.

mod assert;
mod json;
mod literal;
mod record;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error};

use crate::ast::{Field, Model};
use crate::attr::{ByDialect, MAX_NAME};
use crate::check;
use crate::errors::Errors;
use literal::{bytes, number, text};

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
    let span = model.body;
    let ident = model.ident;
    let shape = shape(model);
    let record::Record {
        json,
        references,
        targets,
        entries,
    } = record::record(model);
    let (json_length, json) = (number(json.len(), span), bytes(json.as_bytes(), span));
    // One more stands between the types and the names.
    let entries = number(model.fields.len() + 1 + entries, span);
    let long = model.fields.iter().filter_map(|field| long(field, span));
    let long: Vec<TokenStream> = long.collect();
    let (long_length, long) = if long.is_empty() {
        (None, quote_spanned!(span=> []))
    } else {
        (
            Some(quote_spanned!(span=> , { #(__autogen::long_length(#long))+* })),
            quote_spanned!(span=> __autogen::long(&[#(#long),*])),
        )
    };
    let assertions = assert::assertions(model);
    let MacroSpanned {
        attributes,
        probe,
        module,
        section,
    } = MacroSpanned::new(model);
    quote_spanned! {span=>
        #attributes
        impl ::schema_core::__private::DerivedModel for #ident {
            const DERIVED: ::schema_core::__private::Derived = {
                use ::schema_core::__private as __autogen;
                #probe
                const __AUTOGEN_MODULE: &str = #module;
                #section
                static __AUTOGEN_RECORD: __autogen::Record<#json_length, #entries #long_length> =
                    __autogen::Record::new::<#ident>(__AUTOGEN_MODULE, *#json, &[#(#references),*], #long);
                #targets
                #assertions
                __autogen::Derived {
                    shape: &#shape,
                    record: __AUTOGEN_RECORD.bytes(),
                }
            };
        }
    }
}

/// What does carry the place of the `#[derive]`, so that no lint takes it for the user's.
struct MacroSpanned {
    attributes: TokenStream,
    /// The trait that answers for types that are no column types. There may be none.
    probe: Option<TokenStream>,
    /// The path of the module. It is a constant of its own, so that nothing else is looked at again.
    module: TokenStream,
    /// What puts the record into its section, which `unsafe_code` would not let the user do.
    section: TokenStream,
}

impl MacroSpanned {
    fn new(model: &Model<'_>) -> Self {
        let span = model.body;
        let probe = || {
            let path = quote!(__autogen::OrNot);
            quote_spanned!(span=> use #path as _;)
        };
        MacroSpanned {
            attributes: quote! {
                #[automatically_derived]
                #[allow(clippy::missing_trait_methods)]
            },
            probe: model.fields.iter().any(is_native).then(probe),
            module: quote!(::core::concat!("\"", ::core::module_path!(), #MODULE_END)),
            section: quote! {
                #[used]
                #[unsafe(link_section = ::schema_core::__section!())]
            },
        }
    }
}

/// What stands behind the path of the module: a quote, and as many spaces as `schema_core` has room for the path in a record.
const MODULE_END: &str = concat!(
    "\"",
    "                                                                ",
    "                                                                ",
);

/// Returns the model as the compiler knows it.
fn shape(model: &Model<'_>) -> TokenStream {
    let span = model.body;
    let schema = match &model.attrs.schema {
        Some(schema) => {
            let schema = text(schema, span);
            quote_spanned!(span=> __autogen::Schema(#schema))
        }
        None => quote_spanned!(span=> __autogen::NoSchema),
    };
    let table = text(&model.table, span);
    let table_entry = name_entry(&model.table, span);
    let columns = model.fields.iter().map(|field| text(&field.column, span));
    let renamed = model.fields.iter().any(|field| field.name != field.column);
    let fields = model.fields.iter().filter(|_| renamed);
    let fields = fields.map(|field| text(&field.name, span));
    let kinds = kinds(model);
    let key = model.primary_key();
    let key_entry = name_entry(key.first().map_or("", |(field, _)| &field.column), span);
    let key = key.iter().map(|(field, _)| number(model.place(field), span));
    quote_spanned! {span=>
        __autogen::Shape {
            schema: #schema,
            table: #table,
            table_entry: #table_entry,
            columns: &[#(#columns),*],
            fields: &[#(#fields),*],
            kinds: &[#(#kinds),*],
            key: &[#(#key),*],
            key_entry: #key_entry,
        }
    }
}

/// Returns a name as records have it, a string and a comma, in as many bytes as `schema_core` gives it; it would take longer to put that together
/// in the compiler.
fn name_entry(name: &str, span: Span) -> proc_macro2::Literal {
    let padding = MAX_NAME - name.len();
    bytes(format!("\"{name}\"{:padding$},", "").as_bytes(), span)
}

/// How many types `schema_core` takes together.
const MAX_RUN: usize = 16;

/// Returns the kinds of the fields' types, in runs. Types that are sure to be column types stand together in a tuple, which takes a tenth less time to
/// compile; of another the compiler must be able to say what is wrong with it.
fn kinds(model: &Model<'_>) -> Vec<TokenStream> {
    let span = model.body;
    let is_sure = |field: &Field<'_>| !is_native(field) && field.spelling.is_std();
    let runs = model.fields.chunk_by(|one, next| is_sure(one) && is_sure(next));
    let runs = runs.flat_map(|run| run.chunks(MAX_RUN));
    runs.map(|run| match run {
        [field] => {
            let kind = kind(field, span);
            quote_spanned!(span=> &[#kind])
        }
        fields => {
            let types = fields.iter().map(|field| field.ty);
            quote_spanned!(span=> <(#(#types),*) as __autogen::Kinds>::KINDS)
        }
    })
    .collect()
}

/// Returns the kind of a field's type.
fn kind(field: &Field<'_>, span: Span) -> TokenStream {
    let ty = field.ty;
    match field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value) {
        Some(ByDialect::Every(native)) => {
            let native = text(&format!("native('{}')", native.replace('\'', "''")), span);
            quote_spanned! {span=>
                &__autogen::Kind::native(<__autogen::Probe<#ty>>::MAPPED, <__autogen::Probe<#ty>>::OPTION, #native)
            }
        }
        Some(ByDialect::Dialects(_)) | None => quote_spanned!(span=> <#ty as __autogen::FieldType>::KIND),
    }
}

/// Returns what a field's type needs in the list of long ones; nothing if it is spelled as one that never does.
fn long(field: &Field<'_>, span: Span) -> Option<TokenStream> {
    let ty = field.ty;
    if is_native(field) {
        return Some(quote_spanned!(span=> <__autogen::Probe<#ty>>::LONG));
    }
    (!field.spelling.is_std()).then(|| {
        quote_spanned! {span=>
            (<#ty as __autogen::FieldType>::TYPE, <#ty as __autogen::FieldType>::RENAMED)
        }
    })
}

fn is_native(field: &Field<'_>) -> bool {
    let sql_type = field.attrs.sql_type.as_ref().map(|sql_type| &sql_type.value);
    matches!(sql_type, Some(ByDialect::Every(_)))
}
