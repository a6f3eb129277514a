//! What attributes may not say together. Every check has a name, looks at the whole model and reports all it finds.

use proc_macro2::Span;
use syn::Ident;
use syn::ext::IdentExt as _;

use crate::ast::{Field, Model};
use crate::attr::{ByDialect, Literal, MAX_NAME, Part, Value};
use crate::errors::Errors;
use crate::near::{list, nearest};

/// Runs every check.
pub(crate) fn check(model: &Model<'_>, errors: &mut Errors) {
    has_columns(model, errors);
    names_fit(model, errors);
    columns_are_distinct(model, errors);
    named_fields_exist(model, errors);
    one_primary_key(model, errors);
    numbers_are_keys(model, errors);
    rows_without_numbers_have_keys(model, errors);
    former_names_are_others(model, errors);
    computed_values_are_not_given(model, errors);
    skip_stands_alone(model, errors);
    sizes_make_sense(model, errors);
    values_fit(model, errors);
    foreign_keys_match(model, errors);
    uniqueness_is_promised(model, errors);
}

/// A table without columns cannot be created.
fn has_columns(model: &Model<'_>, errors: &mut Errors) {
    if model.fields.is_empty() {
        errors.at(
            model.ident.span(),
            format!(
                "the table `{}` has no columns; add a field that is not skipped",
                model.table
            ),
        );
    }
}

/// Names that follow from Rust's may be longer than those of a database.
fn names_fit(model: &Model<'_>, errors: &mut Errors) {
    if model.table.len() > MAX_NAME {
        let message =
            format!("the table's name has more than {MAX_NAME} bytes; give it another: `table = \"…\"`");
        errors.at(model.ident.span(), message);
    }
    for field in &model.fields {
        if field.column.len() > MAX_NAME {
            let message = format!(
                "the column's name has more than {MAX_NAME} bytes; give it another: `column = \"…\"`"
            );
            errors.at(field.ident.span(), message);
        }
    }
}

/// `a` and `#[model(column = "A")] b`: databases compare names without case.
fn columns_are_distinct(model: &Model<'_>, errors: &mut Errors) {
    let mut seen = std::collections::BTreeMap::new();
    for field in &model.fields {
        if let Some(first) = seen.insert(field.column.to_lowercase(), &field.name) {
            errors.at(
                field.ident.span(),
                format!(
                    "`{}` and `{first}` are one column, `{}`; name another: `column = \"…\"`",
                    field.name, field.column
                ),
            );
        }
    }
}

/// `index(nmae)`, `unique(a, a)`.
fn named_fields_exist(model: &Model<'_>, errors: &mut Errors) {
    let attrs = &model.attrs;
    let keys = attrs.indexes.iter().map(|index| {
        let fields = index.keys.iter().filter_map(|key| match &key.part {
            Part::Field(ident) => Some(ident),
            Part::Expression(_) => None,
        });
        let words: &[&str] = if index.constraint {
            &["nulls_not_distinct"]
        } else {
            &["unique", "nulls_not_distinct"]
        };
        (fields.collect::<Vec<_>>(), words)
    });
    let included = attrs.indexes.iter().map(|index| index.include.iter().collect());
    let others = included
        .chain(attrs.primary_key.iter().map(|key| key.value.iter().collect()))
        .chain(attrs.foreign_keys.iter().map(|key| key.fields.iter().collect()));
    for (list, words) in keys.chain(others.map(|list| (list, [].as_slice()))) {
        for (at, ident) in list.iter().enumerate() {
            if model.field(ident).is_none() {
                errors.at(ident.span(), no_field(model, ident, words));
            } else if list[..at].iter().any(|other| other.unraw() == ident.unraw()) {
                errors.at(ident.span(), format!("`{ident}` is named twice; take one away"));
            }
        }
    }
}

/// Says that there is no such field, and what was probably meant: a field, or one of the words that may stand beside them.
fn no_field(model: &Model<'_>, ident: &Ident, words: &[&str]) -> String {
    let name = ident.unraw().to_string();
    if model.skipped.iter().any(|field| field.name == name) {
        return format!("`{ident}` is skipped, so it is no column");
    }
    if let Some(field) = model.fields.iter().find(|field| field.column == name) {
        return format!(
            "`{ident}` is a column, but here stand fields; write `{}`",
            field.name
        );
    }
    let names = || model.fields.iter().map(|field| field.name.as_str());
    match nearest(&name, names().chain(words.iter().copied())) {
        Some(near) => format!("no field `{ident}` in `{}`; did you mean `{near}`?", model.ident),
        None => format!(
            "no field `{ident}` in `{}`, which has {}",
            model.ident,
            list(names())
        ),
    }
}

/// A table has one primary key, written in one place.
fn one_primary_key(model: &Model<'_>, errors: &mut Errors) {
    let marked: Vec<(&str, Span)> = model
        .fields
        .iter()
        .filter_map(|field| Some((field.name.as_str(), field.attrs.primary_key?)))
        .collect();
    if model.attrs.primary_key.is_some() {
        for (_, span) in &marked {
            errors.at(
                *span,
                "`primary_key` stands on the struct too; keep the one on the struct or the one on the field",
            );
        }
    } else if marked.len() > 1 {
        let names: Vec<&str> = marked.iter().map(|(name, _)| *name).collect();
        for (_, span) in &marked[1..] {
            errors.at(
                *span,
                format!("a table has one primary key; for one of several columns put `primary_key({})` on the struct", names.join(", ")),
            );
        }
    }
}

/// A database numbers the one column of a primary key, and any other only where it is told to.
fn numbers_are_keys(model: &Model<'_>, errors: &mut Errors) {
    let key = model.primary_key();
    for field in &model.fields {
        let attrs = &field.attrs;
        let auto = attrs.auto.as_ref();
        let said = auto
            .filter(|auto| !auto.value)
            .map(|auto| ("auto = false", auto.span));
        let said = said
            .into_iter()
            .chain(attrs.autoincrement.map(|span| ("autoincrement", span)));
        let is_key = matches!(&key[..], [(only, _)] if only.name == field.name);
        for (word, span) in said {
            if !is_key {
                errors.at(
                    span,
                    format!("`{word}` is for a primary key of one column; put `primary_key` beside it or take it away"),
                );
            }
        }
        if let (Some(auto), Some(span)) = (auto, attrs.autoincrement) {
            if !auto.value {
                errors.at(
                    span,
                    "`autoincrement` and `auto = false` contradict each other; keep one",
                );
            }
        }
        let numbered = auto.is_some_and(|auto| auto.value) || attrs.autoincrement.is_some();
        if let (true, Some(default)) = (numbered, &attrs.default) {
            errors.at(
                default.span,
                "the database makes the number, so there is no default; keep `default` or `auto`",
            );
        }
    }
}

/// `without_rowid` keeps rows under the primary key, which the database then does not number.
fn rows_without_numbers_have_keys(model: &Model<'_>, errors: &mut Errors) {
    let Some(span) = model.attrs.without_rowid else {
        return;
    };
    if model.primary_key().is_empty() {
        errors.at(
            span,
            "`without_rowid` needs a primary key; put `primary_key` on a field",
        );
    }
    for field in &model.fields {
        let auto = field.attrs.auto.as_ref().filter(|auto| auto.value);
        let said = auto.map(|auto| ("auto", auto.span)).into_iter();
        for (word, span) in said.chain(field.attrs.autoincrement.map(|span| ("autoincrement", span))) {
            errors.at(
                span,
                format!(
                    "`{word}` is the number of a row, and `without_rowid` leaves it out; keep one of the two"
                ),
            );
        }
    }
}

/// `renamed_from` names what was, and each name once.
fn former_names_are_others(model: &Model<'_>, errors: &mut Errors) {
    for former in &model.attrs.renamed_from {
        if former.value == model.table {
            let message = format!(
                "`{}` is what the table is called now; write its old name",
                former.value
            );
            errors.at(former.span, message);
        }
    }
    let mut seen = std::collections::BTreeMap::new();
    for field in &model.fields {
        for former in &field.attrs.renamed_from {
            if former.value == field.column {
                let message = format!(
                    "`{}` is what the column is called now; write its old name",
                    former.value
                );
                errors.at(former.span, message);
            } else if let Some(other) = seen.insert(former.value.as_str(), &field.name) {
                let message = format!(
                    "`{}` cannot have become two columns; it stands on `{other}` too",
                    former.value
                );
                errors.at(former.span, message);
            }
        }
    }
}

/// A generated column has its value from its expression, and from nowhere else.
fn computed_values_are_not_given(model: &Model<'_>, errors: &mut Errors) {
    let key = model.primary_key();
    for field in &model.fields {
        let attrs = &field.attrs;
        let storage = [("stored", attrs.stored), ("virtual", attrs.virtual_)];
        let storage = storage.into_iter().filter_map(|(word, span)| Some((word, span?)));
        let Some(generated) = &attrs.generated else {
            for (word, span) in storage {
                let message =
                    format!("`{word}` says how a generated value is kept; put `generated = \"…\"` beside it");
                errors.at(span, message);
            }
            continue;
        };
        if let (Some(_), Some(span)) = (attrs.stored, attrs.virtual_) {
            errors.at(span, "`stored` and `virtual` contradict each other; keep one");
        }
        let given = ["default", "backfill", "auto", "autoincrement"];
        for word in attrs
            .keys
            .iter()
            .filter(|word| given.iter().any(|given| *word == given))
        {
            let message =
                format!("the value is computed, so nothing else gives it; keep `generated` or `{word}`");
            errors.at(word.span(), message);
        }
        if key.iter().any(|(part, _)| part.name == field.name) {
            errors.at(
                generated.span,
                "a generated value cannot be part of the primary key; make it `unique`",
            );
        }
    }
}

/// What is no column has no attributes of one.
fn skip_stands_alone(model: &Model<'_>, errors: &mut Errors) {
    for key in model.skipped.iter().flat_map(|field| &field.attrs.keys) {
        if key != "skip" {
            errors.at(
                key.span(),
                format!("`{key}` is for columns, and the field is skipped; keep one of the two"),
            );
        }
    }
}

/// `scale` without `precision`, or more digits after the point than in all.
fn sizes_make_sense(model: &Model<'_>, errors: &mut Errors) {
    for Field { attrs, .. } in &model.fields {
        match (&attrs.precision, &attrs.scale) {
            (None, Some(scale)) => errors.at(
                scale.span,
                "`scale` needs `precision`, the digits in all: `precision = 10, scale = 2`",
            ),
            (Some(precision), Some(scale)) if scale.value > precision.value => errors.at(
                scale.span,
                format!(
                    "{} digits after the point are more than the {} in all",
                    scale.value, precision.value
                ),
            ),
            (Some(_) | None, Some(_) | None) => {}
        }
        if let Some(ByDialect::Every(_)) = attrs.sql_type.as_ref().map(|sql_type| &sql_type.value) {
            let sizes = [("length", &attrs.length), ("precision", &attrs.precision)];
            for (word, size) in sizes {
                if let Some(size) = size {
                    errors.at(size.span, format!("`sql_type` is the whole type; write the `{word}` into it: `sql_type = \"char(8)\"`"));
                }
            }
        }
    }
}

/// `length = 3, default = "long"`
fn values_fit(model: &Model<'_>, errors: &mut Errors) {
    for Field { attrs, .. } in &model.fields {
        let Some(length) = &attrs.length else {
            continue;
        };
        for value in attrs.default.iter().chain(&attrs.backfill) {
            let (size, what) = match &value.value {
                Value::Literal(Literal::Text(text)) => (text.chars().count(), "characters"),
                Value::Literal(Literal::Bytes(bytes)) => (bytes.len(), "bytes"),
                Value::Literal(Literal::Boolean(_) | Literal::Integer(_) | Literal::Number(_))
                | Value::Sql(_) => continue,
            };
            if size > length.value as usize {
                let message = format!(
                    "the value has {size} {what}, and the column takes {}",
                    length.value
                );
                errors.at(value.span, message);
            }
        }
    }
}

/// Every column of a foreign key refers to one.
fn foreign_keys_match(model: &Model<'_>, errors: &mut Errors) {
    for key in &model.attrs.foreign_keys {
        let (from, to) = (key.fields.len(), key.references.len());
        if from != to {
            errors.at(
                key.span,
                format!("{from} fields cannot refer to {to}; name as many on both sides of `=>`"),
            );
        }
    }
}

/// `nulls_not_distinct` says how an index is unique.
fn uniqueness_is_promised(model: &Model<'_>, errors: &mut Errors) {
    for index in model.attrs.indexes.iter().filter(|index| !index.unique) {
        if let Some(span) = index.nulls_not_distinct {
            errors.at(
                span,
                "`nulls_not_distinct` says how values are unique; put `unique` beside it",
            );
        }
    }
}
