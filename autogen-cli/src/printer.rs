//! The only place that prints: it decides between stdout and stderr, how much is said, and in which colors.
//!
//! Data goes to stdout, talk to stderr. Names come from repositories and databases that may not be trusted, so control
//! characters in them are shown escaped and never reach the terminal.

mod progress;
mod secrets;

pub(crate) use secrets::Secrets;

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::usage::stream_color;

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// What is done.
    Normal,
    /// What is read and decided, too.
    Verbose,
}

/// What goes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Lines for a person.
    Text,
    /// One JSON document.
    Json,
}

/// The part of the tool that a log line comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic {
    /// Comparing models with history.
    Compare,
    /// What a step may lose, or fail on.
    Hazard,
    /// Running scripts.
    Migrate,
    /// Proving scripts.
    Verify,
    /// Building and reading models.
    Models,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Topic::Compare => "autogen::compare",
            Topic::Hazard => "autogen::hazard",
            Topic::Migrate => "autogen::migrate",
            Topic::Verify => "autogen::verify",
            Topic::Models => "autogen::models",
        }
    }
}

/// Prints lines, documents and errors.
#[derive(Debug)]
pub(crate) struct Printer {
    verbosity: Verbosity,
    format: Format,
    color: clap::ColorChoice,
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    secrets: Secrets,
    /// How far a long work has come.
    line: progress::Line,
    /// The first failure to write to stdout: data that was lost must not look delivered.
    lost: Option<io::Error>,
}

const INFO: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const FAINT: Style = Style::new().dimmed();

impl Printer {
    /// Returns a printer for what the arguments and the environment ask for.
    pub(crate) fn new(arguments: &GlobalArgs, secrets: Secrets) -> Self {
        let color = stream_color(arguments.color);
        let verbosity = match (arguments.quiet, arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
        Printer {
            verbosity,
            format: if arguments.json {
                Format::Json
            } else {
                Format::Text
            },
            color: arguments.color,
            out: AutoStream::new(io::stdout(), color),
            err: AutoStream::new(io::stderr(), color),
            secrets,
            line: progress::Line::default(),
            lost: None,
        }
    }

    /// Returns how much is said.
    pub(crate) fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Returns what goes to stdout.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Returns when colors are used, to hand on to other programs.
    pub(crate) fn color(&self) -> clap::ColorChoice {
        self.color
    }

    /// Prints a log line: `INFO  [autogen::compare] Detected added table 'items'`.
    pub(crate) fn info(&mut self, topic: Topic, text: impl Display) {
        self.talk(Verbosity::Normal, INFO, "INFO ", topic, text);
    }

    /// Prints a log line that only `-v` asks for.
    pub(crate) fn debug(&mut self, topic: Topic, text: impl Display) {
        self.talk(Verbosity::Verbose, FAINT, "DEBUG", topic, text);
    }

    /// Prints a log line about something that may be a mistake.
    pub(crate) fn warn(&mut self, topic: Topic, text: impl Display) {
        self.talk(Verbosity::Normal, WARN, "WARN ", topic, text);
    }

    fn talk(&mut self, from: Verbosity, style: Style, level: &str, topic: Topic, text: impl Display) {
        if self.verbosity < from {
            return;
        }
        let text = text.to_string();
        let text = self.secrets.hidden(&text);
        let text = line(&text);
        let topic = topic.name();
        self.line.clear();
        // A closed stderr is no reason to stop.
        let _ = writeln!(
            self.err,
            "{style}{level}{style:#} {FAINT}[{topic}]{FAINT:#} {text}"
        );
    }

    /// Prints a sentence that stands by itself, such as `No changes in schema detected.`
    pub(crate) fn say(&mut self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.line.clear();
            let _ = writeln!(self.err, "{}", paragraph(&text.to_string()));
        }
    }

    /// Runs a piece of work between `  Generating x ...` and `  done`.
    pub(crate) fn step<T, E>(
        &mut self,
        what: impl Display,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let said = self.verbosity > Verbosity::Quiet;
        if said {
            let _ = write!(self.err, "  {} ...", line(&what.to_string()));
            let _ = self.err.flush();
        }
        let result = work();
        if said {
            let word = if result.is_ok() { "done" } else { "failed" };
            let _ = writeln!(self.err, "  {word}");
        }
        result
    }

    /// Prints one line of data for a person.
    pub(crate) fn data(&mut self, text: impl Display) {
        let text = text.to_string();
        let result = writeln!(self.out, "{}", line(&text));
        self.keep(result);
    }

    /// Prints a text of many lines as it is, such as a script; only a terminal is spared its control characters.
    pub(crate) fn text(&mut self, text: &str) {
        let text = if io::IsTerminal::is_terminal(&io::stdout()) {
            paragraph(text)
        } else {
            Cow::Borrowed(text)
        };
        let result = self.out.as_inner_write(text.as_bytes());
        self.keep(result);
    }

    /// Prints the one document of `--json`.
    pub(crate) fn document(&mut self, document: &impl Serialize) {
        let result = serde_json::to_string_pretty(document)
            .map_err(io::Error::from)
            .and_then(|text| self.out.as_inner_write(format!("{text}\n").as_bytes()));
        self.keep(result);
    }

    /// Prints how to go on.
    pub(crate) fn hint(&mut self, hint: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.line.clear();
            let _ = writeln!(self.err, "{NOTE}hint{NOTE:#}: {}", paragraph(hint));
        }
    }

    /// Prints what a check found, on stderr.
    pub(crate) fn finding(&mut self, error: &CommandError) {
        let lines = std::iter::once((ERROR, "error", &error.message))
            .chain(error.causes.iter().map(|cause| (NOTE, "cause", cause)))
            .chain(error.hints.iter().map(|hint| (NOTE, "hint", hint)));
        self.line.clear();
        for (style, word, text) in lines {
            let text = self.secrets.hidden(text);
            let _ = writeln!(self.err, "{style}{word}{style:#}: {}", paragraph(&text));
        }
    }

    /// Prints an error: on stderr for a person, and with `--json` as the document on stdout.
    pub(crate) fn error(&mut self, error: &CommandError) {
        self.finding(error);
        if self.format == Format::Json {
            let hidden = |text: &String| self.secrets.hidden(text).into_owned();
            let hidden_all = |texts: &[String]| texts.iter().map(hidden).collect::<Vec<_>>();
            let mut document = error.details.clone();
            document.insert(
                "error".to_owned(),
                serde_json::json!({
                    "message": hidden(&error.message),
                    "causes": hidden_all(&error.causes),
                    "hints": hidden_all(&error.hints),
                }),
            );
            self.document(&document);
        }
    }

    /// Flushes both streams. Fails, having said so, if data was lost for another reason than a reader that left.
    pub(crate) fn finish(mut self) -> Result<(), ()> {
        let _ = self.err.flush();
        let result = self.out.flush();
        self.keep(result);
        match self.lost {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let _ = writeln!(self.err, "{ERROR}error{ERROR:#}: cannot write to stdout");
                let _ = writeln!(self.err, "{NOTE}cause{NOTE:#}: {error}");
                Err(())
            }
            _ => Ok(()),
        }
    }

    fn keep(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.lost.get_or_insert(error);
        }
    }
}

/// Writing bytes past the color filter, for data that must arrive unchanged.
trait InnerWrite {
    fn as_inner_write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl InnerWrite for AutoStream<io::Stdout> {
    fn as_inner_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flush()?;
        io::stdout().lock().write_all(bytes)
    }
}

/// Returns the text with every control character escaped, so that it stays one harmless line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Returns the text with every control character escaped but line breaks and tabs.
fn paragraph(text: &str) -> Cow<'_, str> {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let harmful =
        |character: char| (character.is_control() || is_bidirectional(character)) && !keep(character);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if harmful(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Tells the characters that reorder what a terminal or an editor shows around them (CVE-2021-42574).
fn is_bidirectional(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A duration as a log line says it: `9 ms`, `1.3 s`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took(pub(crate) std::time::Duration);

impl Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        if milliseconds < 1000 {
            write!(f, "{milliseconds} ms")
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(line("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(paragraph("a\n\tb\u{7}"), "a\n\tb\\u{7}");
        assert_eq!(line("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(line("naïve 表"), "naïve 表");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(Took(std::time::Duration::from_micros(9_400)).to_string(), "9 ms");
        assert_eq!(Took(std::time::Duration::from_millis(1_340)).to_string(), "1.3 s");
    }
}
