//! The ids of revisions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a revision: 12 hexadecimal digits that sort by time.
///
/// ```
/// use schema_core::history::RevisionId;
///
/// let id = RevisionId::new(0x6921_a3f4, 0xb07e);
/// assert_eq!(id.to_string(), "6921a3f4b07e");
/// assert_eq!("6921a3f4b07e".parse(), Ok(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId(u64);

impl RevisionId {
    /// Returns the id of a revision made `seconds` after 1970, told apart from others of that second by `random`.
    ///
    /// ```
    /// # use schema_core::history::RevisionId;
    /// let [earlier, later] = [RevisionId::new(1_790_000_000, 0xffff), RevisionId::new(1_790_000_001, 0)];
    /// assert!(earlier < later);
    /// ```
    #[must_use]
    pub fn new(seconds: u32, random: u16) -> Self {
        RevisionId((u64::from(seconds) << 16) | u64::from(random))
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:012x}", self.0))
    }
}

impl fmt::Debug for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevisionId({self})")
    }
}

/// A text that is no revision id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError(String);

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no revision id: expected 12 hexadecimal digits in lower case",
            self.0
        )
    }
}

impl std::error::Error for ParseIdError {}

impl FromStr for RevisionId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let digits = text.len() == 12 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let value = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        value.map(RevisionId).ok_or_else(|| ParseIdError(text.to_owned()))
    }
}

impl Serialize for RevisionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RevisionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
