//! The one JSON layout of the files that people review: spread over lines down to a depth, one line per value below.
//!
//! So a snapshot has one column per line, and a pull request shows a schema change as added and removed lines. It
//! knows nothing of what it writes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Returns `value` as JSON: containers down to `depth` spread over lines, those below it on one line. There is no
/// line end after the last line.
///
/// # Errors
///
/// What the value's own [`Serialize`] reports, such as a map whose keys are not text.
///
/// # Example
///
/// ```
/// let columns = [std::collections::BTreeMap::from([("name", "id"), ("type", "i64")])];
/// let text = schema_core::json::to_string(&columns, 1).unwrap();
/// assert_eq!(text, "[\n  {\"name\": \"id\", \"type\": \"i64\"}\n]");
/// ```
pub fn to_string<T: Serialize + ?Sized>(value: &T, depth: usize) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    let layout = Layout {
        depth,
        level: 0,
        has_value: false,
    };
    value.serialize(&mut Serializer::with_formatter(&mut text, layout))?;
    Ok(String::from_utf8(text).expect("serde_json writes UTF-8"))
}

/// Where in the document the writer is.
struct Layout {
    /// The deepest level that is spread over lines.
    depth: usize,
    /// How many containers are open.
    level: usize,
    /// Whether the innermost container that was open last holds anything.
    has_value: bool,
}

impl Layout {
    fn open(&mut self, writer: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.has_value = false;
        writer.write_all(bracket)
    }

    fn close(&mut self, writer: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if self.has_value && self.level < self.depth {
            self.new_line(writer)?;
        }
        writer.write_all(bracket)
    }

    fn item(&mut self, writer: &mut (impl Write + ?Sized), place: Place) -> io::Result<()> {
        match (place, self.level <= self.depth) {
            (Place::First, true) => self.new_line(writer),
            (Place::First, false) => Ok(()),
            (Place::Later, true) => {
                writer.write_all(b",")?;
                self.new_line(writer)
            }
            (Place::Later, false) => writer.write_all(b", "),
        }
    }

    fn new_line(&self, writer: &mut (impl Write + ?Sized)) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.level).try_for_each(|_| writer.write_all(b"  "))
    }
}

/// Where in its container an item stands.
#[derive(Clone, Copy)]
enum Place {
    First,
    Later,
}

impl From<bool> for Place {
    fn from(first: bool) -> Self {
        if first { Place::First } else { Place::Later }
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first.into())
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first.into())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spreads_to_the_depth_and_no_further() {
        let value = json!({"a": [{"b": [1, 2], "c": {}}], "d": [], "e": {"f": null}});
        assert_eq!(
            to_string(&value, 2).unwrap(),
            "{\n  \"a\": [\n    {\"b\": [1, 2], \"c\": {}}\n  ],\n  \"d\": [],\n  \"e\": {\n    \"f\": null\n  }\n}"
        );
        assert_eq!(
            to_string(&value, 0).unwrap(),
            r#"{"a": [{"b": [1, 2], "c": {}}], "d": [], "e": {"f": null}}"#
        );
    }

    #[test]
    fn an_empty_container_after_a_full_one_stays_closed() {
        assert_eq!(
            to_string(&json!([[1], []]), 9).unwrap(),
            "[\n  [\n    1\n  ],\n  []\n]"
        );
    }

    #[test]
    fn every_layout_reads_back() {
        let value = json!({"a": [{"b": ["x\ny", 2.5], "c": {"d": [[]]}}], "e": -1});
        for depth in 0..8 {
            let text = to_string(&value, depth).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        }
    }
}
