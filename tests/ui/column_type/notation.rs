use schema_core::{ColumnType, Model};

struct Quoted;

impl ColumnType for Quoted {
    const TYPE: &'static str = "native('a \"b\"')";
}

#[derive(Model)]
struct Item {
    id: i64,
    quoted: Quoted,
}

fn main() {}
