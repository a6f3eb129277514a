//! A writer of JSON, in the order in which things are said.

use std::fmt::Write as _;

/// JSON under construction.
#[derive(Default)]
pub(super) struct Json {
    text: String,
    /// Whether the next member of an object or element of a list needs no comma.
    fresh: bool,
}

impl Json {
    /// Opens an object or list.
    pub(super) fn open(&mut self, bracket: char) {
        self.text.push(bracket);
        self.fresh = true;
    }

    /// Closes it.
    pub(super) fn close(&mut self, bracket: char) {
        self.text.push(bracket);
        self.fresh = false;
    }

    /// Begins an element of a list.
    pub(super) fn element(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            self.text.push(',');
        }
    }

    /// Begins a member of an object.
    pub(super) fn key(&mut self, key: &str) {
        self.element();
        self.string(key);
        self.text.push(':');
    }

    pub(super) fn string(&mut self, text: &str) {
        self.text.push('"');
        self.text.push_str(&escaped(text));
        self.text.push('"');
    }

    /// Writes text that is JSON already: a number, a word, or part of a string.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn member(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(key);
            self.string(text);
        }
    }

    pub(super) fn number(&mut self, key: &str, number: Option<u32>) {
        if let Some(number) = number {
            self.key(key);
            self.raw(&number.to_string());
        }
    }

    pub(super) fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.key(key);
            self.raw("true");
        }
    }

    pub(super) fn strings<'a>(&mut self, key: &str, texts: impl IntoIterator<Item = &'a str>) {
        self.key(key);
        self.open('[');
        for text in texts {
            self.element();
            self.string(text);
        }
        self.close(']');
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Returns the text as it stands between the quotes of a JSON string
/// (<https://www.rfc-editor.org/rfc/rfc8259#section-7>).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            control if control < ' ' => {
                write!(escaped, "\\u{:04x}", u32::from(control)).expect("a string takes all");
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_must_be() {
        assert_eq!(escaped("a \"b\" \\ \n é"), "a \\\"b\\\" \\\\ \\u000a é");
    }

    #[test]
    fn commas_stand_between() {
        let mut json = Json::default();
        json.open('{');
        json.member("a", Some("b"));
        json.number("c", Some(1));
        json.member("d", None);
        json.flag("e", true);
        json.strings("f", ["g", "h"]);
        json.close('}');
        assert_eq!(json.into_text(), r#"{"a":"b","c":1,"e":true,"f":["g","h"]}"#);
    }
}
