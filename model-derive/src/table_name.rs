//! The name of a model's table, from the name of the struct.

use heck::ToSnakeCase as _;

use crate::plural::plural;

/// Returns the struct's name without a `Model` suffix, in snake case, in the plural.
pub(crate) fn table_name(ident: &str) -> String {
    let name = match ident.strip_suffix("Model") {
        Some(name) if !name.is_empty() => name,
        _ => ident,
    };
    plural(&name.to_snake_case())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_convention() {
        for (ident, table) in [
            ("ItemModel", "items"),
            ("Item", "items"),
            ("ItemTag", "item_tags"),
            ("ItemsTags", "items_tags"),
            ("Model", "models"),
            ("DataModel", "data"),
            ("ModelYear", "model_years"),
            ("HTTPRequestModel", "http_requests"),
            ("OAuth2Token", "o_auth2_tokens"),
            ("UserCategory", "user_categories"),
            ("Größe", "größes"),
        ] {
            assert_eq!(table_name(ident), table, "{ident}");
        }
    }
}
