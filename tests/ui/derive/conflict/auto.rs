use schema_core::Model;

#[derive(Model)]
struct Item {
    #[model(auto, default = 1)]
    id: i64,
    #[model(auto)]
    number: i64,
    #[model(auto = false)]
    count: i64,
}

#[derive(Model)]
struct Other {
    #[model(auto = false, autoincrement)]
    id: i64,
    #[model(autoincrement)]
    number: i64,
}

fn main() {}
