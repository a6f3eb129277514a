//! Columns, with their types, defaults and collations.

use std::collections::BTreeMap;

use super::{Attribute, Cells, OURS, Reflected};
use crate::db::{Connection, Error};
use crate::dialect::postgres::expression::{reported, reported_default};
use crate::dialect::postgres::types::base;
use crate::schema::{Auto, Column, Generated, Storage, Type};

/// Adds the columns of all tables.
///
/// A number that a sequence of the column's own makes (`serial`) is as good as an identity: the database makes it.
pub(super) fn read(
    connection: &mut dyn Connection,
    reflected: &mut Reflected,
    enums: &BTreeMap<i64, Type>,
) -> Result<(), Error> {
    let sql = format!(
        "SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, t.typelem,
            a.attnotnull, a.attidentity::text, a.attgenerated::text, a.attcollation,
            CASE WHEN a.attcollation <> t.typcollation THEN (SELECT collname FROM pg_collation l WHERE l.oid = a.attcollation) END,
            x.text,
            x.text LIKE 'nextval(%' AND EXISTS (
                SELECT FROM pg_depend s
                WHERE s.refclassid = 'pg_class'::regclass AND s.refobjid = a.attrelid
                    AND s.refobjsubid = a.attnum AND s.classid = 'pg_class'::regclass AND s.deptype = 'a'
                    AND x.text = format('nextval(%L::regclass)', s.objid::regclass::text)
            ),
            o.description
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN LATERAL (SELECT pg_get_expr(d.adbin, d.adrelid) AS text OFFSET 0) x ON TRUE
        LEFT JOIN pg_description o ON o.classoid = 'pg_class'::regclass AND o.objoid = a.attrelid AND o.objsubid = a.attnum
        WHERE c.relkind IN ('r', 'p') AND a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped AND {OURS}
        ORDER BY a.attrelid, a.attnum"
    );
    let Reflected {
        tables,
        columns,
        version: _,
    } = reflected;
    connection.for_each(&sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        let table = cells.integer();
        let number = cells.integer();
        let (column, collation) = column(&mut cells, enums);
        columns.insert(
            (table, number),
            Attribute {
                name: column.name.clone(),
                collation,
            },
        );
        if let Some(table) = tables.get_mut(&table) {
            table.columns.push(column);
        }
        true
    })
}

fn column(cells: &mut Cells, enums: &BTreeMap<i64, Type>) -> (Column, i64) {
    let name = cells.text();
    let native = cells.text();
    let (oid, element) = (cells.integer(), cells.integer());
    let not_null = cells.boolean();
    let identity = cells.text();
    let generated = cells.text();
    let collation_oid = cells.integer();
    let collation = cells.text_or_null();
    let expression = cells.text_or_null();
    let serial = cells.boolean();
    let comment = cells.text_or_null();

    let held = base(&native);
    let ty = match (enums.get(&oid), enums.get(&element)) {
        (Some(ty), _) => ty.clone(),
        (None, Some(element)) => Type::Array(Box::new(element.clone())),
        (None, None) => Type::Native(native),
    };
    let auto = if serial || !identity.is_empty() {
        Auto::Auto
    } else {
        Auto::No
    };
    let mut column = Column {
        nullable: !not_null,
        auto,
        collation,
        comment,
        ..Column::new(name, ty)
    };
    match expression {
        Some(text) if !generated.is_empty() => {
            column.generated = Some(Generated {
                expression: reported(&text),
                storage: Storage::Stored,
            });
        }
        Some(text) if auto == Auto::No => column.default = Some(reported_default(&text, &held)),
        Some(_) | None => {}
    }
    (column, collation_oid)
}
