//! What a schema had better be on PostgreSQL.

use super::{Postgres, types};
use crate::dialect::hazards::quality::{
    Largest, differ_in_case, keyless, new_problems, redundant, reserved, short_key, unindexed,
};
use crate::dialect::hazards::{Change, Definition, Located};
use crate::hazard::{Code, Hazard};
use crate::schema::{Auto, Column, Schema, Table, Type};

/// The words that `pg_get_keywords` says are reserved, some but as names of functions.
const RESERVED: [&str; 101] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "system_user",
];

/// Returns the problems that a revision brings.
pub(super) fn quality(change: &Change<'_>) -> Vec<Located> {
    new_problems(&Postgres, change, column, problems)
}

fn column(definition: &Definition<'_>) -> Column {
    let ty = types::canonical(definition.ty);
    let (ty, is_serial) = match ty.as_str() {
        "smallserial" | "serial2" => ("smallint", true),
        "serial" | "serial4" => ("integer", true),
        "bigserial" | "serial8" => ("bigint", true),
        ty => (ty, false),
    };
    let is_numbered = is_serial || definition.has("AS IDENTITY");
    Column {
        auto: if is_numbered { Auto::Auto } else { Auto::No },
        ..Column::new(&definition.name, Type::Native(ty.to_owned()))
    }
}

fn problems(schema: &Schema) -> Vec<Hazard> {
    let mut found = Vec::new();
    let is_reserved = |name: &str| RESERVED.contains(&name);
    for table in schema.tables.values() {
        found.extend(keyless(table));
        found.extend(redundant(table));
        let own = short_key(table, largest)
            .into_iter()
            .chain(table.columns.iter().filter_map(|column| type_of(table, column)))
            .chain(unindexed(table))
            .chain(reserved(table, is_reserved));
        found.extend(own.map(|hazard| hazard.on("postgres")));
    }
    let alike = differ_in_case(schema).into_iter();
    found.extend(alike.map(|hazard| hazard.on("postgres")));
    found
}

fn native(column: &Column) -> &str {
    if let Type::Native(ty) = &column.ty { ty } else { "" }
}

fn largest(column: &Column) -> Option<Largest> {
    match native(column) {
        "smallint" => Some(Largest {
            number: 32_767,
            is_small: true,
        }),
        "integer" => Some(Largest {
            number: 2_147_483_647,
            is_small: false,
        }),
        _ => None,
    }
}

/// Types that PostgreSQL's own wiki says not to use (<https://wiki.postgresql.org/wiki/Don%27t_Do_This>).
fn type_of(table: &Table, column: &Column) -> Option<Hazard> {
    let (of, name, ty) = (&table.name, &column.name, native(column));
    let (code, text, safe) = match types::base(ty).as_str() {
        "timestamp without time zone" => (
            Code::S02,
            format!(
                "`{of}.{name}` is timestamp without time zone, so which instant it means depends on who reads it"
            ),
            "timestamptz, which a type with a zone becomes, such as `DateTime<Utc>`",
        ),
        "bpchar" if ty.contains('(') => (
            Code::S03,
            format!("`{of}.{name}` is {ty}, which fills values up with blanks and forgets those at the end"),
            "text or varchar, and a check if each value has to have that length",
        ),
        _ => return None,
    };
    Some(Hazard::new(code, text, safe).of(of, &[name]))
}
