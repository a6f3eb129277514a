use schema_core::Model;

#[derive(Model)]
#[model(primary_key(a, b))]
struct Both {
    #[model(primary_key)]
    a: i64,
    b: i64,
}

#[derive(Model)]
struct Two {
    #[model(primary_key)]
    a: i64,
    #[model(primary_key)]
    b: i64,
}

fn main() {}
