//! The layout of `revision.json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::super::{RevisionId, Squashed, files};
use super::{Header, Revision, ScriptSums};
use crate::diff::Answers;
use crate::json;
use crate::operation::Operation;
use crate::schema::{Default, TableName};
use crate::script::checksum;

/// The version of the layout that this module reads and writes.
const FORMAT: u32 = 1;

/// How deep `revision.json` is spread over lines: a created table has one column per line.
const DEPTH: usize = 6;

/// The file without what it does, which is passed over. Unknown keys are refused here as in [`File`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct HeaderFile<'a> {
    #[serde(deserialize_with = "format")]
    format: u32,
    id: RevisionId,
    parents: Vec<RevisionId>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    created: Cow<'a, str>,
    #[serde(default)]
    replaces: Vec<Squashed>,
    #[serde(default)]
    overrules: Vec<RevisionId>,
    #[serde(default, deserialize_with = "by_dialect")]
    scripts: BTreeMap<String, ScriptSums>,
    #[serde(default)]
    operations_checksum: IgnoredAny,
    #[serde(default)]
    operations: IgnoredAny,
    #[serde(default)]
    answers: IgnoredAny,
}

/// The file, in the order in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "format")]
    format: u32,
    id: RevisionId,
    parents: Vec<RevisionId>,
    message: String,
    created: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replaces: Vec<Squashed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrules: Vec<RevisionId>,
    /// The [`operations_checksum`] of the operations as they were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operations_checksum: Option<String>,
    operations: Vec<Operation>,
    #[serde(default, skip_serializing_if = "AnswersFile::is_empty")]
    answers: AnswersFile,
    #[serde(default, deserialize_with = "by_dialect")]
    scripts: BTreeMap<String, ScriptSums>,
}

/// Answers as lists, since JSON has no keys that are pairs.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AnswersFile {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    renamed_tables: Vec<RenamedTable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    renamed_columns: Vec<RenamedColumn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backfills: Vec<Backfill>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mapped_values: Vec<MappedValues>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenamedTable {
    from: TableName,
    to: TableName,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenamedColumn {
    table: TableName,
    from: String,
    to: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backfill {
    table: TableName,
    column: String,
    value: Default,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MappedValues {
    table: TableName,
    column: String,
    values: BTreeMap<String, String>,
}

/// Accepts the one format there is.
fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let found = u32::deserialize(deserializer)?;
    if found == FORMAT {
        return Ok(found);
    }
    Err(serde::de::Error::custom(format_args!(
        "the file has format {found}, and this version reads format {FORMAT}"
    )))
}

/// Accepts only what can be the name of a dialect: it becomes part of the names of files.
fn by_dialect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, ScriptSums>, D::Error> {
    let scripts = BTreeMap::<String, ScriptSums>::deserialize(deserializer)?;
    match scripts.keys().find(|name| !files::is_dialect_name(name)) {
        Some(name) => Err(serde::de::Error::custom(format_args!(
            "`{name}` cannot be the name of a dialect"
        ))),
        None => Ok(scripts),
    }
}

/// Returns the text of a revision's file.
pub(in crate::history) fn render(revision: &Revision) -> Result<String, serde_json::Error> {
    let Revision {
        id,
        parents,
        message,
        created,
        operations,
        answers,
        scripts,
        replaces,
        overrules,
    } = revision.clone();
    let operations_checksum = operations_checksum(&serde_json::to_string(&operations)?);
    let file = File {
        format: FORMAT,
        id,
        parents,
        message,
        created,
        replaces,
        overrules,
        operations_checksum: Some(operations_checksum),
        operations,
        answers: AnswersFile::new(answers),
        scripts,
    };
    json::to_string(&file, DEPTH).map(|text| text + "\n")
}

/// Reads all of a revision's file.
pub(in crate::history) fn parse(text: &str) -> Result<Revision, serde_json::Error> {
    let File {
        format: _,
        id,
        parents,
        message,
        created,
        replaces,
        overrules,
        operations_checksum: _,
        operations,
        answers,
        scripts,
    } = serde_json::from_str(text)?;
    Ok(Revision {
        id,
        parents,
        message,
        created,
        operations,
        answers: answers.into_answers(),
        scripts,
        replaces,
        overrules,
    })
}

/// The part of the file that tells whether its operations are as they were written.
#[derive(Deserialize)]
struct OperationsFile<'a> {
    #[serde(borrow, default)]
    operations_checksum: Option<Cow<'a, str>>,
    #[serde(borrow)]
    operations: &'a RawValue,
}

/// Tells whether the operations of a revision's file are those that were written; a file without their checksum does not say.
pub(in crate::history) fn holds_as_written(text: &str) -> Result<bool, serde_json::Error> {
    let OperationsFile {
        operations_checksum: written,
        operations,
    } = serde_json::from_str(text)?;
    Ok(written.is_none_or(|written| written == operations_checksum(operations.get())))
}

/// Returns the checksum of operations as JSON. How the JSON is laid out does not count.
fn operations_checksum(json: &str) -> String {
    let mut dense = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string || !character.is_ascii_whitespace() {
            dense.push(character);
        }
        match character {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && character == '\\' && !escaped;
    }
    checksum(&dense)
}

/// Reads what the graph needs of a revision's file.
pub(in crate::history) fn parse_header(text: &str) -> Result<Header, serde_json::Error> {
    let HeaderFile {
        format: _,
        id,
        parents,
        message,
        created,
        replaces,
        overrules,
        scripts,
        operations_checksum: _,
        operations: _,
        answers: _,
    } = serde_json::from_str(text)?;
    Ok(Header {
        id,
        parents,
        message: message.into_owned(),
        created: created.into_owned(),
        scripts,
        replaces,
        overrules,
    })
}

impl AnswersFile {
    fn is_empty(&self) -> bool {
        let AnswersFile {
            renamed_tables,
            renamed_columns,
            backfills,
            mapped_values,
        } = self;
        renamed_tables.is_empty()
            && renamed_columns.is_empty()
            && backfills.is_empty()
            && mapped_values.is_empty()
    }

    fn new(answers: Answers) -> Self {
        let Answers {
            renamed_tables,
            renamed_columns,
            backfills,
            mapped_values,
        } = answers;
        AnswersFile {
            renamed_tables: renamed_tables
                .into_iter()
                .map(|(from, to)| RenamedTable { from, to })
                .collect(),
            renamed_columns: renamed_columns
                .into_iter()
                .map(|((table, from), to)| RenamedColumn { table, from, to })
                .collect(),
            backfills: backfills
                .into_iter()
                .map(|((table, column), value)| Backfill { table, column, value })
                .collect(),
            mapped_values: mapped_values
                .into_iter()
                .map(|((table, column), values)| MappedValues {
                    table,
                    column,
                    values,
                })
                .collect(),
        }
    }

    fn into_answers(self) -> Answers {
        Answers {
            renamed_tables: self
                .renamed_tables
                .into_iter()
                .map(|RenamedTable { from, to }| (from, to))
                .collect(),
            renamed_columns: self
                .renamed_columns
                .into_iter()
                .map(|RenamedColumn { table, from, to }| ((table, from), to))
                .collect(),
            backfills: self
                .backfills
                .into_iter()
                .map(|Backfill { table, column, value }| ((table, column), value))
                .collect(),
            mapped_values: self
                .mapped_values
                .into_iter()
                .map(
                    |MappedValues {
                         table,
                         column,
                         values,
                     }| ((table, column), values),
                )
                .collect(),
        }
    }
}
