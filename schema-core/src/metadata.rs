//! Metadata: the records that the derive leaves in compiled artifacts, and the schema they add up to.
//!
//! Every model is one record in the section [`SECTION`] (in Mach-O files [`MACHO_SECTION`]): [`MAGIC`], the [`FORMAT`] and the number of
//! bytes that follow, both as 32-bit little-endian numbers, then JSON. Linkers put records side by side, perhaps
//! with zero bytes between them. Object files are known to `section` alone (feature `artifacts`), and the structs themselves to nobody here.

mod check;
mod error;
mod near;
mod record;
#[cfg(feature = "artifacts")]
pub mod section;
mod table;

pub use error::MetadataError;

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Default, Schema, Table, TableName, quoted_list};
use record::Record;

/// The version of the record format that this crate writes and reads.
pub const FORMAT: u32 = 3;

/// What every record begins with.
pub const MAGIC: [u8; 8] = *b"\x7fAUTOGEN";

/// The section of the records in ELF and COFF files.
pub const SECTION: &str = "autogen";

/// The segment and section of the records in Mach-O files.
pub const MACHO_SECTION: (&str, &str) = ("__DATA", "__autogen");

/// The number of bytes before a record's JSON.
pub(crate) const HEADER: usize = MAGIC.len() + 8;

/// All models of a program, as one schema.
#[derive(Debug, Clone, std::default::Default, PartialEq, Eq)]
pub struct Models {
    /// Their tables.
    pub schema: Schema,
    /// The Rust path of the struct behind each table.
    pub sources: BTreeMap<TableName, String>,
    /// The values for rows that exist when a column arrives or becomes NOT NULL, by table and column.
    pub backfills: BTreeMap<(TableName, String), Default>,
    /// The names that tables and columns had before.
    pub renames: Renames,
}

/// What `renamed_from` says. It stays said when the rename is long done, so it is no answer yet:
/// [`diff::declared`](crate::diff::declared) makes one of it.
#[derive(Debug, Clone, std::default::Default, PartialEq, Eq)]
pub struct Renames {
    /// The former names of tables, oldest first, by the name of now.
    pub tables: BTreeMap<TableName, Vec<TableName>>,
    /// The former names of columns, oldest first, by the table and column of now.
    pub columns: BTreeMap<(TableName, String), Vec<String>>,
    /// The former names of the values of enums, oldest first, by the table and column and then by the value of now.
    pub values: BTreeMap<(TableName, String), BTreeMap<String, Vec<String>>>,
}

/// Returns the JSON of every record in the bytes of a section, in their order.
///
/// # Errors
///
/// The section holds something else, ends within a record, or holds a record of another [`FORMAT`].
///
/// ```
/// use schema_core::metadata::{scan, FORMAT, MAGIC};
///
/// let mut section = vec![0; 3];
/// section.extend(MAGIC);
/// section.extend(FORMAT.to_le_bytes());
/// section.extend(2_u32.to_le_bytes());
/// section.extend(b"{}\0\0");
/// assert_eq!(scan(&section), Ok(vec!["{}"]));
/// ```
pub fn scan(section: &[u8]) -> Result<Vec<&str>, MetadataError> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(padding) = section[at..].iter().position(|byte| *byte != 0) {
        at += padding;
        let (record, length) = first(&section[at..]).map_err(|problem| problem.at(at))?;
        records.push(record);
        at += length;
    }
    Ok(records)
}

/// Returns the record that the bytes begin with, and how many of them it takes.
fn first(bytes: &[u8]) -> Result<(&str, usize), MetadataError> {
    let rest = match bytes.strip_prefix(&MAGIC) {
        Some(rest) => rest,
        None if MAGIC.starts_with(bytes) => return Err(MetadataError::Truncated { offset: 0 }),
        None => return Err(MetadataError::NoRecord { offset: 0 }),
    };
    let truncated = MetadataError::Truncated { offset: 0 };
    let Some((found, rest)) = number(rest) else {
        return Err(truncated);
    };
    if found != FORMAT {
        return Err(MetadataError::Version {
            found,
            expected: FORMAT,
        });
    }
    let text = number(rest).and_then(|(length, rest)| rest.get(..usize::try_from(length).ok()?));
    match text.map(std::str::from_utf8) {
        Some(Ok(text)) => Ok((text, HEADER + text.len())),
        Some(Err(_)) => Err(MetadataError::NoRecord { offset: 0 }),
        None => Err(truncated),
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// Returns the schema that the records, each the JSON that [`scan`] found, add up to.
///
/// The same record seen twice is one: in a library and in the program that it is part of, or in two programs that both have the file of its
/// module, each in a crate of its own.
///
/// # Errors
///
/// All that is wrong: records that cannot be read, two models with one table, two things with one name, and
/// foreign keys that lead nowhere.
///
/// # Example
///
/// ```
/// use schema_core::{metadata::assemble, schema::TableName};
///
/// let record = r#"{"module": "shop", "rust": "Item", "table": "items", "columns": [{"name": "id"}], "types": ["i64", ""], "names": [""]}"#;
/// let models = assemble([record, record]).unwrap();
/// assert_eq!(models.schema.tables.len(), 1);
/// assert_eq!(models.sources[&TableName::new("items")], "shop::Item");
/// ```
pub fn assemble<'a>(records: impl IntoIterator<Item = &'a str>) -> Result<Models, Vec<MetadataError>> {
    let mut models = Models::default();
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    for text in records {
        if !seen.insert(without_crate(text)) {
            continue;
        }
        match Record::parse(text) {
            Ok(record) => add(&mut models, record, &mut errors),
            Err(error) => errors.push(error),
        }
    }
    check::check(&models, &mut errors);
    if errors.is_empty() {
        Ok(models)
    } else {
        Err(errors)
    }
}

/// Returns a record without the name of the crate in which it was found. One that cannot be read stays as it is.
fn without_crate(text: &str) -> String {
    let Ok(mut record) = serde_json::from_str::<serde_json::Value>(text) else {
        return text.to_owned();
    };
    if let Some(serde_json::Value::String(module)) = record.get_mut("module") {
        *module = match module.split_once("::") {
            Some((_, within)) => within.to_owned(),
            None => String::new(),
        };
    }
    record.to_string()
}

fn add(models: &mut Models, mut record: Record, errors: &mut Vec<MetadataError>) {
    let backfills: Vec<_> = record
        .columns
        .iter_mut()
        .filter_map(|column| Some((column.name.clone(), column.backfill.take()?)))
        .collect();
    let renames: Vec<_> = record
        .columns
        .iter_mut()
        .map(|column| (column.name.clone(), std::mem::take(&mut column.renamed_from)))
        .filter(|(_, former)| !former.is_empty())
        .collect();
    let values: Vec<_> = record
        .columns
        .iter()
        .zip(std::mem::take(&mut record.renamed))
        .filter_map(|(column, renamed)| Some((column.name.clone(), former_values(&renamed)?)))
        .collect();
    let former = std::mem::take(&mut record.renamed_from);
    let source = record.source();
    let table = table::build(record, errors);
    let name = table.name.clone();
    let former: Vec<TableName> = former.into_iter().map(|former| name.sibling(former)).collect();
    if let Some(first) = models.sources.get(&name) {
        errors.push(MetadataError::DuplicateTable {
            table: name,
            first: first.clone(),
            second: source,
        });
        return;
    }
    for (column, backfill) in backfills {
        models.backfills.insert((name.clone(), column), backfill);
    }
    for (column, former) in renames {
        models.renames.columns.insert((name.clone(), column), former);
    }
    for (column, former) in values {
        models.renames.values.insert((name.clone(), column), former);
    }
    if !former.is_empty() {
        models.renames.tables.insert(name.clone(), former);
    }
    models.sources.insert(name, source);
    models.schema.insert(table);
}

/// Reads former names, each before the value of now.
fn former_values(text: &str) -> Option<BTreeMap<String, Vec<String>>> {
    let mut former: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in quoted_list(text)?.chunks_exact(2) {
        former.entry(pair[1].clone()).or_default().push(pair[0].clone());
    }
    (!former.is_empty()).then_some(former)
}

/// Returns the table that one record, header and all, describes.
pub(crate) fn table(record: &[u8]) -> Result<Table, MetadataError> {
    let (text, _) = first(record)?;
    let mut errors = Vec::new();
    let table = table::build(Record::parse(text)?, &mut errors);
    match errors.pop() {
        Some(error) => Err(error),
        None => Ok(table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(json: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(u32::try_from(json.len()).unwrap().to_le_bytes());
        bytes.extend(json.as_bytes());
        bytes
    }

    #[test]
    fn finds_records_between_padding() {
        assert_eq!(scan(&[]), Ok(vec![]));
        assert_eq!(scan(&[0; 9]), Ok(vec![]));
        let section = [
            vec![0; 7],
            bytes("{\"a\":1}"),
            bytes("{}"),
            vec![0; 5],
            bytes("\"é\""),
            vec![0],
        ]
        .concat();
        assert_eq!(scan(&section), Ok(vec!["{\"a\":1}", "{}", "\"é\""]));
    }

    #[test]
    fn refuses_every_truncated_section() {
        let whole = [bytes("{}"), bytes("{\"a\":1}")].concat();
        let first = bytes("{}").len();
        for end in 1..whole.len() {
            let expected = match end {
                end if end == first => Ok(vec!["{}"]),
                end if end < first => Err(MetadataError::Truncated { offset: 0 }),
                _ => Err(MetadataError::Truncated { offset: first }),
            };
            assert_eq!(scan(&whole[..end]), expected, "{end}");
        }
    }

    #[test]
    fn refuses_garbage() {
        let section = [bytes("{}"), vec![0, 0], b"garbage".to_vec()].concat();
        let offset = section.len() - 7;
        assert_eq!(scan(&section), Err(MetadataError::NoRecord { offset }));
        let mut no_text = bytes("{}");
        *no_text.last_mut().unwrap() = 0xff;
        assert_eq!(scan(&no_text), Err(MetadataError::NoRecord { offset: 0 }));
    }

    #[test]
    fn names_both_versions() {
        let mut section = bytes("{}");
        section[MAGIC.len()] = 7;
        assert_eq!(
            scan(&section),
            Err(MetadataError::Version {
                found: 7,
                expected: FORMAT
            })
        );
    }

    const STORES: &str = r#"{"module":"a","rust":"Store","table":"stores","columns":[{"name":"id"}],"primary_key":["id"],"types":["i64",""],"names":[""]}"#;

    fn fails(records: &[&str]) -> Vec<MetadataError> {
        assemble(records.iter().copied()).unwrap_err()
    }

    #[test]
    fn the_same_record_twice_is_one() {
        let models = assemble([STORES, STORES]).unwrap();
        assert_eq!(models.schema.tables.len(), 1);
        assert_eq!(models.sources[&TableName::new("stores")], "a::Store");
    }

    #[test]
    fn two_models_with_one_table_are_both_named() {
        let other = STORES.replace("\"a\"", "\"b\"").replace("Store\"", "Shop\"");
        assert_eq!(
            fails(&[STORES, &other]),
            [MetadataError::DuplicateTable {
                table: TableName::new("stores"),
                first: "a::Store".to_owned(),
                second: "b::Shop".to_owned(),
            }]
        );
    }

    #[test]
    fn unreadable_records_are_errors() {
        for text in [
            "",
            "{",
            "{\"rust\":1}",
            &STORES.replace("i64", "int"),
            &STORES.replace("\"table", "\"tabel"),
            &STORES.replace("\"i64\",", ""),
        ] {
            assert_eq!(fails(&[text]).len(), 1, "{text}");
        }
    }

    fn items(foreign_key: &str) -> String {
        format!(
            r#"{{"module":"a","rust":"Item","table":"items","columns":[{{"name":"store_id"}}],"foreign_keys":[{foreign_key}],"types":["i64?",""],"names":["","stores","id",""]}}"#
        )
    }

    #[test]
    fn foreign_keys_must_lead_somewhere() {
        let good = items(r#"{"columns":["store_id"],"target":[null,"stores",["id"]]}"#);
        assert!(assemble([STORES, &good]).is_ok());
        assert!(assemble([good.as_str(), STORES]).is_ok());
        let typed = items(r#"{"columns":["store_id"]}"#);
        assert_eq!(assemble([STORES, &typed]), assemble([STORES, &good]));

        let table = good.replace("[null,\"stores\",[", "[null,\"storse\",[");
        let [error] = &fails(&[STORES, &table])[..] else {
            panic!()
        };
        assert_eq!(
            error.to_string(),
            "the foreign key on `items.store_id` cannot be built: no model has the table `storse`"
        );
        assert!(error.hint().unwrap().contains("`stores`"));

        let column = good.replace("[\"id\"]", "[\"ids\"]");
        let [error] = &fails(&[STORES, &column])[..] else {
            panic!()
        };
        assert_eq!(
            error.to_string(),
            "the foreign key on `items.store_id` cannot be built: the table `stores` has no column `ids`"
        );
        assert!(error.hint().unwrap().contains("`id`"));

        let no_key = STORES.replace(",\"primary_key\":[\"id\"]", "");
        let [error] = &fails(&[&no_key, &good])[..] else {
            panic!()
        };
        assert_eq!(
            error.to_string(),
            "the foreign key on `items.store_id` cannot be built: `stores.id` is not unique"
        );
    }

    #[test]
    fn a_unique_column_can_be_referred_to() {
        let code = &STORES.replace(
            r#""primary_key":["id"]"#,
            r#""indexes":[{"keys":[{"column":"id"}],"unique":true}]"#,
        );
        let key = items(r#"{"columns":["store_id"],"target":[null,"stores",["id"]]}"#);
        assert!(assemble([code.as_str(), &key]).is_ok());
        let partial = code.replace("\"unique\":true", "\"unique\":true,\"where\":\"id > 0\"");
        assert_eq!(fails(&[&partial, &key]).len(), 1);
    }

    #[test]
    fn two_indexes_with_one_name_are_errors() {
        let twice = STORES.replace(
            ",\"primary_key\"",
            r#","indexes":[{"keys":[{"column":"id"}]},{"keys":[{"column":"id","order":"descending"}]}],"primary_key""#,
        );
        let [error] = &fails(&[&twice])[..] else { panic!() };
        assert_eq!(
            error.to_string(),
            "the index `ix_stores_id` of `a::Store` cannot be built: the name is taken"
        );
    }
}
