//! The name of a model's table, from the name of the struct: in snake case, and its last word in the English plural.
//!
//! A compact one: the rules that the nouns of schemas follow, and a table of those that follow none. A name that it
//! gets wrong is written with `#[model(table = "…")]`. Whoever writes structs for tables needs the same rules, so `naming!` brings this
//! file, as it is, into schema-core: it uses nothing of this crate.

use heck::ToSnakeCase as _;

/// Nouns with a plural of their own.
pub(crate) const IRREGULAR: &[(&str, &str)] = &[
    ("alumnus", "alumni"),
    ("appendix", "appendices"),
    ("axis", "axes"),
    ("bus", "buses"),
    ("cactus", "cacti"),
    ("calf", "calves"),
    ("child", "children"),
    ("corpus", "corpora"),
    ("criterion", "criteria"),
    ("curriculum", "curricula"),
    ("datum", "data"),
    ("die", "dice"),
    ("foot", "feet"),
    ("gas", "gases"),
    ("genus", "genera"),
    ("goose", "geese"),
    ("half", "halves"),
    ("index", "indices"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("lens", "lenses"),
    ("loaf", "loaves"),
    ("louse", "lice"),
    ("man", "men"),
    ("matrix", "matrices"),
    ("medium", "media"),
    ("mouse", "mice"),
    ("nucleus", "nuclei"),
    ("ox", "oxen"),
    ("person", "people"),
    ("phenomenon", "phenomena"),
    ("quiz", "quizzes"),
    ("self", "selves"),
    ("shelf", "shelves"),
    ("stimulus", "stimuli"),
    ("thief", "thieves"),
    ("tooth", "teeth"),
    ("vertex", "vertices"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    ("woman", "women"),
];

/// Nouns that are the same in the plural.
pub(crate) const UNCOUNTABLE: &[&str] = &[
    "advice",
    "aircraft",
    "audio",
    "bison",
    "cash",
    "chassis",
    "clothing",
    "content",
    "deer",
    "equipment",
    "evidence",
    "feedback",
    "fish",
    "furniture",
    "gold",
    "hardware",
    "headquarters",
    "help",
    "homework",
    "information",
    "inventory",
    "jeans",
    "knowledge",
    "luggage",
    "mail",
    "means",
    "merchandise",
    "metadata",
    "money",
    "moose",
    "music",
    "news",
    "offspring",
    "police",
    "progress",
    "research",
    "rice",
    "salmon",
    "scissors",
    "series",
    "sheep",
    "shrimp",
    "software",
    "spacecraft",
    "species",
    "staff",
    "stuff",
    "swine",
    "tennis",
    "traffic",
    "trout",
    "weather",
    "wheat",
];

/// Nouns in `-o` with a plural in `-oes`.
const OES: &[&str] = &[
    "cargo", "echo", "embargo", "hero", "mosquito", "potato", "tomato", "torpedo", "veto",
];

/// Returns the struct's name without a `Model` suffix, in snake case, in the plural.
pub(crate) fn table_name(ident: &str) -> String {
    let name = match ident.strip_suffix("Model") {
        Some(name) if !name.is_empty() => name,
        _ => ident,
    };
    plural(&name.to_snake_case())
}

/// Returns the plural of a name: of its last word, unless that is a plural.
pub(crate) fn plural(name: &str) -> String {
    let start = name.rfind('_').map_or(0, |at| at + 1);
    let (before, word) = name.split_at(start);
    format!("{before}{}", plural_word(word))
}

fn plural_word(word: &str) -> String {
    let known = |(one, many): &&(&str, &str)| *one == word || *many == word;
    if let Some((_, many)) = IRREGULAR.iter().find(known) {
        return (*many).to_owned();
    }
    if word.is_empty() || UNCOUNTABLE.contains(&word) || is_plural(word) {
        return word.to_owned();
    }
    let stem = |length: usize| &word[..word.len() - length];
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["sis", "xis"]) {
        // analysis, basis, crisis
        format!("{}es", stem(2))
    } else if ends(&["s", "x", "z", "ch", "sh"]) || OES.contains(&word) {
        format!("{word}es")
    } else if word.ends_with('y') && !ends(&["ay", "ey", "iy", "oy", "uy"]) && word.len() > 1 {
        format!("{}ies", stem(1))
    } else if ends(&["uy"]) && word.ends_with("quy") {
        // soliloquy
        format!("{}ies", stem(1))
    } else if word.ends_with(|c: char| c.is_ascii_digit()) && word.len() > 1 && word.starts_with('v') {
        // item_v2 names a version of the table, and has no plural.
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

/// Tells whether a regular word looks like a plural: `items`, but not `address`, `status` or `basis`.
fn is_plural(word: &str) -> bool {
    word.len() > 3
        && word.ends_with('s')
        && !["ss", "us", "is", "as", "os"]
            .iter()
            .any(|end| word.ends_with(end))
        || [
            "menus", "gurus", "taxis", "skis", "areas", "ideas", "schemas", "quotas", "photos", "videos",
            "logos", "todos",
        ]
        .contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals() {
        for (one, many) in [
            ("item", "items"),
            ("items", "items"),
            ("items_tags", "items_tags"),
            ("item_tag", "item_tags"),
            ("category", "categories"),
            ("day", "days"),
            ("key", "keys"),
            ("soliloquy", "soliloquies"),
            ("box", "boxes"),
            ("tax", "taxes"),
            ("branch", "branches"),
            ("dish", "dishes"),
            ("class", "classes"),
            ("address", "addresses"),
            ("status", "statuses"),
            ("alias", "aliases"),
            ("bus", "buses"),
            ("analysis", "analyses"),
            ("basis", "bases"),
            ("axis", "axes"),
            ("hero", "heroes"),
            ("photo", "photos"),
            ("photos", "photos"),
            ("menu", "menus"),
            ("menus", "menus"),
            ("schema", "schemas"),
            ("schemas", "schemas"),
            ("person", "people"),
            ("people", "people"),
            ("sales_person", "sales_people"),
            ("child", "children"),
            ("datum", "data"),
            ("data", "data"),
            ("index", "indices"),
            ("shelf", "shelves"),
            ("proof", "proofs"),
            ("quiz", "quizzes"),
            ("news", "news"),
            ("user_information", "user_information"),
            ("series", "series"),
            ("y", "ys"),
            ("a", "as"),
            ("gas", "gases"),
            ("human", "humans"),
            ("price", "prices"),
            ("prices", "prices"),
            ("house", "houses"),
            ("houses", "houses"),
            ("movie", "movies"),
            ("movies", "movies"),
            ("invoice", "invoices"),
            ("process", "processes"),
            ("item_v2", "item_v2"),
            ("größe", "größes"),
            ("", ""),
        ] {
            assert_eq!(plural(one), many, "{one}");
        }
    }

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
