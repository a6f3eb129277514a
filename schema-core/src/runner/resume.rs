//! What an earlier run left half-way, and what is ahead behind it.

use super::error::{Halfway, HalfwayCause};
use super::{Applied, Job, RunError, Unfinished, downgrade};
use crate::dialect::Dialect;
use crate::history::{Direction, History};

/// Returns the script that stopped half-way, if one did. It goes first, whatever else is wanted: nothing can be built on a half.
pub(super) fn unfinished(
    dialect: &dyn Dialect,
    history: &History,
    rows: &[Applied],
) -> Result<Option<Job>, RunError> {
    let stopped = rows.iter().find_map(|row| Some((row, row.unfinished.as_ref()?)));
    let Some((row, note)) = stopped else {
        return Ok(None);
    };
    let mut job = match note.script {
        Direction::Upgrade if history.get(row.id).is_none() => {
            return Err(missing(row, note).into());
        }
        Direction::Upgrade => Job::upgrade(history, dialect, row.id)?,
        Direction::Downgrade => {
            let parents = downgrade::parents_of(history, row, rows);
            Job::downgrade(history, dialect, row, parents, rows)?
        }
    };
    if !note.fits(&job.plan, &job.checksum()) {
        return Err(Halfway::new(&job, note, HalfwayCause::Changed).into());
    }
    job.resumes_after = Some(note.done);
    Ok(Some(job))
}

fn missing(row: &Applied, note: &Unfinished) -> Halfway {
    Halfway {
        direction: note.script,
        revision: row.id,
        message: row.message.clone(),
        script: None,
        done: note.done,
        cause: HalfwayCause::Missing,
    }
}

/// Returns the scripts that stopped half-way, and makes of the rows what they will be once those are finished.
pub(super) fn as_if_finished(
    dialect: &dyn Dialect,
    history: &History,
    rows: &mut Vec<Applied>,
) -> Result<Vec<Job>, RunError> {
    let mut jobs = Vec::new();
    while let Some(job) = unfinished(dialect, history, rows)? {
        match job.direction {
            Direction::Upgrade => {
                let row = rows.iter_mut().find(|row| row.id == job.revision);
                if let Some(row) = row {
                    row.unfinished = None;
                    row.checksum = job.checksum();
                }
            }
            Direction::Downgrade => rows.retain(|row| row.id != job.revision),
        }
        jobs.push(job);
    }
    Ok(jobs)
}
