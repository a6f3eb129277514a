//! Keys, indexes, checks and foreign keys, thrown as numbers and joined to a table's columns once those are known.

use proptest::collection::vec;
use proptest::prelude::*;

use schema_core::schema::{
    Action, Check, Deferrable, Expression, ForeignKey, Generated, Index, IndexKey, IndexPart, Nulls, Order,
    PrimaryKey, Storage, Table,
};

use super::{TABLES, table_name};

/// Stands for the name that a primary key gets once its table has one.
pub(super) const CONVENTIONAL: &str = "pk_any";

/// What a table has beside its columns.
#[derive(Debug, Clone)]
pub(super) struct Members {
    key: Vec<u8>,
    indexes: Vec<[u8; 8]>,
    foreign_keys: Vec<[u8; 8]>,
    checks: Vec<[u8; 2]>,
    generated: Vec<[u8; 3]>,
}

pub(super) fn members() -> impl Strategy<Value = Members> {
    (
        vec(any::<u8>(), 0..3),
        vec(any::<[u8; 8]>(), 0..4),
        vec(any::<[u8; 8]>(), 0..3),
        vec(any::<[u8; 2]>(), 0..3),
        vec(any::<[u8; 3]>(), 0..3),
    )
        .prop_map(|(key, indexes, foreign_keys, checks, generated)| Members {
            generated,
            key,
            indexes,
            foreign_keys,
            checks,
        })
}

impl Members {
    pub(super) fn join(self, table: &mut Table) {
        let columns = distinct(&self.key, table);
        table.primary_key = (!columns.is_empty()).then(|| PrimaryKey {
            name: if self.key[0].is_multiple_of(5) {
                "own key"
            } else {
                CONVENTIONAL
            }
            .to_owned(),
            columns,
        });
        for dice in &self.generated {
            generate(dice, table);
        }
        for dice in &self.indexes {
            table.add_index(index(dice, table));
        }
        for dice in &self.foreign_keys {
            table.add_foreign_key(foreign_key(dice, table));
        }
        for dice in &self.checks {
            table.add_check(check(dice, table));
        }
    }
}

fn pick(die: u8, table: &Table) -> String {
    table.columns[usize::from(die) % table.columns.len()].name.clone()
}

fn distinct(dice: &[u8], table: &Table) -> Vec<String> {
    let mut columns = Vec::new();
    for die in dice {
        let column = pick(*die, table);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn index(dice: &[u8; 8], table: &Table) -> Index {
    let [a, b, count, name, die, order, shape, include] = *dice;
    let predicate = shape / 4;
    let (unique, constraint) = [(false, false), (true, false), (true, true)][usize::from(die) % 3];
    let columns = if count % 2 == 0 {
        distinct(&[a], table)
    } else {
        distinct(&[a, b], table)
    };
    let mut keys: Vec<IndexKey> = columns.into_iter().map(IndexKey::column).collect();
    if !constraint {
        if order % 3 == 0 {
            keys[0].order = Order::Descending;
        }
        if order % 7 == 0 {
            keys[0].nulls = if shape % 2 == 0 { Nulls::First } else { Nulls::Last };
        }
        if order % 11 == 0 {
            keys[0].operator_class = Some("text_pattern_ops".to_owned());
        }
        if order % 5 == 0 {
            keys[0].collation = Some("NOCASE".to_owned());
        }
        if shape % 4 == 0 {
            keys[0].part = IndexPart::Expression(Expression::new(format!(
                "coalesce({}, 1)",
                quoted(&pick(b, table))
            )));
        }
    }
    let predicate = (!constraint && predicate % 4 == 0)
        .then(|| Expression::new(format!("{} IS NOT NULL", quoted(&pick(a, table)))));
    let using = (!constraint && include % 4 == 1).then(|| "btree".to_owned());
    let include = if !constraint && include % 6 == 0 {
        distinct(&[b], table)
    } else {
        Vec::new()
    };
    Index {
        unique,
        constraint,
        predicate,
        using,
        include,
        nulls_not_distinct: unique && die % 4 == 0,
        ..Index::new(format!("ix {}", name % 6), keys)
    }
}

fn foreign_key(dice: &[u8; 8], table: &Table) -> ForeignKey {
    let [a, b, target, name, on_delete, on_update, deferrable, _] = *dice;
    let actions = [
        Action::NoAction,
        Action::Restrict,
        Action::Cascade,
        Action::SetNull,
        Action::SetDefault,
    ];
    let deferrables = [
        Deferrable::Never,
        Deferrable::Never,
        Deferrable::Immediate,
        Deferrable::Deferred,
    ];
    ForeignKey {
        name: format!("fk {}", name % 4),
        columns: distinct(&[a, b], table),
        references: table_name(TABLES[usize::from(target) % TABLES.len()], target % 5 == 0),
        referenced_columns: Vec::new(),
        on_delete: actions[usize::from(on_delete) % 5],
        on_update: actions[usize::from(on_update) % 5],
        deferrable: deferrables[usize::from(deferrable) % 4],
    }
}

/// Lets a column be computed from one before it.
fn generate([column, base, shape]: &[u8; 3], table: &mut Table) {
    let at = usize::from(*column) % table.columns.len();
    let Some(base) = usize::from(*base).checked_rem(at) else {
        return;
    };
    let base = quoted(&table.columns[base].name);
    let expression = match shape % 3 {
        0 => format!("coalesce({base},1)"),
        1 => format!("lower({base} || 'X')"),
        _ => base,
    };
    table.columns[at].generated = Some(Generated {
        expression: Expression::new(expression),
        storage: if shape % 2 == 0 {
            Storage::Virtual
        } else {
            Storage::Stored
        },
    });
}

/// A condition that every row meets, since it is the schema that is tried here.
fn check(dice: &[u8; 2], table: &Table) -> Check {
    let [column, shape] = *dice;
    let column = quoted(&pick(column, table));
    let expression = match shape % 4 {
        0 => format!("{column} IS NULL OR length({column}) >= 0"),
        1 => format!("coalesce({column},1)=coalesce({column}, 1)"),
        2 => format!("NOT ({column} <> {column})"),
        _ => format!("{column} IS NOT 'a -- b; /* '' */'"),
    };
    Check {
        name: format!("ck {}", shape % 5),
        expression: Expression::new(expression),
    }
}
