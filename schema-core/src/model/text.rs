//! Text that is put together while the program is compiled.

use std::marker::PhantomData;

use super::ColumnType;

/// The most bytes that a type's notation, or a message about a column, may have.
const CAPACITY: usize = 512;

/// A short text, built in constant evaluation; what does not fit is cut off.
pub(super) struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Text {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }

    pub(super) const fn push(mut self, text: &str) -> Self {
        let mut at = 0;
        while at < text.len() && self.length < CAPACITY {
            self.bytes[self.length] = text.as_bytes()[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    pub(super) const fn push_number(self, number: usize) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let digit = DIGITS[number % 10];
        if number < 10 {
            self.push(digit)
        } else {
            self.push_number(number / 10).push(digit)
        }
    }

    pub(super) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => panic!("a name in a model is too long to be shown"),
        }
    }
}

/// The list of a type.
pub(super) struct List<T: ?Sized>(PhantomData<T>);

impl<T: ColumnType + ?Sized> List<T> {
    const TEXT: &'static Text = &Text::new().push("array(").push(T::TYPE).push(")");
    pub(super) const TYPE: &'static str = Self::TEXT.as_str();
}

/// Bytes of a known number.
pub(super) struct Bytes<const N: usize>;

impl<const N: usize> Bytes<N> {
    const TEXT: &'static Text = &Text::new().push("bytes(").push_number(N).push(")");
    pub(super) const TYPE: &'static str = Self::TEXT.as_str();
}
