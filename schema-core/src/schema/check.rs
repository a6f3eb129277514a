//! CHECK constraints.

use serde::{Deserialize, Serialize};

use super::Expression;

/// A condition that every row of a table must meet (or leave unknown, by SQL's three-valued logic).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The constraint's name, unique in its table.
    pub name: String,
    /// The condition.
    pub expression: Expression,
}
