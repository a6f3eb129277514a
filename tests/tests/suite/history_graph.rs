//! The graph of revisions: order, heads, ancestors, names, ranges, and the schema at any of them.

#![allow(clippy::unwrap_used)]

use autogen_tests::revisions::{Project, id, ids, revision, table};
use schema_core::history::{Cause, History};
use schema_core::operation::Operation;
use schema_core::schema::{Column, TableName, Type};

/// 1 ← 2 ← 4 (merge of 2 and 3) ← 5, and 1 ← 3.
fn diamond() -> Project {
    let project = Project::new();
    project.create_table(1, &[], "stores");
    project.create_table(3, &[1], "tags");
    project.create_table(2, &[1], "items");
    project.write(&revision(4, &[3, 2], "merge tags and items"), "", "");
    let mut last = revision(5, &[4], "describe items");
    last.operations = vec![Operation::AddColumn {
        table: TableName::new("items"),
        column: Column::new("description", Type::Text { length: None }),
        after: Some("name".into()),
        backfill: None,
    }];
    project.write(&last, "", "");
    project
}

fn order(history: &History) -> Vec<schema_core::history::RevisionId> {
    history.revisions().iter().map(|header| header.id).collect()
}

#[test]
fn parents_come_first_and_the_lower_id_before_the_higher() {
    let history = diamond().load();
    assert_eq!(order(&history), ids([1, 2, 3, 4, 5]));
    assert_eq!(history.heads(), ids([5]));
    assert_eq!(history.slug(id(4)), Some("merge_tags_and_items"));
    assert_eq!(
        history.children(id(1)).map(|child| child.id).collect::<Vec<_>>(),
        ids([2, 3])
    );
}

#[test]
fn an_id_lower_than_its_parents_still_comes_after_it() {
    let project = Project::new();
    project.create_table(9, &[], "a");
    project.create_table(1, &[9], "b");
    project.create_table(5, &[], "c");
    assert_eq!(order(&project.load()), ids([5, 9, 1]));
    assert_eq!(project.load().heads(), ids([5, 1]));
}

#[test]
fn ancestors_and_descendants_include_the_revision_itself() {
    let history = diamond().load();
    assert_eq!(history.ancestors(&ids([3])), ids([1, 3]));
    assert_eq!(history.ancestors(&ids([4])), ids([1, 2, 3, 4]));
    assert_eq!(history.ancestors(&[]), []);
    assert_eq!(history.ancestors(&ids([77])), []);
    assert_eq!(history.descendants(&ids([3])), ids([3, 4, 5]));
}

#[test]
fn the_schema_is_the_replay_of_all_branches() {
    let history = diamond().load();
    let tables = |schema: &schema_core::schema::Schema| {
        schema.tables.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(tables(&history.schema_at(&ids([3])).unwrap()), ["stores", "tags"]);
    let schema = history.schema().unwrap();
    assert_eq!(tables(&schema), ["items", "stores", "tags"]);
    assert!(
        schema
            .table(&TableName::new("items"))
            .unwrap()
            .column("description")
            .is_some()
    );
    assert_eq!(
        history.schema_at(&[]).unwrap(),
        schema_core::schema::Schema::default()
    );
}

#[test]
fn an_operation_that_does_not_fit_is_named() {
    let project = diamond();
    let mut wrong = revision(6, &[5], "again");
    wrong.operations = vec![Operation::CreateTable { table: table("tags") }];
    let folder = project.write(&wrong, "", "");
    let error = project.load().schema().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot replay revision `{}` (`{}`): `added table 'tags'` does not fit the schema: table `tags` exists already",
            id(6),
            folder.join("revision.json").display()
        )
    );
    assert!(error.hint().is_some());
}

#[test]
fn every_form_of_a_name_is_understood() {
    let history = diamond().load();
    let current = ids([2]);
    let resolve = |name: &str| {
        history
            .resolve(name, &current)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    for (name, expected) in [
        ("690000030000", ids([3])),
        ("69000003", ids([3])),
        ("create_tags", ids([3])),
        ("create_t", ids([3])),
        ("head", ids([5])),
        ("heads", ids([5])),
        ("base", ids([])),
        ("current", ids([2])),
        ("+1", ids([4])),
        ("+2", ids([5])),
        ("+0", ids([2])),
        ("-1", ids([1])),
        ("-2", ids([])),
        ("head-1", ids([4])),
        ("head-2", ids([3, 2])),
        ("create_tags+2", ids([5])),
        ("create_stores-1", ids([])),
        ("base+1", ids([1])),
    ] {
        assert_eq!(resolve(name), expected, "{name}");
    }
}

#[test]
fn a_name_that_is_not_one_revision_lists_the_candidates() {
    let history = diamond().load();
    let failure = |name: &str, current: &[_]| {
        let error = history.resolve(name, current).unwrap_err();
        (error.to_string(), error.hint().unwrap())
    };
    assert_eq!(
        failure("create_", &[]),
        (
            "`create_` is not one revision: 3 match".into(),
            "name one of `690000010000` (create_stores), `690000020000` (create_items), `690000030000` (create_tags)".into()
        )
    );
    assert_eq!(
        failure("create_tgas", &[]),
        (
            "there is no revision `create_tgas`".into(),
            "candidates are `690000030000` (create_tags), `690000020000` (create_items)".into()
        )
    );
    assert!(
        failure("zzz", &[])
            .1
            .starts_with("candidates are `690000050000` (describe_items), ")
    );
    assert!(failure("", &[]).0.starts_with("there is no revision"));
    assert_eq!(
        failure("create_stores+1", &[]).0,
        "`create_stores+1` is not one revision: 2 match"
    );
    assert_eq!(
        failure("-3", &ids([2])).0,
        "`-3` goes past the end of the history"
    );
    assert_eq!(
        failure("head+1", &[]).1,
        "there is no step to take in that direction"
    );
    assert!(
        failure("+99999999999999999999", &[])
            .0
            .starts_with("there is no revision")
    );
    assert_eq!(
        failure("-1", &ids([77])).0,
        "the database is at revision `6900004d0000`, which the files do not have"
    );
}

#[test]
fn two_heads_are_not_the_head() {
    let project = diamond();
    project.create_table(6, &[5], "likes");
    project.create_table(7, &[5], "follows");
    let history = project.load();
    assert_eq!(history.resolve("heads", &[]).unwrap(), ids([6, 7]));
    let error = history.resolve("head", &[]).unwrap_err();
    assert_eq!(
        error.hint().unwrap(),
        "the heads are `690000060000` (create_likes), `690000070000` (create_follows); name one, or join them with `autogen merge`"
    );
}

#[test]
fn ranges_include_both_ends() {
    let history = diamond().load();
    let range = |text: &str| -> Vec<_> {
        history
            .range(text, &[])
            .unwrap()
            .iter()
            .map(|header| header.id)
            .collect()
    };
    assert_eq!(range("create_tags:head"), ids([3, 4, 5]));
    assert_eq!(range(":create_tags"), ids([1, 3]));
    assert_eq!(range("create_stores:"), ids([1, 2, 3, 4, 5]));
    assert_eq!(range(":"), ids([1, 2, 3, 4, 5]));
    assert_eq!(range("create_tags:create_items"), []);
    assert_eq!(range("head"), ids([5]));
    assert_eq!(range("base:head"), ids([1, 2, 3, 4, 5]));
    assert!(history.range("nope:", &[]).is_err());
}

#[test]
fn an_empty_history_is_no_error() {
    let project = Project::new();
    let history = project.load();
    assert!(history.is_empty());
    assert_eq!(history.resolve("head", &[]).unwrap(), []);
    let error = history.resolve("create", &[]).unwrap_err();
    assert_eq!(
        error.hint().unwrap(),
        "there are no revisions yet: make one with `autogen migrate`"
    );
}

#[test]
fn a_cycle_is_named_with_its_files() {
    let project = Project::new();
    project.create_table(1, &[], "a");
    project.create_table(2, &[4], "b");
    project.create_table(3, &[2, 1], "c");
    project.create_table(4, &[3], "d");
    project.create_table(5, &[4], "behind_the_cycle");
    let error = History::load(&project.migrations()).unwrap_err();
    let Cause::Cycle { revisions } = &error.cause else {
        panic!("{error}")
    };
    let mut found: Vec<_> = revisions.iter().map(|(id, _)| *id).collect();
    found.sort_unstable();
    assert_eq!(found, ids([2, 3, 4]));
    assert!(error.to_string().contains("690000030000_create_c"), "{error}");
    assert_eq!(error.hint().unwrap(), "correct `parents` in one of the files");
}

#[test]
fn a_revision_that_is_its_own_parent_is_a_cycle() {
    let project = Project::new();
    project.create_table(1, &[1], "a");
    let error = History::load(&project.migrations()).unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Cycle { revisions } if revisions.len() == 1),
        "{error}"
    );
}

#[test]
fn a_missing_parent_is_named() {
    let project = Project::new();
    let folder = project.create_table(2, &[1], "a");
    let error = History::load(&project.migrations()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "revision `690000020000` names the parent `690000010000`, which does not exist (`{}`)",
            folder.join("revision.json").display()
        )
    );
    assert!(error.hint().unwrap().contains("690000010000"));
}

/// A long history neither overflows the stack nor takes more than a moment. Debug builds are many times slower than the
/// limit that the benches hold.
#[test]
fn a_thousand_revisions_load_in_a_moment() {
    let project = Project::new();
    std::fs::create_dir(project.migrations().join("versions")).unwrap();
    for number in 0..1000_u32 {
        let parents: Vec<u32> = number.checked_sub(1).into_iter().collect();
        let mut revision = revision(number, &parents, "add a column");
        revision.operations = vec![Operation::CreateTable {
            table: table(&format!("t{number}")),
        }];
        // The writer brings every file to the disk, which is not what is measured here.
        let folder = project.migrations().join(format!("versions/{}_add", revision.id));
        std::fs::create_dir(&folder).unwrap();
        let text = serde_json::json!({
            "format": 1, "id": revision.id, "parents": revision.parents, "message": revision.message, "created": revision.created,
            "operations": revision.operations, "scripts": {},
        });
        std::fs::write(folder.join("revision.json"), text.to_string()).unwrap();
    }
    let started = std::time::Instant::now();
    let history = project.load();
    assert_eq!(history.heads(), ids([999]));
    let took = started.elapsed();
    println!("1,000 revisions: {took:?}");
    assert!(took < std::time::Duration::from_secs(2), "{took:?}");
    assert_eq!(history.schema().unwrap().tables.len(), 1000);
    assert_eq!(history.resolve("base+1000", &[]).unwrap(), ids([999]));
}
