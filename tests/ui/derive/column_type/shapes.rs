use schema_core::ColumnType;

#[derive(ColumnType)]
struct Two(i64, i64);

#[derive(ColumnType)]
struct None;

#[derive(ColumnType)]
enum Status {
    Draft,
}

#[derive(ColumnType)]
struct Sized(#[model(length = 80)] String);

#[derive(ColumnType)]
#[model(length = 80)]
struct Both(#[model(length = 80)] String, #[model(unique)] i64);

struct Opaque;

#[derive(ColumnType)]
struct Wrapper(Opaque);

fn main() {}
