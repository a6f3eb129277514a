//! Branches that are joined, decided between and squashed: what the graph makes of them, and what a database still lacks.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use autogen_tests::revisions::{Project, add, id, ids, plain, rename, revision, table};
use schema_core::history::{Cause, History, Pending, RevisionId, Squashed, Stuck};
use schema_core::operation::Operation;
use schema_core::schema::{Schema, TableName};

/// 1 creates `items`; 2 and 3 follow it, each with its operations.
fn fork(left: &[Operation], right: &[Operation]) -> Project {
    let project = Project::new();
    project.create_table(1, &[], "items");
    project.write_operations(2, &[1], left);
    project.write_operations(3, &[1], right);
    project
}

fn pending(history: &History, has: impl IntoIterator<Item = u32>) -> Result<Pending, Stuck> {
    history.pending(history.heads(), &ids(has).into_iter().collect())
}

fn run(numbers: impl IntoIterator<Item = u32>) -> Result<Pending, Stuck> {
    Ok(Pending {
        run: ids(numbers),
        adopt: Vec::new(),
    })
}

#[test]
fn heads_that_touch_different_things_are_one_schema_in_either_order() {
    let project = fork(&[add("price")], &[rename("name", "title"), add("rank")]);
    let history = project.load();
    assert_eq!(history.conflicts(history.heads()).unwrap(), []);
    let names = |schema: &Schema| -> Vec<String> {
        let items = schema.table(&TableName::new("items")).unwrap();
        let names: BTreeSet<String> = items.columns.iter().map(|column| column.name.clone()).collect();
        names.into_iter().collect()
    };
    assert_eq!(
        names(&history.schema().unwrap()),
        ["id", "price", "rank", "title"]
    );
    assert_eq!(history.schema_at(&ids([2, 3])), history.schema_at(&ids([3, 2])));
}

#[test]
fn heads_that_touch_the_same_thing_are_named_with_their_operations() {
    let project = fork(
        &[add("price"), rename("name", "title")],
        &[rename("name", "label")],
    );
    let history = project.load();
    let found = history.conflicts(history.heads()).unwrap();
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "`690000020000` and `690000030000` both touch column 'items.name': renamed column 'items.name' to 'items.title', and renamed column 'items.name' to 'items.label'"
        ]
    );
}

#[test]
fn what_is_common_to_two_branches_is_no_conflict() {
    let project = fork(&[add("price")], &[add("rank")]);
    project.write_operations(4, &[2, 3], &[]);
    project.write_operations(5, &[4], &[rename("price", "cost")]);
    project.write_operations(6, &[4], &[add("size")]);
    let history = project.load();
    assert_eq!(history.heads(), ids([5, 6]));
    assert_eq!(history.conflicts(history.heads()).unwrap(), []);
    assert_eq!(history.only(id(5), id(6)), ids([5]));
}

#[test]
fn three_heads_are_compared_pair_by_pair() {
    let project = fork(&[add("price")], &[add("rank")]);
    project.write_operations(4, &[1], &[add("price")]);
    let found = project.load().conflicts(&ids([2, 3, 4])).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].left.revision, found[0].right.revision), (id(2), id(4)));
}

/// 4 joins 2 and 3, and decides against 3.
fn decided() -> Project {
    let project = fork(
        &[rename("name", "title")],
        &[rename("name", "label"), add("rank")],
    );
    let mut merge = revision(4, &[2, 3], "merge");
    merge.operations = vec![add("rank")];
    merge.overrules = ids([3]);
    project.write(&merge, "", "");
    project
}

#[test]
fn a_decision_makes_the_end_well_defined() {
    let history = decided().load();
    assert_eq!(history.heads(), ids([4]));
    assert_eq!(history.applied_at(&ids([4])), ids([1, 2, 4]));
    let schema = history.schema().unwrap();
    let items = schema.table(&TableName::new("items")).unwrap();
    assert!(
        items.column("title").is_some() && items.column("rank").is_some() && items.column("label").is_none()
    );
    assert_eq!(history.revision(id(4)).unwrap().overrules, ids([3]));
    assert_eq!(
        history.schema_at(&ids([3])).unwrap().tables.len(),
        1,
        "it can still be looked at"
    );
}

#[test]
fn a_database_on_the_way_that_was_not_taken_is_told_to_go_back() {
    let history = decided().load();
    assert_eq!(pending(&history, []), run([1, 2, 4]));
    assert_eq!(pending(&history, [1, 2]), run([4]));
    assert_eq!(pending(&history, [1, 2, 4]), run([]));
    let stuck = pending(&history, [1, 2, 3]).unwrap_err();
    assert_eq!(
        stuck.to_string(),
        "cannot upgrade: the database has `690000030000`, which `690000040000` decided against"
    );
    assert_eq!(
        stuck.hint(),
        "take it back with `autogen downgrade 690000020000`, which drops what it added, and upgrade again"
    );
}

/// 5 is a third branch, and 6 decides for it and against the merge.
#[test]
fn what_a_merge_decided_against_stays_so_where_that_loses_itself() {
    let project = decided();
    project.write_operations(5, &[1], &[rename("name", "code")]);
    let mut merge = revision(6, &[4, 5], "merge");
    merge.operations = vec![add("rank")];
    merge.overrules = ids([2, 4]);
    project.write(&merge, "", "");
    let history = project.load();
    assert_eq!(pending(&history, []), run([1, 5, 6]));
    assert_eq!(pending(&history, [1, 5, 6]), run([]));
    for (has, lost) in [(2, 2), (3, 3), (4, 2)] {
        let has: Vec<u32> = if has == 4 { vec![1, 2, 4] } else { vec![1, has] };
        let stuck = pending(&history, has).unwrap_err();
        let Stuck::Overruled { revision, .. } = &stuck else {
            panic!("{stuck}");
        };
        assert_eq!(*revision, id(lost));
        assert_eq!(
            stuck.hint(),
            "take it back with `autogen downgrade 690000010000`, which drops what it added, and upgrade again"
        );
    }
}

/// 4 was squashed from 1, 2 and 3; 5 follows 3.
fn squashed() -> Project {
    let project = Project::new();
    let mut squashed = revision(4, &[], "squash");
    squashed.operations = vec![Operation::CreateTable {
        table: table("items"),
    }];
    squashed.replaces = plain([1, 2, 3]);
    project.write(&squashed, "", "");
    project.write_operations(5, &[3], &[add("price")]);
    project
}

#[test]
fn what_followed_a_squashed_revision_follows_what_took_its_place() {
    let history = squashed().load();
    assert_eq!(history.heads(), ids([5]));
    assert_eq!(history.get(id(5)).unwrap().parents, ids([4]));
    assert_eq!(history.replaced_by(id(2)), Some(id(4)));
    assert_eq!(history.schema().unwrap().tables.len(), 1);
}

#[test]
fn folders_left_of_a_squash_do_not_count() {
    let project = squashed();
    project.create_table(1, &[], "items");
    project.write_operations(2, &[1], &[]);
    project.write_operations(3, &[2], &[]);
    let history = project.load();
    let found: Vec<RevisionId> = history.revisions().iter().map(|header| header.id).collect();
    assert_eq!(found, ids([4, 5]));
}

#[test]
fn a_database_has_what_was_squashed_all_or_none() {
    let history = squashed().load();
    assert_eq!(pending(&history, []), run([4, 5]));
    let expected = Pending {
        run: ids([5]),
        adopt: ids([4]),
    };
    assert_eq!(pending(&history, [1, 2, 3]), Ok(expected));
    assert_eq!(pending(&history, [4]), run([5]));
    let stuck = pending(&history, [1, 2]).unwrap_err();
    assert_eq!(
        stuck.to_string(),
        "cannot upgrade to `690000040000`, into which revisions were squashed: of those, the database has `690000010000`, `690000020000`, but not `690000030000`"
    );
    assert!(
        stuck.hint().contains("`autogen upgrade 690000030000`"),
        "{}",
        stuck.hint()
    );
    let settled = history.settled(&ids([1, 2, 3, 7]).into_iter().collect());
    assert!(settled.into_iter().eq(ids([4, 7])));
}

#[test]
fn a_squash_of_a_squash_stands_for_all() {
    let project = squashed();
    let mut again = revision(6, &[], "again");
    again.operations = vec![
        Operation::CreateTable {
            table: table("items"),
        },
        add("price"),
    ];
    let first = Squashed::Again {
        id: id(4),
        replaces: plain([1, 2, 3]),
    };
    again.replaces = vec![first, Squashed::Plain(id(5))];
    project.write(&again, "", "");
    let history = project.load();
    assert_eq!(history.heads(), ids([6]));
    assert_eq!(
        history.revision(id(6)).unwrap(),
        again,
        "it is read as it was written"
    );
    assert_eq!(history.replaced_by(id(1)), Some(id(6)));
    let adopted = Ok(Pending {
        run: Vec::new(),
        adopt: ids([6]),
    });
    assert_eq!(pending(&history, [4, 5]), adopted);
    assert_eq!(pending(&history, [1, 2, 3, 5]), adopted);
    assert_eq!(pending(&history, []), run([6]));
    for part in [&[4][..], &[5], &[1, 2, 3], &[1, 2, 5]] {
        let stuck = pending(&history, part.iter().copied());
        assert!(matches!(stuck, Err(Stuck::PartlySquashed { .. })), "{part:?}");
    }
}

#[test]
fn a_revision_squashed_twice_is_named_and_a_circle_is_one() {
    let project = squashed();
    let mut other = revision(7, &[], "other squash");
    other.replaces = plain([2]);
    project.write(&other, "", "");
    let error = History::load(&project.migrations()).unwrap_err();
    assert!(matches!(error.cause, Cause::SquashedTwice { .. }), "{error}");

    let project = Project::new();
    let (mut one, mut other) = (revision(1, &[], "one"), revision(2, &[], "other"));
    (one.replaces, other.replaces) = (plain([2]), plain([1]));
    project.write(&one, "", "");
    project.write(&other, "", "");
    let error = History::load(&project.migrations()).unwrap_err();
    assert!(matches!(error.cause, Cause::SquashedInCircle { .. }), "{error}");
}

/// 4 was squashed from 2 and 3, and 6 decided against it for 5, the other branch from 1.
fn decided_against_a_squash() -> Project {
    let project = Project::new();
    project.create_table(1, &[], "items");
    let mut squashed = revision(4, &[1], "squash");
    squashed.operations = vec![rename("name", "title"), add("rank")];
    squashed.replaces = plain([2, 3]);
    project.write(&squashed, "", "");
    project.write_operations(5, &[1], &[rename("name", "label")]);
    let mut merge = revision(6, &[4, 5], "merge");
    merge.overrules = ids([4]);
    project.write(&merge, "", "");
    project
}

#[test]
fn what_was_squashed_into_what_lost_has_lost() {
    let project = decided_against_a_squash();
    let history = project.load();
    assert_eq!(pending(&history, [1]), run([5, 6]));
    let go_back =
        "take it back with `autogen downgrade 690000010000`, which drops what it added, and upgrade again";
    for (has, part) in [
        (&[1, 2, 3][..], ""),
        (&[1, 4], ""),
        (&[1, 2], "`690000020000` of "),
        (&[1, 2, 5], "`690000020000` of "),
    ] {
        let stuck = pending(&history, has.iter().copied()).unwrap_err();
        let expected = format!(
            "cannot upgrade: the database has {part}`690000040000`, which `690000060000` decided against"
        );
        assert_eq!(stuck.to_string(), expected, "{has:?}");
        if !has.contains(&5) {
            assert_eq!(stuck.hint(), go_back, "{has:?}");
        }
    }
    let stuck = pending(&history, [1, 2, 5]).unwrap_err();
    assert!(
        stuck.hint().contains("`autogen downgrade 690000050000`"),
        "{}",
        stuck.hint()
    );
}

#[test]
fn a_decision_that_was_squashed_counts_in_a_database_that_has_not_noted_it() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    project.write_operations(2, &[1], &[rename("name", "title")]);
    let mut squashed = revision(6, &[1, 2], "squash");
    squashed.operations = vec![rename("name", "label")];
    squashed.replaces = plain([3, 4]);
    squashed.overrules = ids([2]);
    project.write(&squashed, "", "");
    let history = project.load();
    let stuck = history.pending(&ids([2]), &ids([1, 3, 4]).into_iter().collect());
    assert_eq!(
        stuck,
        Err(Stuck::DecidedAgainst {
            revision: id(2),
            by: id(6),
        })
    );
}

#[test]
fn fifty_layers_of_diamonds_are_visited_once() {
    let project = Project::new();
    project.write_operations(0, &[], &[]);
    for layer in 0..50 {
        let top = layer * 3;
        project.write_operations(top + 1, &[top], &[]);
        project.write_operations(top + 2, &[top], &[]);
        project.write_operations(top + 3, &[top + 1, top + 2], &[]);
    }
    let history = project.load();
    assert_eq!(history.heads(), ids([150]));
    assert_eq!(history.ancestors(&ids([150])).len(), 151);
    assert_eq!(history.applied_at(&ids([150])).len(), 151);
    assert_eq!(history.descendants(&ids([0])).len(), 151);
    assert_eq!(history.conflicts(&ids([149, 148])).unwrap(), []);
    assert_eq!(history.range("base:head", &[]).unwrap().len(), 151);
}

#[test]
fn a_merge_that_was_made_by_hand_is_held_to_the_same() {
    let project = fork(&[rename("name", "title")], &[rename("name", "label")]);
    project.write_operations(4, &[2, 3], &[]);
    let found = project.load().merged_conflicts().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, id(4));
    assert_eq!(decided().load().merged_conflicts().unwrap(), []);
}

#[test]
fn of_what_lost_the_rest_is_carried_over() {
    let project = fork(
        &[rename("name", "title")],
        &[rename("name", "label"), add("rank"), add("size")],
    );
    project.write_operations(4, &[3], &[add("weight")]);
    project.write_operations(5, &[2], &[add("size")]);
    let history = project.load();
    let heads = ids([4, 5]);
    assert_eq!(history.decide(&heads, &[]).unwrap().open.len(), 2);
    let decision = history.decide(&heads, &ids([5])).unwrap();
    assert_eq!(decision.open, []);
    assert_eq!(decision.overrules, ids([3, 4]), "with what builds on it");
    let said = |operations: &[Operation]| operations.iter().map(Operation::describe).collect::<Vec<_>>();
    assert_eq!(
        said(&decision.operations),
        ["added column 'items.rank'", "added column 'items.weight'"]
    );
    let dropped: Vec<Operation> = decision.dropped.into_iter().map(|step| step.operation).collect();
    assert_eq!(
        said(&dropped),
        [
            "renamed column 'items.name' to 'items.label'",
            "added column 'items.size'"
        ]
    );
    let other = history.decide(&heads, &ids([4])).unwrap();
    assert_eq!(other.overrules, ids([2, 5]));
    let orders = history.orders(&heads, &[]);
    assert_eq!(orders.common, ids([1]));
    assert_eq!(
        orders.orders,
        [ids([3, 4, 2, 5]), ids([2, 5, 3, 4]), ids([2, 3, 4, 5])]
    );
}
