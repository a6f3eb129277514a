//! The code of the derives is no one's to mend, so no lint may find anything in it. It stands where the struct stands, and lints take it for the user's.
//!
//! To build this file is the test, for the compiler's lints; that nothing is found by those of clippy, `cargo clippy` says.
#![forbid(unsafe_code)]
#![deny(
    absolute_paths_not_starting_with_crate,
    explicit_outlives_requirements,
    let_underscore_drop,
    missing_abi,
    missing_docs,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unused,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::default_numeric_fallback,
    clippy::decimal_literal_representation,
    clippy::indexing_slicing,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::panic,
    clippy::pattern_type_mismatch,
    clippy::separated_literal_suffix,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::undocumented_unsafe_blocks,
    clippy::unreadable_literal,
    clippy::unseparated_literal_suffix
)]

use core::time::Duration;

use schema_core::{ColumnType, Enum, Model};

#[derive(Enum)]
enum Status {
    Draft,
    #[model(value = "live", renamed_from = "on_sale")]
    Live,
}

#[derive(ColumnType)]
struct Money(i64);

#[derive(Model)]
#[model(
    table = "stores",
    schema = "app",
    comment = "all stores",
    check("length(name) > 0"),
    index(name, status)
)]
struct StoreModel {
    id: i64,
    #[model(length = 80, unique)]
    name: String,
    #[model(default = "draft")]
    status: Status,
    #[model(default = 1_000_000)]
    price: i32,
    money: Option<Money>,
    #[model(default = -1.5)]
    factor: f64,
    #[model(sql_type = "interval")]
    every: Duration,
    #[model(references(Self, on_delete = cascade))]
    parent_id: Option<i64>,
    #[model(skip)]
    nothing: (),
}

#[derive(Model)]
#[model(primary_key(store_id, number), foreign_key(store_id, other => StoreModel(id, id)))]
struct ItemModel {
    #[model(references(StoreModel))]
    store_id: i64,
    #[model(references(StoreModel::id), column = "other_id")]
    other: i64,
    number: i64,
    #[model(sql_type = "citext")]
    code: Option<String>,
}

#[test]
fn the_models_are_used() {
    let store = StoreModel {
        id: 1,
        name: String::new(),
        status: Status::Draft,
        price: 1,
        money: Some(Money(1)),
        factor: 1.0,
        every: Duration::from_secs(1),
        parent_id: None,
        nothing: (),
    };
    let item = ItemModel {
        store_id: store.id,
        other: store.id,
        number: 1,
        code: None,
    };
    assert_eq!(item.other, item.store_id);
    assert_eq!(item.number, i64::from(store.price));
    assert!(item.code.is_none());
    assert_eq!(
        Status::from_value("live").map(|status| status.value()),
        Some("live")
    );
    assert_eq!(StoreModel::table().columns.len(), 8);
    assert_eq!(store.status.value(), "draft");
    assert!(store.name.is_empty() && store.parent_id.is_none() && store.factor.is_sign_positive());
    assert!(store.money.is_some_and(|money| money.0 == 1) && !store.every.is_zero());
    let () = store.nothing;
}
