//! Questions to a person, asked only where one is there to answer.

use std::io::{IsTerminal, stderr, stdin};

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
    answered(
        Select::with_theme(&ColorfulTheme::default())
            .with_prompt(line(question))
            .items(&choices)
            .interact_opt(),
    )
}

/// Asks yes or no.
pub(crate) fn confirm(question: &str) -> Result<bool, CommandError> {
    answered(
        Confirm::with_theme(&ColorfulTheme::default())
            .with_prompt(line(question))
            .interact_opt(),
    )
}

/// Asks for a text.
pub(crate) fn input(question: &str) -> Result<String, CommandError> {
    answered(
        Input::<String>::with_theme(&ColorfulTheme::default())
            .with_prompt(line(question))
            .interact_text()
            .map(Some),
    )
}

fn answered<T>(answer: dialoguer::Result<Option<T>>) -> Result<T, CommandError> {
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(CommandError::new(
            "the question was not answered; nothing was written",
        )),
        Err(dialoguer::Error::IO(error)) => Err(CommandError::because("cannot ask the question", &error)),
    }
}
