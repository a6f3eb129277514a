//! What someone of a team does next.

use proptest::prelude::*;
use proptest::sample::Index;

use super::models::{Edit, edit};

/// What someone does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Changes models and writes a revision.
    Migrate(Vec<Edit>),
    /// Changes models and writes the newest revision again.
    Amend(Vec<Edit>),
    /// Writes something into the newest script by hand, if it has run nowhere yet.
    Edit,
    Upgrade,
    Downgrade(Index),
    /// Brings in what the others have.
    Pull,
    /// Brings in what the others have, and gives them what they lack.
    Push,
    Rebase(Index, Index),
    /// Squashes, and gives the others that.
    Squash(Index, Index),
    /// Drops all that the others do not have, as someone who goes to another branch: the database has it still.
    Reset,
    /// Writes rows.
    Fill(Index),
}

/// Returns anything that someone may do.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        5 => prop::collection::vec(edit(), 1..4).prop_map(Step::Migrate),
        1 => prop::collection::vec(edit(), 1..3).prop_map(Step::Amend),
        1 => Just(Step::Edit),
        3 => Just(Step::Upgrade),
        2 => index().prop_map(Step::Downgrade),
        1 => Just(Step::Pull),
        4 => Just(Step::Push),
        1 => (index(), index()).prop_map(|(from, onto)| Step::Rebase(from, onto)),
        1 => (index(), index()).prop_map(|(from, to)| Step::Squash(from, to)),
        1 => Just(Step::Reset),
        2 => index().prop_map(Step::Fill),
    ]
}
