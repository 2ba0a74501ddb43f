//! Numbers for a reader's eye.

/// Four significant digits, an exponent where the plain form would be long.
///
/// ```
/// use fenchel_harness::number::short;
/// assert_eq!(short(0.912_345), "0.9123");
/// assert_eq!(short(12_345.678), "12346");
/// assert_eq!(short(1.5e-12), "1.5e-12");
/// assert_eq!(short(f64::INFINITY), "∞");
/// ```
#[must_use]
pub fn short(number: f64) -> String {
    if number.is_nan() {
        return "not a number".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "∞".into() } else { "−∞".into() };
    }
    if number == 0.0 {
        return "0".into();
    }
    let magnitude = number.abs();
    let text = if (1e-4..1e6).contains(&magnitude) {
        let decimals = (3 - magnitude.log10().floor() as i32).max(0) as usize;
        trim(&format!("{number:.decimals$}"))
    } else {
        let scientific = format!("{number:.3e}");
        let (mantissa, exponent) = scientific.split_once('e').expect("the format has an exponent");
        format!("{}e{exponent}", trim(mantissa))
    };
    text.replace('-', "−").replace("e−", "e-")
}

/// Without the zeros that end a decimal fraction.
fn trim(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// A span of time as a person says it.
///
/// ```
/// use fenchel_harness::number::duration;
/// assert_eq!(duration(0.25), "0.2 s");
/// assert_eq!(duration(-0.0), "0.0 s");
/// assert_eq!(duration(75.0), "1 min 15 s");
/// assert_eq!(duration(7_260.0), "2 h 1 min");
/// ```
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "unknown".into();
    }
    // The sum of nothing is -0.
    let seconds = seconds + 0.0;
    let whole = seconds.round() as u64;
    match whole {
        0..=9 => format!("{seconds:.1} s"),
        10..=59 => format!("{whole} s"),
        60..=3599 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `1 cell`, `2 cells`, with a thin space between thousands.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(count))
}

/// A count with its thousands set apart.
#[must_use]
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        assert_eq!(short(-0.5), "−0.5");
        assert_eq!(short(-1.5e-7), "−1.5e-7");
        assert_eq!(short(0.0), "0");
        assert_eq!(short(1.0), "1");
        assert_eq!(short(100_000.0), "100000");
        assert_eq!(short(f64::NAN), "not a number");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(counted(1, "cell"), "1 cell");
    }
}
