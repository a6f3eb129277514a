use schema_core::Model;

#[derive(Model)]
#[model(without_rowid)]
struct Price {
    price: f64,
}

#[derive(Model)]
#[model(strict, without_rowid)]
struct Item {
    #[model(autoincrement)]
    id: i64,
}

#[derive(Model)]
#[model(without_rowid)]
struct Store {
    #[model(auto)]
    id: i64,
}

fn main() {}
