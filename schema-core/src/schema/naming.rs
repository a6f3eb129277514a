//! The one convention by which constraints and indexes get their names.
//!
//! A name is made of a prefix, the table and what it is about, and it is a pure function of them: the same model
//! has the same names on every machine. Past [`MAX_LENGTH`] it is cut and ends in a hash of the whole.

use super::TableName;

/// The longest name made here, in bytes: PostgreSQL's limit (`NAMEDATALEN - 1`), the smallest of the field.
/// MySQL allows 64 characters; SQLite has no limit.
pub const MAX_LENGTH: usize = 63;

/// Returns the name of a table's primary key: `pk_items`.
///
/// ```
/// use schema_core::schema::{TableName, naming};
///
/// assert_eq!(naming::primary_key(&TableName::new("items")), "pk_items");
/// ```
#[must_use]
pub fn primary_key(table: &TableName) -> String {
    shorten(format!("pk_{}", table.name))
}

/// Returns the name of a UNIQUE constraint or unique index: `uq_items_store_id_sku`.
///
/// ```
/// # use schema_core::schema::{TableName, naming};
/// assert_eq!(naming::unique(&TableName::new("items"), &["store_id", "sku"]), "uq_items_store_id_sku");
/// ```
#[must_use]
pub fn unique(table: &TableName, parts: &[&str]) -> String {
    shorten(format!("uq_{}_{}", table.name, joined(parts)))
}

/// Returns the name of an index of those columns and expressions: `ix_items_store_id`.
///
/// ```
/// # use schema_core::schema::{TableName, naming};
/// assert_eq!(naming::index(&TableName::new("users"), &["lower(email)"]), "ix_users_lower_email");
/// let long = naming::index(&TableName::new("users"), &["a".repeat(80).as_str()]);
/// assert_eq!(long.len(), naming::MAX_LENGTH); // cut, with a hash of the whole at its end
/// ```
#[must_use]
pub fn index(table: &TableName, parts: &[&str]) -> String {
    shorten(format!("ix_{}_{}", table.name, joined(parts)))
}

/// Returns the name of a foreign key: `fk_items_store_id_stores`.
///
/// ```
/// # use schema_core::schema::{TableName, naming};
/// let (items, stores) = (TableName::new("items"), TableName::new("stores"));
/// assert_eq!(naming::foreign_key(&items, &["store_id"], &stores), "fk_items_store_id_stores");
/// ```
#[must_use]
pub fn foreign_key(table: &TableName, columns: &[&str], references: &TableName) -> String {
    shorten(format!(
        "fk_{}_{}_{}",
        table.name,
        joined(columns),
        references.name
    ))
}

/// Returns the name of a CHECK of one column (`ck_items_price`) or, given the condition, of the table: the words of the condition,
/// `ck_items_price_0`.
///
/// ```
/// # use schema_core::schema::{TableName, naming};
/// assert_eq!(naming::check(&TableName::new("items"), "price"), "ck_items_price");
/// assert_eq!(naming::check(&TableName::new("items"), "price >= 0"), "ck_items_price_0");
/// ```
#[must_use]
pub fn check(table: &TableName, about: &str) -> String {
    shorten(format!("ck_{}_{}", table.name, joined(&[about])))
}

/// Joins column names and expressions into the letters that a bare SQL name may have.
fn joined(parts: &[&str]) -> String {
    let words = parts.iter().flat_map(|part| {
        part.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
    });
    words.collect::<Vec<_>>().join("_")
}

/// Cuts a name at the limit and ends it in a hash of what it was.
pub(crate) fn shorten(name: String) -> String {
    if name.len() <= MAX_LENGTH {
        return name;
    }
    let hash = format!("_{:08x}", fnv1a(name.as_bytes()));
    let mut end = MAX_LENGTH - hash.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{hash}", &name[..end])
}

/// The FNV-1a hash, which is the same in every version of every library, as names must be
/// (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_convention() {
        let items = TableName::new("items");
        assert_eq!(primary_key(&items), "pk_items");
        assert_eq!(unique(&items, &["store_id", "sku"]), "uq_items_store_id_sku");
        assert_eq!(index(&items, &["lower(email)"]), "ix_items_lower_email");
        assert_eq!(
            foreign_key(&items, &["store_id"], &TableName::new("stores")),
            "fk_items_store_id_stores"
        );
        assert_eq!(check(&items, "price >= 0"), "ck_items_price_0");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let items = TableName::new("items");
        let (a, b) = ("a".repeat(80), format!("{}b", "a".repeat(80)));
        let (a, b) = (index(&items, &[&a]), index(&items, &[&b]));
        assert_eq!((a.len(), b.len()), (MAX_LENGTH, MAX_LENGTH));
        assert_ne!(a, b);
        assert!(index(&items, &["ü".repeat(60).as_str()]).len() <= MAX_LENGTH);
    }
}
