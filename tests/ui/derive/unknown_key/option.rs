use schema_core::Model;

#[derive(Model)]
#[model(index(name, were = "x"), check("a", called = "b"), unique(name, where = "a > 1"))]
#[model(primary_key(id, nam = "b"), unique(other, nam = "b"), check("a", nam = "b"), index(name, wher = "x"))]
struct Item {
    id: i64,
    #[model(references(Item, on_delet = cascade))]
    name: i64,
    #[model(references(Item, on_delete = delete))]
    other: i64,
    #[model(sql_type(sqllite = "TEXT"))]
    text: String,
    #[model(references(Item, deferable))]
    option: i64,
    #[model(references(Item, cascade))]
    action: i64,
    #[model(references(Item, twice))]
    word: i64,
    #[model(sql_type(oracle = "TEXT"))]
    more: String,
    #[model(collate(postgre = "C"))]
    near: String,
    #[model(collate(sqlite = "NOCASE", sqlite = "RTRIM"))]
    twice: String,
    #[model(collate())]
    none: String,
}

fn main() {}
