//! Logarithms and powers of two that reduce an argument to nearly 1, worked out while compiling in whole numbers of
//! 2^-118 with an error of a few units.

/// Entries of `LN`: the leading 7 bits of a mantissa choose one.
pub const LN_BITS: u32 = 7;
/// The mantissas of `LN` go from this number, 0.703125, to its double: 1 is where two entries meet.
pub const LN_START: u64 = 0x3fe6_8000_0000_0000;
/// Entries of `EXP`: powers of two in steps of 1/64.
pub const EXP_BITS: u32 = 6;

/// What a mantissa is multiplied with to come near 1, and minus the logarithm of that in three parts: multiples of
/// 2^-42 and 2^-84, whose sums with multiples of `LN2` are exact, and the rest.
#[derive(Clone, Copy, Debug)]
pub struct LnEntry {
    pub factor: f64,
    pub ln: [f64; 3],
}

pub const LN: [LnEntry; 1 << LN_BITS] = ln_table();
/// 2^(j/64) in two parts.
pub const EXP: [[f64; 2]; 1 << EXP_BITS] = exp_table();
/// ln 2 in the parts of `LnEntry`.
pub const LN2: [f64; 3] = three_parts(LN2_UNITS as i128, 42, 84);
/// ln 2 / 64; whole numbers up to 2^17 times the first or the second part are exact.
pub const LN2_STEP: [f64; 3] = three_parts((LN2_UNITS >> EXP_BITS) as i128, 42, 78);

const UNIT: u32 = 118;
const LN2_UNITS: u128 = ln_of_ratio(2, 1);

/// a b / 2^118 for numbers below 2^128, rounded down.
const fn times(a: u128, b: u128) -> u128 {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & HALF, b >> 64, b & HALF);
    let (low, cross, other) = (a_low * b_low, a_low * b_high, a_high * b_low);
    let middle = (low >> 64) + (cross & HALF) + (other & HALF);
    let high = a_high * b_high + (cross >> 64) + (other >> 64) + (middle >> 64);
    high << (128 - UNIT) | (middle << 64 | low & HALF) >> UNIT
}

/// ln(a / b) for a >= b: twice the inverse hyperbolic tangent of (a - b) / (a + b).
const fn ln_of_ratio(a: u128, b: u128) -> u128 {
    let s = ((a - b) << UNIT) / (a + b);
    let square = times(s, s);
    let (mut term, mut total, mut n) = (s, 0, 1);
    while term > 0 {
        total += term / n;
        term = times(term, square);
        n += 2;
    }
    2 * total
}

const fn exp_of(x: u128) -> u128 {
    let (mut term, mut total, mut n) = (1 << UNIT, 0, 1);
    while term > 0 {
        total += term;
        term = times(term, x) / n;
        n += 1;
    }
    total
}

const fn power_of_half(bits: u32) -> f64 {
    1.0 / (1u128 << bits) as f64
}

/// A multiple of 2^-first, one of 2^-second, and the rest.
const fn three_parts(units: i128, first: u32, second: u32) -> [f64; 3] {
    let high = units >> (UNIT - first);
    let rest = units - (high << (UNIT - first));
    let middle = rest >> (UNIT - second);
    let low = rest - (middle << (UNIT - second));
    [
        high as f64 * power_of_half(first),
        middle as f64 * power_of_half(second),
        low as f64 * power_of_half(UNIT),
    ]
}

const fn ln_table() -> [LnEntry; 1 << LN_BITS] {
    const SCALE: u128 = 1024;
    let mut table = [LnEntry { factor: 1.0, ln: [0.0; 3] }; 1 << LN_BITS];
    let step = 1 << (52 - LN_BITS);
    let mut at = 0;
    while at < table.len() {
        let first = LN_START + at as u64 * step;
        let (low, high) = (f64::from_bits(first), f64::from_bits(first + step));
        // On both sides of 1 the factor is 1, so that logarithms near 0 keep all their bits.
        if low != 1.0 && high != 1.0 {
            let factor = (2.0 * SCALE as f64 / (low + high) + 0.5) as u128;
            let units = if factor < SCALE {
                ln_of_ratio(SCALE, factor) as i128
            } else {
                -(ln_of_ratio(factor, SCALE) as i128)
            };
            table[at] = LnEntry { factor: factor as f64 / SCALE as f64, ln: three_parts(units, 42, 84) };
        }
        at += 1;
    }
    table
}

const fn exp_table() -> [[f64; 2]; 1 << EXP_BITS] {
    let mut table = [[1.0, 0.0]; 1 << EXP_BITS];
    let mut at = 1;
    while at < table.len() {
        let units = exp_of((LN2_UNITS * at as u128) >> EXP_BITS);
        let high = units as f64;
        let low = units as i128 - high as i128;
        table[at] = [high * power_of_half(UNIT), low as f64 * power_of_half(UNIT)];
        at += 1;
    }
    table
}
