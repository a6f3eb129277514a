//! The one spelling of a native type, from any that a model or a server uses.

use super::standard_text;
use crate::dialect::mysql::expression::text_of;
use crate::lexer::{Kind, Lexicon, Token, lex};

/// Words that end a type: what follows belongs elsewhere in a model.
const NOT_A_TYPE: [(&str, &str); 12] = [
    (
        "character",
        "give the column a `collate`, which has a character set",
    ),
    (
        "charset",
        "give the column a `collate`, which has a character set",
    ),
    ("collate", "give the column a `collate` of its own"),
    ("ascii", "give the column a `collate`, which has a character set"),
    (
        "unicode",
        "give the column a `collate`, which has a character set",
    ),
    ("not", "whether it may be NULL is said by `Option`"),
    ("null", "whether it may be NULL is said by `Option`"),
    ("default", "give the column a `default` of its own"),
    ("auto_increment", "give the column `auto`"),
    ("comment", "give the column a `comment` of its own"),
    ("primary", "give the column `primary_key`"),
    ("generated", "give the column `generated`"),
];

/// Returns the one spelling of a type: lower case, no display width but that of `tinyint(1)` and of ZEROFILL, no synonym.
///
/// # Errors
///
/// Why it is no type, as a sentence's end.
pub(in crate::dialect::mysql) fn canonical(text: &str, lexicon: Lexicon) -> Result<String, String> {
    let tokens: Vec<Token<'_>> = lex(text, lexicon).filter(|token| !token.is_trivia()).collect();
    let (name, rest) = name(&tokens)?;
    let (arguments, rest) = arguments(rest, lexicon)?;
    let mut attributes = attributes(rest)?;
    let unsigned = take(&mut attributes, "unsigned");
    let zerofill = take(&mut attributes, "zerofill");
    take(&mut attributes, "signed");
    let mut canonical = named(&name, &arguments, unsigned, zerofill)?;
    if unsigned || zerofill {
        canonical.push_str(" unsigned");
    }
    if zerofill {
        canonical.push_str(" zerofill");
    }
    for attribute in attributes {
        // The digits of a second stand behind the word that they belong to.
        if !attribute.starts_with('(') {
            canonical.push(' ');
        }
        canonical.push_str(&attribute);
    }
    Ok(canonical)
}

/// Takes the words of a type's name off the front.
fn name<'a, 'b>(tokens: &'a [Token<'b>]) -> Result<(String, &'a [Token<'b>]), String> {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let [first, ..] = tokens else {
        return Err("it is empty".to_owned());
    };
    if first.kind != Kind::Word {
        return Err(format!("a type begins with a word, not with `{}`", first.text));
    }
    let length = if (word(0, "double") && word(1, "precision"))
        || ((word(0, "character") || word(0, "char")) && word(1, "varying"))
    {
        2
    } else {
        1
    };
    let words: Vec<String> = tokens[..length]
        .iter()
        .map(|token| token.text.to_lowercase())
        .collect();
    Ok((words.join(" "), &tokens[length..]))
}

/// Takes the list in parentheses off the front.
fn arguments<'a, 'b>(
    tokens: &'a [Token<'b>],
    lexicon: Lexicon,
) -> Result<(Vec<String>, &'a [Token<'b>]), String> {
    let Some((open, rest)) = tokens.split_first().filter(|(open, _)| open.is_symbol("(")) else {
        return Ok((Vec::new(), tokens));
    };
    debug_assert!(open.is_symbol("("), "it was looked at");
    let close = rest
        .iter()
        .position(|token| token.is_symbol(")"))
        .ok_or("its parentheses do not match")?;
    let mut arguments = Vec::new();
    for token in rest[..close].iter().filter(|token| !token.is_symbol(",")) {
        arguments.push(match token.kind {
            Kind::Number => token.text.to_owned(),
            Kind::String => standard_text(&text_of(token, lexicon).ok_or("it holds a text that is none")?),
            Kind::Word | Kind::Quoted | Kind::Symbol | Kind::Comment | Kind::Space => {
                return Err(format!("`{}` is neither a number nor a text", token.text));
            }
        });
    }
    Ok((arguments, &rest[close + 1..]))
}

fn attributes(tokens: &[Token<'_>]) -> Result<Vec<String>, String> {
    let mut attributes = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        let word = token.text.to_lowercase();
        if let Some((_, why)) = NOT_A_TYPE.iter().find(|(not, _)| *not == word) {
            return Err(format!("`{}` is no part of a type; {why}", token.text));
        }
        match (token.kind, after) {
            (Kind::Word, _) => attributes.push(word),
            (Kind::Symbol, [number, close, ..])
                if token.is_symbol("(") && number.kind == Kind::Number && close.is_symbol(")") =>
            {
                // `ON UPDATE CURRENT_TIMESTAMP(6)`
                attributes.push(format!("({})", number.text));
                rest = &after[2..];
            }
            (Kind::Symbol, [close, ..]) if token.is_symbol("(") && close.is_symbol(")") => {
                rest = &after[1..];
            }
            (Kind::Quoted | Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space, _) => {
                return Err(format!("`{}` is no part of a type", token.text));
            }
        }
    }
    Ok(attributes)
}

fn take(attributes: &mut Vec<String>, word: &str) -> bool {
    let before = attributes.len();
    attributes.retain(|attribute| attribute != word);
    attributes.len() < before
}

/// Returns the name that a synonym stands for, with the arguments that count.
fn named(name: &str, arguments: &[String], unsigned: bool, zerofill: bool) -> Result<String, String> {
    let list = arguments.join(",");
    let with = |name: &str| {
        if list.is_empty() {
            name.to_owned()
        } else {
            format!("{name}({list})")
        }
    };
    let integer = |name: &str| if zerofill { with(name) } else { name.to_owned() };
    Ok(match name {
        "bool" | "boolean" => "tinyint(1)".to_owned(),
        // Drivers read a `tinyint(1)` as a boolean, and servers that show no other width show this one.
        "tinyint" | "int1" if list == "1" && !unsigned && !zerofill => "tinyint(1)".to_owned(),
        "tinyint" | "int1" => integer("tinyint"),
        "smallint" | "int2" => integer("smallint"),
        "mediumint" | "middleint" | "int3" => integer("mediumint"),
        "int" | "integer" | "int4" => integer("int"),
        "bigint" | "int8" => integer("bigint"),
        "year" => "year".to_owned(),
        "bit" if list.is_empty() => "bit(1)".to_owned(),
        "decimal" | "dec" | "numeric" | "fixed" => match arguments {
            [] => "decimal(10,0)".to_owned(),
            [precision] => format!("decimal({precision},0)"),
            [_, ..] => with("decimal"),
        },
        "float" | "float4" => match arguments {
            [digits] if digits.parse().is_ok_and(|digits: u32| digits > 24) => "double".to_owned(),
            [_] => "float".to_owned(),
            [] | [_, _, ..] => with("float"),
        },
        "double" | "double precision" | "real" | "float8" => with("double"),
        "char" | "character" if list.is_empty() => "char(1)".to_owned(),
        "char" | "character" => with("char"),
        "binary" if list.is_empty() => "binary(1)".to_owned(),
        "varchar" | "char varying" | "character varying" if list.is_empty() => {
            return Err("a `varchar` has a length".to_owned());
        }
        "varchar" | "char varying" | "character varying" => with("varchar"),
        "text" | "blob" | "tinytext" | "mediumtext" | "longtext" | "tinyblob" | "mediumblob" | "longblob"
            if !list.is_empty() =>
        {
            return Err(format!(
                "a `{name}` has no length; a `varchar` or `varbinary` does"
            ));
        }
        "time" | "datetime" | "timestamp" if list == "0" => name.to_owned(),
        "serial" => {
            return Err("`serial` is more than a type; use `u64` with `auto` and `unique`".to_owned());
        }
        "national" | "nchar" | "nvarchar" => {
            return Err(format!(
                "`{name}` names a character set; use `char` or `varchar` and a `collate`"
            ));
        }
        "geomcollection" => "geometrycollection".to_owned(),
        _ => with(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::mysql::LEXICON;

    #[test]
    fn one_spelling() {
        for (written, expected) in [
            ("INTEGER", "int"),
            ("int(11)", "int"),
            ("INT(10) UNSIGNED", "int unsigned"),
            ("int(5) zerofill", "int(5) unsigned zerofill"),
            ("Boolean", "tinyint(1)"),
            ("tinyint(4)", "tinyint"),
            ("tinyint(1) unsigned", "tinyint unsigned"),
            ("NUMERIC( 10 , 2 )", "decimal(10,2)"),
            ("dec", "decimal(10,0)"),
            ("DOUBLE PRECISION", "double"),
            ("float(53)", "double"),
            ("float(10)", "float"),
            ("CHARACTER VARYING(3)", "varchar(3)"),
            ("char", "char(1)"),
            ("year(4)", "year"),
            ("ENUM('b', 'it''s')", "enum('b','it''s')"),
            ("datetime(0)", "datetime"),
            (
                "TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
                "timestamp(6) on update current_timestamp(6)",
            ),
            (
                "timestamp on update current_timestamp()",
                "timestamp on update current_timestamp",
            ),
            ("int invisible", "int invisible"),
            ("point", "point"),
        ] {
            let once = canonical(written, Lexicon::STANDARD).unwrap();
            assert_eq!(once, expected);
            assert_eq!(
                canonical(&once, Lexicon::STANDARD).unwrap(),
                once,
                "twice is once"
            );
        }
        assert_eq!(canonical(r"enum('a\\b')", LEXICON).unwrap(), r"enum('a\b')");
    }

    #[test]
    fn says_where_the_rest_belongs() {
        for (written, hint) in [
            ("varchar(80) character set latin1", "`collate`"),
            ("int not null", "`Option`"),
            ("int default 5", "`default`"),
            ("varchar", "length"),
            ("serial", "`auto`"),
            ("int; drop table x", "no part of a type"),
            ("", "empty"),
            ("(3)", "word"),
        ] {
            let why = canonical(written, Lexicon::STANDARD).unwrap_err();
            assert!(why.contains(hint), "{written}: {why}");
        }
    }
}
