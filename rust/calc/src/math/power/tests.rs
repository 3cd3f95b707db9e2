//! Powers against mpmath, whole numbers and values that Excel stored; columns and climbs against single powers.

use super::climb::{MOST_STEPS, climb, remainder};
use super::{fast, pow, precise, repeated, rounded, vectors};

struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

/// x, y and x^y of the file, which names its oracle.
fn cases() -> Vec<[f64; 3]> {
    let lines = include_str!("cases.csv").lines().filter(|line| !line.starts_with('#'));
    let number = |word: &str| f64::from_bits(u64::from_str_radix(word, 16).unwrap());
    lines.map(|line| line.split(',').map(number).collect::<Vec<_>>().try_into().unwrap()).collect()
}

#[test]
fn correctly_rounded_like_mpmath() {
    let cases = cases();
    assert!(cases.len() > 400);
    for [x, y, want] in cases {
        assert_eq!(rounded(x, y), want, "{x:e} ^ {y:e}");
        let (power, uncertain) = fast::pow(x, y);
        assert!(uncertain >> 63 == 1 || power == want, "{x:e} ^ {y:e} by the fast way");
    }
}

/// Oracle: products of whole numbers, rounded once.
#[test]
fn correctly_rounded_like_whole_numbers() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for n in 2..32u32 {
        for _ in 0..2000 {
            let base = (random.word() >> (64 - (126 / n).min(53))).max(1);
            let power = u128::from(base).pow(n) as f64;
            assert_eq!(rounded(base as f64, f64::from(n)), power, "{base} ^ {n}");
        }
    }
}

/// Oracle: the square root, which the processor rounds correctly.
#[test]
fn square_roots() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..100_000 {
        let x = f64::from_bits((random.word() >> 1) % (0x7fe << 52) + (1 << 52));
        assert_eq!(rounded(x, 0.5), x.sqrt(), "{x:e}");
    }
}

/// Oracle: Excel, cells E68, E69 and E79 of sheet "Markov Model" of the workbook Markov_model_realworld.xlsm (500 over
/// 1.06 to the power of 3, 4 and 14), C8 and C10 of ATAN2_POWER.xlsx.
#[test]
fn whole_exponents_as_excel_has_them() {
    assert_eq!(500.0 / pow(1.06, 3.0), 419.8096415161508);
    assert_eq!(500.0 / pow(1.06, 4.0), 396.0468316190102);
    assert_eq!(500.0 / pow(1.06, 14.0), 221.15048218983645);
    assert_eq!((pow(-2.4, 5.0), pow(-2.0, -3.0)), (-79.62624, -0.125));
}

/// Oracle: the C standard, annex F.
#[test]
fn ends() {
    assert!(pow(-8.0, 1.0 / 3.0).is_nan() && pow(f64::NAN, 0.5).is_nan());
    assert_eq!((pow(0.0, 0.5), pow(1e300, 1.5), pow(1e-300, 1.5)), (0.0, f64::INFINITY, 0.0));
    assert_eq!((pow(1.0, 1e300), pow(2.0, -1e300), pow(0.5, -1e300)), (1.0, 0.0, f64::INFINITY));
    assert_eq!((rounded(-2.0, 3.0), rounded(-2.0, 4.0), rounded(-2.0, 1e17)), (-8.0, 16.0, f64::INFINITY));
    assert_eq!((rounded(2.0, 1023.0), rounded(2.0, -1074.0)), (2f64.powi(1023), f64::from_bits(1)));
    assert_eq!((rounded(2.0, 1024.0), rounded(f64::from_bits(4), -0.5)), (f64::INFINITY, 2f64.powi(536)));
}

fn any_base(random: &mut Random) -> f64 {
    match random.word() % 8 {
        0 => f64::from_bits(random.word()),
        1 => random.between(-3.0, 3.0).round(),
        _ => random.between(0.5, 1.6),
    }
}

fn any_exponent(random: &mut Random) -> f64 {
    match random.word() % 8 {
        0 => f64::from_bits(random.word()),
        1 | 2 => random.between(-40.0, 40.0).round(),
        3 => random.between(0.0, 20_000.0).round(),
        _ => random.between(-400.0, 400.0).round() / 12.0,
    }
}

#[test]
fn columns_like_single_powers() {
    let mut random = Random(0xfeed_f00d_dead_beef);
    for round in 0..20_000 {
        let (x, mut y) = ([0.0; 16].map(|_| any_base(&mut random)), [0.0; 16]);
        let alike = any_exponent(&mut random);
        y = y.map(|_| if round % 2 == 0 { alike } else { any_exponent(&mut random) });
        let mut results = vec![(vectors::pow(x, y), y)];
        if let Some((digits, negative)) = vectors::whole_number(alike) {
            results.push((vectors::whole(x, digits, negative), [alike; 16]));
        }
        for ((powers, uncertain), y) in results {
            for lane in 0..16 {
                let want = pow(x[lane], y[lane]);
                let want = if want.abs() < f64::MIN_POSITIVE { 0.0 } else { want };
                let certain = uncertain[lane] >> 63 == 0;
                assert!(!certain || powers[lane] == want, "{:e} ^ {:e}", x[lane], y[lane]);
            }
        }
    }
}

#[test]
fn few_lanes_are_left_to_the_row_wise_power() {
    let mut random = Random(0x0dd_ba11);
    let uncertain = |_| fast::pow(random.between(0.8, 1.3), random.between(-30.0, 30.0)).1 >> 63;
    let count: u64 = (0..200_000).map(uncertain).sum();
    assert!(count < 200_000 / 1000, "{count} of 200000");
}

/// Climbs from `first` in steps of `step`; uncertain powers are corrected as `run` does it.
fn check_climb(base: f64, exponents: &[f64], step: f64) -> u32 {
    let reach = exponents.iter().fold(step.abs(), |most, exponent| most.max(exponent.abs()));
    let ([step_value], [step_rest], _) = precise::pow([base], step, reach);
    let ln = fast::ln_of_base(base).0;
    let ([mut value], [mut rest], [mut uncertain]) = precise::pow([base], exponents[0], reach);
    let mut corrected = 0;
    for (at, &exponent) in exponents.iter().enumerate() {
        if at > 0 {
            let remainder = remainder(exponent, exponents[at - 1], step).unwrap();
            ((value, uncertain), rest) = climb((value, rest), (step_value, step_rest), ln, remainder);
        }
        let want = rounded(base, exponent);
        if uncertain >> 63 == 1 {
            rest += value - want;
            value = want;
            corrected += 1;
        }
        assert_eq!(value, want, "{base:e} ^ {exponent:e}");
    }
    corrected
}

#[test]
fn climbs_like_single_powers() {
    let mut random = Random(0xc11b_c11b_c11b);
    let months = |k: i32| f64::from(k) / 12.0;
    type Pattern = (fn(i32) -> f64, f64);
    let patterns: [Pattern; 7] = [
        (|k| f64::from(k) / 12.0, 1.0 / 12.0),
        (|k| f64::from(-k) / 12.0, -1.0 / 12.0),
        (f64::from, 1.0),
        (|k| f64::from(1 - k), -1.0),
        (|k| f64::from(k) / 4.0, 0.25),
        (|k| f64::from(k) / 365.0, 1.0 / 365.0),
        (|k| (f64::from(k) - 0.5) / 12.0, 1.0 / 12.0),
    ];
    for _ in 0..60 {
        let base = match random.word() % 4 {
            0 => random.between(0.1, 4.0),
            1 => 1.0 + random.between(-1.0, 1.0) * 1e-9,
            2 => (random.between(2.0, 64.0)).round() / 16.0,
            _ => random.between(0.9, 1.1),
        };
        for (exponent, step) in patterns {
            let exponents: Vec<f64> = (0..480).map(exponent).collect();
            let far = exponents[479].abs() * base.ln().abs() > 600.0;
            assert!(far || check_climb(base, &exponents, step) < 480);
        }
    }
    let long: Vec<f64> = (0..MOST_STEPS as i32).map(months).collect();
    assert!(check_climb(1.0337, &long, months(1)) < 2);
}

#[test]
fn exponents_further_apart_than_roundings_have_no_remainder() {
    assert_eq!(remainder(0.75, 0.5, 0.25), Some(0.0));
    assert!(remainder(11.0 / 12.0, 10.0 / 12.0, 1.0 / 12.0).is_some());
    assert_eq!(remainder(0.75 + 1e-14, 0.5, 0.25), None);
    assert_eq!(repeated(1.5, 3.0), 3.375);
}
