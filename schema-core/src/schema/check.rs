//! CHECK constraints.

use serde::{Deserialize, Serialize};

use super::Expression;

/// A condition that every row of a table must meet (or leave unknown, by SQL's three-valued logic).
///
/// ```
/// use schema_core::schema::{Check, Expression, Table, TableName, naming};
///
/// let mut items = Table::new(TableName::new("items"));
/// let name = naming::check(&items.name, "price");
/// let expression = Expression::new("price >= 0");
/// items.add_check(Check { name, expression });
/// assert!(items.checks["ck_items_price"].expression.mentions("price"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The constraint's name, unique in its table.
    pub name: String,
    /// The condition.
    pub expression: Expression,
}
