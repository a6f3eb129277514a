use schema_core::Model;

#[derive(Model)]
struct Item {
    id: i64,
    #[model(scale = 2)]
    a: String,
    #[model(precision = 2, scale = 3)]
    b: String,
    #[model(sql_type = "char(8)", length = 8)]
    c: String,
    #[model(length = 0)]
    d: String,
    #[model(length = 3, default = "größe", backfill = "grö")]
    e: String,
    #[model(length = 1, default = b"ab")]
    f: Vec<u8>,
}

fn main() {}
