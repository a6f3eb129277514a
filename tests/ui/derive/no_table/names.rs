use schema_core::Model;

#[derive(Model)]
#[model(table = "sales.items")]
struct Item {
    #[model(column = "a\"b")]
    id: i64,
    #[model(column = " ")]
    blank: i64,
}

#[derive(Model)]
struct LongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLong {
    id: i64,
}

fn main() {}
