//! The command as a whole: transcripts of sessions, artifacts of every format, real builds.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod adopt;
mod artifacts;
mod builds;
mod databases;
mod decided;
mod embedding;
mod objects;
#[cfg(unix)]
mod prompts;
mod reshaped;
mod scratch;
mod session;
mod sources;
mod strayed;
mod streams;
mod teams;
mod transcripts;
mod undecided;
mod views;
