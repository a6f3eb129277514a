#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Keys, indexes and checks that the derive makes of a struct, compared with tables built by hand.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(dead_code, reason = "models are read by their tables only")]

use std::collections::BTreeMap;

use schema_core::Model;
use schema_core::metadata::{self, Models};
use schema_core::schema::{
    Action, Auto, Check, Column, Deferrable, Expression, ForeignKey, Index, IndexKey, IndexPart, Nulls,
    Order, PrimaryKey, Table, TableName, Type,
};

/// Returns a table with a primary key on `id`, which the database numbers.
fn numbered(name: &str) -> Table {
    let mut table = Table::new(TableName::new(name));
    let mut id = Column::new("id", Type::I64);
    id.auto = Auto::Auto;
    table.columns.push(id);
    table.primary_key = Some(PrimaryKey {
        name: format!("pk_{name}"),
        columns: vec!["id".to_owned()],
    });
    table
}

fn nullable(name: &str, ty: Type) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

fn index(name: &str, keys: &[&str]) -> Index {
    Index::new(name, keys.iter().copied().map(IndexKey::column).collect())
}

fn unique(name: &str, keys: &[&str]) -> Index {
    Index {
        unique: true,
        constraint: true,
        ..index(name, keys)
    }
}

fn foreign_key(name: &str, columns: &[&str], table: &str, to: &[&str]) -> ForeignKey {
    let [columns, to] = [columns, to].map(|names| names.iter().copied());
    ForeignKey::new(name, columns, TableName::new(table), to)
}

fn add<T>(into: &mut BTreeMap<String, T>, name: &str, value: T) {
    assert!(into.insert(name.to_owned(), value).is_none());
}

const TEXT: Type = Type::Text { length: None };

fn models(records: &[&'static [u8]]) -> Models {
    let section = records.concat();
    metadata::assemble(metadata::scan(&section).unwrap()).unwrap()
}

mod keys {
    use super::*;

    #[derive(Model)]
    #[model(primary_key(b, a))]
    struct Composite {
        a: i64,
        #[model(column = "B")]
        b: String,
        id: i64,
    }

    #[derive(Model)]
    struct Given {
        #[model(auto = false)]
        id: i64,
    }

    #[derive(Model)]
    struct Never {
        #[model(primary_key, autoincrement)]
        number: u8,
        id: i64,
    }

    #[derive(Model)]
    struct Default {
        #[model(default = 1)]
        id: i64,
    }

    #[derive(Model)]
    struct Uuid {
        id: [u8; 16],
    }

    #[derive(Model)]
    struct Detail {
        #[model(references(Given))]
        id: i64,
    }

    #[derive(Model)]
    struct Forced {
        #[model(auto, references("givens.id"))]
        id: i64,
    }

    #[test]
    fn primary_keys() {
        let key = Composite::table().primary_key.unwrap();
        assert_eq!(
            (key.name.as_str(), &key.columns[..]),
            ("pk_composites", &["B".to_owned(), "a".to_owned()][..])
        );
        assert!(
            Composite::table()
                .columns
                .iter()
                .all(|column| column.auto == Auto::No)
        );
        assert_eq!(Never::table().primary_key.unwrap().columns, ["number"]);
    }

    #[test]
    fn numbers() {
        let auto = |table: Table| table.columns[0].auto;
        assert_eq!(auto(Given::table()), Auto::No);
        assert_eq!(auto(Never::table()), Auto::NeverReused);
        assert_eq!(auto(Default::table()), Auto::No);
        assert_eq!(auto(Uuid::table()), Auto::No);
        assert_eq!(
            auto(Detail::table()),
            Auto::No,
            "a foreign key takes its number from elsewhere"
        );
        assert_eq!(auto(Forced::table()), Auto::Auto);
    }
}

#[derive(Model)]
#[model(
    index(name, r#unique desc),
    index("lower(name)" desc, name = "by_name", where = "sku IS NOT NULL", unique),
    unique(name, sku),
    unique(sku, name = "one_sku"),
    check("price > 0"),
    check("price < 0"),
    check("price <> sku", name = "odd")
)]
struct ItemModel {
    id: i64,
    name: String,
    sku: Option<i64>,
    #[model(check = "price >= 0", index)]
    price: i64,
    #[model(check("\"unique\" <> 'x'", name = "named"), unique)]
    r#unique: String,
}

#[test]
fn indexes_and_checks() {
    let mut table = numbered("items");
    table.columns.extend([
        Column::new("name", TEXT),
        nullable("sku", Type::I64),
        Column::new("price", Type::I64),
        Column::new("unique", TEXT),
    ]);
    let mut descending = index("ix_items_name_unique", &["name", "unique"]);
    descending.keys[1].order = Order::Descending;
    let expression = IndexKey {
        order: Order::Descending,
        ..IndexKey::new(IndexPart::Expression(Expression::new("lower(name)")))
    };
    let partial = Index {
        keys: vec![expression],
        unique: true,
        predicate: Some(Expression::new("sku IS NOT NULL")),
        ..index("by_name", &[])
    };
    for index in [
        unique("uq_items_unique", &["unique"]),
        index("ix_items_price", &["price"]),
        descending,
        partial,
        unique("uq_items_name_sku", &["name", "sku"]),
        unique("one_sku", &["sku"]),
    ] {
        add(&mut table.indexes, &index.name.clone(), index);
    }
    for (name, condition) in [
        ("ck_items_price", "price >= 0"),
        ("named", "\"unique\" <> 'x'"),
        ("ck_items_price_0", "price > 0"),
        ("ck_items_price_0_2", "price < 0"),
        ("odd", "price <> sku"),
    ] {
        let check = Check {
            name: name.to_owned(),
            expression: Expression::new(condition),
        };
        add(&mut table.checks, name, check);
    }
    assert_eq!(ItemModel::table(), table);
}

mod foreign_keys {
    use super::*;

    // The two refer to each other, and each to itself.
    #[derive(Model)]
    #[model(unique(code, region))]
    struct Country {
        id: i32,
        #[model(length = 2)]
        code: String,
        region: i16,
        #[model(references(City, on_delete = set_null, deferrable = deferred))]
        capital: Option<i64>,
        #[model(references(Self))]
        mother: Option<i32>,
    }

    #[derive(Model)]
    #[model(foreign_key(country, region => Country(code, region), on_delete = cascade, on_update = restrict, deferrable, name = "home"))]
    struct City {
        id: i64,
        #[model(column = "country_code")]
        country: String,
        region: i16,
        #[model(references(Country::id, on_update = set_default))]
        second: i32,
        #[model(references("cities.id", on_delete = no_action), index)]
        twin: Option<i64>,
    }

    #[test]
    fn typed_and_by_name() {
        let keys = |table: Table| table.foreign_keys.into_values().collect::<Vec<_>>();
        assert_eq!(
            keys(Country::table()),
            [
                ForeignKey {
                    on_delete: Action::SetNull,
                    deferrable: Deferrable::Deferred,
                    ..foreign_key("fk_countries_capital_cities", &["capital"], "cities", &["id"])
                },
                foreign_key("fk_countries_mother_countries", &["mother"], "countries", &["id"]),
            ]
        );
        assert_eq!(
            keys(City::table()),
            [
                ForeignKey {
                    on_update: Action::SetDefault,
                    ..foreign_key("fk_cities_second_countries", &["second"], "countries", &["id"])
                },
                foreign_key("fk_cities_twin_cities", &["twin"], "cities", &["id"]),
                ForeignKey {
                    on_delete: Action::Cascade,
                    on_update: Action::Restrict,
                    deferrable: Deferrable::Immediate,
                    ..foreign_key(
                        "home",
                        &["country_code", "region"],
                        "countries",
                        &["code", "region"]
                    )
                },
            ]
        );
    }

    #[test]
    fn records_add_up() {
        let models = models(&[Country::RECORD, City::RECORD, Country::RECORD]);
        let schema = [Country::table(), City::table()].into_iter().collect();
        assert_eq!(models.schema, schema);
    }
}

#[derive(Model)]
#[model(
    schema = "sales",
    engine = "InnoDB",
    charset = "utf8mb4",
    collate = "utf8mb4_bin"
)]
#[model(
    index(tags opclass "jsonb_path_ops", using = "gin", name = "by_tag"),
    index(name desc nulls last, "lower(sku)" nulls first, include(r#type, price)),
    index(price, unique, nulls_not_distinct),
    unique(sku, nulls_not_distinct)
)]
struct Offer {
    id: i64,
    name: String,
    sku: Option<String>,
    price: Option<i64>,
    #[model(column = "kind")]
    r#type: i32,
    tags: String,
    #[model(references(Offer))]
    before: Option<i64>,
    #[model(references("stock.wares.id"))]
    ware: i64,
}

#[test]
fn what_only_servers_keep() {
    let table = Offer::table();
    assert_eq!((Offer::SCHEMA, Offer::TABLE), (Some("sales"), "offers"));
    assert_eq!(table.name.to_string(), "sales.offers");
    let options = &table.options;
    assert_eq!(options.engine.as_deref(), Some("InnoDB"));
    assert_eq!(options.charset.as_deref(), Some("utf8mb4"));
    assert_eq!(options.collation.as_deref(), Some("utf8mb4_bin"));

    let by_tag = Index {
        using: Some("gin".to_owned()),
        ..Index::new(
            "by_tag",
            vec![IndexKey {
                operator_class: Some("jsonb_path_ops".to_owned()),
                ..IndexKey::column("tags")
            }],
        )
    };
    let by_name = Index {
        include: vec!["kind".to_owned(), "price".to_owned()],
        ..Index::new(
            "ix_offers_name_lower_sku",
            vec![
                IndexKey {
                    order: Order::Descending,
                    nulls: Nulls::Last,
                    ..IndexKey::column("name")
                },
                IndexKey {
                    nulls: Nulls::First,
                    ..IndexKey::new(IndexPart::Expression(Expression::new("lower(sku)")))
                },
            ],
        )
    };
    let by_price = Index {
        unique: true,
        nulls_not_distinct: true,
        ..index("uq_offers_price", &["price"])
    };
    let by_sku = Index {
        nulls_not_distinct: true,
        ..unique("uq_offers_sku", &["sku"])
    };
    let expected = [by_tag, by_name, by_price, by_sku].map(|index| (index.name.clone(), index));
    assert_eq!(table.indexes, BTreeMap::from(expected));

    let mut references: Vec<String> = table
        .foreign_keys
        .values()
        .map(|key| key.references.to_string())
        .collect();
    references.sort();
    assert_eq!(references, ["sales.offers", "stock.wares"]);
}

#[test]
fn a_key_may_have_a_name_of_its_own() {
    #[derive(Model)]
    #[model(primary_key(code, name = "shops_pkey"))]
    struct Shop {
        code: i64,
    }

    #[derive(Model)]
    struct Till {
        id: i64,
        #[model(references(Shop, on_delete = cascade, name = "tills_shop_fkey"))]
        shop: i64,
        #[model(references("shops.code", name = "by_name"))]
        other: i64,
    }

    assert_eq!(Shop::table().primary_key.unwrap().name, "shops_pkey");
    assert_eq!(Till::table().primary_key.unwrap().name, "pk_tills");
    let keys: Vec<String> = Till::table().foreign_keys.into_keys().collect();
    assert_eq!(keys, ["by_name", "tills_shop_fkey"]);
}

#[test]
fn what_is_called_id_may_be_no_key() {
    #[derive(Model)]
    struct Entry {
        #[model(primary_key = false)]
        id: Option<i64>,
        line: String,
    }

    assert_eq!(Entry::table().primary_key, None);
}

/// What the tables of others are called is not for models to say.
mod names_with_dots {
    use super::*;

    #[derive(Model)]
    #[model(table = "\"old.stores\"", schema = "\"v1.0\"")]
    struct Store {
        #[model(primary_key, column = "\"store.id\"")]
        id: i64,
    }

    #[derive(Model)]
    #[model(
        table = "\"old.items\"",
        index(price, name = "\"by.price\""),
        renamed_from = "\"older.items\""
    )]
    struct Item {
        id: i64,
        #[model(column = "\"net.price\"", renamed_from = "\"price.net\"")]
        price: i64,
        #[model(references(Store))]
        store: i64,
        #[model(references("\"v1.0\".\"old.stores\".\"store.id\""))]
        other: i64,
    }

    #[test]
    fn are_names() {
        let models = models(&[Store::RECORD, Item::RECORD]);
        let store = TableName {
            schema: Some("v1.0".to_owned()),
            name: "old.stores".to_owned(),
        };
        let item = TableName::new("old.items");
        assert_eq!(models.schema.tables.keys().collect::<Vec<_>>(), [&item, &store]);
        let table = &models.schema.tables[&item];
        for key in table.foreign_keys.values() {
            assert_eq!(
                (&key.references, &key.referenced_columns[..]),
                (&store, &["store.id".to_owned()][..])
            );
        }
        assert_eq!(table.foreign_keys.len(), 2);
        assert!(table.indexes.contains_key("by.price"));
        assert_eq!(models.renames.tables[&item], [TableName::new("older.items")]);
        assert_eq!(
            models.renames.columns[&(item, "net.price".to_owned())],
            ["price.net"]
        );
    }
}
