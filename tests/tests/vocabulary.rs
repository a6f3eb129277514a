#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! All that a model can say, from the derive to a real database and back: what is made, what it refuses, what becomes of its
//! rows when the models change, and that the history keeps all of it.
#![allow(dead_code, reason = "models are read by their tables only")]

use autogen_tests::law::{Outcome, along, create};
use autogen_tests::servers;
use schema_core::Model;
use schema_core::db::Connection;
use schema_core::diff::{Answers, declared, diff, stale};
use schema_core::metadata::{self, Models};
use schema_core::operation::Operation;
use schema_core::schema::{Auto, Schema, Storage, TableName};

/// The models as they are at first.
mod before {
    use schema_core::{ColumnType, Enum, Model};

    /// An enum, with a value that its variant does not spell.
    #[derive(Enum)]
    pub(super) enum Status {
        Draft,
        #[model(value = "on sale")]
        OnSale,
        Sold,
    }

    /// A type of one's own around another.
    #[derive(ColumnType)]
    pub(super) struct Money(i64);

    /// A type of one's own by hand.
    pub(super) struct Color;

    impl ColumnType for Color {
        const TYPE: &'static str = "text(7)";
    }

    #[derive(Model)]
    #[model(primary_key(country, code), comment = "where stores are")]
    pub(super) struct Region {
        #[model(length = 2)]
        country: String,
        code: i32,
        #[model(comment = "as people say it", collate = "NOCASE")]
        name: String,
    }

    #[derive(Model)]
    #[model(
        unique(country, region, name),
        index(name desc, "lower(name)", where = "closed = 0", name = "open_stores"),
        index(name, unique, where = "main = 1", name = "one_main_store"),
        check("name <> ''", name = "stores_have_names"),
        foreign_key(country, region => Region(country, code), on_delete = restrict, on_update = cascade)
    )]
    pub(super) struct StoreModel {
        #[model(autoincrement)]
        id: i64,
        #[model(length = 80)]
        name: String,
        #[model(default = false)]
        closed: bool,
        #[model(default = false)]
        main: bool,
        country: String,
        region: i32,
        #[model(references(StoreModel, on_delete = set_null, deferrable = deferred))]
        parent_id: Option<i64>,
        #[model(references(Item, on_delete = set_null))]
        best_item_id: Option<i64>,
    }

    #[derive(Model)]
    pub(super) struct Item {
        id: i64,
        #[model(references(StoreModel, on_delete = cascade), index)]
        store_id: i64,
        #[model(default = "draft")]
        status: Status,
        price: Money,
        #[model(default = 1)]
        qty: i32,
        #[model(generated = "price * qty", virtual)]
        total: i64,
        #[model(generated = "'#' || id", stored)]
        label: Option<String>,
        color: Option<Color>,
        #[model(unique, collate = "RTRIM")]
        sku: String,
    }

    #[derive(Model)]
    #[model(strict, without_rowid, primary_key(store_id, day))]
    pub(super) struct Visit {
        #[model(references(StoreModel))]
        store_id: i64,
        #[model(length = 10)]
        day: String,
        #[model(check = "count >= 0", default = 0)]
        count: i64,
    }

    pub(super) const RECORDS: [&[u8]; 4] = [Region::RECORD, StoreModel::RECORD, Item::RECORD, Visit::RECORD];
}

/// The models as they are then: a table, columns and a value are renamed, and more changes in the same step.
mod after {
    use schema_core::{ColumnType, Enum, Model};

    #[derive(Enum)]
    pub(super) enum Status {
        Draft,
        #[model(renamed_from = ["live", "on sale"])]
        Offered,
        Sold,
        Lost,
    }

    #[derive(ColumnType)]
    pub(super) struct Money(i64);

    #[derive(Model)]
    #[model(primary_key(country, code), comment = "where shops are")]
    pub(super) struct Region {
        #[model(length = 2)]
        country: String,
        code: i32,
        #[model(collate = "NOCASE", length = 40)]
        name: String,
        #[model(backfill = sql("upper(name)"))]
        sort: String,
    }

    #[derive(Model)]
    #[model(
        renamed_from = "stores",
        unique(country, region, title),
        index(title desc, "lower(title)", where = "closed = 0", name = "open_stores"),
        index(title, unique, where = "main = 1", name = "one_main_store"),
        check("title <> ''", name = "stores_have_names"),
        foreign_key(country, region => Region(country, code), on_delete = cascade)
    )]
    pub(super) struct ShopModel {
        #[model(autoincrement)]
        id: i64,
        #[model(length = 80, renamed_from = "name")]
        title: String,
        #[model(default = false)]
        closed: bool,
        #[model(default = false)]
        main: bool,
        country: String,
        region: i32,
        #[model(references(ShopModel, on_delete = set_null, deferrable = deferred))]
        parent_id: Option<i64>,
        #[model(references(Item, on_delete = set_null))]
        best_item_id: Option<i64>,
    }

    #[derive(Model)]
    pub(super) struct Item {
        id: i64,
        #[model(references(ShopModel, on_delete = cascade), index, renamed_from = "store_id")]
        shop_id: i64,
        #[model(default = "draft")]
        status: Status,
        #[model(renamed_from = "price")]
        cost: Money,
        #[model(default = 1)]
        qty: i32,
        #[model(generated = "cost * qty", virtual)]
        total: i64,
        #[model(generated = "'#' || id", stored)]
        label: Option<String>,
        #[model(backfill = "#000000", length = 7)]
        color: String,
        #[model(unique, collate = "RTRIM")]
        sku: String,
    }

    #[derive(Model)]
    #[model(strict, without_rowid, primary_key(day, store_id))]
    pub(super) struct Visit {
        #[model(references(ShopModel))]
        store_id: i64,
        #[model(length = 10)]
        day: String,
        #[model(check = "count >= 0", default = 0)]
        count: i64,
    }

    pub(super) const RECORDS: [&[u8]; 4] = [Region::RECORD, ShopModel::RECORD, Item::RECORD, Visit::RECORD];
}

fn models(records: &[&'static [u8]]) -> Models {
    let section = records.concat();
    metadata::assemble(metadata::scan(&section).unwrap()).unwrap()
}

const ROWS: [&str; 8] = [
    "INSERT INTO regions VALUES ('DE', 1, 'Bayern'), ('DE', 2, 'hessen')",
    "INSERT INTO stores (id, name, country, region, main) VALUES (1, 'corner', 'DE', 1, 1), (2, 'mall', 'DE', 2, 0)",
    "UPDATE stores SET parent_id = 1 WHERE id = 2",
    "INSERT INTO items (id, store_id, price, qty, sku) VALUES (1, 1, 300, 2, 'a')",
    "INSERT INTO items (id, store_id, status, price, sku, color) VALUES (2, 2, 'on sale', 5, 'b', '#ffffff')",
    "INSERT INTO items (id, store_id, status, price, sku) VALUES (3, 2, 'sold', 5, 'c')",
    "UPDATE stores SET best_item_id = 1 WHERE id = 1",
    "INSERT INTO visits (store_id, day) VALUES (1, '2024-01-02'), (1, '2024-01-01')",
];

/// What the schema at first refuses, and by which rule.
const REFUSED: [(&str, &str); 13] = [
    (
        "INSERT INTO items (store_id, status, price, sku) VALUES (1, 'other', 1, 'd')",
        "ck_items_status",
    ),
    (
        "INSERT INTO items (store_id, price, sku) VALUES (9, 1, 'd')",
        "FOREIGN KEY",
    ),
    (
        "INSERT INTO items (store_id, price, sku) VALUES (1, 1, 'a  ')",
        "items.sku",
    ),
    (
        "INSERT INTO items (store_id, price, total, sku) VALUES (1, 1, 1, 'd')",
        "total",
    ),
    ("INSERT INTO items (store_id, sku) VALUES (1, 'd')", "items.price"),
    (
        "INSERT INTO stores (name, country, region) VALUES ('', 'DE', 1)",
        "stores_have_names",
    ),
    (
        "INSERT INTO stores (name, country, region) VALUES ('x', 'FR', 1)",
        "FOREIGN KEY",
    ),
    (
        "INSERT INTO stores (name, country, region) VALUES ('corner', 'DE', 1)",
        "stores.country",
    ),
    (
        "INSERT INTO stores (name, country, region, main) VALUES ('corner', 'DE', 2, 1)",
        "stores.name",
    ),
    ("DELETE FROM regions WHERE code = 1", "FOREIGN KEY"),
    (
        "INSERT INTO visits VALUES (1, '2024-01-01', 0)",
        "visits.store_id, visits.day",
    ),
    ("INSERT INTO visits VALUES (1, '2024-01-03', -1)", "visits_count"),
    (
        "INSERT INTO visits VALUES (1, '2024-01-03', 'many')",
        "visits.count",
    ),
];

fn fill(connection: &mut dyn Connection) {
    for row in ROWS {
        connection
            .execute(row, &[])
            .unwrap_or_else(|error| panic!("{error}: {row}"));
    }
}

fn values(connection: &mut dyn Connection, query: &str) -> Vec<String> {
    let rows = connection.query(query, &[]).unwrap();
    rows.iter()
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"))
        .collect()
}

#[test]
fn what_a_model_says_is_made_and_enforced() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let schema = models(&before::RECORDS).schema;
    let connection = &mut *database.empty();
    create(connection, database.dialect(), &schema);
    let found = database.dialect().reflect(connection).unwrap();
    assert_eq!(found, database.dialect().normalize(&schema).unwrap());

    fill(connection);
    for (statement, rule) in REFUSED {
        let error = connection.execute(statement, &[]).expect_err(statement);
        assert!(error.message.contains(rule), "{statement}: {}", error.message);
    }
    assert_eq!(
        values(connection, "SELECT id, status, qty, total, label FROM items"),
        [
            "1|'draft'|2|600|'#1'",
            "2|'on sale'|1|5|'#2'",
            "3|'sold'|1|5|'#3'"
        ]
    );
    assert_eq!(
        values(connection, "SELECT name FROM regions WHERE name = 'HESSEN'"),
        ["'hessen'"]
    );
    // A deferred key waits for the end of the transaction.
    for statement in [
        "BEGIN",
        "INSERT INTO stores (id, name, country, region, parent_id) VALUES (8, 'x', 'DE', 1, 9)",
        "INSERT INTO stores (id, name, country, region) VALUES (9, 'y', 'DE', 1)",
        "COMMIT",
        "DELETE FROM stores WHERE id >= 8",
    ] {
        let deferred = connection.execute(statement, &[]);
        deferred.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    connection
        .execute(
            "INSERT INTO stores (name, country, region) VALUES ('z', 'DE', 1)",
            &[],
        )
        .unwrap();
    let last = values(connection, "SELECT max(id) FROM stores");
    assert_eq!(last, ["10"], "a number is never given twice");
}

#[test]
fn what_the_models_say_has_a_place_in_the_schema() {
    let schema = models(&before::RECORDS).schema;
    let table = |name: &str| &schema.tables[&TableName::new(name)];
    let stores = table("stores");
    assert_eq!(stores.columns[0].auto, Auto::NeverReused);
    assert_eq!(
        table("regions").options.comment.as_deref(),
        Some("where stores are")
    );
    assert_eq!(
        table("regions").columns[2].comment.as_deref(),
        Some("as people say it")
    );
    let storage = |column: usize| table("items").columns[column].generated.as_ref().unwrap().storage;
    assert_eq!((storage(5), storage(6)), (Storage::Virtual, Storage::Stored));
    assert!(table("visits").options.strict && table("visits").options.without_rowid);
}

#[test]
fn changed_models_take_their_rows_along_and_back() {
    let (old, new) = (models(&before::RECORDS), models(&after::RECORDS));
    let answers = declared(&new, &old.schema, None);
    assert_eq!(stale(&new, &old.schema, None), []);
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let connection = &mut *database.empty();
    let steps = [(new.schema.clone(), answers)];
    let walk = along(connection, database.dialect(), &old.schema, &steps, fill);
    assert_eq!(walk.outcome, Outcome::TakenBack, "{:?}", walk.error);
    let rows = |name: &str| walk.upgraded[&TableName::new(name)].clone();
    assert_eq!(
        rows("regions"),
        ["'DE', 1, 'Bayern', 'BAYERN'", "'DE', 2, 'hessen', 'HESSEN'"]
    );
    assert_eq!(
        rows("items"),
        [
            "1, 1, 'draft', 300, 2, 600, '#1', '#000000', 'a'",
            "2, 2, 'offered', 5, 1, 5, '#2', '#ffffff', 'b'",
            "3, 2, 'sold', 5, 1, 5, '#3', '#000000', 'c'"
        ]
    );
    assert_eq!(
        walk.downgraded[&TableName::new("items")],
        [
            "1, 1, 'draft', 300, 2, 600, '#1', '#000000', 'a'",
            "2, 2, 'on sale', 5, 1, 5, '#2', '#ffffff', 'b'",
            "3, 2, 'sold', 5, 1, 5, '#3', '#000000', 'c'"
        ]
    );
    assert_eq!(
        walk.downgraded[&TableName::new("stores")],
        [
            "1, 'corner', 0, 1, 'DE', 1, NULL, 1",
            "2, 'mall', 0, 0, 'DE', 2, 1, NULL"
        ]
    );
    // And once more the same models: there is nothing to do, and nothing that `renamed_from` asks for.
    let answers = declared(&new, &new.schema, None);
    assert_eq!(diff(&new.schema, &new.schema, &answers), []);
    assert_eq!(stale(&new, &new.schema, None).len(), 5);
}

#[test]
fn the_history_keeps_what_no_database_has_a_place_for() {
    for records in [&before::RECORDS, &after::RECORDS] {
        let schema = models(records).schema;
        let operations = diff(&Schema::default(), &schema, &Answers::default());
        let text = serde_json::to_string(&operations).unwrap();
        let read: Vec<Operation> = serde_json::from_str(&text).unwrap();
        let mut replayed = Schema::default();
        for operation in read {
            operation.apply(&mut replayed).unwrap();
        }
        assert_eq!(replayed, schema);
        assert!(text.contains("where s"), "{text}");
    }
}

/// What is formatted anew, renamed in Rust alone or said to other crates makes no migration.
mod same {
    use schema_core::Model;

    #[derive(Model)]
    #[model(table = "offers", check("price >= 0 AND qty <> 0"))]
    pub(super) struct Offer {
        id: i64,
        price: i64,
        qty: i64,
        #[model(generated = "price*qty")]
        total: i64,
    }

    /// Documentation.
    #[derive(Model, Debug, Clone)]
    #[model(
        table = "offers",
        check(
            "price >= 0
                AND qty <> 0"
        )
    )]
    pub(super) struct Renamed {
        /// Documentation.
        #[model(column = "id")]
        number: i64,
        r#price: i64,
        #[model(column = "qty")]
        amount: i64,
        #[model(generated = "price * qty")]
        total: i64,
        #[model(skip)]
        cache: Option<String>,
    }
}

#[test]
fn another_look_of_the_same_model_is_no_change() {
    let (one, other) = (models(&[same::Offer::RECORD]), models(&[same::Renamed::RECORD]));
    // The field that is the key by its name is one by its column's, too.
    let operations = diff(&one.schema, &other.schema, &Answers::default());
    assert_eq!(operations, []);
}
