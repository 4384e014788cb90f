//! The gamma function by Lanczos' approximation, with CPython's coefficients.

use std::f64::consts::PI;

/// What a function of this family gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A number.
    Value(f64),
    /// The argument is a pole, or below all of them.
    Pole,
    /// Too large.
    Overflow,
}

const G: f64 = 6.024_680_040_776_729_583_740_234_375;
const G_MINUS_HALF: f64 = 5.524_680_040_776_729_583_740_234_375;
const LOG_PI: f64 = 1.144_729_885_849_400_2;

const NUMERATOR: [f64; 13] = [
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
];
const DENOMINATOR: [f64; 13] = [
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
];

/// Factorials that are floats exactly: 0! to 22!.
fn integral(x: f64) -> f64 {
    let mut product = 1.0;
    let mut factor = 2.0;
    while factor < x {
        product *= factor;
        factor += 1.0;
    }
    product
}

fn lanczos_sum(x: f64) -> f64 {
    let (mut num, mut den) = (0.0, 0.0);
    if x < 5.0 {
        for (n, d) in NUMERATOR.iter().zip(&DENOMINATOR).rev() {
            num = num * x + n;
            den = den * x + d;
        }
    } else {
        for (n, d) in NUMERATOR.iter().zip(&DENOMINATOR) {
            num = num / x + n;
            den = den / x + d;
        }
    }
    num / den
}

/// sin(pi * x), exact at the integers.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let result = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1f64.copysign(x) * result
}

fn finite(value: f64) -> Outcome {
    if value.is_infinite() { Outcome::Overflow } else { Outcome::Value(value) }
}

/// `gamma(x)`.
pub fn gamma(x: f64) -> Outcome {
    if !x.is_finite() {
        return if x == f64::NEG_INFINITY { Outcome::Pole } else { Outcome::Value(x) };
    }
    if x == 0.0 || (x < 0.0 && x == x.floor()) {
        return Outcome::Pole;
    }
    if x == x.floor() && x <= 23.0 {
        return Outcome::Value(integral(x));
    }
    let absx = x.abs();
    if absx < 1e-20 {
        return finite(1.0 / x);
    }
    if absx > 200.0 {
        return if x < 0.0 { Outcome::Value(0.0 / sin_pi(x)) } else { Outcome::Overflow };
    }
    let y = absx + G_MINUS_HALF;
    let z = if absx > G_MINUS_HALF { (y - absx) - G_MINUS_HALF } else { (y - G_MINUS_HALF) - absx };
    let z = z * G / y;
    let mut result;
    if x < 0.0 {
        result = -PI / sin_pi(absx) / absx * y.exp() / lanczos_sum(absx);
        result -= z * result;
        if absx < 140.0 {
            result /= y.powf(absx - 0.5);
        } else {
            let root = y.powf(absx / 2.0 - 0.25);
            result /= root;
            result /= root;
        }
    } else {
        result = lanczos_sum(absx) / y.exp();
        result += z * result;
        if absx < 140.0 {
            result *= y.powf(absx - 0.5);
        } else {
            let root = y.powf(absx / 2.0 - 0.25);
            result *= root;
            result *= root;
        }
    }
    finite(result)
}

/// `lgamma(x)`.
pub fn log_gamma(x: f64) -> Outcome {
    if !x.is_finite() {
        return Outcome::Value(if x.is_nan() { x } else { f64::INFINITY });
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { Outcome::Pole } else { Outcome::Value(0.0) };
    }
    let absx = x.abs();
    if absx < 1e-20 {
        return Outcome::Value(-absx.ln());
    }
    let mut result = lanczos_sum(absx).ln() - G;
    result += (absx - 0.5) * ((absx + G - 0.5).ln() - 1.0);
    if x < 0.0 {
        result = LOG_PI - sin_pi(absx).abs().ln() - absx.ln() - result;
    }
    finite(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_cpython() {
        assert_eq!(gamma(0.5), Outcome::Value(1.772_453_850_905_515_9));
        assert_eq!(gamma(5.0), Outcome::Value(24.0));
        assert_eq!(gamma(23.0), Outcome::Value(1_124_000_727_777_607_680_000.0));
        assert_eq!(gamma(-1.5), Outcome::Value(2.363_271_801_207_354_4));
        assert_eq!(gamma(200.5), Outcome::Overflow);
        assert_eq!(log_gamma(10.5), Outcome::Value(13.940_625_219_403_763));
        assert_eq!(log_gamma(-3.0), Outcome::Pole);
    }
}
