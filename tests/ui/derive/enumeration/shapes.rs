use schema_core::Enum;

#[derive(Enum)]
struct Status {
    id: i64,
}

#[derive(Enum)]
enum Empty {}

#[derive(Enum)]
enum Full {
    Draft,
    Live(i64),
    Sold { at: i64 },
}

#[derive(Enum)]
enum Generic<T> {
    Draft,
    Live(T),
}

fn main() {}
