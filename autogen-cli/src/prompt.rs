//! Questions to a person, asked only where one is there to answer.

use std::io::{ErrorKind, IsTerminal, stderr, stdin};

use clap::ColorChoice;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Select, console};

use crate::error::CommandError;
use crate::printer::{Format, Printer, line};

/// Tells whether a person is there to answer: stdin and stderr are terminals, and stdout is not for a program. Questions are asked in the printer's
/// colors from then on.
pub(crate) fn possible(printer: &Printer) -> bool {
    match printer.color() {
        ColorChoice::Auto => {}
        ColorChoice::Always => console::set_colors_enabled_stderr(true),
        ColorChoice::Never => console::set_colors_enabled_stderr(false),
    }
    printer.format() == Format::Text && stdin().is_terminal() && stderr().is_terminal()
}

/// Asks for one of several, none of which is taken without an answer.
pub(crate) fn select(question: &str, choices: &[String]) -> Result<usize, CommandError> {
    let choices: Vec<_> = choices.iter().map(|choice| line(choice)).collect();
    answered(|| {
        Select::with_theme(&ColorfulTheme::default())
            .with_prompt(line(question))
            .items(&choices)
            .interact_opt()
    })
}

/// Asks yes or no.
pub(crate) fn confirm(question: &str) -> Result<bool, CommandError> {
    answered(|| {
        Confirm::with_theme(&ColorfulTheme::default())
            .with_prompt(line(question))
            .interact_opt()
    })
}

/// Asks for a text.
pub(crate) fn input(question: &str) -> Result<String, CommandError> {
    answered(|| {
        Input::<String>::with_theme(&ColorfulTheme::default())
            .with_prompt(line(question))
            .interact_text()
            .map(Some)
    })
}

/// Asks, and takes an interruption for what it is: no answer. The cursor, which a question hides, is seen again then.
fn answered<T>(ask: impl FnOnce() -> dialoguer::Result<Option<T>>) -> Result<T, CommandError> {
    match interruptible(ask) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(unanswered()),
        Err(dialoguer::Error::IO(error)) if error.kind() == ErrorKind::Interrupted => {
            let _ = console::Term::stderr().show_cursor();
            Err(unanswered())
        }
        Err(dialoguer::Error::IO(error)) => Err(CommandError::because("cannot ask the question", &error)),
    }
}

fn unanswered() -> CommandError {
    CommandError::new("the question was not answered; nothing was written")
}

/// Runs what reads keys so that Ctrl-C ends that and not the process.
#[cfg(unix)]
fn interruptible<T>(ask: impl FnOnce() -> T) -> T {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::consts::SIGINT;
    use signal_hook::flag::register_conditional_default;

    /// Whether an interruption ends the process, as it does wherever no question is open.
    static ENDS: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
        let ends = Arc::new(AtomicBool::new(true));
        // Where it cannot be had, the process ends at the question, as well.
        let _ = register_conditional_default(SIGINT, Arc::clone(&ends));
        ends
    });
    ENDS.store(false, Ordering::SeqCst);
    let answer = ask();
    ENDS.store(true, Ordering::SeqCst);
    answer
}

#[cfg(not(unix))]
fn interruptible<T>(ask: impl FnOnce() -> T) -> T {
    ask()
}
