//! What the compiler can judge of a revision: its file's form, its id, and its place among the others.
//!
//! What it does to the schema is understood by schema-core alone, when the program runs or `autogen verify` does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The version of the layout that this crate and its schema-core read.
const FORMAT: u64 = 1;

/// What a revision's file says of its place.
pub(super) struct Header {
    /// The file, as the user would name it.
    shown: String,
    /// The id.
    pub(super) id: String,
    /// The ids it builds on.
    parents: Vec<String>,
    /// The ids it stands for.
    replaces: Vec<String>,
    /// Those of them on which others may still build.
    lasts: Vec<String>,
    /// The ids of what it decided against.
    overrules: Vec<String>,
    /// The dialects that it has scripts for.
    pub(super) dialects: Vec<String>,
}

/// Tells whether a text has the form of an id.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reads a revision's file.
pub(super) fn parse(text: &str, shown: &str) -> Result<Header, String> {
    let broken = |what: String| {
        format!("cannot understand `{shown}`{what}; repair the file, or restore it from version control")
    };
    let file: Value = serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        // serde_json ends its text with the place.
        let message = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
        broken(format!(
            ", line {}, column {}: {message}",
            error.line(),
            error.column()
        ))
    })?;
    let format = file.get("format").and_then(Value::as_u64);
    if let Some(format) = format.filter(|format| *format != FORMAT) {
        return Err(format!(
            "`{shown}` has format {format}, and this version of schema-core reads format {FORMAT}; use the version that wrote it, or a newer one"
        ));
    }
    let read = || {
        format?;
        let mut replaces = Vec::new();
        let squashed = file.get("replaces").unwrap_or(&Value::Null);
        collect_ids(squashed, &mut replaces);
        let mut overrules = Vec::new();
        collect_ids(file.get("overrules").unwrap_or(&Value::Null), &mut overrules);
        let scripts = file.get("scripts").and_then(Value::as_object);
        file.get("message")?.as_str()?;
        file.get("operations")?.as_array()?;
        Some(Header {
            shown: shown.to_owned(),
            id: id(file.get("id")?)?,
            parents: file
                .get("parents")?
                .as_array()?
                .iter()
                .map(id)
                .collect::<Option<_>>()?,
            replaces,
            lasts: lasts(squashed),
            overrules,
            dialects: scripts
                .into_iter()
                .flat_map(|scripts| scripts.keys().cloned())
                .collect(),
        })
    };
    read().ok_or_else(|| {
        broken(": a revision has `format`, `id`, `parents`, `message` and `operations`, and an id is 12 hexadecimal digits in lower case".to_owned())
    })
}

fn id(value: &Value) -> Option<String> {
    value.as_str().filter(|text| is_id(text)).map(str::to_owned)
}

/// Collects the ids within, however deep they are.
fn collect_ids(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::String(text) => ids.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect_ids(value, ids)),
        Value::Object(fields) => fields.values().for_each(|value| collect_ids(value, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the last of what one was squashed from; if that was squashed itself, also the last of what that was squashed from.
fn lasts(squashed: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = Some(squashed);
    while let Some(last) = open
        .and_then(Value::as_array)
        .and_then(|squashed| squashed.last())
    {
        found.extend(id(last).or_else(|| id(last.get("id")?)));
        open = last.get("replaces");
    }
    found
}

/// Returns what is wrong between the revisions: an id that two have, a parent that is not there or in the midst of
/// what was squashed, a circle.
pub(super) fn check(headers: &[&Header]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut places: BTreeMap<&str, &Header> = BTreeMap::new();
    for header in headers {
        if let Some(other) = places.insert(&header.id, header) {
            problems.push(format!(
                "revision `{}` exists twice: in `{}` and in `{}`; remove one of the two, or give it another id in its file and the folder's name",
                header.id, header.shown, other.shown
            ));
        }
    }
    // What was squashed may be gone; what it was squashed into stands for it.
    let replaced: BTreeSet<&str> = headers
        .iter()
        .flat_map(|header| header.replaces.iter().map(String::as_str))
        .collect();
    for header in headers {
        for parent in &header.parents {
            if !places.contains_key(parent.as_str()) && !replaced.contains(parent.as_str()) {
                problems.push(format!(
                    "revision `{}` names the parent `{parent}`, which does not exist (`{}`); restore the folder of `{parent}` from version control, or correct `parents`",
                    header.id, header.shown
                ));
            }
        }
    }
    if problems.is_empty() {
        problems.extend(circle(headers));
    }
    if problems.is_empty() {
        problems.extend(strays(headers, &places));
    }
    problems
}

/// Says which revisions decided against something that was squashed, or build on the midst of that, so that nobody knows what they come after.
fn strays(headers: &[&Header], places: &BTreeMap<&str, &Header>) -> Vec<String> {
    let again: BTreeSet<&str> = ids(headers, |header| &header.replaces).collect();
    let standing: Vec<&Header> = headers
        .iter()
        .copied()
        .filter(|header| !again.contains(header.id.as_str()))
        .collect();
    let lasts: BTreeSet<&str> = ids(&standing, |header| &header.lasts).collect();
    let squashed_into: BTreeMap<&str, &str> = standing
        .iter()
        .flat_map(|header| header.replaces.iter().map(|id| (id.as_str(), header.id.as_str())))
        .collect();
    let place = |id: &'_ str| squashed_into.get(id).copied();
    let mut problems = Vec::new();
    for header in &standing {
        for (overruled, by) in header.overrules.iter().filter_map(|id| Some((id, place(id)?))) {
            problems.push(format!(
                "merge `{}` decided against `{overruled}`, which was squashed into `{by}` with others since (`{}`); remove the folder of `{}`, and decide anew with `autogen merge --prefer HEAD`",
                header.id, header.shown, header.id
            ));
        }
    }
    if !problems.is_empty() {
        return problems;
    }
    for header in &standing {
        for parent in header.parents.iter().map(String::as_str) {
            let Some(by) = place(parent).filter(|_| !lasts.contains(parent)) else {
                continue;
            };
            // Who builds on what took its place in another way, too, is no stray.
            let others = header.parents.iter().map(String::as_str);
            let whole = |other: &&str| lasts.contains(other) || place(other) != Some(by);
            let mut open: Vec<&str> = others.filter(whole).collect();
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            while let Some(id) = open.pop() {
                let id = place(id).unwrap_or(id);
                if let Some(header) = places.get(id).filter(|_| seen.insert(id)) {
                    open.extend(header.parents.iter().map(String::as_str));
                }
            }
            if !seen.contains(by) {
                problems.push(format!(
                    "revision `{}` names the parent `{parent}`, which was squashed into `{by}` with what came after it (`{}`); put it on top of that with `autogen rebase {} --onto {by}`",
                    header.id, header.shown, header.id
                ));
            }
        }
    }
    problems
}

fn ids<'a>(
    headers: &[&'a Header],
    of: impl Fn(&'a Header) -> &'a Vec<String>,
) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .flat_map(move |header| of(header))
        .map(String::as_str)
}

/// Says which revisions are their own ancestors, if some are.
fn circle(headers: &[&Header]) -> Option<String> {
    let mut left: Vec<&Header> = headers.to_vec();
    let mut waiting: BTreeSet<&str> = left.iter().map(|header| header.id.as_str()).collect();
    loop {
        let before = left.len();
        // Parents are mostly the older ones and stand first, so that one round is enough.
        left.retain(|header| {
            let waits = header
                .parents
                .iter()
                .any(|parent| waiting.contains(parent.as_str()));
            if !waits {
                waiting.remove(header.id.as_str());
            }
            waits
        });
        if left.is_empty() {
            return None;
        }
        if left.len() == before {
            let files: Vec<String> = left.iter().map(|header| format!("`{}`", header.shown)).collect();
            return Some(format!(
                "revisions are their own ancestors, or build on some that are: {}; correct `parents` in one of the files",
                files.join(", ")
            ));
        }
    }
}
