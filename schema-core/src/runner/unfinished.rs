//! How far a script came that runs out of a transaction, as its row of the version table says it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::history::Direction;
use crate::plan::{Plan, Step};
use crate::script::checksum;

/// A script that has begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unfinished {
    /// Which of the revision's scripts.
    #[serde(with = "direction")]
    pub script: Direction,
    /// The checksum of the script as it was when it last ran.
    pub checksum: String,
    /// How many of its steps are done.
    pub done: usize,
    /// The checksum of those steps: they cannot be run in other words any more.
    pub steps: String,
    /// The fingerprint from before the step that follows, if that was begun and can have been done in part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub intent: Option<String>,
    /// Whether the step that follows failed, and left nothing behind: it may be corrected then.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub failed: bool,
    /// What was kept of tables that are being replaced.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub kept: BTreeMap<String, Vec<String>>,
    /// What was so before the script began and has to be known at its end, in the dialect's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remembered: Option<String>,
}

impl Unfinished {
    /// Returns the note of a script of which nothing is done yet.
    pub(super) fn begin(script: Direction, checksum: &str) -> Self {
        Unfinished {
            script,
            checksum: checksum.to_owned(),
            done: 0,
            steps: steps_before(&Plan::default(), 0),
            intent: None,
            failed: false,
            kept: BTreeMap::new(),
            remembered: None,
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Returns the note once the next step is done too.
    pub(super) fn after(&self, step: &Step, kept: BTreeMap<String, Vec<String>>) -> Self {
        Unfinished {
            done: self.done + 1,
            steps: chained(&self.steps, step),
            intent: None,
            failed: false,
            kept,
            ..self.clone()
        }
    }

    /// Returns the note once the next step is meant to be run, with the fingerprint from before it.
    pub(super) fn intending(&self, fingerprint: String) -> Self {
        Unfinished {
            intent: Some(fingerprint),
            failed: false,
            ..self.clone()
        }
    }

    /// Returns the note once the next step has failed and left nothing behind.
    pub(super) fn failing(&self) -> Self {
        Unfinished {
            intent: None,
            failed: true,
            ..self.clone()
        }
    }

    /// Tells whether the script is still the one that began. Behind a step that failed, it may have been corrected.
    pub(super) fn fits(&self, plan: &Plan, checksum: &str) -> bool {
        let same = self.checksum == checksum || self.failed;
        same && self.done <= plan.statements.len() && self.steps == steps_before(plan, self.done)
    }
}

/// As the version table holds it.
impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&ascii(&text))
    }
}

/// Returns a text of JSON with nothing in it that depends on an encoding.
pub(super) fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            // It stands in a string: nothing else of JSON is beyond ASCII.
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// Returns the checksum of the first steps of a plan.
fn steps_before(plan: &Plan, count: usize) -> String {
    let mut sum = checksum("");
    for statement in plan.statements.iter().take(count) {
        sum = chained(&sum, &statement.step);
    }
    sum
}

fn chained(before: &str, step: &Step) -> String {
    let (kind, text) = match step {
        Step::Execute { sql } => ("execute", sql),
        Step::ExpectNoRows { sql, message: _ } => ("expect-no-rows", sql),
        Step::ExplainFailure { sql, message: _ } => ("explain-failure", sql),
        Step::RedefineTable { sql } => ("redefine-table", sql),
        Step::KeepDependents { table } => ("keep-dependents", table),
        Step::RestoreDependents { table } => ("restore-dependents", table),
    };
    checksum(&format!("{before}\n{kind}\n{text}"))
}

mod direction {
    //! A direction as the word for it.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::history::Direction;

    pub(super) fn serialize<S: Serializer>(direction: &Direction, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(direction)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Direction, D::Error> {
        let word = String::deserialize(deserializer)?;
        [Direction::Upgrade, Direction::Downgrade]
            .into_iter()
            .find(|direction| direction.to_string() == word)
            .ok_or_else(|| D::Error::custom("no direction"))
    }
}
