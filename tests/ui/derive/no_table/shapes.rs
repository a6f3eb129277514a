use schema_core::Model;

#[derive(Model)]
struct Tuple(i64, String);

#[derive(Model)]
struct Unit;

#[derive(Model)]
struct Empty {}

#[derive(Model)]
struct Skipped {
    #[model(skip)]
    id: i64,
}

#[derive(Model)]
enum Status {
    Draft,
}

#[derive(Model)]
union Either {
    a: i64,
    b: f64,
}

fn main() {}
