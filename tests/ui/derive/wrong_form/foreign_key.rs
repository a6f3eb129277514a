use schema_core::Model;

#[derive(Model)]
#[model(foreign_key(a, b), foreign_key(a => Item), foreign_key(a, b => Item(id)))]
struct Item {
    id: i64,
    a: i64,
    b: i64,
}

fn main() {}
