//! The files in `tests/transcripts`: sessions at a terminal, compared whole.
//!
//! A line `$ autogen …` runs the command, and what follows it is what the terminal shows; `[exit N]` ends it if the
//! code is not 0. Lines that begin with `>` prepare or show something:
//!
//! - `> models NAME…` builds `app.rlib` with the models in those files of `tests/models`, and with the records in the
//!   lines after it that begin with `|`
//! - `> write PATH` writes the lines after it that begin with `|`
//! - `> crlf PATH` ends the lines of a file as Windows does; `> append PATH TEXT`, `> replace PATH OLD NEW`, `> remove PATH`, `> move PATH TO`, `> mkdir PATH`, `> readonly PATH`
//! - `> env NAME VALUE` sets a variable
//! - `> sql PATH SQL` runs SQL on a database and shows the rows; `> cat PATH` and `> tree` show files
//!
//! `UPDATE_EXPECT=1 cargo test -p autogen-cli --test cli` writes what happens into the files.

use std::fs;
use std::path::Path;

use crate::session::Session;

macro_rules! transcripts {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { check(stringify!($name)); })*

        #[test]
        fn every_transcript_is_run() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
            let mut found: Vec<String> = fs::read_dir(folder).unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            found.sort();
            let mut listed = vec![$(stringify!($name)),*];
            listed.sort_unstable();
            assert_eq!(found, listed);
        }
    };
}

transcripts!(
    ahead,
    allowed,
    amend,
    amend_answers,
    apart,
    asked_for,
    bad_database,
    bad_files,
    bad_links,
    bad_models,
    branches,
    baseline,
    baseline_by_hand,
    by_hand,
    carried,
    counted,
    counted_squashed,
    database_url,
    diff,
    edit,
    edited,
    gone,
    init,
    inspect,
    integrity,
    json,
    later_dialect,
    lint,
    main_job,
    mapped_values,
    merge,
    names_with_dots,
    names,
    offline,
    offline_dialects,
    options,
    other_files,
    questions,
    rebase,
    renamed_at_once,
    renamed_from,
    renamed_values,
    tables,
    squash,
    running,
    stamp,
    strays,
    switched,
    two_heads,
    unsupported,
    values,
);

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(format!("{name}.txt"));
    let expected = fs::read_to_string(&path).unwrap();
    let actual = replay(&expected);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, actual).unwrap();
    } else if actual != expected {
        let at = actual
            .lines()
            .zip(expected.lines())
            .take_while(|(a, b)| a == b)
            .count();
        panic!(
            "{name}.txt differs from line {} on; what happened:\n{actual}",
            at + 1
        );
    }
}

/// Does what a transcript says, and returns it with what happened.
fn replay(transcript: &str) -> String {
    let mut session = Session::new();
    let mut actual = String::new();
    let mut lines = transcript.lines().peekable();
    while let Some(line) = lines.next() {
        let kept = line.starts_with(['$', '>', '#', '|']) || line.is_empty();
        if !kept {
            continue;
        }
        actual.push_str(line);
        actual.push('\n');
        if let Some(command) = line.strip_prefix("$ ") {
            let words = words(command);
            let (program, arguments) = words.split_first().unwrap();
            assert_eq!(program, "autogen", "only `autogen` is run: {line}");
            let run = session.autogen(arguments);
            actual.push_str(&shown(&run.terminal));
            if run.code != 0 {
                actual.push_str(&format!("[exit {}]\n", run.code));
            }
        } else if let Some(action) = line.strip_prefix("> ") {
            let mut text = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
                actual.push_str(&format!("{line}\n"));
                text.push_str(line.strip_prefix("| ").unwrap_or_default());
                text.push('\n');
            }
            actual.push_str(&shown(&act(&mut session, &words(action), &text)));
        }
    }
    actual
}

/// Keeps output apart from what a transcript says itself.
fn shown(output: &str) -> String {
    output
        .lines()
        .map(|line| match line.chars().next() {
            None => ".\n".to_owned(),
            Some('$' | '>' | '#' | '|') => format!(".{line}\n"),
            Some(_) => format!("{line}\n"),
        })
        .collect()
}

fn act(session: &mut Session, words: &[String], text: &str) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let at = |name: &str| session.path().join(name);
    match words.as_slice() {
        ["models", names @ ..] => session.models(names, text),
        ["write", name] => session.write(name, text),
        ["crlf", name] => {
            let text = fs::read_to_string(at(name)).unwrap();
            session.write(name, text.replace('\n', "\r\n"));
        }
        ["append", name, text] => {
            let old = fs::read_to_string(at(name)).unwrap();
            session.write(name, format!("{old}{}\n", text.replace("\\n", "\n")));
        }
        ["replace", name, old, new] => {
            let text = fs::read_to_string(at(name)).unwrap();
            let old = old.replace("\\n", "\n").replace("\\\"", "\"");
            assert!(text.contains(&old), "`{name}` has no `{old}`:\n{text}");
            session.write(name, text.replace(&old, &new.replace("\\n", "\n")));
        }
        ["remove", name] if at(name).is_dir() => fs::remove_dir_all(at(name)).unwrap(),
        ["remove", name] => fs::remove_file(at(name)).unwrap(),
        ["move", name, to] => {
            fs::create_dir_all(at(to).parent().unwrap()).unwrap();
            fs::rename(at(name), at(to)).unwrap();
        }
        ["mkdir", name] => fs::create_dir_all(at(name)).unwrap(),
        ["readonly", name] => {
            let mut permissions = fs::metadata(at(name)).unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(at(name), permissions).unwrap();
        }
        ["env", name, value] => session.variable(name, value),
        ["sql", name, sql] => return session.sql(name, sql),
        ["cat", name] => return fs::read_to_string(at(name)).unwrap(),
        ["tree"] => return session.tree(),
        other => panic!("no such action: {other:?}"),
    }
    String::new()
}

/// Splits a line into words, as a shell does for plain and quoted words.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}
