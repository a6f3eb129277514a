use schema_core::Model;

#[derive(Model)]
#[model(table, index, unique(), check(price), primary_key())]
struct Item {
    id: i64,
    #[model(length, unique = true, default)]
    a: String,
    #[model(length = "80", index(b))]
    b: String,
    #[model(default = None, auto = 1)]
    c: Option<i64>,
    #[model(references("stores"), default = 5i64)]
    d: i64,
    #[model(references)]
    e: i64,
    #[model(check = "", column = "a.b")]
    f: i64,
    #[model(default = - - 1, sql_type())]
    h: i64,
    #[model(length = -1, default = -"a", references("\"a.b.id"))]
    i: String,
    #[model]
    g: i64,
}

fn main() {}
