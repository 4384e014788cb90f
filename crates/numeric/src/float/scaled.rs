//! A double times a power of ten as an integer, exactly rounded: the digits of the usual short formats without big numbers.
//!
//! A double is `m * 2**e` with `m` below 2**53, and 10**22 is below 2**74: for what people format, product and shift fit into 128 bits, and what is
//! shifted out tells how to round. Everything else is left to the general way.

/// The largest power of ten that is multiplied with.
const MOST_PLACES: usize = 22;

const fn powers<const N: usize>() -> [u128; N] {
    let mut table = [1_u128; N];
    let mut index = 1;
    while index < N {
        table[index] = table[index - 1] * 10;
        index += 1;
    }
    table
}

static POWERS: [u128; 39] = powers();

/// `value * 10**places`, rounded to the nearest integer by the exact value, ties to even; None where it does not fit. The sign is left out.
fn scaled(value: f64, places: i64) -> Option<u64> {
    let bits = value.to_bits();
    let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7FF) as i64);
    let (mantissa, exponent) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    let power = *POWERS.get(usize::try_from(places.unsigned_abs()).ok()?)?;
    if places < 0 {
        let (number, divisor) = if exponent >= 0 {
            (shifted(mantissa.into(), exponent)?, power)
        } else {
            (mantissa.into(), shifted(power, -exponent)?)
        };
        let (quotient, rest) = (number / divisor, number % divisor);
        return rounded(quotient, rest.cmp(&(divisor - rest)));
    }
    if places > MOST_PLACES as i64 {
        return None;
    }
    let number = u128::from(mantissa) * power;
    if exponent >= 0 {
        return u64::try_from(shifted(number, exponent)?).ok();
    }
    let shift = -exponent;
    if shift >= 128 {
        // The product is below 2**127: less than a half.
        return Some(0);
    }
    let rest = number & ((1 << shift) - 1);
    rounded(number >> shift, rest.cmp(&(1 << (shift - 1))))
}

/// A positive double rounded to so many digits behind the point; None where the general way must go. Both the digits and the power of ten are doubles
/// without loss, so that their quotient is the double next to the decimal number.
pub(super) fn rounded_to(value: f64, places: i64) -> Option<f64> {
    let number = usize::try_from(places).is_ok().then(|| scaled(value, places)).flatten().filter(|number| *number < 1 << 53)?;
    let power = POWERS.get(usize::try_from(places).ok()?)?;
    Some(number as f64 / *power as f64)
}

fn shifted(number: u128, by: i64) -> Option<u128> {
    (by < i64::from(number.leading_zeros())).then(|| number << by)
}

/// The quotient, one more where the rest is more than a half, or just a half above an odd number.
fn rounded(quotient: u128, rest: std::cmp::Ordering) -> Option<u64> {
    let up = rest.is_gt() || rest.is_eq() && quotient & 1 == 1;
    u64::try_from(quotient).ok()?.checked_add(u64::from(up))
}

/// Writes the digits of a number to the end of the buffer, at least `least` of them; where they begin.
fn write_digits(mut number: u64, least: usize, buffer: &mut [u8]) -> usize {
    let mut at = buffer.len();
    let first = at.saturating_sub(least);
    for place in buffer.iter_mut().rev() {
        if number == 0 && at <= first {
            break;
        }
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        at -= 1;
    }
    at
}

/// Room for the text of [`fixed`].
pub const FIXED_ROOM: usize = 48;

/// The text of a double with `places` digits behind the point, as C's `%.*f`; None where the general way must go.
pub fn fixed(value: f64, places: usize, buffer: &mut [u8; FIXED_ROOM]) -> Option<&[u8]> {
    if places > MOST_PLACES || !value.is_finite() {
        return None;
    }
    let number = scaled(value, places as i64)?;
    // One place stays free in front of the whole digits, so that they can move over the point.
    let start = write_digits(number, places + 1, buffer.get_mut(2..)?) + 2;
    let mut start = start;
    if places > 0 {
        let point = FIXED_ROOM - places;
        buffer.copy_within(start..point, start - 1);
        *buffer.get_mut(point - 1)? = b'.';
        start -= 1;
    }
    if value.is_sign_negative() {
        start -= 1;
        *buffer.get_mut(start)? = b'-';
    }
    buffer.get(start..)
}

/// The digits of a finite double that is not zero, without trailing zeros: ASCII at the end of the buffer from the index on, and where the point
/// stands among them. `places` digits behind the point.
pub(super) fn fixed_digits(value: f64, places: usize, buffer: &mut [u8; 24]) -> Option<(usize, usize, i64)> {
    if places > MOST_PLACES {
        return None;
    }
    let number = scaled(value, places as i64)?;
    Some(trimmed(number, places as i64, buffer))
}

/// The same with `count` significant digits.
pub(super) fn significant_digits(value: f64, count: usize, buffer: &mut [u8; 24]) -> Option<(usize, usize, i64)> {
    if count > 17 {
        return None;
    }
    let binary = (value.to_bits() >> 52 & 0x7FF) as i64 - 1023;
    // floor(log10) of the power of two below: right, or one too small.
    let guess = (binary * 1233) >> 12;
    let limit = *POWERS.get(count)?;
    let mut places = count as i64 - 1 - guess;
    let mut number = scaled(value, places)?;
    if u128::from(number) >= limit {
        places -= 1;
        number = scaled(value, places)?;
    }
    let exact = u128::from(number) <= limit && u128::from(number) >= *POWERS.get(count - 1)?;
    exact.then(|| trimmed(number, places, buffer))
}

fn trimmed(number: u64, places: i64, buffer: &mut [u8; 24]) -> (usize, usize, i64) {
    let start = write_digits(number, 0, buffer);
    let point = (buffer.len() - start) as i64 - places;
    let mut end = buffer.len();
    while end > start && buffer.get(end - 1) == Some(&b'0') {
        end -= 1;
    }
    (start, end, point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, places: usize) -> Option<String> {
        let mut buffer = [0; FIXED_ROOM];
        fixed(value, places, &mut buffer).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    #[test]
    fn agrees_with_the_general_way() {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        for _ in 0..20_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            for value in [f64::from_bits(state), (state >> 40) as f64 / 64.0, (state as i32) as f64 / 1000.0] {
                if !value.is_finite() {
                    continue;
                }
                for places in 0..8 {
                    if let Some(text) = shown(value, places) {
                        assert_eq!(text, format!("{value:.places$}"));
                    }
                }
                let mut buffer = [0; 24];
                for count in 1..18 {
                    if value != 0.0
                        && let Some((start, end, point)) = significant_digits(value.abs(), count, &mut buffer)
                    {
                        let digits = String::from_utf8_lossy(&buffer[start..end]).into_owned();
                        let wanted = format!("{:.*e}", count - 1, value.abs());
                        let (mantissa, exponent) = wanted.split_once('e').unwrap();
                        assert_eq!(digits, mantissa.replace('.', "").trim_end_matches('0'), "{value} {count}");
                        assert_eq!(point, exponent.parse::<i64>().unwrap() + 1);
                    }
                }
            }
        }
        assert_eq!(shown(0.5, 0).as_deref(), Some("0"));
        assert_eq!(shown(2.5, 0).as_deref(), Some("2"));
        assert_eq!(shown(-0.001, 2).as_deref(), Some("-0.00"));
        assert_eq!(shown(0.125, 2).as_deref(), Some("0.12"));
        assert_eq!(shown(f64::MAX, 2), None);
        assert_eq!(shown(5e-324, 22).as_deref(), Some("0.0000000000000000000000"));
    }
}
