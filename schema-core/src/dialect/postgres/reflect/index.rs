//! Indexes, UNIQUE constraints and primary keys.

use std::collections::BTreeMap;

use super::{Cells, OURS, Reflected};
use crate::db::{Connection, Error};
use crate::dialect::postgres::expression::reported;
use crate::lexer::lex;
use crate::schema::{Index, IndexKey, IndexPart, Nulls, Order, PrimaryKey};

/// What stands between the texts of several keys: no text of SQL holds it.
const SEPARATOR: char = '\u{1f}';

/// The bits of `indoption` (`INDOPTION_DESC` and `INDOPTION_NULLS_FIRST` in the server's source).
const DESCENDING: i64 = 1;
const NULLS_FIRST: i64 = 2;

/// One row of the query.
struct Row {
    table: i64,
    name: String,
    method: String,
    unique: bool,
    constraint: String,
    keys: usize,
    columns: Vec<i64>,
    options: Vec<i64>,
    classes: Vec<i64>,
    collations: Vec<i64>,
    nulls_not_distinct: bool,
    predicate: Option<String>,
    expressions: Vec<String>,
    definition: String,
}

/// Adds the indexes of all tables.
pub(super) fn read(connection: &mut dyn Connection, reflected: &mut Reflected) -> Result<(), Error> {
    let classes = named(
        connection,
        "SELECT oid, opcname FROM pg_opclass WHERE NOT opcdefault",
    )?;
    let mut rows = Vec::new();
    connection.for_each(&query(reflected.version), &[], &mut |row| {
        rows.push(self::row(&mut Cells::of(row)));
        true
    })?;
    let odd = rows.iter().any(|row| has_own_collation(row, reflected));
    let collations = if odd {
        named(connection, "SELECT oid, collname FROM pg_collation")?
    } else {
        BTreeMap::new()
    };
    for row in rows {
        add(row, reflected, &classes, &collations);
    }
    Ok(())
}

fn query(version: i64) -> String {
    let nulls_not_distinct = if version >= 150_000 {
        "i.indnullsnotdistinct"
    } else {
        "false"
    };
    format!(
        "SELECT i.indrelid, x.relname, m.amname, i.indisunique, coalesce(k.contype::text, ''), i.indnkeyatts::bigint,
            i.indkey::text, i.indoption::text, i.indclass::text, i.indcollation::text, {nulls_not_distinct},
            pg_get_expr(i.indpred, i.indrelid),
            CASE WHEN i.indexprs IS NOT NULL THEN (
                SELECT string_agg(pg_get_indexdef(i.indexrelid, at, false), chr(31) ORDER BY at)
                FROM generate_series(1, i.indnkeyatts::integer) at WHERE i.indkey[at - 1] = 0
            ) END,
            CASE WHEN i.indexprs IS NOT NULL THEN pg_get_indexdef(i.indexrelid) END
        FROM pg_index i
        JOIN pg_class x ON x.oid = i.indexrelid
        JOIN pg_namespace n ON n.oid = x.relnamespace
        JOIN pg_am m ON m.oid = x.relam
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
        WHERE i.indexrelid >= 16384 AND i.indisvalid AND {OURS}"
    )
}

fn row(cells: &mut Cells) -> Row {
    Row {
        table: cells.integer(),
        name: cells.text(),
        method: cells.text(),
        unique: cells.boolean(),
        constraint: cells.text(),
        keys: usize::try_from(cells.integer()).unwrap_or(0),
        columns: cells.integers(),
        options: cells.integers(),
        classes: cells.integers(),
        collations: cells.integers(),
        nulls_not_distinct: cells.boolean(),
        predicate: cells.text_or_null(),
        expressions: cells
            .text_or_null()
            .map(|texts| texts.split(SEPARATOR).map(str::to_owned).collect())
            .unwrap_or_default(),
        definition: cells.text(),
    }
}

fn named(connection: &mut dyn Connection, sql: &str) -> Result<BTreeMap<i64, String>, Error> {
    let mut names = BTreeMap::new();
    connection.for_each(sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        names.insert(cells.integer(), cells.text());
        true
    })?;
    Ok(names)
}

fn has_own_collation(row: &Row, reflected: &Reflected) -> bool {
    (0..row.keys).any(|at| own_collation(row, at, reflected).is_some())
}

/// Returns the collation of a key that is a column, if it is not the column's.
fn own_collation(row: &Row, at: usize, reflected: &Reflected) -> Option<i64> {
    let collation = row.collations.get(at).copied()?;
    let column = reflected.columns.get(&(row.table, *row.columns.get(at)?))?;
    (collation != 0 && collation != column.collation).then_some(collation)
}

fn add(
    row: Row,
    reflected: &mut Reflected,
    classes: &BTreeMap<i64, String>,
    collations: &BTreeMap<i64, String>,
) {
    let name_of = |number: &i64| {
        reflected
            .columns
            .get(&(row.table, *number))
            .map(|column| column.name.clone())
    };
    let columns: Vec<Option<String>> = row.columns.iter().map(name_of).collect();
    let mut expressions = row.expressions.iter();
    let mut keys = Vec::with_capacity(row.keys);
    for (at, column) in columns.iter().take(row.keys).enumerate() {
        let option = row.options.get(at).copied().unwrap_or(0);
        let order = if option & DESCENDING == 0 {
            Order::Ascending
        } else {
            Order::Descending
        };
        let (part, collation) = match column {
            Some(name) => {
                let own = own_collation(&row, at, reflected);
                let collation = own.and_then(|own| collations.get(&own).cloned());
                (IndexPart::Column(name.clone()), collation)
            }
            None => {
                let text = expressions.next().map(String::as_str).unwrap_or_default();
                let collation = written_collation(&row.definition, text);
                (IndexPart::Expression(reported(text)), collation)
            }
        };
        keys.push(IndexKey {
            part,
            order,
            collation,
            nulls: match (order, option & NULLS_FIRST != 0) {
                (Order::Ascending, true) => Nulls::First,
                (Order::Descending, false) => Nulls::Last,
                (Order::Ascending, false) | (Order::Descending, true) => Nulls::Default,
            },
            operator_class: row.classes.get(at).and_then(|class| classes.get(class).cloned()),
        });
    }
    let include: Vec<String> = columns.into_iter().skip(row.keys).flatten().collect();
    let Some(table) = reflected.tables.get_mut(&row.table) else {
        return;
    };
    match row.constraint.as_str() {
        // What an exclusion constraint promises is more than its index says.
        "x" => {}
        "p" => {
            let columns = keys.into_iter().filter_map(|key| match key.part {
                IndexPart::Column(name) => Some(name),
                IndexPart::Expression(_) => None,
            });
            table.primary_key = Some(PrimaryKey {
                name: row.name,
                columns: columns.collect(),
            });
        }
        constraint => {
            let index = Index {
                name: row.name,
                keys,
                unique: row.unique,
                constraint: constraint == "u",
                predicate: row.predicate.as_deref().map(reported),
                using: Some(row.method).filter(|method| method != "btree"),
                include,
                nulls_not_distinct: row.nulls_not_distinct,
            };
            table.add_index(index);
        }
    }
}

/// Returns the collation that the definition of an index gives an expression, which may have one of its own already.
fn written_collation(definition: &str, expression: &str) -> Option<String> {
    let (_, after) = definition.split_once(expression)?;
    let mut tokens = lex(after, crate::dialect::postgres::LEXICON).filter(|token| !token.is_trivia());
    let collate = tokens.next()?;
    if !collate.is("COLLATE") {
        return None;
    }
    let (mut name, mut dot) = (tokens.next()?, tokens.next());
    // A collation in a schema of its own.
    while dot.is_some_and(|dot| dot.is_symbol(".")) {
        name = tokens.next()?;
        dot = tokens.next();
    }
    name.name()
}
