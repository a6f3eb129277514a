//! How alike two columns or two tables are, in points from 0 to 100, and which of the old goes best with which of
//! the new.
//!
//! Points only order what a person is shown. Nothing here decides that two names are one thing.

use std::cmp::Reverse;

use super::Answers;
use crate::schema::{Column, ForeignKey, IndexPart, Table, TableName, Type};

/// Returns how alike a column that is gone and one that is new are: name, type, nullability, keys and place.
pub(super) fn of_columns(
    (old_table, old): (&Table, &Column),
    (new_table, new): (&Table, &Column),
    answers: &Answers,
) -> u32 {
    let points = [
        of_names(&old.name, &new.name) * 40 / 100,
        of_types(old, new),
        if old.nullable == new.nullable { 5 } else { 0 },
        if old_table.is_key(&old.name) == new_table.is_key(&new.name) {
            5
        } else {
            0
        },
        if indexed(old_table, &old.name) == indexed(new_table, &new.name) {
            5
        } else {
            0
        },
        of_references(old_table, &old.name, new_table, &new.name, answers),
        of_places(old_table, &old.name, new_table, &new.name),
    ];
    points.iter().sum()
}

/// Returns how alike a table that is gone and one that is new are: by their columns first, then name and keys.
pub(super) fn of_tables(old: &Table, new: &Table) -> u32 {
    let shared: usize = old
        .columns
        .iter()
        .filter_map(|column| Some((column, new.column(&column.name)?)))
        .map(|(old, new)| if of_types(old, new) == SAME_TYPE { 2 } else { 1 })
        .sum();
    let all = old.columns.len() + new.columns.len();
    let columns = u32::try_from(shared * 65 / all.max(1)).unwrap_or(0);
    let key = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
    let targets = |table: &Table| {
        let mut targets: Vec<_> = table
            .foreign_keys
            .values()
            .map(|foreign_key| {
                (
                    foreign_key.columns.clone(),
                    (foreign_key.references != table.name).then(|| foreign_key.references.clone()),
                )
            })
            .collect();
        targets.sort();
        targets
    };
    let keys = if key(old) == key(new) { 5 } else { 0 };
    let foreign_keys = if targets(old) == targets(new) { 5 } else { 0 };
    columns + of_names(&old.name.name, &new.name.name) * 25 / 100 + keys + foreign_keys
}

/// Returns, for each of the old, the new ones by number: the one it goes best with first, then the rest by points.
///
/// Each new one is the first of at most one old one: the pair with the most points is made first, then the best of
/// what is left; then two pairs exchange partners as long as both together gain by it. Of equal pairs, the one that
/// was declared first is taken.
pub(super) fn ranked(points: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut pairs: Vec<(u32, usize, usize)> = Vec::new();
    for (old, row) in points.iter().enumerate() {
        pairs.extend(row.iter().enumerate().map(|(new, points)| (*points, old, new)));
    }
    pairs.sort_by_key(|(points, old, new)| (Reverse(*points), *old, *new));
    let mut partner = vec![None; points.len()];
    let mut taken = vec![false; points.first().map_or(0, Vec::len)];
    for (_, old, new) in pairs {
        if partner[old].is_none() && !taken[new] {
            partner[old] = Some(new);
            taken[new] = true;
        }
    }
    exchange(points, &mut partner);
    points
        .iter()
        .zip(partner)
        .map(|(row, partner)| {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by_key(|new| (Some(*new) != partner, Reverse(row[*new]), *new));
            order
        })
        .collect()
}

/// Exchanges partners until no two pairs gain by it. Every exchange adds points, so it comes to an end.
fn exchange(points: &[Vec<u32>], partner: &mut [Option<usize>]) {
    /// Beyond it the work would outgrow what an order of suggestions is worth.
    const MANY: usize = 100;
    let mut gained = partner.len() <= MANY;
    while gained {
        gained = false;
        for a in 0..partner.len() {
            for b in a + 1..partner.len() {
                let (Some(with_a), Some(with_b)) = (partner[a], partner[b]) else {
                    continue;
                };
                if points[a][with_b] + points[b][with_a] > points[a][with_a] + points[b][with_b] {
                    partner.swap(a, b);
                    gained = true;
                }
            }
        }
    }
}

/// The points of two columns of one type.
const SAME_TYPE: u32 = 30;

fn of_types(old: &Column, new: &Column) -> u32 {
    if old.ty == new.ty && old.sql_type == new.sql_type {
        SAME_TYPE
    } else if family(&old.ty) == family(&new.ty) {
        20
    } else {
        0
    }
}

/// Types between which a column is changed without becoming something else.
#[derive(PartialEq)]
enum Family {
    Boolean,
    Integer,
    Number,
    Text,
    Bytes,
    Day,
    TimeOfDay,
    Uuid,
    Json,
    Network,
    Array,
    Native(String),
}

fn family(ty: &Type) -> Family {
    match ty {
        Type::Boolean => Family::Boolean,
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
            Family::Integer
        }
        Type::F32 | Type::F64 | Type::Decimal { .. } => Family::Number,
        Type::Text { .. } | Type::Enum { .. } => Family::Text,
        Type::Bytes { .. } => Family::Bytes,
        Type::Date | Type::DateTime | Type::Timestamp => Family::Day,
        Type::Time => Family::TimeOfDay,
        Type::Uuid => Family::Uuid,
        Type::Json => Family::Json,
        Type::Inet | Type::Network => Family::Network,
        Type::Array(_) => Family::Array,
        Type::Native(text) => Family::Native(text.clone()),
    }
}

/// Tells whether indexes lead with the column, and whether it is unique by itself.
fn indexed(table: &Table, column: &str) -> (bool, bool) {
    let leads = |index: &&crate::schema::Index| matches!(index.keys.first().map(|key| &key.part), Some(IndexPart::Column(name)) if name == column);
    let mut indexes = table.indexes.values().filter(leads).peekable();
    (
        indexes.peek().is_some(),
        indexes.any(|index| index.unique && index.keys.len() == 1),
    )
}

fn of_references(old_table: &Table, old: &str, new_table: &Table, new: &str, answers: &Answers) -> u32 {
    let find = |table: &Table, column: &str| -> Option<TableName> {
        let refers = |key: &&ForeignKey| key.columns.iter().any(|name| name == column);
        Some(table.foreign_keys.values().find(refers)?.references.clone())
    };
    let target = find(old_table, old).map(|name| answers.renamed_tables.get(&name).cloned().unwrap_or(name));
    if target == find(new_table, new) { 7 } else { 0 }
}

fn of_places(old_table: &Table, old: &str, new_table: &Table, new: &str) -> u32 {
    let place = |table: &Table, name: &str| table.columns.iter().position(|column| column.name == name);
    let before = |table: &Table, at: usize| Some(table.columns.get(at.checked_sub(1)?)?.name.clone());
    let after = |table: &Table, at: usize| Some(table.columns.get(at + 1)?.name.clone());
    let (Some(old), Some(new)) = (place(old_table, old), place(new_table, new)) else {
        return 0;
    };
    let same_before = before(old_table, old) == before(new_table, new);
    let same_after = after(old_table, old) == after(new_table, new);
    match (same_before, same_after) {
        (true, true) => 8,
        (true, false) | (false, true) => 6,
        (false, false) if old == new => 4,
        (false, false) => 0,
    }
}

/// Returns how alike two names are, from 0 to 100: `descr` is short for `description`, `qty` for `quantity`.
fn of_names(old: &str, new: &str) -> u32 {
    let plain = |name: &str| -> Vec<char> {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (old_plain, new_plain) = (plain(old), plain(new));
    if old_plain == new_plain {
        return 100;
    }
    let (short, long) = if old_plain.len() <= new_plain.len() {
        (&old_plain, &new_plain)
    } else {
        (&new_plain, &old_plain)
    };
    let abbreviates = short.len() >= 2 && short.first() == long.first() && is_subsequence(short, long);
    let bonus = match () {
        () if short.len() >= 3 && (long.starts_with(short) || long.ends_with(short)) => 85,
        () if abbreviates => 70,
        () => 0,
    };
    let pairs =
        |name: &[char]| -> Vec<[char; 2]> { name.windows(2).map(|pair| [pair[0], pair[1]]).collect() };
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    bonus
        .max(shared(&pairs(&old_plain), pairs(&new_plain)))
        .max(shared(&words(old), words(new)) * 9 / 10)
}

fn is_subsequence(short: &[char], long: &[char]) -> bool {
    let mut long = long.iter();
    short.iter().all(|c| long.any(|other| other == c))
}

/// Returns the share of what two lists have in common, from 0 to 100 (the coefficient of Sørensen and Dice).
fn shared<T: PartialEq>(a: &[T], mut b: Vec<T>) -> u32 {
    let all = a.len() + b.len();
    let mut common = 0;
    for item in a {
        if let Some(at) = b.iter().position(|other| other == item) {
            b.swap_remove(at);
            common += 2;
        }
    }
    u32::try_from(common * 100 / all.max(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_give_to_one_thing_are_alike() {
        let likelier = [
            ("descr", "description", "price"),
            ("qty", "quantity", "price"),
            ("created", "created_at", "updated_at"),
            ("user_name", "username", "user_id"),
            ("email", "email_address", "mail_sent"),
            ("first_name", "given_name", "street"),
            ("Größe", "größe", "Grüße"),
        ];
        for (old, right, wrong) in likelier {
            assert!(
                of_names(old, right) > of_names(old, wrong),
                "{old}: {right} {} against {wrong} {}",
                of_names(old, right),
                of_names(old, wrong)
            );
        }
        assert_eq!(of_names("", "a"), 0);
        assert_eq!(of_names("a", "z"), 0);
    }

    #[test]
    fn every_old_one_gets_a_partner_of_its_own() {
        // Both are most like the second; the one that is more so gets it.
        assert_eq!(ranked(&[vec![10, 80], vec![20, 90]]), [vec![0, 1], vec![1, 0]]);
        // Who goes without a partner is shown the likeliest all the same.
        assert_eq!(ranked(&[vec![50], vec![60]]), [vec![0], vec![0]]);
        // Equal points go by declared order.
        assert_eq!(ranked(&[vec![5, 5], vec![5, 5]]), [vec![0, 1], vec![1, 0]]);
        assert_eq!(ranked(&[vec![]]), [Vec::<usize>::new()]);
    }
}
