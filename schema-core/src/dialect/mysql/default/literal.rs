//! What a column makes of a constant: rounded to its digits, filled up to them, read as a date.

use crate::dialect::mysql::types::Class;
use crate::dialect::number;
use crate::schema::{Default, Literal};

/// Returns a constant as a column of that class keeps it.
///
/// # Errors
///
/// Why it can not, as a sentence's end.
pub(super) fn literal(literal: &Literal, class: Class, values: Option<&[String]>) -> Result<Default, String> {
    if class == Class::Binary(16) {
        // Its text has no room there, so nothing else can be meant.
        if let Some(bytes) = Default::Literal(literal.clone()).uuid_as_bytes() {
            return Ok(bytes);
        }
    }
    let text = match literal {
        Literal::Boolean(value) => u8::from(*value).to_string(),
        Literal::Integer(number) => number.to_string(),
        Literal::Number { number } => number.clone(),
        Literal::Text(text) if text.contains('\0') => return Err("it holds a NUL byte".to_owned()),
        Literal::Text(text) => text.clone(),
        Literal::Bytes { hex } if !is_hex(hex) => return Err("its bytes are not in hexadecimal".to_owned()),
        Literal::Bytes { hex } => match class {
            Class::Binary(_) | Class::Blob => String::new(),
            Class::Integer
            | Class::Decimal(_)
            | Class::Float
            | Class::Double
            | Class::Bit
            | Class::Char(_)
            | Class::Text
            | Class::Enum
            | Class::Set
            | Class::Json
            | Class::Date
            | Class::Time(_)
            | Class::DateTime(_)
            | Class::Timestamp(_)
            | Class::Other => text_of_hex(hex).ok_or("its bytes are no text")?,
        },
    };
    Ok(Default::Literal(match class {
        Class::Integer => whole(&text, 0)?,
        Class::Decimal(scale) => whole(&text, scale)?,
        Class::Float | Class::Double => real(&text)?,
        Class::Bit => {
            let Literal::Integer(bits) = whole(&text, 0)? else {
                return Err("it is no number of bits".to_owned());
            };
            return Ok(Default::expression(format!("b'{bits:b}'")));
        }
        Class::Binary(_) | Class::Blob => {
            let hex = match literal {
                Literal::Bytes { hex } => hex.to_ascii_lowercase(),
                Literal::Boolean(_) | Literal::Integer(_) | Literal::Number { .. } | Literal::Text(_) => {
                    text.bytes().map(|byte| format!("{byte:02x}")).collect()
                }
            };
            if let Class::Binary(length) = class {
                if hex.len() as u64 > 2 * length {
                    return Err(format!("it has more than {length} bytes"));
                }
            }
            Literal::Bytes { hex }
        }
        Class::Char(length) if text.chars().count() as u64 > length => {
            return Err(format!("it has more than {length} characters"));
        }
        Class::Enum if values.is_some_and(|values| !values.contains(&text)) => {
            return Err(format!("`{text}` is none of its values"));
        }
        Class::Char(_) | Class::Text | Class::Enum | Class::Set | Class::Json | Class::Other => {
            Literal::Text(text)
        }
        Class::Date => Literal::Text(date(&text).ok_or("it is no date")?),
        Class::Time(digits) => Literal::Text(time(&text, digits).ok_or("it is no time of day")?),
        Class::DateTime(digits) | Class::Timestamp(digits) => {
            Literal::Text(date_and_time(&text, digits).ok_or("it is no date and time")?)
        }
    }))
}

fn text_of_hex(hex: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect();
    String::from_utf8(bytes?).ok().filter(|text| !text.contains('\0'))
}

/// Returns a number with exactly that many digits after the point, rounded half away from zero as the server does.
fn whole(text: &str, scale: u32) -> Result<Literal, String> {
    let (negative, whole, fraction) = number::parts(text).ok_or("it is no number")?;
    let scale = usize::try_from(scale).unwrap_or_default();
    let mut digits: Vec<u8> = format!("0{whole}{fraction:0<scale$}").into_bytes();
    digits.truncate(1 + whole.len() + scale);
    if fraction.as_bytes().get(scale).is_some_and(|digit| *digit >= b'5') {
        for digit in digits.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
    }
    let digits = String::from_utf8(digits).map_err(|_| "it is no number")?;
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = whole == "0" && fraction.chars().all(|c| c == '0');
    let sign = if negative && !is_zero { "-" } else { "" };
    let text = if scale == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    };
    Ok(text
        .parse()
        .map_or_else(|_| Literal::Number { number: text.clone() }, Literal::Integer))
}

fn real(text: &str) -> Result<Literal, String> {
    let (negative, whole, fraction) = number::parts(text).ok_or("it is no number")?;
    let whole = if whole.is_empty() { "0" } else { &whole };
    let fraction = fraction.trim_end_matches('0');
    let is_zero = whole == "0" && fraction.is_empty();
    let sign = if negative && !is_zero { "-" } else { "" };
    let text = if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    };
    Ok(match text.parse() {
        Ok(number) if text.len() <= 15 => Literal::Integer(number),
        Ok(_) | Err(_) if text.len() <= 17 => Literal::Number { number: text },
        // The server has a way of its own to write what is longer; the shortest is the nearest to it.
        Ok(_) | Err(_) => {
            let number: f64 = text.parse().map_err(|_| "it is no number")?;
            Literal::Number {
                number: format!("{number:e}"),
            }
        }
    })
}

/// Reads a day. One whose month or day is zero stands for none, and the server takes it unless its `sql_mode` forbids it.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let has = |text: &str, digits: usize| text.len() == digits && text.chars().all(|c| c.is_ascii_digit());
    let fits = has(year, 4)
        && has(month, 2)
        && has(day, 2)
        && ("00"..="12").contains(month)
        && ("00"..="31").contains(day);
    fits.then(|| format!("{year}-{month}-{day}"))
}

fn time(text: &str, digits: u32) -> Option<String> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "00"),
        [hour, minute, second] => (*hour, *minute, *second),
        [..] => return None,
    };
    let two = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_digit());
    let digits = usize::try_from(digits).ok()?;
    let fits = two(hour)
        && two(minute)
        && two(second)
        && hour < "24"
        && minute < "60"
        && second < "60"
        && fraction.len() <= digits
        && fraction.chars().all(|c| c.is_ascii_digit());
    let point = if digits == 0 { "" } else { "." };
    fits.then(|| format!("{hour}:{minute}:{second}{point}{fraction:0<digits$}"))
}

fn date_and_time(text: &str, digits: u32) -> Option<String> {
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    Some(format!("{} {}", date(day)?, time(clock, digits)?))
}

/// Tells whether a text is bytes in hexadecimal.
pub(super) fn is_hex(text: &str) -> bool {
    text.len() % 2 == 0 && text.chars().all(|c| c.is_ascii_hexdigit())
}
