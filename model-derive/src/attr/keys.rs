//! The table of keys: what may stand in `#[model(…)]`, where, in which form, and what reads it.

use super::{Row, Spanned, Times, index, on_enum, on_field, on_struct, on_variant, parse, reference, value};

/// Every key there is.
pub(super) const KEYS: &[Row] = &[
    on_struct("table", "table = \"items\"", Times::Once, |attrs, _, input| {
        attrs.table = Some(parse::name(input)?);
        Ok(())
    }),
    on_struct("schema", "schema = \"sales\"", Times::Once, |attrs, _, input| {
        attrs.schema = Some(parse::name(input)?);
        Ok(())
    }),
    on_struct(
        "primary_key",
        "primary_key(a, b, name = \"…\")",
        Times::Once,
        |attrs, span, input| {
            let (value, name) = index::primary_key(span, input)?;
            attrs.primary_key = Some(Spanned { value, span });
            attrs.primary_key_name = name;
            Ok(())
        },
    ),
    on_struct(
        "unique",
        "unique(a, b, name = \"…\", nulls_not_distinct)",
        Times::Many,
        |attrs, span, input| {
            attrs.indexes.push(index::unique(span, input)?);
            Ok(())
        },
    ),
    on_struct(
        "index",
        "index(a, b desc nulls last, \"lower(c)\", name = \"…\", where = \"…\", unique, using = \"gin\", include(d))",
        Times::Many,
        |attrs, span, input| {
            attrs.indexes.push(index::index(span, input)?);
            Ok(())
        },
    ),
    on_struct(
        "check",
        "check(\"a < b\", name = \"…\")",
        Times::Many,
        |attrs, _, input| {
            attrs.checks.push(index::check(input)?);
            Ok(())
        },
    ),
    on_struct(
        "foreign_key",
        "foreign_key(a, b => Other(x, y), on_delete = cascade, on_update = cascade, deferrable, name = \"…\")",
        Times::Many,
        |attrs, span, input| {
            attrs.foreign_keys.push(reference::foreign_key(span, input)?);
            Ok(())
        },
    ),
    on_struct("comment", "comment = \"…\"", Times::Once, |attrs, _, input| {
        attrs.comment = Some(parse::text(input)?);
        Ok(())
    }),
    on_struct(
        "renamed_from",
        "renamed_from = \"old\"` or `renamed_from = [\"older\", \"old\"]",
        Times::Once,
        |attrs, _, input| {
            attrs.renamed_from = parse::names(input)?;
            Ok(())
        },
    ),
    on_struct("strict", "strict", Times::Once, |attrs, span, input| {
        attrs.strict = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_struct(
        "without_rowid",
        "without_rowid",
        Times::Once,
        |attrs, span, input| {
            attrs.without_rowid = Some(parse::bare(span, input)?);
            Ok(())
        },
    ),
    on_struct("engine", "engine = \"InnoDB\"", Times::Once, |attrs, _, input| {
        attrs.engine = Some(parse::text(input)?);
        Ok(())
    }),
    on_struct(
        "charset",
        "charset = \"utf8mb4\"",
        Times::Once,
        |attrs, _, input| {
            attrs.charset = Some(parse::text(input)?);
            Ok(())
        },
    ),
    on_struct(
        "collate",
        "collate = \"utf8mb4_bin\"",
        Times::Once,
        |attrs, _, input| {
            attrs.collate = Some(parse::text(input)?);
            Ok(())
        },
    ),
    on_field("column", "column = \"name\"", |attrs, _, input| {
        attrs.column = Some(parse::name(input)?);
        Ok(())
    }),
    on_field(
        "primary_key",
        "primary_key` or `primary_key = false",
        |attrs, span, input| {
            match parse::flag(input)? {
                true => attrs.primary_key = Some(span),
                false => attrs.no_primary_key = true,
            }
            Ok(())
        },
    ),
    on_field("auto", "auto` or `auto = false", |attrs, span, input| {
        let value = parse::flag(input)?;
        attrs.auto = Some(Spanned { value, span });
        Ok(())
    }),
    on_field("autoincrement", "autoincrement", |attrs, span, input| {
        attrs.autoincrement = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_field("unique", "unique", |attrs, span, input| {
        attrs.unique = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_field("index", "index", |attrs, span, input| {
        attrs.index = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_field("length", "length = 80", |attrs, span, input| {
        let value = parse::positive(input)?;
        attrs.length = Some(Spanned { value, span });
        Ok(())
    }),
    on_field("precision", "precision = 10", |attrs, span, input| {
        let value = parse::positive(input)?;
        attrs.precision = Some(Spanned { value, span });
        Ok(())
    }),
    on_field("scale", "scale = 2", |attrs, span, input| {
        let value = parse::number(input)?;
        attrs.scale = Some(Spanned { value, span });
        Ok(())
    }),
    on_field(
        "default",
        "default = 0` or `default = sql(\"…\")",
        |attrs, _, input| {
            attrs.default = Some(value::value(input)?);
            Ok(())
        },
    ),
    on_field(
        "backfill",
        "backfill = 0` or `backfill = sql(\"…\")",
        |attrs, _, input| {
            attrs.backfill = Some(value::value(input)?);
            Ok(())
        },
    ),
    on_field(
        "references",
        "references(Model)`, `references(Model::column, on_delete = cascade)` or `references(\"table.column\")",
        |attrs, _, input| {
            attrs.references = Some(reference::reference(input)?);
            Ok(())
        },
    ),
    on_field(
        "check",
        "check = \"price >= 0\"` or `check(\"price >= 0\", name = \"…\")",
        |attrs, _, input| {
            attrs.check = Some(index::check(input)?);
            Ok(())
        },
    ),
    on_field(
        "generated",
        "generated = \"price * qty\"",
        |attrs, span, input| {
            let value = parse::text(input)?;
            attrs.generated = Some(Spanned { value, span });
            Ok(())
        },
    ),
    on_field("stored", "stored", |attrs, span, input| {
        attrs.stored = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_field("virtual", "virtual", |attrs, span, input| {
        attrs.virtual_ = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_field(
        "collate",
        "collate = \"nocase\"` or `collate(postgres = \"de-x-icu\", sqlite = \"NOCASE\")",
        |attrs, span, input| {
            let value = value::by_dialect(span, input)?;
            attrs.collate = Some(Spanned { value, span });
            Ok(())
        },
    ),
    on_field("comment", "comment = \"…\"", |attrs, _, input| {
        attrs.comment = Some(parse::text(input)?);
        Ok(())
    }),
    on_field(
        "sql_type",
        "sql_type = \"citext\"` or `sql_type(postgres = \"citext\", sqlite = \"TEXT\")",
        |attrs, span, input| {
            let value = value::by_dialect(span, input)?;
            attrs.sql_type = Some(Spanned { value, span });
            Ok(())
        },
    ),
    on_field(
        "renamed_from",
        "renamed_from = \"old\"` or `renamed_from = [\"older\", \"old\"]",
        |attrs, _, input| {
            attrs.renamed_from = parse::names(input)?;
            Ok(())
        },
    ),
    on_field("skip", "skip", |attrs, span, input| {
        attrs.skip = Some(parse::bare(span, input)?);
        Ok(())
    }),
    on_enum("name", "name = \"order_status\"", |attrs, _, input| {
        attrs.name = Some(parse::type_name(input)?);
        Ok(())
    }),
    on_variant("value", "value = \"on_sale\"", |attrs, _, input| {
        attrs.value = Some(parse::value(input)?);
        Ok(())
    }),
    on_variant(
        "renamed_from",
        "renamed_from = \"old\"` or `renamed_from = [\"older\", \"old\"]",
        |attrs, _, input| {
            attrs.renamed_from = parse::values(input)?;
            Ok(())
        },
    ),
];
