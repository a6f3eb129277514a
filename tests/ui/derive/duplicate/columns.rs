use schema_core::Model;

#[derive(Model)]
#[model(index(name, name))]
struct Item {
    id: i64,
    name: String,
    #[model(column = "NAME")]
    other: String,
}

fn main() {}
