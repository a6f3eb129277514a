use schema_core::Model;

#[derive(Model)]
#[model(strict = true, without_rowid("id"))]
struct Item {
    id: i64,
}

fn main() {}
