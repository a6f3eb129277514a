//! `autogen branches`.

use clap::Args;
use schema_core::history::{Header, History};
use serde_json::json;

use crate::document::RevisionDocument;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// Show the revisions that more than one builds on
///
/// Example: autogen branches
///
/// With --json: {"branches": [{"revision": {"id", "parents", "message", "created", "slug", "head"}, "children": ["ID"]}]}, with
/// "replaces" and "overrules" as in `autogen history`
#[derive(Debug, Args)]
pub(crate) struct BranchesArgs {}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, _: &BranchesArgs) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    let branches = branches(&history);
    match environment.printer.format() {
        Format::Json => {
            let documents: Vec<_> = branches
                .iter()
                .map(|(branch, children)| {
                    let children: Vec<String> = children.iter().map(|child| child.id.to_string()).collect();
                    let document = RevisionDocument::new(&history, branch);
                    json!({"revision": document, "children": children})
                })
                .collect();
            environment.printer.document(&json!({ "branches": documents }));
        }
        Format::Text => {
            if branches.is_empty() {
                environment.printer.say("No revision has more than one child.");
            }
            for (branch, children) in branches {
                let printer = &mut *environment.printer;
                printer.data(format_args!("{} (branchpoint), {}", branch.id, branch.message));
                for child in children {
                    let mark = if history.heads().contains(&child.id) {
                        " (head)"
                    } else {
                        ""
                    };
                    printer.data(format_args!("    -> {}{mark}, {}", child.id, child.message));
                }
            }
        }
    }
    Ok(Outcome::Done)
}

fn branches(history: &History) -> Vec<(&Header, Vec<&Header>)> {
    let mut branches: Vec<(&Header, Vec<&Header>)> = Vec::new();
    let mut children: std::collections::BTreeMap<_, Vec<&Header>> = std::collections::BTreeMap::new();
    for header in history.revisions() {
        for parent in &header.parents {
            children.entry(*parent).or_default().push(header);
        }
    }
    for header in history.revisions() {
        if let Some(children) = children.remove(&header.id).filter(|children| children.len() > 1) {
            branches.push((header, children));
        }
    }
    branches
}
