use schema_core::Model;

#[derive(Model)]
struct Item {
    id: i64,
    #[model(default = "0")]
    a: i64,
    #[model(default = 300)]
    b: Option<u8>,
    #[model(default = -1)]
    c: u32,
    #[model(default = 0)]
    d: bool,
    #[model(default = 1.5)]
    e: i64,
    #[model(backfill = true)]
    f: String,
    #[model(default = b"a")]
    g: String,
    #[model(default = "[]")]
    h: Vec<i64>,
    #[model(default = "ab")]
    i: char,
    #[model(default = 'ü')]
    j: char,
    #[model(default = b"abc")]
    k: [u8; 2],
}

fn main() {}
