//! The command as a whole: transcripts of sessions, artifacts of every format, real builds.

mod artifacts;
mod builds;
mod objects;
mod session;
mod transcripts;
