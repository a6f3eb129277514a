//! Foreign keys and checks.

use super::{Cells, OURS, Reflected};
use crate::db::{Connection, Error};
use crate::dialect::postgres::expression::reported;
use crate::schema::{Action, Check, Deferrable, ForeignKey, TableName};

/// Adds the foreign keys and checks of all tables.
pub(super) fn read(connection: &mut dyn Connection, reflected: &mut Reflected) -> Result<(), Error> {
    let sql = format!(
        "SELECT k.conrelid, k.conname, k.contype::text, k.conkey::text, k.confrelid, k.confkey::text,
            nullif(rn.nspname, current_schema()), r.relname,
            k.confdeltype::text, k.confupdtype::text, k.condeferrable, k.condeferred,
            CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) END
        FROM pg_constraint k
        JOIN pg_namespace n ON n.oid = k.connamespace
        LEFT JOIN pg_class r ON r.oid = k.confrelid
        LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
        WHERE k.contype IN ('c', 'f') AND k.conrelid <> 0 AND {OURS}"
    );
    let Reflected {
        tables,
        columns,
        version: _,
    } = reflected;
    connection.for_each(&sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        let owner = cells.integer();
        let name = cells.text();
        let is_check = cells.text() == "c";
        let own = cells.integers();
        let target = cells.integer();
        let others = cells.integers();
        let references = TableName {
            schema: cells.text_or_null(),
            name: cells.text(),
        };
        let names = |table: i64, numbers: &[i64]| -> Vec<String> {
            let columns = numbers.iter().filter_map(|number| columns.get(&(table, *number)));
            columns.map(|column| column.name.clone()).collect()
        };
        let (on_delete, on_update) = (action(&cells.text()), action(&cells.text()));
        let deferrable = deferrable(cells.boolean(), cells.boolean());
        let Some(table) = tables.get_mut(&owner) else {
            return true;
        };
        if is_check {
            let expression = reported(&cells.text());
            table.add_check(Check { name, expression });
        } else {
            let key = ForeignKey {
                name,
                columns: names(owner, &own),
                references,
                referenced_columns: names(target, &others),
                on_delete,
                on_update,
                deferrable,
            };
            table.add_foreign_key(key);
        }
        true
    })
}

/// Reads a code of `confdeltype` (<https://www.postgresql.org/docs/current/catalog-pg-constraint.html>).
fn action(code: &str) -> Action {
    match code {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn deferrable(can_be: bool, is: bool) -> Deferrable {
    match (can_be, is) {
        (false, _) => Deferrable::Never,
        (true, false) => Deferrable::Immediate,
        (true, true) => Deferrable::Deferred,
    }
}
