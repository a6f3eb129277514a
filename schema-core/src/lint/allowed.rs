//! What a script allows, beside what it has.

use crate::dialect::Located;
use crate::hazard::{Code, Hazard};
use crate::script::{Allow, Covers};

/// A hazard with its statement or, if it has none, its line.
pub(super) struct Settled {
    pub(super) hazard: Hazard,
    pub(super) statement: Option<usize>,
    pub(super) line: Option<usize>,
}

/// Returns the hazards, each with the reason for which it is allowed, and those of allowing what is not there.
pub(super) fn settle(located: Vec<Located>, allows: &[Allow]) -> Vec<(Settled, Option<String>)> {
    let mut used = vec![false; allows.len()];
    let mut settled: Vec<(Settled, Option<String>)> = Vec::with_capacity(located.len());
    for Located { hazard, statement } in located {
        let covers = |allow: &Allow| {
            allow.code == hazard.code
                && match allow.covers {
                    Covers::Script => true,
                    Covers::Statement(at) => statement == Some(at),
                }
        };
        let mut reason = None;
        for (allow, used) in allows.iter().zip(&mut used) {
            if covers(allow) {
                *used = true;
                reason.get_or_insert_with(|| allow.reason.clone());
            }
        }
        let one = Settled {
            hazard,
            statement,
            line: None,
        };
        settled.push((one, reason));
    }
    for (allow, _) in allows.iter().zip(used).filter(|(_, used)| !used) {
        let place = match allow.covers {
            Covers::Script => "the script",
            Covers::Statement(_) => "the statement below it",
        };
        let text = format!("{place} has no {} that could be allowed", allow.code);
        let safe = "remove the comment, or put it above the statement that has the hazard";
        let one = Settled {
            hazard: Hazard::new(Code::R11, text, safe),
            statement: None,
            line: Some(allow.line),
        };
        settled.push((one, None));
    }
    settled
}
