//! Calls of a database that fail in turn, every one of them, and connections that are lost at any. On every database.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use autogen_tests::chain::{self, State, is_long};
use autogen_tests::dying::{Dying, Lost};
use autogen_tests::servers::{self, Database, Fresh};
use schema_core::db::{Connection, DatabaseUrl};
use schema_core::history::{Direction, History};

fn filled(database: &Database, history: &History, direction: Direction) -> Fresh {
    let fresh = database.fresh();
    chain::fill(&mut *open(database, &fresh), database.dialect(), history, 20);
    if direction == Direction::Downgrade {
        upgraded(database, &fresh, history);
    }
    fresh
}

fn open(database: &Database, fresh: &Fresh) -> Box<dyn Connection> {
    chain::unsynced(fresh.open(), database.dialect())
}

fn upgraded(database: &Database, fresh: &Fresh, history: &History) -> State {
    let dialect = database.dialect();
    let connection = &mut *open(database, fresh);
    chain::run(connection, dialect, history, Direction::Upgrade, &mut |_| {})
        .unwrap_or_else(|error| panic!("on {}: {error}", dialect.name()));
    chain::state(connection, dialect)
}

/// Lets each call in turn go wrong, until a run has fewer than that; after each, the next upgrade comes to the undisturbed state.
fn everywhere(database: &Database, direction: Direction, wrong: Lost) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let (_, history) = chain::history(folder.path());
    let expected = {
        let fresh = filled(database, &history, Direction::Upgrade);
        upgraded(database, &fresh, &history)
    };
    // A database on a server takes its time to be made.
    let is_file = matches!(database.fresh().url(), DatabaseUrl::Sqlite(_));
    let stride = match (is_long(), is_file) {
        (true, _) => 1,
        (false, true) => 9,
        (false, false) => 41,
    };
    let mut count = 0;
    for calls in (1..).step_by(stride) {
        let fresh = filled(database, &history, direction);
        let mut connection = Dying::new(open(database, &fresh), calls, wrong);
        let outcome = chain::run(
            &mut connection,
            database.dialect(),
            &history,
            direction,
            &mut |_| {},
        );
        let went_wrong = connection.is_lost();
        drop(connection);
        let state = upgraded(database, &fresh, &history);
        assert_eq!(
            state,
            expected,
            "{wrong:?} {calls}, on {}: {outcome:?}",
            database.dialect().name()
        );
        count += 1;
        if !went_wrong {
            outcome.unwrap_or_else(|error| panic!("{error}"));
            break;
        }
    }
    count
}

#[test]
fn a_call_that_fails_or_is_the_last_leaves_nothing_that_the_next_upgrade_cannot_complete() {
    for database in servers::databases() {
        let mut count = 0;
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            for wrong in [Lost::Before, Lost::After, Lost::Once] {
                count += everywhere(database, direction, wrong);
            }
        }
        println!("{}: {count} calls went wrong", database.dialect().name());
    }
}
