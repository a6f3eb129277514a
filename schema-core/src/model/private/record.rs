//! A record, byte by byte, as the linker gets it: its JSON is what `metadata` reads.

use crate::metadata;

/// The bytes of a type in a record: four for quotes, `?` and comma.
pub const TYPE: usize = 64;

/// The bytes of a name in a record: the 63 that a name may have, and three for quotes and comma.
pub const NAME: usize = 66;

/// A record, header and all: see [`metadata`]. It is laid out like the JSON text that it is.
///
/// What the macro knows is one literal, and what only the compiler knows stands in lists of fixed width behind it.
/// So nothing is computed to put a record together; evaluating a loop over its bytes, or only over its pieces,
/// would take most of the time to compile a model.
#[repr(C)]
pub struct Record<const PATH: usize, const JSON: usize, const TYPES: usize, const NAMES: usize> {
    magic: [u8; 8],
    format: [u8; 4],
    length: [u8; 4],
    /// `{"module":"`
    open: [u8; 11],
    path: [u8; PATH],
    json: [u8; JSON],
    types: [[u8; TYPE]; TYPES],
    /// `""],"names":[`
    middle: [u8; 13],
    names: [[u8; NAME]; NAMES],
    /// `""]}`
    close: [u8; 4],
}

impl<const PATH: usize, const JSON: usize, const TYPES: usize, const NAMES: usize>
    Record<PATH, JSON, TYPES, NAMES>
{
    /// Returns the record of those parts.
    ///
    /// # Panics
    ///
    /// `PATH` is not the length of the module's path.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "no record is 4 GiB long")]
    pub const fn new(
        path: &str,
        json: [u8; JSON],
        types: [[u8; TYPE]; TYPES],
        names: [[u8; NAME]; NAMES],
    ) -> Self {
        let Some(path) = path.as_bytes().first_chunk() else {
            panic!("a record holds the module's path");
        };
        Record {
            magic: metadata::MAGIC,
            format: metadata::FORMAT.to_le_bytes(),
            length: ((size_of::<Self>() - metadata::HEADER) as u32).to_le_bytes(),
            open: *b"{\"module\":\"",
            path: *path,
            json,
            types,
            middle: *b"\"\"],\"names\":[",
            names,
            close: *b"\"\"]}",
        }
    }

    /// Returns its bytes.
    #[must_use]
    pub const fn bytes(&'static self) -> &'static [u8] {
        // SAFETY: the bytes of the reference, for as long as it is valid. All fields are arrays of bytes, so there is no
        // padding between them.
        unsafe { std::slice::from_raw_parts(std::ptr::from_ref(self).cast(), size_of::<Self>()) }
    }
}
