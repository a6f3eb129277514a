//! `references(…)` and `foreign_key(…)`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Path, Result, Token, parenthesized};

use super::index::{is_word, once, option};
use super::parse;
use crate::near::{list, nearest};

/// What may follow the target.
pub(crate) const OPTIONS: [&str; 4] = ["on_delete", "on_update", "deferrable", "name"];

/// A foreign key of one field.
pub(crate) struct Reference {
    pub(crate) target: Target,
    pub(crate) options: Options,
}

/// What a field refers to.
pub(crate) enum Target {
    /// The primary key of a model.
    Model(Path),
    /// A field of a model.
    Field(Path, Ident),
    /// A column by its name, of a table that may have no model.
    Column {
        schema: Option<String>,
        table: String,
        column: String,
    },
}

/// A foreign key of some fields.
pub(crate) struct ForeignKey {
    pub(crate) span: Span,
    pub(crate) fields: Vec<Ident>,
    pub(crate) model: Path,
    pub(crate) references: Vec<Ident>,
    pub(crate) options: Options,
}

/// What a foreign key does.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) on_delete: Option<Action>,
    pub(crate) on_update: Option<Action>,
    pub(crate) deferrable: Option<Deferrable>,
    pub(crate) name: Option<String>,
}

/// What happens to the rows that refer to a key that vanishes or changes: the word in attribute and record alike.
#[derive(Clone, Copy)]
pub(crate) struct Action(pub(crate) &'static str);

/// When a foreign key is checked: the word of the record.
#[derive(Clone, Copy)]
pub(crate) struct Deferrable(pub(crate) &'static str);

const ACTIONS: [&str; 5] = ["cascade", "restrict", "set_null", "set_default", "no_action"];
const TIMES: [&str; 2] = ["immediate", "deferred"];

/// Reads what follows `references`.
pub(super) fn reference(input: ParseStream<'_>) -> Result<Reference> {
    let content;
    parenthesized!(content in input);
    let target = if content.peek(LitStr) {
        column(&content.parse()?)?
    } else {
        path(content.call(Path::parse_mod_style)?)
    };
    let options = options(&content)?;
    Ok(Reference { target, options })
}

fn column(text: &LitStr) -> Result<Target> {
    let value = text.value();
    let name = |part: &str| parse::check_part(part, text.span());
    let open = || {
        Error::new(
            text.span(),
            "a double quote is not closed, or stands within a name",
        )
    };
    let parts = parts(&value).ok_or_else(open)?;
    match parts[..] {
        [table, column] => Ok(Target::Column {
            schema: None,
            table: name(table)?,
            column: name(column)?,
        }),
        [schema, table, column] => Ok(Target::Column {
            schema: Some(name(schema)?),
            table: name(table)?,
            column: name(column)?,
        }),
        [_] | [] => Err(Error::new(text.span(), "the column is missing")),
        _ => Err(Error::new(
            text.span(),
            "a column's name has at most three parts: `schema.table.column`",
        )),
    }
}

/// Returns what stands between the dots of a column's name. A part with dots in it is in double quotes, as in SQL.
fn parts(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        parts.push(part);
        match after.strip_prefix('.') {
            Some(after) => rest = after,
            None => return after.is_empty().then_some(parts),
        }
    }
}

/// Tells a model from a field of a model by what all Rust code keeps to: the names of fields begin in lower case.
fn path(mut path: Path) -> Target {
    let is_field = |ident: &Ident| {
        ident
            .unraw()
            .to_string()
            .starts_with(|c: char| c.is_lowercase() || c == '_')
    };
    if path.segments.len() > 1 && path.segments.last().is_some_and(|last| is_field(&last.ident)) {
        let field = path.segments.pop().expect("there are two").ident;
        path.segments.pop_punct();
        return Target::Field(path, field);
    }
    Target::Model(path)
}

/// Reads what follows `foreign_key`.
pub(super) fn foreign_key(span: Span, input: ParseStream<'_>) -> Result<ForeignKey> {
    let content;
    parenthesized!(content in input);
    let mut fields = vec![content.call(Ident::parse_any)?];
    while !content.peek(Token![=>]) {
        content.parse::<Token![,]>()?;
        fields.push(content.call(Ident::parse_any)?);
    }
    content.parse::<Token![=>]>()?;
    let model = content.call(Path::parse_mod_style)?;
    let references = parse::idents(&content)?;
    let options = options(&content)?;
    Ok(ForeignKey {
        span,
        fields,
        model,
        references,
        options,
    })
}

fn options(input: ParseStream<'_>) -> Result<Options> {
    let mut options = Options::default();
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        if is_word(input, "deferrable") {
            let key = input.call(Ident::parse_any)?;
            let mut time = "immediate";
            if input.peek(Token![=]) {
                time = word(input, "a time", &TIMES)?;
            }
            once(&key, &mut options.deferrable, Deferrable(time))?;
            continue;
        }
        let Some(key) = option(input)? else {
            return Err(match input.fork().call(Ident::parse_any) {
                Ok(word) => unknown(&word),
                Err(_) => input.error("expected an option"),
            });
        };
        match key.to_string().as_str() {
            "on_delete" => once(
                &key,
                &mut options.on_delete,
                Action(word(input, "an action", &ACTIONS)?),
            )?,
            "on_update" => once(
                &key,
                &mut options.on_update,
                Action(word(input, "an action", &ACTIONS)?),
            )?,
            "name" => once(&key, &mut options.name, parse::name(input)?)?,
            _ => return Err(unknown(&key)),
        }
    }
    Ok(options)
}

fn unknown(option: &Ident) -> Error {
    let name = option.to_string();
    let message = match nearest(&name, OPTIONS) {
        Some(near) => format!("unknown option `{name}`, did you mean `{near}`?"),
        None if ACTIONS.contains(&name.as_str()) => {
            format!("`{name}` is what happens on something, did you mean `on_delete = {name}`?")
        }
        None => format!("unknown option `{name}`, there are {}", list(OPTIONS)),
    };
    Error::new(option.span(), message)
}

/// Reads `= word`, one of some.
fn word(input: ParseStream<'_>, what: &str, words: &[&'static str]) -> Result<&'static str> {
    input.parse::<Token![=]>()?;
    let ident = input.call(Ident::parse_any)?;
    let name = ident.to_string();
    if let Some(word) = words.iter().find(|word| **word == name) {
        return Ok(word);
    }
    let message = match nearest(&name, words.iter().copied()) {
        Some(near) => format!("`{name}` is not {what}, did you mean `{near}`?"),
        None => format!(
            "`{name}` is not {what}, which are {}",
            list(words.iter().copied())
        ),
    };
    Err(Error::new(ident.span(), message))
}
