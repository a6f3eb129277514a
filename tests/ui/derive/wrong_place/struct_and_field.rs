use schema_core::Model;

#[derive(Model)]
#[model(length = 80, skip)]
struct Item {
    id: i64,
    #[model(table = "items", foreign_key(a => B(c)))]
    name: String,
}

fn main() {}
