//! What someone of a team does next.

use proptest::prelude::*;
use proptest::sample::Index;

use schema_core::runner::Repeat;

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
    /// Upgrades, and writes a row into each table.
    Upgrade,
    /// Has a script printed that does it, and runs that in the database's own shell.
    UpgradeByShell(Repeat),
    Downgrade(Index),
    DowngradeByShell(Index),
    /// Brings in what the others have.
    Pull,
    /// Brings in what the others have, and gives them what they lack.
    Push,
    Rebase(Index, Index),
    /// Squashes, and gives the others that.
    Squash(Index, Index),
    /// Drops all that the others do not have, as someone who goes to another branch: the database has it still.
    Reset,
    /// Writes a row into each table.
    Fill,
}

/// Returns anything that someone may do.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        5 => prop::collection::vec(edit(), 1..4).prop_map(Step::Migrate),
        1 => prop::collection::vec(edit(), 1..3).prop_map(Step::Amend),
        1 => Just(Step::Edit),
        4 => Just(Step::Upgrade),
        2 => prop_oneof![Just(Repeat::Stop), Just(Repeat::PassOver)].prop_map(Step::UpgradeByShell),
        2 => index().prop_map(Step::Downgrade),
        1 => index().prop_map(Step::DowngradeByShell),
        1 => Just(Step::Pull),
        4 => Just(Step::Push),
        1 => (index(), index()).prop_map(|(from, onto)| Step::Rebase(from, onto)),
        1 => (index(), index()).prop_map(|(from, to)| Step::Squash(from, to)),
        1 => Just(Step::Reset),
        2 => Just(Step::Fill),
    ]
}
