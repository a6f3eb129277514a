//! Which types hold every value of another.

use crate::schema::{Column, Type};

/// Tells whether a column of the new form holds every value that the old one could.
pub(super) fn keeps_values(old: &Column, new: &Column) -> bool {
    // Nothing is known of native types but that one is itself.
    old.sql_type == new.sql_type && (old.ty == new.ty || (new.sql_type.is_empty() && holds(&old.ty, &new.ty)))
}

fn holds(old: &Type, new: &Type) -> bool {
    if old == new {
        return true;
    }
    match new {
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
            match (range(old), range(new)) {
                (Some((old_least, old_most)), Some((least, most))) => least <= old_least && old_most <= most,
                (_, _) => *old == Type::Boolean,
            }
        }
        // 24 and 53 bits of precision (IEEE 754).
        Type::F32 => within(old, 1 << 24),
        Type::F64 => *old == Type::F32 || within(old, 1 << 53),
        Type::Decimal { precision, scale } => decimal_holds(old, *precision, *scale),
        Type::Text { length } => match (old, length) {
            (Type::Text { length: old }, length) => fits(*old, *length),
            (Type::Enum { name: _, values }, length) => {
                let longest = values.iter().map(|value| value.chars().count()).max();
                length.is_none_or(|length| longest.unwrap_or(0) <= length as usize)
            }
            // Whatever is written out in digits.
            (old, None) => range(old).is_some() || matches!(old, Type::Boolean | Type::Decimal { .. }),
            (_, Some(_)) => false,
        },
        Type::Bytes { length } => matches!(old, Type::Bytes { length: old } if fits(*old, *length)),
        // Values that are gone are a hazard of their own.
        Type::Enum { name: _, values: _ } => matches!(old, Type::Enum { .. }),
        Type::DateTime => *old == Type::Date,
        Type::Array(element) => matches!(old, Type::Array(old) if holds(old, element)),
        Type::Network => *old == Type::Inet,
        Type::Boolean
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Uuid
        | Type::Json
        | Type::Inet
        | Type::Native(_) => false,
    }
}

fn fits(old: Option<u32>, new: Option<u32>) -> bool {
    match (old, new) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => old <= new,
    }
}

/// Returns the least and the greatest number of a type of whole numbers.
fn range(ty: &Type) -> Option<(i128, i128)> {
    let signed = |bits: u32| Some((-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1));
    let unsigned = |bits: u32| Some((0, (1_i128 << bits) - 1));
    match ty {
        Type::I8 => signed(8),
        Type::I16 => signed(16),
        Type::I32 => signed(32),
        Type::I64 => signed(64),
        Type::U8 => unsigned(8),
        Type::U16 => unsigned(16),
        Type::U32 => unsigned(32),
        Type::U64 => unsigned(64),
        Type::Boolean
        | Type::F32
        | Type::F64
        | Type::Decimal { .. }
        | Type::Text { .. }
        | Type::Bytes { .. }
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Timestamp
        | Type::Uuid
        | Type::Json
        | Type::Inet
        | Type::Network
        | Type::Enum { .. }
        | Type::Array(_)
        | Type::Native(_) => None,
    }
}

fn within(ty: &Type, limit: i128) -> bool {
    range(ty).is_some_and(|(least, most)| -limit <= least && most <= limit)
}

fn decimal_holds(old: &Type, precision: Option<u32>, scale: Option<u32>) -> bool {
    let Some(precision) = precision else {
        return matches!(old, Type::Decimal { .. }) || range(old).is_some();
    };
    let scale = scale.unwrap_or(0);
    let whole = precision.saturating_sub(scale);
    if let Type::Decimal {
        precision: Some(old_precision),
        scale: old_scale,
    } = old
    {
        let old_scale = old_scale.unwrap_or(0);
        return old_precision.saturating_sub(old_scale) <= whole && old_scale <= scale;
    }
    range(old).is_some_and(|(least, most)| {
        10_i128
            .checked_pow(whole)
            .is_none_or(|limit| -limit < least && most < limit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(notation: &str) -> Type {
        notation.parse().unwrap()
    }

    #[test]
    fn what_holds_every_value() {
        let pairs = [
            ("i32", "i64"),
            ("u32", "i64"),
            ("u8", "i16"),
            ("boolean", "i8"),
            ("i32", "f64"),
            ("f32", "f64"),
            ("i64", "decimal"),
            ("i16", "decimal(7, 2)"),
            ("decimal(8, 2)", "decimal(10, 2)"),
            ("decimal(8, 2)", "decimal(10, 4)"),
            ("text(20)", "text(80)"),
            ("text(20)", "text"),
            ("i64", "text"),
            ("bytes(4)", "bytes"),
            ("date", "datetime"),
            ("enum status('draft', 'live')", "text(5)"),
            ("array(i32)", "array(i64)"),
        ];
        for (old, new) in pairs {
            assert!(holds(&ty(old), &ty(new)), "{old} to {new}");
        }
    }

    #[test]
    fn what_does_not() {
        let pairs = [
            ("i64", "i32"),
            ("i32", "u32"),
            ("u64", "i64"),
            ("i64", "f64"),
            ("i32", "f32"),
            ("f64", "f32"),
            ("f64", "decimal(10, 2)"),
            ("i16", "decimal(6, 2)"),
            ("decimal(8, 2)", "decimal(9, 4)"),
            ("decimal(8, 4)", "decimal(8, 2)"),
            ("decimal", "decimal(10, 2)"),
            ("text", "text(20)"),
            ("text(80)", "text(20)"),
            ("text", "i64"),
            ("text", "datetime"),
            ("datetime", "date"),
            ("datetime", "timestamp"),
            ("bytes", "text"),
            ("json", "boolean"),
            ("text", "enum status('draft', 'live')"),
            ("enum status('draft', 'live')", "text(4)"),
            ("native('citext')", "text"),
        ];
        for (old, new) in pairs {
            assert!(!holds(&ty(old), &ty(new)), "{old} to {new}");
        }
    }
}
