use schema_core::Model;

#[derive(Model)]
struct Item {
    id: i64,
    price: i64,
    #[model(generated = "price * 2", stored, virtual)]
    twice: i64,
    #[model(generated = "price * 3", default = 0, backfill = 1)]
    thrice: i64,
    #[model(stored)]
    plain: i64,
}

#[derive(Model)]
struct Other {
    #[model(generated = "price * 2", auto)]
    id: i64,
    price: i64,
}

fn main() {}
