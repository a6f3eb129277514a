use schema_core::Model;

#[derive(Model)]
struct Store {
    id: i64,
    code: String,
}

#[derive(Model)]
struct Item {
    id: i64,
    #[model(references(Store))]
    store_id: i32,
    #[model(references(Store::code))]
    code: Option<i64>,
}

fn main() {}
