use schema_core::Model;

#[derive(Model)]
struct Store {
    id: i64,
}

#[derive(Model)]
struct Item {
    id: i64,
    #[model(references(Store))]
    store_id: i32,
    #[model(length = 80)]
    price: i64,
}

fn main() {}
