use schema_core::Model;

#[derive(Model)]
struct Item {
    #[model(without_rowid)]
    id: i64,
}

fn main() {}
