use schema_core::Model;

#[derive(Model)]
#[model(strict, strict)]
struct Item {
    id: i64,
}

fn main() {}
