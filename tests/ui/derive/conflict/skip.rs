use schema_core::Model;

#[derive(Model)]
#[model(index(cache))]
struct Item {
    id: i64,
    #[model(skip, length = 80, unique)]
    cache: String,
}

fn main() {}
