use schema_core::Model;

#[derive(Model)]
#[model(table = "a", table = "b", comment = "c")]
#[model(comment = "d", index(name, name = "a", name = "b"))]
struct Item {
    id: i64,
    #[model(unique, length = 1, unique)]
    #[model(length = 2)]
    name: String,
}

fn main() {}
