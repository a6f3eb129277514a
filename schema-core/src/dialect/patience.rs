//! Trying again for as long as someone else has what is wanted.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait before the second try, and at most before any other.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));

/// The time there is for trying again, with pauses that become longer.
#[derive(Debug)]
pub(crate) struct Patience {
    began: Instant,
    timeout: Duration,
    pause: Duration,
}

impl Patience {
    /// Begins now.
    pub(crate) fn new(timeout: Duration) -> Self {
        Patience {
            began: Instant::now(),
            timeout,
            pause: PAUSES.0,
        }
    }

    /// Waits until it is time to try again; `false`, and without waiting, if the time is over.
    pub(crate) fn wait(&mut self) -> bool {
        let left = self.timeout.saturating_sub(self.began.elapsed());
        sleep(self.pause.min(left));
        self.pause = (self.pause * 2).min(PAUSES.1);
        !left.is_zero()
    }
}
