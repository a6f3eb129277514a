//! How far the copying of a big table, or the running of many scripts, has come: one line that comes and goes for a person at a terminal, and now and
//! then a plain one elsewhere, so that a log shows that the work goes on.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use schema_core::db::{Watcher, Written};

use super::{Format, Printer, Verbosity};

/// How a line is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// In the place of the one before, on a terminal.
    Redrawn,
    /// Below the one before.
    Plain,
}

impl Look {
    /// Returns how long the work takes before a line appears, and before the next one does.
    fn pause(self) -> Duration {
        match self {
            Look::Redrawn => Duration::from_millis(500),
            Look::Plain => Duration::from_secs(10),
        }
    }
}

/// Goes to the beginning of the line and clears it.
const CLEAR: &str = "\r\x1b[K";

impl Printer {
    /// Returns what shows how many rows are copied; `None` where that is not wanted.
    pub(crate) fn watcher(&self) -> Option<Watcher> {
        self.look().map(|look| {
            let mut line = Line::default();
            Box::new(move |written: Option<Written>| match written {
                None => line.end(),
                Some(Written { rows, of }) => {
                    line.tell(look, |took| text(["Copied", "rows"], rows, of, took));
                }
            }) as Watcher
        })
    }

    /// Shows that so many scripts of so many have run, if it has taken a while.
    pub(crate) fn progress(&mut self, done: usize, of: usize) {
        if let Some(look) = self.look() {
            let (done, of) = (done as u64, of as u64);
            self.line
                .tell(look, |took| text(["Ran", "scripts"], done, of, took));
        }
    }

    /// Takes the line away, since the work is over.
    pub(crate) fn progress_ends(&mut self) {
        self.line.end();
    }

    fn look(&self) -> Option<Look> {
        if self.verbosity == Verbosity::Quiet || self.format != Format::Text {
            return None;
        }
        let is_terminal = io::stderr().is_terminal();
        let redraws = is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Some(if redraws { Look::Redrawn } else { Look::Plain })
    }
}

/// When the work began, and when the line was written last.
#[derive(Debug, Default)]
pub(super) struct Line {
    began: Option<Instant>,
    written: Option<Instant>,
    is_there: bool,
}

impl Line {
    /// Shows the text that belongs to the time that the work has taken so far, if that is long enough.
    fn tell(&mut self, look: Look, text: impl FnOnce(Duration) -> String) {
        let Some(took) = self.due(look, Instant::now()) else {
            return;
        };
        match look {
            Look::Redrawn => {
                self.is_there = true;
                write(&format!("{CLEAR}{}", text(took)));
            }
            Look::Plain => write(&format!("{}\n", text(took))),
        }
    }

    /// Returns how long the work has taken, if it is time for a line.
    fn due(&mut self, look: Look, now: Instant) -> Option<Duration> {
        let began = *self.began.get_or_insert(now);
        let covered = look == Look::Redrawn && self.written.is_some() && !self.is_there;
        let last = self.written.unwrap_or(began);
        (covered || now.duration_since(last) >= look.pause()).then(|| {
            self.written = Some(now);
            now.duration_since(began)
        })
    }

    /// Makes room for a line of another kind.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.is_there) {
            write(CLEAR);
        }
    }

    fn end(&mut self) {
        self.clear();
        *self = Line::default();
    }
}

fn write(text: &str) {
    // A closed stderr is no reason to stop.
    let mut err = io::stderr();
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
}

/// Returns the line: how many of how many, how many a second, and how long it still takes.
fn text([verb, noun]: [&str; 2], done: u64, of: u64, took: Duration) -> String {
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    let left = of.saturating_sub(done) as f64 / rate.max(0.001);
    let a_second = if rate > 0.0 && rate < 1.0 {
        format!("{rate:.1}")
    } else {
        grouped(rate as u64)
    };
    format!(
        "  {verb} {} of {} {noun}, {a_second} a second, {} left",
        grouped(done),
        grouped(of.max(done)),
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
    fn a_log_gets_a_line_now_and_then() {
        let begin = Instant::now();
        let mut line = Line::default();
        let told = |line: &mut Line, look| {
            let seconds = (0..=25_000).step_by(100).map(Duration::from_millis);
            seconds
                .filter_map(|after| line.due(look, begin + after))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&mut line, Look::Plain), [10, 20].map(Duration::from_secs));
        line.end();
        line.is_there = true;
        assert_eq!(told(&mut line, Look::Redrawn).len(), 50);
    }

    #[test]
    fn the_line_says_rate_and_time_left() {
        let line = |rows, of, seconds| text(["Copied", "rows"], rows, of, Duration::from_secs(seconds));
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
        assert_eq!(
            text(["Ran", "scripts"], 3, 12, Duration::from_secs(6)),
            "  Ran 3 of 12 scripts, 0.5 a second, 18 s left"
        );
        assert_eq!(line(7, 5, 1), "  Copied 7 of 7 rows, 7 a second, 0 s left");
    }
}
