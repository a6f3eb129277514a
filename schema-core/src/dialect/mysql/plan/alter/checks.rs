//! The checks of one table.
//!
//! MariaDB has two kinds: of a table, and of a column, which are named like it (<https://mariadb.com/kb/en/constraint/>). One of a column is no
//! constraint that can be dropped; it goes with the column's definition, and so with every MODIFY. A schema does not tell the one from the other,
//! hence a check that is named like a column is added again whenever that is defined anew, and the column is when its check goes.

use super::{Alter, Fate};
use crate::dialect::mysql::ddl::{self, quote};
use crate::dialect::mysql::plan::change::Change;
use crate::dialect::mysql::plan::values::mentions_any;
use crate::schema::Column;

impl Alter<'_> {
    /// Checks go before rows change and come after. So does one over a column that is dropped and added again: MariaDB drops it with the column, without
    /// a word.
    pub(super) fn checks(&mut self) {
        let Change { before, after, .. } = self.change;
        let carried = self
            .standing()
            .filter(|(standing, column, _)| self.fate(standing, column) == Fate::Carried);
        let carried = carried.map(|(_, column, _)| &column.name);
        let unsteady: Vec<&String> = self.unsteady.iter().copied().chain(carried).collect();
        let stays = |name: &String| {
            let (old, new) = (before.checks.get(name), after.checks.get(name));
            let follows = new.is_some_and(|check| mentions_any(&check.expression, unsteady.iter().copied()));
            old == new && !follows && !self.is_of_a_defined_column(name)
        };
        let is_gone = |name: &String| self.keys.is_early_check(&after.name, name);
        let drops = before.checks.keys().filter(|name| !stays(name) && !is_gone(name));
        let drops: Vec<String> = drops.map(|name| drop_check(self.change, name)).collect();
        let adds = after.checks.values().filter(|check| !stays(&check.name));
        let adds: Vec<String> = adds.map(|check| format!("ADD {}", ddl::check(check))).collect();
        self.first.drops.extend(drops);
        self.second.adds.extend(adds);
    }

    /// Tells whether a check may be that of a column that is defined anew.
    fn is_of_a_defined_column(&self, check: &str) -> bool {
        self.standing().any(|(standing, column, _)| {
            self.change.old_name(&column.name).eq_ignore_ascii_case(check)
                && self.fate(standing, column) != Fate::Kept
        })
    }

    /// Tells whether a check that may be that of a column goes or becomes another one, as it does when it names a column that gets another name.
    pub(super) fn loses_its_check(&self, column: &Column) -> bool {
        let Change { before, after, .. } = self.change;
        let name = self.change.old_name(&column.name);
        let mut checks = before.checks.iter();
        checks.any(|(check, old)| {
            let stays = after.checks.get(check) == Some(old) && name == column.name;
            check.eq_ignore_ascii_case(name) && !stays
        })
    }
}

/// Returns the clause that drops a check; MariaDB passes over one that goes with its column.
pub(in crate::dialect::mysql::plan) fn drop_check(change: &Change, check: &str) -> String {
    let mut columns = change.before.columns.iter();
    let may_be_a_columns = columns.any(|column| change.old_name(&column.name).eq_ignore_ascii_case(check));
    let if_there = if may_be_a_columns {
        "/*M! IF EXISTS */ "
    } else {
        ""
    };
    format!("DROP CONSTRAINT {if_there}{}", quote(check))
}
