//! A model as the derive sees it: parsed, with the tokens that errors point to, ready to be checked and expanded.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Ident, Type};

use crate::attr::{self, FieldAttrs, StructAttrs};
use crate::errors::Errors;
use crate::naming::table_name;
use crate::spelling::Spelling;

/// A struct that is a table.
pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    /// The braces and all between them.
    pub(crate) body: Span,
    pub(crate) attrs: StructAttrs,
    /// The table's name.
    pub(crate) table: String,
    /// The fields that are columns, in order.
    pub(crate) fields: Vec<Field<'a>>,
    /// The fields that are none.
    pub(crate) skipped: Vec<Field<'a>>,
}

/// A field of it.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    /// Its name without `r#`.
    pub(crate) name: String,
    /// The column's name.
    pub(crate) column: String,
    pub(crate) ty: &'a Type,
    pub(crate) spelling: Spelling,
    pub(crate) attrs: FieldAttrs,
}

impl<'a> Model<'a> {
    /// Reads a struct; `None` if the input is none that can be a table.
    pub(crate) fn read(input: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        let named = named_fields(input, errors)?;
        if let (Some(first), Some(last)) = (input.generics.params.first(), input.generics.params.last()) {
            let span = first.span().join(last.span()).unwrap_or_else(|| first.span());
            errors.at(
                span,
                "a model cannot be generic: a table has one type for each column; write the types out, `'static` for a lifetime",
            );
        }
        let attrs = attr::on_struct_attrs(&input.attrs, errors);
        let fields = named.named.iter().filter_map(|field| {
            let ident = field.ident.as_ref()?;
            let attrs = attr::on_field_attrs(&field.attrs, errors);
            let name = ident.unraw().to_string();
            Some(Field {
                ident,
                column: attrs.column.clone().unwrap_or_else(|| name.clone()),
                name,
                ty: &field.ty,
                spelling: Spelling::of(&field.ty),
                attrs,
            })
        });
        let (skipped, fields) = fields.partition(|field| field.attrs.skip.is_some());
        let table = attrs
            .table
            .clone()
            .unwrap_or_else(|| table_name(&input.ident.unraw().to_string()));
        Some(Model {
            ident: &input.ident,
            body: named.brace_token.span.join(),
            attrs,
            table,
            fields,
            skipped,
        })
    }

    /// Returns the column field of that name.
    pub(crate) fn field(&self, ident: &Ident) -> Option<&Field<'a>> {
        let name = ident.unraw().to_string();
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns where a field stands among the columns.
    pub(crate) fn place(&self, field: &Field<'a>) -> usize {
        let place = self.fields.iter().position(|other| other.name == field.name);
        place.expect("it is a field of this model")
    }

    /// Returns the fields of the primary key with the token that makes each part of it: those that the struct lists, or the one
    /// that is marked, or the one named `id`, in Rust or in the database.
    pub(crate) fn primary_key(&self) -> Vec<(&Field<'a>, Span)> {
        if let Some(listed) = &self.attrs.primary_key {
            let fields = listed
                .value
                .iter()
                .filter_map(|ident| Some((self.field(ident)?, ident.span())));
            return fields.collect();
        }
        let marked = self
            .fields
            .iter()
            .find_map(|field| Some((field, field.attrs.primary_key?)));
        let id = || {
            let fields = || self.fields.iter().filter(|field| !field.attrs.no_primary_key);
            let named = fields().find(|field| field.name == "id");
            // A field that only Rust calls otherwise is what it was.
            let field = named.or_else(|| fields().find(|field| field.column == "id"))?;
            Some((field, field.ident.span()))
        };
        marked.or_else(id).into_iter().collect()
    }
}

fn named_fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a FieldsNamed> {
    let (span, what) = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => (fields.span(), "a tuple struct has no names for columns"),
            Fields::Unit => (input.ident.span(), "a unit struct has no columns"),
        },
        Data::Enum(data) => (data.enum_token.span(), "an enum is no table"),
        Data::Union(data) => (data.union_token.span(), "a union is no table"),
    };
    errors.at(
        span,
        format!("`Model` cannot be derived: {what}; put it on a struct with named fields"),
    );
    None
}
