use schema_core::Model;

#[derive(Model)]
#[model(colour = "red")]
struct Item {
    id: i64,
    #[model(engine = "x", "text")]
    name: String,
    #[model(references("items.id"), on_delete = cascade)]
    part_of: Option<i64>,
}

fn main() {}
