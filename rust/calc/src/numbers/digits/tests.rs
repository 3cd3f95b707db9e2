//! The decimal view against the standard library's exact formatting and against integer arithmetic.

use super::rounding::{round_exact, round_fast, scaled_fast};
use super::*;

/// A small generator (xorshift), so that the cases are the same on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn the_view_is_the_formatter_s_15_digits() {
    let mut random = Random(88172645463325252);
    for _ in 0..200_000 {
        let x = f64::from_bits(random.next());
        // The formatter rounds ties to even; only here are there any.
        if !x.is_normal() || (1e10..1e17).contains(&x.abs()) {
            continue;
        }
        let exact: f64 = format!("{x:.14e}").parse().unwrap();
        assert_eq!(decimal(x).to_f64(), exact, "{x:e}");
        let near = (random.unit() - 0.5) * 10f64.powi(random.below(27) as i32 - 17);
        assert_eq!(view(near), format!("{near:.14e}").parse::<f64>().unwrap(), "{near:e}");
    }
}

#[test]
fn ties_of_the_view_go_away_from_zero() {
    // Exactly halfway in binary: 16 digits, the last a 5.
    assert_eq!(decimal(1_000_000_000_000_005.0).digits, 100_000_000_000_001);
    assert_eq!(decimal(-100_000_000_000_000.5).to_f64(), -100_000_000_000_001.0);
    assert_eq!(
        decimal(999_999_999_999_999.5),
        Decimal { negative: false, digits: 100_000_000_000_000, exponent: 1 }
    );
}

#[test]
fn general_format() {
    // Oracles: Excel's number-to-text conversion as Apache POI documents it from Excel (at most 20 characters
    // plain); COMPLEX in IronCalc's COMPLEXs.xlsx (D16:D19, D13).
    for (x, text) in [
        (0.0, "0"),
        (-5.0, "-5"),
        (0.1 + 0.2, "0.3"),
        (1e20, "1E+20"),
        (1e19, "10000000000000000000"),
        (123456789012345678.0, "123456789012346000"),
        (1e-16, "0.0000000000000001"),
        (1e-18, "0.000000000000000001"),
        (1e-20, "1E-20"),
        (1.2e-45, "1.2E-45"),
        (0.00001, "0.00001"),
        (1.23456789012345e-5, "1.23456789012345E-05"),
        (1.0 / 3.0, "0.333333333333333"),
        (-1234.5, "-1234.5"),
        (1.23456789012346e-98, "1.23456789012346E-98"),
        (f64::MAX, "1.79769313486232E+308"),
    ] {
        assert_eq!(general(x), text);
    }
}

#[test]
fn whole_numbers_on_the_view() {
    // Oracle: INT(880000000*0.00849/3) = 2490400 in Excel (Apache POI, pull request 1275).
    let x = 880000000.0 * 0.00849 / 3.0;
    assert!(x < 2490400.0);
    assert_eq!((floor(x), trunc(x), ceil(x)), (2490400.0, 2490400.0, 2490400.0));
    assert_eq!((floor(-2.5), ceil(-2.5), trunc(-2.5)), (-3.0, -2.0, -2.0));
    assert_eq!((floor(0.9999999999999999), floor(0.99999999999999)), (1.0, 0.0));
    assert_eq!((ceil(1.0000000000000002), ceil(1e-300), ceil(-0.5).to_bits()), (1.0, 1.0, 0));
    assert_eq!((floor(1e300), trunc(-4503599627370496.5)), (1e300, -4503599627370496.0));
}

#[test]
fn same_on_15_digits() {
    assert!(same15(0.1 + 0.2, 0.3) && same15(0.0, 0.0) && same15(1.0, 0.9999999999999999));
    assert!(!same15(1.0, 1.00000000000001) && !same15(0.0, 1e-300) && !same15(1.0, -1.0));
    assert!(same15(1.00000000000001, 1.000000000000009));
}

#[test]
#[allow(clippy::approx_constant)]
fn rounding_examples() {
    // Oracles: Excel documentation (ROUND, ROUNDUP, ROUNDDOWN); 2.675 and 1.005 as Excel rounds them.
    for (x, digits, want) in
        [(2.15, 1, 2.2), (2.149, 1, 2.1), (-1.475, 2, -1.48), (21.5, -1, 20.0), (626.3, -3, 1000.0)]
    {
        assert_eq!(round_half_away(x, digits), want);
    }
    assert_eq!((round_half_away(2.675, 2), round_half_away(1.005, 2)), (2.68, 1.01));
    assert_eq!((round_half_away(1.98, -1), round_half_away(-50.55, -2)), (0.0, -100.0));
    assert_eq!((round_up(3.2, 0), round_up(76.9, 0), round_up(3.14159, 3)), (4.0, 77.0, 3.142));
    assert_eq!((round_up(-3.14159, 1), round_up(31415.92654, -2)), (-3.2, 31500.0));
    assert_eq!(
        (round_down(76.9, 0), round_down(-3.14159, 1), round_down(31415.92654, -2)),
        (76.0, -3.1, 31400.0)
    );
    assert_eq!((round_up(2.67, 2), round_up(0.0, 2), round_up(1e-20, 2)), (2.67, 0.0, 0.01));
    assert_eq!((round_half_away(-0.4, 0).to_bits(), round_half_away(1e300, 2)), (0, 1e300));
    assert_eq!((round_half_away(1.5, 400), round_half_away(1.5, -400)), (1.5, 0.0));
}

/// Half away from zero on the decimal expansion of the view, done on its text.
fn round_by_text(x: f64, digits: i32) -> f64 {
    let text = format!("{:.14e}", x.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap();
    let all: u128 = mantissa.replace('.', "").parse().unwrap();
    let cut = 14 - exponent.parse::<i32>().unwrap() - digits;
    if cut <= 0 {
        return x;
    }
    let unit = 10u128.pow(cut as u32);
    let rounded = (all + unit / 2) / unit;
    let result: f64 = format!("{rounded}e{}", -digits).parse().unwrap();
    if x < 0.0 && result != 0.0 { -result } else { result }
}

/// Values as money models make them: decimals, their products and quotients, and numbers just beside a tie.
fn money(random: &mut Random) -> f64 {
    let cents = random.below(10_000_000_000) as f64 / 100.0;
    let rate = random.below(1_000_000) as f64 / 1e5;
    match random.below(7) {
        0 => cents,
        1 => cents * rate,
        2 => cents / (1.0 + rate / 100.0),
        3 => random.below(1_000_000_000) as f64 / 1000.0 * if random.below(2) == 0 { 1.0 } else { -1.0 },
        4 => {
            let tie = (random.below(10_000_000) as f64 + 0.5) / 100.0;
            f64::from_bits(tie.to_bits().wrapping_add(random.below(41)).wrapping_sub(20))
        }
        5 => cents * (1.0 + rate / 1200.0) - cents,
        _ => (random.unit() - 0.5) * 10f64.powi(random.below(20) as i32 - 6),
    }
}

#[test]
fn fast_and_exact_rounding_agree_with_decimal_text() {
    let mut random = Random(2463534242);
    let rounds = if cfg!(debug_assertions) { 300_000 } else { 10_000_000 };
    let mut unsure = 0;
    for _ in 0..rounds {
        let x = money(&mut random);
        if x == 0.0 {
            continue;
        }
        let digits = [2, 2, 2, 0, 1, 3, 4, 6, -1, -2][random.below(10) as usize];
        let exact = round_exact(x, digits);
        assert_eq!(exact, round_by_text(x, digits), "ROUND({x:?}, {digits})");
        let fast = round_fast(x, digits);
        if fast.is_nan() {
            unsure += 1;
        } else {
            assert_eq!(fast.to_bits(), exact.to_bits(), "fast ROUND({x:?}, {digits})");
        }
    }
    assert!(unsure * 4 < rounds, "{unsure} of {rounds} unsure");
}

#[test]
fn fast_whole_numbers_are_the_rounded_view() {
    let mut random = Random(77);
    let mut certain = 0;
    for _ in 0..200_000 {
        let power = random.below(6) as i32;
        let x = match random.below(3) {
            0 => random.below(100_000_000) as f64 / 1000.0,
            1 => random.below(1_000_000) as f64 / 10.0 + 0.005,
            _ => random.unit() * 10f64.powi(random.below(12) as i32),
        };
        if let Some(fast) = scaled_fast(x, power) {
            certain += 1;
            let exact = (round_exact(x, power) * 10f64.powi(power)).round();
            assert_eq!(fast as f64, exact, "{x} {power}");
        }
    }
    assert!(certain > 150_000, "{certain}");
}
