use schema_core::Model;

#[derive(Model)]
#[model(index(name, were = "x"), check("a", called = "b"), unique(name, where = "a > 1"))]
struct Item {
    id: i64,
    #[model(references(Item, on_delet = cascade))]
    name: i64,
    #[model(references(Item, on_delete = delete))]
    other: i64,
    #[model(sql_type(sqllite = "TEXT"))]
    text: String,
    #[model(sql_type(oracle = "TEXT"))]
    more: String,
}

fn main() {}
