//! A schema that a database holds, with its expressions in words that other databases understand.

use super::Dialect;
use crate::schema::{Default, Expression, IndexPart, Schema};

/// Returns the schema with every expression as [`Dialect::portable`] says it.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "postgres")] {
/// use schema_core::dialect::{portable, postgres::Postgres};
/// use schema_core::schema::{Check, Expression, Schema, Table, TableName};
///
/// let mut items = Table::new(TableName::new("items"));
/// let check = Check { name: "ck_items_nick".into(), expression: Expression::new("((nick)::text <> ''::text)") };
/// items.add_check(check);
/// let schema = portable(&Postgres, Schema::from_iter([items]));
/// assert_eq!(schema.tables[&TableName::new("items")].checks["ck_items_nick"].expression.0, "(nick <> '')");
/// # }
/// ```
#[must_use]
pub fn portable(dialect: &dyn Dialect, mut schema: Schema) -> Schema {
    let said = |expression: &mut Expression| *expression = dialect.portable(expression);
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            if let Some(generated) = &mut column.generated {
                said(&mut generated.expression);
            }
            if let Some(Default::Expression { sql }) = &mut column.default {
                said(sql);
            }
        }
        table
            .checks
            .values_mut()
            .for_each(|check| said(&mut check.expression));
        for index in table.indexes.values_mut() {
            for key in &mut index.keys {
                if let IndexPart::Expression(expression) = &mut key.part {
                    said(expression);
                }
            }
            if let Some(predicate) = &mut index.predicate {
                said(predicate);
            }
        }
    }
    schema
}
