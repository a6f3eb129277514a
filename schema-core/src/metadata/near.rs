//! The name that was probably meant.

/// Returns the candidate that is fewest edits away from `name`, if they are few for a name of its length.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= name.chars().count().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(nearest("storse", ["items", "stores"]), Some("stores"));
        assert_eq!(nearest("storse", ["items", "tags"]), None);
    }
}
