//! The record of a model, put together by the compiler.

use super::{Kind, Model, Target};
use crate::metadata;

/// The bytes of a type or a name in a record: the 63 that a name may have, and three for quotes and comma.
pub const ENTRY: usize = 66;

/// The bytes of the path of a module in a record, with its quotes.
const MODULE: usize = 128;

/// What stands in the place of an entry between the types and the names, each of which has a comma behind it.
const MIDDLE: [u8; ENTRY] = {
    let text = b"\"\"],\"names\":[";
    let mut entry = [b' '; ENTRY];
    let mut at = 0;
    while at < text.len() {
        entry[at] = text[at];
        at += 1;
    }
    entry
};

/// A record, header and all: see [`metadata`]. It is laid out like the JSON text that it is.
///
/// What the macro knows is one literal, and what only the compiler knows stands in a list of fixed width behind it.
/// So nothing is computed to put a record together but the places of whole entries; evaluating a loop over its bytes
/// would take most of the time to compile a model. The entries are those of the types, one more, and those of the names.
#[repr(C)]
pub struct Record<const JSON: usize, const ENTRIES: usize, const LONG: usize = 0> {
    magic: [u8; 8],
    format: [u8; 4],
    length: [u8; 4],
    /// `{"module":`
    open: [u8; 10],
    module: [u8; MODULE],
    json: [u8; JSON],
    entries: [[u8; ENTRY]; ENTRIES],
    /// `""],"long":[`
    end: [u8; 12],
    long: [u8; LONG],
    /// `""]}`
    close: [u8; 4],
}

impl<const JSON: usize, const ENTRIES: usize, const LONG: usize> Record<JSON, ENTRIES, LONG> {
    /// Returns the record of a model: the path of its module in quotes, with spaces behind it; its JSON; the columns that each foreign key
    /// refers to; its long types.
    ///
    /// # Panics
    ///
    /// `ENTRIES` is not the number of entries, or there are too few spaces.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "no record is 4 GiB long")]
    pub const fn new<M: Model>(
        module: &str,
        json: [u8; JSON],
        references: &[&[Target]],
        long: [u8; LONG],
    ) -> Self {
        Record {
            magic: metadata::MAGIC,
            format: metadata::FORMAT.to_le_bytes(),
            length: ((size_of::<Self>() - metadata::HEADER) as u32).to_le_bytes(),
            open: *b"{\"module\":",
            module: module_entry(module.as_bytes()),
            json,
            entries: entries(M::DERIVED.shape().kinds, references),
            end: *b"\"\"],\"long\":[",
            long,
            close: *b"\"\"]}",
        }
    }

    /// Returns where its bytes are.
    #[must_use]
    pub const fn bytes(&'static self) -> *const [u8] {
        // All fields are arrays of bytes, so there is no padding between them.
        std::ptr::slice_from_raw_parts(std::ptr::from_ref(self).cast(), size_of::<Self>())
    }
}

/// Returns the path of a module as the record has it. Of one that is too long the end is left out; people are told of it, and no more.
const fn module_entry(module: &[u8]) -> [u8; MODULE] {
    let Some(entry) = module.first_chunk() else {
        panic!("there are not enough spaces behind the path of the module");
    };
    match entry[MODULE - 1] {
        b' ' | b'"' => *entry,
        _ => shortened(*entry),
    }
}

/// Puts an ellipsis in the place of the last character that it leaves room for.
const fn shortened(mut entry: [u8; MODULE]) -> [u8; MODULE] {
    let end = "…\"".as_bytes();
    let mut start = MODULE - end.len();
    while matches!(entry[start], 0x80..=0xbf) {
        start -= 1;
    }
    let mut at = 0;
    while start + at < MODULE {
        entry[start + at] = if at < end.len() { end[at] } else { b' ' };
        at += 1;
    }
    entry
}

/// Returns the entries of the types, one that ends their list, and those of the names. This is no part of [`Record::new`], which the
/// compiler looks through anew for each length of a record.
const fn entries<const ENTRIES: usize>(
    kinds: &[&[&Kind]],
    references: &[&[Target]],
) -> [[u8; ENTRY]; ENTRIES] {
    let mut entries = [MIDDLE; ENTRIES];
    let mut at = 0;
    let mut runs = kinds;
    while let [run, rest @ ..] = runs {
        let mut run: &[&Kind] = run;
        while let [first, others @ ..] = run {
            entries[at] = first.entry;
            at += 1;
            run = others;
        }
        runs = rest;
    }
    let mut rest = references;
    while let [targets @ [(model, _), ..], others @ ..] = rest {
        entries[at + 1] = match model.schema {
            Some(schema) => entry(schema.as_bytes(), b""),
            None => NONE,
        };
        entries[at + 2] = *model.table_entry;
        at += 2;
        let mut targets: &[Target] = targets;
        while let [first, others @ ..] = targets {
            at += 1;
            entries[at] = column_entry(*first);
            targets = others;
        }
        rest = others;
    }
    assert!(
        at + 1 == ENTRIES,
        "the record has room for its entries and no more"
    );
    entries
}

/// No name, as a record has it.
const NONE: [u8; ENTRY] = entry(b"", b"");

/// Returns the name of a model's column as a record has it. That of a key is there already, and putting it together takes long.
const fn column_entry((model, at): Target) -> [u8; ENTRY] {
    match model.key {
        _ if model.is_broken() => NONE,
        [key] if *key == at => *model.key_entry,
        _ => entry(model.columns[at].as_bytes(), b""),
    }
}

/// Returns a type as the record has it: see [`Record`]. It is worked out once for each type.
///
/// # Panics
///
/// The notation cannot stand in a record.
#[must_use]
pub const fn type_entry(ty: &str, renamed: &str, nullable: bool) -> [u8; ENTRY] {
    let bytes = ty.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < b' ' || bytes[at] == b'"' || bytes[at] == b'\\' {
            panic!("`ColumnType::TYPE` cannot hold a double quote, a backslash or a control character");
        }
        at += 1;
    }
    let bytes = if is_long(ty, renamed) { b"@" } else { bytes };
    entry(bytes, if nullable { b"?" } else { b"" })
}

/// Tells whether a type stands in the record's list of long ones, since an entry cannot hold it.
const fn is_long(ty: &str, renamed: &str) -> bool {
    ty.len() > ENTRY - 4 || !renamed.is_empty()
}

/// Returns the bytes that a type takes in the record's list of long ones.
#[must_use]
pub const fn long_length((ty, renamed): (&str, &str)) -> usize {
    if is_long(ty, renamed) {
        ty.len() + renamed.len() + 6
    } else {
        0
    }
}

/// Returns the record's list of long types: of each the notation, then the former names of its values.
///
/// # Panics
///
/// `LONG` is not the length of them all.
#[must_use]
pub const fn long<const LONG: usize>(types: &[(&str, &str)]) -> [u8; LONG] {
    let mut long = [b','; LONG];
    let mut end = 0;
    let mut at = 0;
    while at < types.len() {
        let (ty, renamed) = types[at];
        if is_long(ty, renamed) {
            end = quoted(&mut long, end, ty) + 1;
            end = quoted(&mut long, end, renamed) + 1;
        }
        at += 1;
    }
    assert!(end == LONG, "the list has room for its types and no more");
    long
}

/// Writes a JSON string of text that needs no escapes, and returns where it ends.
const fn quoted(bytes: &mut [u8], start: usize, text: &str) -> usize {
    bytes[start] = b'"';
    let mut at = 0;
    while at < text.len() {
        bytes[start + 1 + at] = text.as_bytes()[at];
        at += 1;
    }
    bytes[start + 1 + at] = b'"';
    start + at + 2
}

/// Returns a JSON string, a comma, and spaces before it up to a fixed width: so records need no arithmetic.
pub(super) const fn entry(text: &[u8], mark: &[u8]) -> [u8; ENTRY] {
    let mut entry = [b' '; ENTRY];
    entry[0] = b'"';
    let mut at = 0;
    while at < text.len() {
        entry[at + 1] = text[at];
        at += 1;
    }
    if let [mark] = mark {
        entry[at + 1] = *mark;
        at += 1;
    }
    entry[at + 1] = b'"';
    entry[ENTRY - 1] = b',';
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_json_of_one_width() {
        let text = |entry: [u8; ENTRY]| String::from_utf8(entry.to_vec()).unwrap();
        assert_eq!(
            text(type_entry("i64", "", true)),
            format!("\"i64?\"{},", " ".repeat(ENTRY - 7))
        );
        let longest = "x".repeat(ENTRY - 4);
        assert_eq!(text(type_entry(&longest, "", true)), format!("\"{longest}?\","));
        assert_eq!(
            text(Kind::native(None, true, "int").entry)
                .trim_end_matches([' ', ','])
                .trim_end(),
            "\"?\""
        );
    }

    #[test]
    fn the_path_of_a_module_is_whole_if_there_is_room_for_it() {
        let text = |path: &str| {
            let module = format!("\"{path}\"{:MODULE$}", "");
            String::from_utf8(module_entry(module.as_bytes()).to_vec()).unwrap()
        };
        assert_eq!(text("shop::items"), format!("\"shop::items\"{:115}", ""));
        let longest = "x".repeat(MODULE - 2);
        assert_eq!(text(&longest), format!("\"{longest}\""));
        assert_eq!(
            text(&format!("{longest}x")),
            format!("\"{}…\"", "x".repeat(MODULE - 5))
        );
        // Characters of two bytes, of which one would be cut in two.
        assert_eq!(text(&"é".repeat(MODULE)), format!("\"{}…\" ", "é".repeat(61)));
    }

    #[test]
    #[should_panic(expected = "cannot hold a double quote")]
    fn a_notation_needs_no_escapes() {
        let _ = type_entry("native('a \"b\"')", "", false);
    }

    #[test]
    fn long_types_stand_apart() {
        let types = [("i64", ""), ("enum a('b')", "'c', 'b'")];
        let mark = String::from_utf8(type_entry(types[1].0, types[1].1, true).to_vec()).unwrap();
        assert!(mark.starts_with("\"@?\""));
        assert_eq!(long_length(types[0]) + long_length(types[1]), 25);
        assert_eq!(&long::<25>(&types), b"\"enum a('b')\",\"'c', 'b'\",");
    }
}
