//! The one line that comes and goes: how far the copying of a big table has come, for a person at a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use schema_core::db::{Watcher, Written};

use super::{Format, Printer, Verbosity};

/// How long copying takes before a line appears, and how often that changes.
const PAUSE: Duration = Duration::from_millis(500);

/// Goes to the beginning of the line and clears it.
const CLEAR: &str = "\r\x1b[K";

impl Printer {
    /// Returns what shows how many rows are copied; `None` where no one looks.
    pub(crate) fn watcher(&self) -> Option<Watcher> {
        let seen = self.verbosity > Verbosity::Quiet
            && self.format == Format::Text
            && io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        seen.then(|| {
            let mut line = Line::default();
            Box::new(move |written: Option<Written>| line.tell(written)) as Watcher
        })
    }
}

/// When copying began, and when the line was written last.
#[derive(Debug, Default)]
struct Line {
    began: Option<Instant>,
    shown: Option<Instant>,
}

impl Line {
    fn tell(&mut self, written: Option<Written>) {
        // A closed stderr is no reason to stop.
        let mut err = io::stderr();
        match written {
            None => {
                if self.shown.is_some() {
                    let _ = write!(err, "{CLEAR}");
                }
                *self = Line::default();
            }
            Some(written) => {
                let now = Instant::now();
                let began = *self.began.get_or_insert(now);
                let last = self.shown.unwrap_or(began);
                if now.duration_since(last) >= PAUSE {
                    self.shown = Some(now);
                    let _ = write!(err, "{CLEAR}{}", text(written, now.duration_since(began)));
                }
            }
        }
        let _ = err.flush();
    }
}

/// Returns the line: how many rows of how many, how many a second, and how long it still takes.
fn text(written: Written, took: Duration) -> String {
    let Written { rows, of } = written;
    let rate = rows as f64 / took.as_secs_f64().max(0.001);
    let left = of.saturating_sub(rows) as f64 / rate.max(0.001);
    format!(
        "  Copied {} of {} rows, {} a second, {} left",
        grouped(rows),
        grouped(of.max(rows)),
        grouped(rate as u64),
        time(left as u64)
    )
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600.. => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_rate_and_time_left() {
        let line = |rows, of, seconds| text(Written { rows, of }, Duration::from_secs(seconds));
        assert_eq!(
            line(250_000, 1_000_000, 2),
            "  Copied 250,000 of 1,000,000 rows, 125,000 a second, 6 s left"
        );
        assert_eq!(
            line(1_000, 10_000_000, 10),
            "  Copied 1,000 of 10,000,000 rows, 100 a second, 27 h 46 min left"
        );
        assert_eq!(
            line(1_000, 100_000, 1),
            "  Copied 1,000 of 100,000 rows, 1,000 a second, 1 min 39 s left"
        );
        assert_eq!(line(0, 0, 0), "  Copied 0 of 0 rows, 0 a second, 0 s left");
        assert_eq!(line(7, 5, 1), "  Copied 7 of 7 rows, 7 a second, 0 s left");
    }
}
