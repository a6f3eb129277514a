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
}

fn main() {}
