use schema_core::Model;

#[derive(Model)]
#[model(renamed_from = "items")]
struct Item {
    id: i64,
    #[model(renamed_from = "name")]
    name: String,
    #[model(renamed_from = ["older", "old"])]
    one: String,
    #[model(renamed_from = "old")]
    other: String,
}

fn main() {}
