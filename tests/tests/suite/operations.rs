#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Single operations: what they refuse, what follows them, and what of the answers comes into them.

use autogen_tests::notation::schema;
use schema_core::diff::{Answers, diff};
use schema_core::operation::Operation;
use schema_core::schema::{Default, TableName};

#[test]
fn what_has_changed_since_is_not_dropped() {
    let standing = schema("items\n    id i64 auto\n    note text(9)\n    primary key (id)\n");
    let remembered = schema("items\n    id i64 auto\n    note text\n    primary key (id)\n");
    let [drop] = diff(
        &remembered,
        &schema("items\n    id i64 auto\n    primary key (id)\n"),
        &Answers::default(),
    )
    .try_into()
    .unwrap();
    let error = drop.apply(&mut standing.clone()).unwrap_err();
    assert_eq!(error.found, "column `note` is not as it was when it was written");
}

#[test]
fn what_an_index_includes_follows_its_column() {
    let mut standing = schema(
        "items\n    id i64 auto\n    note text\n    primary key (id)\n    index ix_items_id (id) include (note)\n",
    );
    let rename = Operation::RenameColumn {
        table: TableName::new("items"),
        from: "note".to_owned(),
        to: "remark".to_owned(),
    };
    rename.apply(&mut standing).unwrap();
    let index = standing.tables[&TableName::new("items")]
        .indexes
        .values()
        .next()
        .unwrap();
    assert_eq!(index.include, ["remark"]);
}

#[test]
fn a_rename_to_what_is_not_there_is_none() {
    let one = schema("items\n    id i64 auto\n    note text\n    primary key (id)\n");
    let mut answers = Answers::default();
    let items = TableName::new("items");
    answers
        .renamed_tables
        .insert(items.clone(), TableName::new("things"));
    answers
        .renamed_columns
        .insert((items, "note".to_owned()), "remark".to_owned());
    assert_eq!(diff(&one, &one, &answers), []);
}

#[test]
fn a_backfill_is_for_rows_that_have_no_value() {
    let column = |column: &str| {
        schema(&format!(
            "items\n    id i64 auto\n    note {column}\n    primary key (id)\n"
        ))
    };
    let mut answers = Answers::default();
    let fill = Default::expression("lower('-')");
    let note = (TableName::new("items"), "note".to_owned());
    answers.backfills.insert(note, fill.clone());
    let filled = |from: &str, to: &str| {
        let [operation] = diff(&column(from), &column(to), &answers).try_into().unwrap();
        let Operation::AlterColumn { backfill, .. } = operation else {
            panic!("{operation:?}");
        };
        backfill
    };
    assert_eq!(filled("text null", "text"), Some(fill));
    assert_eq!(filled("text null", "text(9) null"), None);
    assert_eq!(filled("text", "text(9)"), None);
    assert_eq!(filled("text", "text null"), None);
}

#[test]
fn nothing_is_made_of_columns_that_are_not_there_and_none_goes_that_something_uses() {
    let whole = schema(
        "items\n    id i64 auto\n    note text\n    store_id i64\n    primary key (id)\n    index ix_items_note (note)\n    foreign key fk_items (store_id) -> stores (id)\n\nstores\n    id i64 auto\n    primary key (id)\n",
    );
    let bare = schema(
        "items\n    id i64 auto\n    primary key (id)\n\nstores\n    id i64 auto\n    primary key (id)\n",
    );
    let operations = diff(&bare, &whole, &Answers::default());
    let mut refused = Vec::new();
    for operation in &operations {
        if let Err(error) = operation.apply(&mut bare.clone()) {
            refused.push(error.to_string());
        }
    }
    for operation in &operations {
        if let Err(error) = operation.reverse().apply(&mut whole.clone()) {
            refused.push(error.to_string());
        }
    }
    assert_eq!(
        refused,
        [
            "`added index 'ix_items_note' on 'items' (note)` does not fit the schema: table `items` has no column `note`",
            "`added foreign key 'fk_items' on 'items' (store_id)` does not fit the schema: table `items` has no column `store_id`",
            "`removed column 'items.note'` does not fit the schema: column `note` is used by index `ix_items_note`",
            "`removed column 'items.store_id'` does not fit the schema: column `store_id` is used by foreign key `fk_items` of `items`",
        ]
    );
}
