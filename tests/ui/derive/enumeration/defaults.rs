use schema_core::{Enum, Model};

#[derive(Enum)]
enum Status {
    Draft,
    Live,
}

#[derive(Model)]
struct Item {
    id: i64,
    #[model(default = "liv")]
    status: Status,
    #[model(default = 1)]
    other: Status,
    #[model(length = 10)]
    long: Status,
}

fn main() {}
