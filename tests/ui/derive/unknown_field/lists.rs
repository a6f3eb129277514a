use schema_core::Model;

#[derive(Model)]
#[model(index(nmae), unique(colour), primary_key(ids), foreign_key(store => Item(id)), index(unit_price))]
#[model(index(name, uniqe), unique(name, null_not_distinct), index(name, include(uniqe)))]
struct Item {
    id: i64,
    name: String,
    #[model(column = "unit_price")]
    price: i64,
}

fn main() {}
