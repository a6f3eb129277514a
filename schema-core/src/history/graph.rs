//! The order of revisions, and what can be wrong with their parents. It never recurses: a history may be long.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Header, HistoryError, RevisionId, Source};

/// Returns the indices of the headers, parents first; of those that could come next, the lowest id.
pub(super) fn order(headers: &[Header], sources: &[Source]) -> Result<Vec<usize>, HistoryError> {
    let places = places(headers, sources)?;
    let mut missing = Vec::with_capacity(headers.len());
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); headers.len()];
    for (at, header) in headers.iter().enumerate() {
        if header.overrules.contains(&header.id) {
            let cause = Cause::OverrulesItself { revision: header.id };
            return Err(HistoryError::new(
                sources[at].folder.join(super::files::REVISION_FILE),
                cause,
            ));
        }
        let parents: BTreeSet<RevisionId> = header.parents.iter().copied().collect();
        missing.push(parents.len());
        for parent in parents {
            let Some(place) = places.get(&parent) else {
                let cause = Cause::MissingParent {
                    revision: header.id,
                    parent,
                };
                return Err(HistoryError::new(
                    sources[at].folder.join(super::files::REVISION_FILE),
                    cause,
                ));
            };
            children[*place].push(at);
        }
    }
    let mut ready: BTreeSet<(RevisionId, usize)> = (0..headers.len())
        .filter(|at| missing[*at] == 0)
        .map(|at| (headers[at].id, at))
        .collect();
    let mut order = Vec::with_capacity(headers.len());
    while let Some((_, at)) = ready.pop_first() {
        order.push(at);
        for child in &children[at] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                ready.insert((headers[*child].id, *child));
            }
        }
    }
    if order.len() < headers.len() {
        return Err(cycle(headers, sources, &places, &missing));
    }
    Ok(order)
}

fn places(headers: &[Header], sources: &[Source]) -> Result<BTreeMap<RevisionId, usize>, HistoryError> {
    let mut places = BTreeMap::new();
    for (at, header) in headers.iter().enumerate() {
        if let Some(other) = places.insert(header.id, at) {
            let cause = Cause::Duplicate {
                revision: header.id,
                other: sources[other].folder.clone(),
            };
            return Err(HistoryError::new(&sources[at].folder, cause));
        }
    }
    Ok(places)
}

/// Finds a cycle among the revisions that still miss a parent: whoever follows such parents must come round.
fn cycle(
    headers: &[Header],
    sources: &[Source],
    places: &BTreeMap<RevisionId, usize>,
    missing: &[usize],
) -> HistoryError {
    let mut path: Vec<usize> = Vec::new();
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let mut next = (0..headers.len()).find(|at| missing[*at] > 0);
    while let Some(at) = next {
        if let Some(start) = seen.insert(at, path.len()) {
            path.drain(..start);
            break;
        }
        path.push(at);
        next = headers[at]
            .parents
            .iter()
            .map(|parent| places[parent])
            .find(|parent| missing[*parent] > 0);
    }
    let revisions = path
        .into_iter()
        .map(|at| (headers[at].id, sources[at].folder.clone()))
        .collect();
    HistoryError {
        path: None,
        cause: Cause::Cycle { revisions },
    }
}
