use schema_core::Model;

struct Plain {
    id: i64,
}

#[derive(Model)]
struct Item {
    id: i64,
    #[model(references(Plain))]
    a: i64,
    #[model(references(Plain::id))]
    b: i64,
    #[model(references(Missing))]
    c: i64,
}

fn main() {}
