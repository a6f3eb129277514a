use schema_core::Model;

#[derive(Model)]
#[model(renamed_from("item"))]
struct Item {
    id: i64,
    #[model(renamed_from = [])]
    name: String,
    #[model(renamed_from = old)]
    price: i64,
}

fn main() {}
