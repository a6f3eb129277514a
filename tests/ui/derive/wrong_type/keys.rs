use schema_core::Model;

#[derive(Model)]
#[model(primary_key(a, b))]
struct Pair {
    a: i64,
    b: i64,
}

#[derive(Model)]
struct Keyless {
    name: String,
}

#[derive(Model)]
struct Item {
    id: Option<i64>,
    #[model(references(Pair))]
    pair: i64,
    #[model(references(Keyless))]
    keyless: i64,
}

fn main() {}
