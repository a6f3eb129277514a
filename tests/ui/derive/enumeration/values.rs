use schema_core::Enum;

#[derive(Enum)]
#[model(value = "status")]
enum Status {
    Draft,
    #[model(value = "draft")]
    Other,
    #[model(value = "a\"b")]
    Quoted,
    #[model(renamed_from = "live")]
    Live,
    #[model(renamed_from = "old")]
    One,
    #[model(renamed_from = ["older", "old"])]
    Two,
}

#[derive(Enum)]
enum Keys {
    #[model(vale = "a")]
    Near,
    #[model(length = 80)]
    Far,
}

#[derive(Enum)]
#[model(name = "a(b")]
enum Parenthesis {
    One,
}

#[derive(Enum)]
#[model(name = "a\"b", name = "a")]
enum Quote {
    One,
}

#[derive(Enum)]
#[model(name = "shop.sales.status")]
enum Parts {
    One,
}

#[derive(Enum)]
enum AnEnumWhoseNameHasMoreLettersInSnakeCaseThanADatabaseTakesForAType {
    One,
}

fn main() {}
