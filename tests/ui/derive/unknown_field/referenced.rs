use schema_core::Model;

#[derive(Model)]
struct Store {
    id: i64,
    #[model(unique)]
    code: i64,
}

#[derive(Model)]
#[model(foreign_key(a, b => Store(id, coed)))]
struct Item {
    id: i64,
    #[model(references(Store::cod))]
    a: i64,
    b: i64,
}

fn main() {}
