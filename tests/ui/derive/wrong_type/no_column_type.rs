use schema_core::Model;

struct Colour;

#[derive(Model)]
struct Item {
    id: i64,
    colour: Colour,
    maybe: Option<Colour>,
    count: usize,
    took: std::time::Duration,
    #[model(sql_type(sqlite = "TEXT"))]
    partly: Colour,
}

fn main() {}
