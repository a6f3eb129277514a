use schema_core::Model;

#[derive(Model)]
#[model(strict, strict)]
#[model(index(id, unique, unique), index(id, include(name), include(name)), unique(name, nulls_not_distinct, nulls_not_distinct))]
#[model(index(r#type, type, name = "both"))]
struct Item {
    id: i64,
    name: String,
    r#type: String,
}

fn main() {}
