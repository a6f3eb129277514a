//! The digits of a number as they are written, for databases that would blur them.

/// Sign, digits before the point and digits after it.
pub(super) fn parts(text: &str) -> Option<(bool, String, String)> {
    let (negative, digits) = match text.trim().strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.trim().strip_prefix('+').unwrap_or(text.trim())),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    // No number that fits a column is shifted further.
    if exponent.abs() > 400 {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let (whole, fraction) = if point <= 0 {
        let zeros = "0".repeat(usize::try_from(-point).ok()?);
        (String::new(), format!("{zeros}{all}"))
    } else {
        let point = usize::try_from(point).ok()?;
        let padded = format!("{all:0<point$}");
        (padded[..point].to_owned(), padded[point..].to_owned())
    };
    Some((negative, whole.trim_start_matches('0').to_owned(), fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_on_both_sides_of_the_point() {
        for (text, negative, whole, fraction) in [
            ("0", false, "", ""),
            ("-1.50", true, "1", "50"),
            ("+.5", false, "", "5"),
            ("1e2", false, "100", ""),
            ("12.5E-4", false, "", "00125"),
            ("007", false, "7", ""),
        ] {
            let expected = (negative, whole.to_owned(), fraction.to_owned());
            assert_eq!(parts(text), Some(expected), "{text}");
        }
        for text in ["", "-", ".", "1e", "0x10", "1e500", "one"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
