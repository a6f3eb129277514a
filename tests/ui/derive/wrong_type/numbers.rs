use schema_core::Model;

type Number = Option<i64>;

#[derive(Model)]
struct Item {
    id: i64,
    #[model(auto)]
    number: Option<i64>,
    #[model(auto)]
    other: Number,
    #[model(auto)]
    fits: i64,
}

fn main() {}
