use schema_core::Model;

#[derive(Model)]
#[model(tabel = "items", indx(name))]
struct Item {
    id: i64,
    #[model(lenght = 80, unqiue, COLUMN = "a", r#index)]
    name: String,
}

fn main() {}
