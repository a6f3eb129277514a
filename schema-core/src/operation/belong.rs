//! Operations of one list that belong together: what another one needs, and what was only done to make way for it.

use std::collections::BTreeSet;

use super::Operation;
use super::conflict::{ByThing, by_thing};
use super::touch::Use;

/// Returns which operations cannot stay if those at the given places do not, those included.
///
/// An operation goes with one before it that made or changed what it touches, or took away what stood in its way. And what was only taken away
/// (or mapped) to make way for an operation goes with that one, if both are of one revision: `revisions` says, for each operation, which it is of.
pub(crate) fn left_with<R: PartialEq>(
    operations: &[Operation],
    revisions: &[R],
    left: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    let needs = needs(operations);
    let mut left = left.clone();
    loop {
        let more: Vec<usize> = needs
            .iter()
            .filter_map(|(earlier, later)| {
                let together = makes_way(&operations[*earlier]) && revisions[*earlier] == revisions[*later];
                match (left.contains(earlier), left.contains(later)) {
                    (true, false) => Some(*later),
                    (false, true) if together => Some(*earlier),
                    (true, true) | (false, _) => None,
                }
            })
            .collect();
        if more.is_empty() {
            return left;
        }
        left.extend(more);
    }
}

/// Returns the pairs of places of which the later operation needs the earlier one.
fn needs(operations: &[Operation]) -> BTreeSet<(usize, usize)> {
    let things: ByThing = by_thing(operations);
    let mut needs = BTreeSet::new();
    for (_, uses) in things.values() {
        for (at, (earlier, before)) in uses.iter().enumerate() {
            let changes = match before {
                Use::Makes | Use::Alters | Use::Defines(_) => true,
                Use::ReliesOn | Use::Names => makes_way(&operations[*earlier]),
            };
            let later = uses[at + 1..].iter();
            needs.extend(
                later
                    .filter(|(later, after)| changes && later != earlier && before.clashes(after))
                    .map(|(later, _)| (*earlier, *later)),
            );
        }
    }
    needs
}

/// Tells whether an operation can be there for one after it: it takes away what rests on something else, or changes what is in rows.
fn makes_way(operation: &Operation) -> bool {
    match operation {
        Operation::DropForeignKey { .. }
        | Operation::DropCheck { .. }
        | Operation::DropIndex { .. }
        | Operation::MapValues { .. }
        | Operation::AlterPrimaryKey { .. } => true,
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::AddIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddForeignKey { .. }
        | Operation::RenameForeignKey { .. }
        | Operation::AddCheck { .. }
        | Operation::RenameCheck { .. } => false,
    }
}
