//! Generated schemas that vary every field of the IR, and pairs of them with what a person would answer.
//!
//! Names come from small pools, so that two schemas of a pair share much. What no database could hold (a foreign
//! key to columns that are not unique, an index over a missing column) is mended after the dice are thrown.

mod cross;
pub mod fit;
mod member;
mod mend;
mod step;
pub mod typed;

use std::collections::BTreeMap;

use proptest::bool::weighted;
use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;
use proptest::sample::select;

use schema_core::diff::Answers;
use schema_core::schema::{Auto, Column, Default, Literal, Schema, Table, TableName, TableOptions, Type};

/// Names of tables: plain, reserved, quoted, beyond ASCII.
const TABLES: [&str; 6] = ["items", "order", "with. dot", "größe", "q\"uote", "Mixed"];

/// Names of columns.
pub(crate) const COLUMNS: [&str; 8] = [
    "id",
    "name",
    "group",
    "two. words",
    "preis_€",
    "d\"q",
    "Camel",
    "it's",
];

/// Names that nothing has before it is renamed.
const FRESH: [&str; 3] = ["renamed", "new name", "values"];

/// Two schemas, and the answers that lead from one to the other.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The schema before.
    pub from: Schema,
    /// The schema after.
    pub to: Schema,
    /// The renames, and values for every column that needs them.
    pub answers: Answers,
}

impl Pair {
    /// Has the values of every enum that both schemas have go round in a circle, too.
    #[must_use]
    pub fn turned(mut self, by: u8) -> Self {
        cross::turn_values(&self.from, &self.to, by, &mut self.answers);
        self
    }
}

/// Returns schemas of up to four tables that every database can hold.
pub fn schema() -> impl Strategy<Value = Schema> {
    schema_with(fit::everywhere)
}

/// Returns pairs of schemas that every database can hold: from much alike to wholly different.
pub fn pair() -> impl Strategy<Value = Pair> {
    pair_with(fit::everywhere)
}

/// Returns schemas of up to four tables, each as `fit` leaves it.
pub fn schema_with(fit: fn(&mut Schema)) -> impl Strategy<Value = Schema> {
    vec((name(), table()), 0..5).prop_map(move |tables| {
        let mut schema = Schema::default();
        for (name, mut table) in tables {
            table.name = name;
            schema.insert(table);
        }
        fit(&mut schema);
        mend::mend(&mut schema);
        schema
    })
}

/// Returns pairs of schemas, each as `fit` leaves it.
pub fn pair_with(fit: fn(&mut Schema)) -> impl Strategy<Value = Pair> {
    (schema_with(fit), step::step(fit)).prop_map(|(from, step)| {
        let (to, answers) = step.from(&from);
        Pair { from, to, answers }
    })
}

/// Returns a schema, and some more with the answers that lead from each to the next.
pub fn chain_with(
    fit: fn(&mut Schema),
    length: impl Into<SizeRange>,
) -> impl Strategy<Value = (Schema, Vec<(Schema, Answers)>)> {
    (schema_with(fit), vec(step::step(fit), length)).prop_map(|(first, steps)| {
        let mut from = first.clone();
        let steps = steps.into_iter().map(|step| {
            let (to, answers) = step.from(&from);
            from.clone_from(&to);
            (to, answers)
        });
        let steps = steps.collect();
        (first, steps)
    })
}

/// Returns names of tables, some of them in a namespace.
fn name() -> impl Strategy<Value = TableName> {
    (select(&TABLES[..]), weighted(0.2)).prop_map(|(name, is_elsewhere)| table_name(name, is_elsewhere))
}

pub(crate) fn table_name(name: &str, is_elsewhere: bool) -> TableName {
    TableName {
        schema: is_elsewhere.then(|| "sales".to_owned()),
        ..TableName::new(name)
    }
}

fn table() -> impl Strategy<Value = Table> {
    let columns = vec((select(&COLUMNS[..]), column()), 1..7);
    let comment = proptest::option::weighted(0.2, "[a-z' ]{0,8}");
    let served = proptest::option::weighted(0.2, Just(()));
    let options = (
        comment,
        weighted(0.2),
        weighted(0.3),
        [served.clone(), served.clone(), served],
    )
        .prop_map(
            |(comment, strict, without_rowid, [engine, charset, collation])| TableOptions {
                comment,
                strict,
                without_rowid,
                engine: engine.map(|()| "InnoDB".to_owned()),
                charset: charset.or(collation).map(|()| "utf8mb4".to_owned()),
                collation: collation.map(|()| "utf8mb4_bin".to_owned()),
            },
        );
    (columns, member::members(), options).prop_map(|(columns, members, options)| {
        let mut table = Table::new(TableName::new("any"));
        for (name, mut column) in columns {
            if table.column(name).is_none() {
                name.clone_into(&mut column.name);
                table.columns.push(column);
            }
        }
        members.join(&mut table);
        table.options = options;
        table
    })
}

fn column() -> impl Strategy<Value = Column> {
    let nullable = any::<bool>();
    let collation = proptest::option::weighted(0.1, select(vec!["NOCASE".to_owned(), "RTRIM".to_owned()]));
    let comment = proptest::option::weighted(0.1, "[a-z' ]{0,8}");
    let native = select(vec!["CLOB", "NUMERIC(7)", "MY TYPE"]);
    let native = proptest::option::weighted(0.1, (select(vec!["*", "sqlite", "postgres"]), native));
    let ty = ty();
    let default = proptest::option::weighted(0.4, any::<u8>());
    let auto = prop_oneof![4 => Just(Auto::No), 3 => Just(Auto::Auto), 1 => Just(Auto::NeverReused)];
    let own = (
        select(vec!["sqlite", "postgres", "mysql"]),
        select(vec!["NOCASE", "RTRIM"]),
    );
    let collations = proptest::option::weighted(0.1, own);
    (
        ty,
        native,
        nullable,
        default,
        auto,
        (collation, collations),
        comment,
    )
        .prop_map(
            |(ty, native, nullable, default, auto, (collation, collations), comment)| Column {
                name: String::new(),
                default: default.map(|die| default_of(&ty, die)),
                ty,
                sql_type: native
                    .map(|(dialect, native)| BTreeMap::from([(dialect.to_owned(), native.to_owned())]))
                    .unwrap_or_default(),
                nullable,
                generated: None,
                auto,
                collation,
                collations: collations
                    .map(|(dialect, name)| BTreeMap::from([(dialect.to_owned(), name.to_owned())]))
                    .unwrap_or_default(),
                comment,
            },
        )
}

fn ty() -> impl Strategy<Value = Type> {
    let text = proptest::option::of(1..200u32).prop_map(|length| Type::Text { length });
    let bytes = proptest::option::of(1..200u32).prop_map(|length| Type::Bytes { length });
    let decimal = (1..20u32, 0..4u32).prop_map(|(precision, scale)| Type::Decimal {
        precision: Some(precision + scale),
        scale: Some(scale),
    });
    let plain = select(vec![
        Type::Boolean,
        Type::I8,
        Type::I16,
        Type::I32,
        Type::I64,
        Type::U8,
        Type::U16,
        Type::U32,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::Decimal {
            precision: None,
            scale: None,
        },
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Timestamp,
        Type::Uuid,
        Type::Json,
        Type::Inet,
        Type::Network,
        Type::Array(Box::new(Type::I32)),
        Type::Native("BLOB".to_owned()),
    ]);
    let choices = select(vec![
        "'draft', 'live'",
        "'live', 'draft'",
        "'draft', 'sold', 'it''s'",
        "'live'",
    ]);
    let choice = (choices, select(vec!["any", "other"]))
        .prop_map(|(values, name)| format!("enum {name}({values})").parse().expect("an enum"));
    prop_oneof![3 => Just(Type::I64), 2 => choice, 3 => text, 1 => bytes, 1 => decimal, 6 => plain]
}

/// Tells whether the program's values of a type are whole numbers.
pub(crate) fn is_integer(ty: &Type) -> bool {
    matches!(
        ty,
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64
    )
}

fn is_number(ty: &Type) -> bool {
    is_integer(ty) || matches!(ty, Type::Boolean | Type::F32 | Type::F64 | Type::Decimal { .. })
}

fn default_of(ty: &Type, die: u8) -> Default {
    if let Type::Enum { name: _, values } = ty {
        return Default::Literal(Literal::Text(values[usize::from(die) % values.len()].clone()));
    }
    if is_number(ty) {
        match die % 5 {
            0 => Default::Literal(Literal::Number {
                number: "1.50".to_owned(),
            }),
            1 => Default::expression("1 + 1"),
            2 => Default::Literal(Literal::Boolean(die > 100)),
            _ => Default::Literal(Literal::Integer(i64::from(die) - 50)),
        }
    } else {
        match die % 6 {
            0 => Default::expression("CURRENT_TIMESTAMP"),
            1 => Default::expression("lower('A' || 'b')"),
            2 => Default::Literal(Literal::Bytes {
                hex: "00ff".to_owned(),
            }),
            3 => Default::Literal(Literal::Text(String::new())),
            _ => Default::Literal(Literal::Text(format!("it's {die} \"ok\" \\"))),
        }
    }
}
