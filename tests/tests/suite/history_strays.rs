//! Branches that begin in the midst of what was squashed meanwhile: what is refused, and how they are put on top of it.

#![allow(clippy::unwrap_used)]

use autogen_tests::revisions::{Project, add, id, ids, plain, rename, revision, table};
use schema_core::dialect::{self, Dialect};
use schema_core::history::{Cause, Direction, History, RevisionId, Squashed, Stray};
use schema_core::operation::Operation;
use schema_core::rewrite::{Rebased, RewriteError, complete, rebase};
use schema_core::schema::{Column, Index, IndexKey, IndexPart, TableName, Type};

/// 10 was squashed from 1 to 4: `items` with a column `city` besides those that its first revision had.
fn squashed() -> Project {
    let project = Project::new();
    let mut squashed = revision(10, &[], "squash");
    let mut items = table("items");
    items.columns.push(Column::new("city", Type::I64));
    squashed.operations = vec![Operation::CreateTable { table: items }];
    squashed.replaces = plain(1..=4);
    project.write(&squashed, "", "");
    project
}

fn lenient(project: &Project) -> History {
    History::load_with_strays(&project.migrations()).unwrap()
}

fn stray(revision: u32, parent: u32, by: u32) -> Stray {
    Stray {
        revision: id(revision),
        parent: id(parent),
        by: id(by),
    }
}

fn sqlite() -> Vec<&'static dyn Dialect> {
    vec![dialect::by_name("sqlite").unwrap()]
}

fn moved(project: &Project, revision: u32, onto: u32) -> Result<Rebased, RewriteError> {
    rebase(&lenient(project), &sqlite(), id(revision), id(onto))
}

fn parents(history: &History, number: u32) -> Vec<RevisionId> {
    history.get(id(number)).unwrap().parents.clone()
}

#[test]
fn the_first_of_several_is_named_with_the_command_that_mends_it() {
    let project = squashed();
    project.write_operations(6, &[2], &[add("rank")]);
    project.write_operations(5, &[6], &[]);
    project.write_operations(7, &[3], &[add("size")]);
    let error = History::load(&project.migrations()).unwrap_err();
    let Cause::SquashedParent { revision, parent, by } = error.cause else {
        panic!("{error}");
    };
    assert_eq!((revision, parent, by), (id(6), id(2), id(10)));
    assert!(
        error
            .path
            .as_ref()
            .unwrap()
            .ends_with("690000060000_revision_6/revision.json")
    );
    assert_eq!(
        error.hint().unwrap(),
        format!(
            "put it on top of that with `autogen rebase {} --onto {}`",
            id(6),
            id(10)
        )
    );
    assert_eq!(History::embedded(&project.embed()).unwrap_err(), error);

    let history = lenient(&project);
    assert_eq!(history.strays(), [stray(6, 2, 10), stray(7, 3, 10)]);
    assert_eq!(parents(&history, 6), ids([10]));
    assert_eq!(parents(&history, 5), ids([6]));
    assert_eq!(history.heads(), ids([10]), "what is astray is no head");
}

#[test]
fn a_decision_against_what_was_squashed_since_has_to_be_made_anew() {
    // Whether it was the last of that or not.
    for overruled in [2, 4] {
        let project = squashed();
        project.write_operations(5, &[10], &[add("rank")]);
        let mut merge = revision(6, &[overruled, 5], "merge");
        merge.overrules = ids([overruled]);
        project.write(&merge, "", "");
        let error = History::load(&project.migrations()).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!(
                "merge `{}` decided against `{}`, which was squashed into `{}` with others since",
                id(6),
                id(overruled),
                id(10)
            )),
            "{error}"
        );
        let hint = error.hint().unwrap();
        assert!(hint.contains("`autogen merge --prefer HEAD`"), "{hint}");
        assert_eq!(History::embedded(&project.embed()).unwrap_err(), error);
        let refused = moved(&project, 6, 10).unwrap_err();
        assert_eq!(refused.to_string(), error.to_string(), "rebase cannot mend it");
    }
}

#[test]
fn who_builds_on_the_last_or_on_all_of_it_is_no_stray() {
    let project = squashed();
    project.write_operations(5, &[4], &[add("rank")]);
    // Of two parents in it, the last is the one that counts; and what builds on it has all of it.
    project.write_operations(6, &[2, 4], &[]);
    project.write_operations(7, &[5, 3], &[]);
    let history = project.load();
    assert_eq!(history.strays(), []);
    assert_eq!(parents(&history, 5), ids([10]));
    assert_eq!(parents(&history, 6), ids([10]));
    assert_eq!(parents(&history, 7), ids([5]));
    assert_eq!(
        history.revision(id(5)).unwrap().parents,
        ids([10]),
        "what is written anew of it names a revision that is there"
    );
    History::embedded(&project.embed()).unwrap();
    let postgres = dialect::by_name("postgres").unwrap();
    let completed = complete(&project.load(), &[postgres]).unwrap();
    let five = completed.iter().find(|one| one.revision.id == id(5)).unwrap();
    assert!(five.from.table(&TableName::new("items")).is_some());
}

#[test]
fn a_squash_of_a_squash_has_its_last_and_the_last_of_that() {
    let project = squashed();
    project.write_operations(6, &[4], &[add("rank")]);
    project.write_operations(7, &[3], &[add("size")]);
    let mut again = revision(20, &[], "again");
    let mut items = table("items");
    items.columns.push(Column::new("city", Type::I64));
    again.operations = vec![Operation::CreateTable { table: items }];
    let first = Squashed::Again {
        id: id(10),
        replaces: plain(1..=4),
    };
    again.replaces = vec![Squashed::Plain(id(0)), first.clone()];
    project.write(&again, "", "");
    // 10 is there still, and does not count; 6 builds on the last of what was the last of 20.
    let history = lenient(&project);
    assert_eq!(history.strays(), [stray(7, 3, 20)]);
    assert_eq!(parents(&history, 6), ids([20]));

    // Had it not been the last, all that built on it would be strays.
    again.replaces = vec![first, Squashed::Plain(id(0))];
    std::fs::remove_dir_all(
        project
            .migrations()
            .join("versions")
            .join(format!("{}_again", id(20))),
    )
    .unwrap();
    project.write(&again, "", "");
    let history = lenient(&project);
    assert_eq!(history.strays(), [stray(6, 4, 20), stray(7, 3, 20)]);
    let after = moved(&project, 7, 20).unwrap().history;
    assert_eq!(after.strays(), [stray(6, 4, 20)]);
}

#[test]
fn a_branch_is_put_on_top_with_all_that_builds_on_it() {
    let project = squashed();
    project.write_operations(6, &[2], &[add("rank")]);
    project.write_operations(7, &[6], &[rename("rank", "place")]);
    project.write_operations(8, &[7, 3], &[]);
    let history = lenient(&project);
    assert_eq!(history.strays(), [stray(6, 2, 10)], "8 is mended together with 6");
    let Rebased {
        moved,
        history: after,
    } = moved(&project, 6, 10).unwrap();
    let found: Vec<(RevisionId, Vec<RevisionId>)> = moved
        .iter()
        .map(|moved| (moved.revision.id, moved.revision.parents.clone()))
        .collect();
    assert_eq!(found, [(id(6), ids([10])), (id(7), ids([6])), (id(8), ids([7]))]);
    assert_eq!(after.strays(), []);
    assert_eq!(after.heads(), ids([8]));
    let table = TableName::new("items");
    let schema = after.schema().unwrap();
    let names: Vec<&str> = schema
        .table(&table)
        .unwrap()
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["place", "id", "name", "city"]);
    let script = &moved[1].scripts["sqlite"];
    assert!(script.upgrade.contains("\"city\""), "{}", script.upgrade);
}

#[test]
fn a_merge_keeps_its_other_parent() {
    let project = squashed();
    project.create_table(5, &[], "tags");
    project.write_operations(6, &[5, 3], &[add("rank")]);
    assert_eq!(lenient(&project).strays(), [stray(6, 3, 10)]);
    let Rebased {
        moved: found,
        history: after,
    } = moved(&project, 6, 10).unwrap();
    assert_eq!(found[0].revision.parents, ids([5, 10]));
    assert_eq!(after.strays(), []);
}

#[test]
fn what_does_not_fit_any_more_is_named() {
    let project = squashed();
    project.write_operations(
        6,
        &[2],
        &[
            add("city"),
            rename("city", "town"),
            rename("label", "title"),
            add("rank"),
        ],
    );
    project.write_operations(7, &[6], &[rename("town", "place")]);
    let error = moved(&project, 6, 10).unwrap_err();
    let RewriteError::Misfits {
        stray: begin,
        misfits,
        branch,
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*begin, stray(6, 2, 10));
    assert_eq!(*branch, ids([6, 7]));
    // What rests on the one that does not fit is not.
    let named: Vec<String> = misfits
        .iter()
        .map(|misfit| misfit.step.operation.describe())
        .collect();
    assert_eq!(
        named,
        [add("city").describe(), rename("label", "title").describe()]
    );
    let (six, ten) = (id(6), id(10));
    assert_eq!(
        error.to_string(),
        format!(
            "cannot rebase `{six}`, made for the schema at `{}`, which others of `{ten}` have changed since: `{six}`: {}: column `city` exists already (beside `{ten}`: added table 'items'); `{six}`: {}: {} (beside `{ten}`: added table 'items')",
            id(2),
            named[0],
            named[1],
            misfits[1].found,
        )
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains(&format!("put the folders of `{six}`, `{}` aside", id(7)))
    );

    // Moved past the squash, it is held to what came after that as any other branch is.
    let project = squashed();
    project.write_operations(5, &[10], &[add("rank")]);
    project.write_operations(6, &[2], &[add("rank")]);
    let error = moved(&project, 6, 5).unwrap_err();
    assert!(matches!(error, RewriteError::Apart { .. }), "{error}");
    assert!(
        !error.hint().unwrap().contains("merge"),
        "heads cannot be joined yet: {error}"
    );
}

#[test]
fn what_a_dialect_cannot_hold_there_is_named_with_its_revision() {
    let index = || Index::new("ix_name", vec![IndexKey::new(IndexPart::Column("name".into()))]);
    let project = Project::new();
    let mut squashed = revision(10, &[], "squash");
    let mut tags = table("tags");
    tags.indexes.insert(index().name, index());
    let tables = [table("items"), tags];
    squashed.operations = tables.map(|table| Operation::CreateTable { table }).into();
    squashed.replaces = plain(1..=4);
    project.write(&squashed, "", "");
    let index = Operation::AddIndex {
        table: TableName::new("items"),
        index: index(),
    };
    project.write_operations(6, &[2], &[index]);
    let error = moved(&project, 6, 10).unwrap_err();
    let RewriteError::Place { revision, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*revision, id(6));
    let told = error.to_string();
    assert!(
        told.starts_with(&format!("cannot rebase `{}`: sqlite cannot hold", id(6))),
        "{told}"
    );
    assert!(error.hint().unwrap().contains("`autogen migrate`"));
}

#[test]
fn heads_between_which_to_decide_are_named() {
    let project = squashed();
    for (number, parent) in [(5, 10), (6, 10)] {
        project.write_operations(number, &[parent], &[add("rank")]);
    }
    project.write_operations(7, &[6], &[]);
    project.write_operations(8, &[10], &[add("size")]);
    let hint = moved(&project, 6, 5).unwrap_err().hint().unwrap();
    let choices = format!(
        "`autogen merge --prefer {}`, `autogen merge --prefer {}`; or",
        id(5),
        id(7)
    );
    assert!(hint.contains(&choices), "{hint}");
}

#[test]
fn a_name_of_what_was_squashed_leads_to_what_it_is_in() {
    let project = squashed();
    let error = project.load().resolve(&id(2).to_string(), &[]).unwrap_err();
    assert!(
        error
            .hint()
            .unwrap()
            .contains(&format!("`{}` (squash), into which it was squashed", id(10))),
        "{error}"
    );
    assert_eq!(
        project
            .load()
            .script(id(10), "sqlite", Direction::Upgrade)
            .unwrap(),
        ""
    );
}
