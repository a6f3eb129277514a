//! Reading the command line, and what is said where that cannot be done.
//!
//! clap says what is wrong, in its own words; this brings it to where every other error goes: in the colors that were asked for, as the document
//! of `--json`, and without passwords.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches, ValueEnum};
use serde_json::json;

use crate::cli::Cli;
use crate::printer::Secrets;

/// Reads the arguments, the first of which is the program's own name.
///
/// # Errors
///
/// The code to end with, where there is nothing to do: all is said by then, be it help or an error.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, ExitCode> {
    let color = color(arguments);
    let mut command = Cli::command().color(color);
    command
        .try_get_matches_from_mut(arguments)
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches))
        .map_err(|error| {
            let error = error.format(&mut command);
            if !error.use_stderr() {
                // Help and version are what was asked for.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            refuse(&error, color, arguments);
            ExitCode::from(2)
        })
}

fn refuse(error: &clap::Error, color: ColorChoice, arguments: &[OsString]) {
    let secrets = Secrets::of(arguments);
    let text = error.render();
    // A closed stream is no reason for another code.
    let _ = write!(
        AutoStream::new(io::stderr(), stream_color(color)),
        "{}",
        secrets.hidden(&text.ansi().to_string())
    );
    if options(arguments).any(|argument| argument == "--json") {
        let _ = writeln!(
            AutoStream::new(io::stdout(), anstream::ColorChoice::Never),
            "{:#}",
            document(error.kind(), &secrets.hidden(&text.to_string()))
        );
    }
}

/// Returns the document of an error: its first paragraph is what failed, the others are how to go on.
fn document(kind: ErrorKind, text: &str) -> serde_json::Value {
    let text = if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        "no command is given\n\nsee `autogen --help`"
    } else {
        text.strip_prefix("error: ").unwrap_or(text)
    };
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    json!({"error": {
        "message": paragraphs.next().unwrap_or_default(),
        "causes": [],
        "hints": paragraphs.collect::<Vec<_>>(),
    }})
}

/// Returns the arguments that may be options.
fn options(arguments: &[OsString]) -> impl Iterator<Item = &str> {
    let arguments = arguments
        .iter()
        .skip(1)
        .map(|argument| argument.to_str().unwrap_or_default());
    arguments.take_while(|argument| *argument != "--")
}

/// Returns the colors that `--color` asks for; a wrong word is for clap to refuse.
fn color(arguments: &[OsString]) -> ColorChoice {
    let mut options = options(arguments);
    while let Some(option) = options.next() {
        let word = match option.strip_prefix("--color") {
            Some("") => options.next(),
            Some(rest) => rest.strip_prefix('='),
            None => continue,
        };
        return word
            .and_then(|word| ColorChoice::from_str(word, false).ok())
            .unwrap_or_default();
    }
    ColorChoice::default()
}

/// Returns the colors as streams name them.
pub(crate) fn stream_color(color: ColorChoice) -> anstream::ColorChoice {
    match color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
}
