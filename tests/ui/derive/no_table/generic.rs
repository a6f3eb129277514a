use schema_core::Model;

#[derive(Model)]
struct Generic<T> {
    id: T,
}

#[derive(Model)]
struct Borrowed<'a> {
    name: &'a str,
}

fn main() {}
