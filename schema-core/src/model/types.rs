//! Which column a type of the standard library is.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use super::ColumnType;
use super::text::Bytes;

macro_rules! column_types {
    ($($ty:ty => $notation:literal)*) => {
        $(impl $crate::ColumnType for $ty {
            const TYPE: &'static str = $notation;
        })*
    };
}
#[allow(unused_imports, reason = "only the integrations use it")]
pub(super) use column_types;

column_types! {
    bool => "boolean"
    i8 => "i8"
    i16 => "i16"
    i32 => "i32"
    i64 => "i64"
    u16 => "u16"
    u32 => "u32"
    u64 => "u64"
    f32 => "f32"
    f64 => "f64"
    char => "text(1)"
    str => "text"
    String => "text"
    IpAddr => "inet"
    Ipv4Addr => "inet"
    Ipv6Addr => "inet"
    SocketAddr => "text"
    SocketAddrV4 => "text"
    SocketAddrV6 => "text"
    SystemTime => "timestamp"
}

impl ColumnType for u8 {
    const TYPE: &'static str = "u8";
    // What makes `Vec<u8>` bytes without a second implementation for `Vec`, which could not stand beside the first.
    const LIST: &'static str = "bytes";
}

impl<const N: usize> ColumnType for [u8; N] {
    const TYPE: &'static str = Bytes::<N>::TYPE;
}

impl<T: ColumnType> ColumnType for Vec<T> {
    const TYPE: &'static str = T::LIST;
}

impl<T: ColumnType> ColumnType for Option<T> {
    const TYPE: &'static str = T::TYPE;
    const RENAMED: &'static str = T::RENAMED;
    const NULLABLE: bool = true;
}

macro_rules! pointers {
    ($($ty:ty $(where $bound:path)?;)*) => {
        $(impl<T: ColumnType + ?Sized $(+ $bound)?> ColumnType for $ty {
            const TYPE: &'static str = T::TYPE;
            const RENAMED: &'static str = T::RENAMED;
            const NULLABLE: bool = T::NULLABLE;
            const LIST: &'static str = T::LIST;
        })*
    };
}

pointers! {
    &T;
    Box<T>;
    Rc<T>;
    Arc<T>;
    Cow<'_, T> where ToOwned;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: ColumnType>() -> (&'static str, bool) {
        assert!(T::TYPE.parse::<crate::schema::Type>().is_ok(), "{}", T::TYPE);
        (T::TYPE, T::NULLABLE)
    }

    #[test]
    fn lists_of_bytes_are_bytes() {
        assert_eq!(of::<Vec<u8>>(), ("bytes", false));
        assert_eq!(of::<[u8; 16]>(), ("bytes(16)", false));
        assert_eq!(of::<[u8; 1207]>(), ("bytes(1207)", false));
        assert_eq!(of::<Vec<Vec<u8>>>(), ("array(bytes)", false));
        assert_eq!(of::<Vec<Box<u8>>>(), ("bytes", false));
        assert_eq!(of::<Vec<u16>>(), ("array(u16)", false));
        assert_eq!(of::<Vec<Vec<[u8; 2]>>>(), ("array(array(bytes(2)))", false));
    }

    #[test]
    fn pointers_are_what_they_point_to() {
        assert_eq!(of::<&'static str>(), ("text", false));
        assert_eq!(of::<Cow<'static, str>>(), ("text", false));
        assert_eq!(of::<Box<str>>(), ("text", false));
        assert_eq!(of::<Arc<Option<i64>>>(), ("i64", true));
        assert_eq!(of::<Option<Rc<char>>>(), ("text(1)", true));
        assert_eq!(of::<SystemTime>(), ("timestamp", false));
    }
}
