//! Which column a type of another crate is, each crate behind the feature of its name.

#[cfg(any(
    feature = "bigdecimal",
    feature = "bytes",
    feature = "chrono",
    feature = "ipnetwork",
    feature = "jiff",
    feature = "rust_decimal",
    feature = "serde_json",
    feature = "time",
    feature = "url",
    feature = "uuid",
))]
use super::types::column_types;

#[cfg(feature = "chrono")]
column_types! {
    chrono::NaiveDate => "date"
    chrono::NaiveTime => "time"
    chrono::NaiveDateTime => "datetime"
}

#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> super::ColumnType for chrono::DateTime<Zone> {
    const TYPE: &'static str = "timestamp";
}

#[cfg(feature = "time")]
column_types! {
    time::Date => "date"
    time::Time => "time"
    time::PrimitiveDateTime => "datetime"
    time::OffsetDateTime => "timestamp"
}

// `Zoned` is left out: a timestamp would lose its time zone without a word.
#[cfg(feature = "jiff")]
column_types! {
    jiff::civil::Date => "date"
    jiff::civil::Time => "time"
    jiff::civil::DateTime => "datetime"
    jiff::Timestamp => "timestamp"
}

#[cfg(feature = "uuid")]
column_types! {
    uuid::Uuid => "uuid"
}

#[cfg(feature = "rust_decimal")]
column_types! {
    rust_decimal::Decimal => "decimal"
}

#[cfg(feature = "bigdecimal")]
column_types! {
    bigdecimal::BigDecimal => "decimal"
}

#[cfg(feature = "serde_json")]
column_types! {
    serde_json::Value => "json"
}

#[cfg(feature = "url")]
column_types! {
    url::Url => "text"
}

#[cfg(feature = "bytes")]
column_types! {
    bytes::Bytes => "bytes"
    bytes::BytesMut => "bytes"
}

#[cfg(feature = "ipnetwork")]
column_types! {
    ipnetwork::IpNetwork => "network"
    ipnetwork::Ipv4Network => "network"
    ipnetwork::Ipv6Network => "network"
}
