#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The generator varies every field of the IR, and every field differs between the two schemas of some pair: what it left alone, no
//! law would be tried on. A new field does not compile here until it is named.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use autogen_tests::generate::{self, Pair, fit};
use proptest::test_runner::{Config, TestRunner};
use schema_core::schema::{
    Check, Column, ForeignKey, Generated, Index, IndexKey, PrimaryKey, Schema, Table, TableName, TableOptions,
};

/// What was seen of each field: its values, and how often two sides differed in it.
#[derive(Default)]
struct Seen {
    values: BTreeMap<&'static str, BTreeSet<String>>,
    differs: BTreeMap<&'static str, usize>,
}

impl Seen {
    fn field<T: Debug + PartialEq>(&mut self, name: &'static str, from: &T, to: &T) {
        let values = self.values.entry(name).or_default();
        values.insert(format!("{from:?}"));
        values.insert(format!("{to:?}"));
        *self.differs.entry(name).or_default() += usize::from(from != to);
    }

    /// Looks at what both sides have under one name.
    fn both<T>(&mut self, from: &BTreeMap<String, T>, to: &BTreeMap<String, T>, look: fn(&mut Seen, &T, &T)) {
        for (name, old) in from {
            if let Some(new) = to.get(name) {
                look(self, old, new);
            }
        }
    }
}

/// Names all fields of a struct, and looks at each on both sides.
macro_rules! fields {
    ($seen:expr, $of:ident, $from:expr, $to:expr, $($field:ident),* $(,)?) => {
        let $of { $($field: _),* } = $from;
        $($seen.field(concat!(stringify!($of), ".", stringify!($field)), &$from.$field, &$to.$field);)*
    };
}

fn schema(seen: &mut Seen, from: &Schema, to: &Schema) {
    let Schema { tables } = from;
    for table in tables.values() {
        let TableName { schema, name } = &table.name;
        seen.field("TableName.schema", schema, &None);
        seen.field("TableName.name", name, &String::new());
        if let Some(new) = to.table(&table.name) {
            self::table(seen, table, new);
        }
    }
}

fn table(seen: &mut Seen, from: &Table, to: &Table) {
    fields!(
        seen,
        Table,
        from,
        to,
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys,
        checks,
        options
    );
    fields!(
        seen,
        TableOptions,
        &from.options,
        &to.options,
        comment,
        strict,
        without_rowid,
        engine,
        charset,
        collation
    );
    if let (Some(old), Some(new)) = (&from.primary_key, &to.primary_key) {
        fields!(seen, PrimaryKey, old, new, name, columns);
    }
    for old in &from.columns {
        if let Some(new) = to.column(&old.name) {
            column(seen, old, new);
        }
    }
    seen.both(&from.indexes, &to.indexes, index);
    seen.both(&from.foreign_keys, &to.foreign_keys, |seen, old, new| {
        fields!(
            seen,
            ForeignKey,
            old,
            new,
            name,
            columns,
            references,
            referenced_columns,
            on_delete,
            on_update,
            deferrable
        );
    });
    seen.both(&from.checks, &to.checks, |seen, old, new| {
        fields!(seen, Check, old, new, name, expression);
    });
}

fn column(seen: &mut Seen, from: &Column, to: &Column) {
    fields!(
        seen, Column, from, to, name, ty, sql_type, nullable, default, generated, auto, collation,
        collations, comment
    );
    if let (Some(old), Some(new)) = (&from.generated, &to.generated) {
        fields!(seen, Generated, old, new, expression, storage);
    }
}

fn index(seen: &mut Seen, from: &Index, to: &Index) {
    fields!(
        seen,
        Index,
        from,
        to,
        name,
        keys,
        unique,
        constraint,
        predicate,
        using,
        include,
        nulls_not_distinct
    );
    for (old, new) in from.keys.iter().zip(&to.keys) {
        fields!(
            seen,
            IndexKey,
            old,
            new,
            part,
            order,
            collation,
            nulls,
            operator_class
        );
    }
}

#[test]
fn every_field_varies_and_changes() {
    let seen = RefCell::new(Seen::default());
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: 1_000,
            failure_persistence: None,
            ..Config::default()
        },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let look = |Pair { from, to, .. }: Pair| {
        schema(&mut seen.borrow_mut(), &from, &to);
        Ok(())
    };
    runner.run(&generate::pair_with(fit::anything), look).unwrap();
    let Seen { values, differs } = seen.into_inner();
    let constant: Vec<_> = values
        .iter()
        .filter(|(_, values)| values.len() < 2)
        .map(|(field, _)| field)
        .collect();
    assert!(constant.is_empty(), "never vary: {constant:?}");
    // What is compared under one name has that name on both sides.
    let named = [
        "Table.name",
        "Column.name",
        "Index.name",
        "ForeignKey.name",
        "Check.name",
    ];
    let alike: Vec<_> = differs
        .iter()
        .filter(|(field, count)| **count == 0 && !named.contains(*field))
        .map(|(field, _)| field)
        .collect();

    assert!(alike.is_empty(), "never differ: {alike:?}");
    // Each type, action and way to be checked is there.
    let several = |field: &str, least: usize| {
        let count = values[field].len();
        assert!(
            count >= least,
            "{field} has {count} values only: {:?}",
            values[field]
        );
    };
    several("Column.ty", 25);
    several("ForeignKey.on_delete", 5);
    several("ForeignKey.on_update", 5);
    several("ForeignKey.deferrable", 3);
    several("IndexKey.nulls", 3);
    several("Column.auto", 3);
    several("Generated.storage", 2);
}
