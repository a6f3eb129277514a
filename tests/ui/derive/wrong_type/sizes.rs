use schema_core::Model;

type Number = i64;

#[derive(Model)]
struct Item {
    #[model(auto)]
    id: [u8; 16],
    #[model(length = 80)]
    price: Number,
    #[model(precision = 10, scale = 2)]
    name: String,
    #[model(length = 2)]
    letter: char,
    #[model(collate(sqlite = "nocase"))]
    count: i64,
    #[model(collate = "nocase")]
    flag: bool,
}

fn main() {}
