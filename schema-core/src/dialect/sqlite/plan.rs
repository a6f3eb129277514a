//! From operations to statements.

use crate::dialect::Unsupported;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::Schema;

pub(super) fn plan(_: &Schema, _: &[Operation]) -> Result<Plan, Unsupported> {
    Ok(Plan::default())
}
