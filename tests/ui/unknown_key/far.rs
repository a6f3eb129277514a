use schema_core::Model;

#[derive(Model)]
#[model(colour = "red")]
struct Item {
    id: i64,
    #[model(engine = "x", "text")]
    name: String,
}

fn main() {}
