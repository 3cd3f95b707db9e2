//! The decimal view: what it is, when two numbers share it, whole numbers on it, and how it is written.

/// A finite number as 15 significant decimal digits: `digits` * 10^`exponent`, `digits` 0 or in 10^14..10^15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub negative: bool,
    pub digits: u64,
    pub exponent: i32,
}

const SMALLEST: u64 = 100_000_000_000_000;
const BEYOND: u64 = 1_000_000_000_000_000;
/// Two numbers with the same view differ by at most one unit of the 15th digit: relatively 1e-14 at a leading 1.
const SAME_BAND: f64 = 1.0001e-14;
/// A number differs from its view by at most half a unit of the 15th digit.
const VIEW_BAND: f64 = 5.001e-15;

/// Powers of ten that are exact as doubles.
pub(crate) const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The lower ends of the decades that `decimal` calculates in, as the nearest doubles.
const DECADES: [f64; 54] = [
    1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1,
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35,
    1e36, 1e37,
];

/// Powers of five as far as `scaled` needs them.
const FIVES: [u128; 33] = {
    let mut powers = [1; 33];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 5;
        at += 1;
    }
    powers
};

/// The powers of five that fit into 64 bits.
const FIVES_64: [u64; 28] = {
    let mut powers = [1; 28];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 5;
        at += 1;
    }
    powers
};

fn five(power: u32) -> u128 {
    FIVES.get(power as usize).copied().unwrap_or_else(|| 5u128.pow(power))
}

/// The 15-digit view of a finite number, exactly rounded, ties away from zero.
#[inline(always)]
pub fn decimal_inlined(x: f64) -> Decimal {
    let negative = x < 0.0;
    let a = x.abs();
    if a == 0.0 || !a.is_finite() {
        return Decimal { negative: false, digits: 0, exponent: 0 };
    }
    if !(1e-17..1e37).contains(&a) {
        return decimal_by_text(a, negative);
    }
    let (mantissa, two) = split(a);
    // The decade, or one less than it: log10(2) * the exponent of the leading bit, rounded down.
    let below = (((two + 52) * 1233) >> 12).max(-17);
    // Where the power of ten is not exact as a double, this can still be off by one.
    let next = DECADES.get((below + 17) as usize).copied().unwrap_or(f64::INFINITY);
    let decade = below + i32::from(a >= next);
    let mut ten = 14 - decade;
    let mut digits = scaled(mantissa, two, ten);
    if digits >= BEYOND {
        ten -= 1;
        digits = scaled(mantissa, two, ten);
    } else if digits < SMALLEST {
        ten += 1;
        digits = scaled(mantissa, two, ten);
    }
    Decimal { negative, digits, exponent: -ten }
}

#[inline]
pub fn decimal(x: f64) -> Decimal {
    decimal_inlined(x)
}

/// A normal positive number as mantissa * 2^exponent.
#[inline(always)]
fn split(a: f64) -> (u64, i32) {
    let bits = a.to_bits();
    (bits & ((1 << 52) - 1) | 1 << 52, (bits >> 52) as i32 - 1075)
}

/// mantissa * 2^two * 10^ten as a whole number, half away from zero. In the caller's range everything fits into 128
/// bits.
#[inline(always)]
fn scaled(mantissa: u64, two: i32, ten: i32) -> u64 {
    match FIVES_64.get(ten as usize) {
        Some(&five) if two + ten < 0 => {
            let product = u128::from(mantissa) * u128::from(five);
            ((product >> (-two - ten - 1)) as u64).div_ceil(2)
        }
        _ => scaled_far(mantissa, two, ten),
    }
}

/// The same for very large and very small numbers.
fn scaled_far(mantissa: u64, two: i32, ten: i32) -> u64 {
    if ten >= 0 {
        let product = u128::from(mantissa) * five(ten.unsigned_abs());
        let shift = two + ten;
        if shift >= 0 { (product << shift) as u64 } else { ((product >> (-shift - 1)) as u64).div_ceil(2) }
    } else {
        let divisor = 10u128.pow(ten.unsigned_abs());
        let (n, d) = if two >= 0 {
            (u128::from(mantissa) << two, divisor)
        } else {
            (u128::from(mantissa), divisor << -two)
        };
        ((n + d / 2) / d) as u64
    }
}

/// For very small and very large numbers, which are rare. They have no ties, so the formatter rounds as we do.
fn decimal_by_text(a: f64, negative: bool) -> Decimal {
    let text = format!("{a:.14e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).fold(0, |n, b| n * 10 + u64::from(b - b'0'));
    Decimal { negative, digits, exponent: exponent.parse::<i32>().unwrap_or(0) - 14 }
}

impl Decimal {
    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        from_parts(self.negative, self.digits, self.exponent)
    }
}

/// The double nearest to ± digits * 10^exponent; `digits` at most 2^53.
pub(crate) fn from_parts(negative: bool, digits: u64, exponent: i32) -> f64 {
    let power = TENS.get(exponent.unsigned_abs() as usize);
    let a = match power {
        // Both operands are exact, so the one operation rounds correctly.
        Some(&power) if exponent >= 0 => digits as f64 * power,
        Some(&power) => digits as f64 / power,
        None => format!("{digits}e{exponent}").parse().unwrap_or(0.0),
    };
    if negative && a != 0.0 { -a } else { a }
}

/// The double nearest to the 15-digit decimal view of `x`.
pub fn view(x: f64) -> f64 {
    if x.abs() < 1e15 && x as i64 as f64 == x {
        return x;
    }
    decimal(x).to_f64()
}

/// True when both numbers have the same 15-digit view.
#[inline]
pub fn same15(a: f64, b: f64) -> bool {
    a == b || ((a - b).abs() <= SAME_BAND * a.abs() && decimal(a) == decimal(b))
}

/// The whole number that `x` is on its view, if it is one.
#[inline]
fn whole_on_view(x: f64) -> Option<f64> {
    // Casts, as rounding is a call on the baseline processor.
    let near = if x.abs() < 4.6e15 { (x + 0.5f64.copysign(x)) as i64 as f64 } else { x };
    if near == x {
        return Some(x);
    }
    if (x - near).abs() > VIEW_BAND * x.abs() {
        return None;
    }
    let view = decimal(x);
    let fraction = 10u64.checked_pow(view.exponent.min(0).unsigned_abs())?;
    (view.digits.is_multiple_of(fraction)).then_some(near)
}

/// Truncation toward zero on the 15-digit view.
#[inline]
pub fn trunc(x: f64) -> f64 {
    whole_on_view(x).unwrap_or_else(|| x.trunc()) + 0.0
}

/// The largest whole number not above `x` on its 15-digit view.
#[inline]
pub fn floor(x: f64) -> f64 {
    whole_on_view(x).unwrap_or_else(|| x.floor()) + 0.0
}

/// The smallest whole number not below `x` on its 15-digit view.
#[inline]
pub fn ceil(x: f64) -> f64 {
    whole_on_view(x).unwrap_or_else(|| x.ceil()) + 0.0
}

/// Longest text that `general` writes without an exponent, sign aside.
const PLAIN_LENGTH: i32 = 20;

/// General format with at most 15 significant digits, as `&` gives it. Plain up to 20 characters (so `1E+20` and
/// `1E-19` have an exponent, `0.0000000001` has none), else scientific with two exponent digits or more.
pub fn general(x: f64) -> String {
    let mut out = String::with_capacity(24);
    write_general(&mut out, x);
    out
}

/// `general`, appended to a text.
pub fn write_general(out: &mut String, x: f64) {
    let view = decimal(x);
    if view.digits == 0 {
        out.push('0');
        return;
    }
    if view.negative {
        out.push('-');
    }
    let text = view.digits.to_string();
    let digits = text.trim_end_matches('0');
    let count = digits.len() as i32;
    let lead = view.exponent + 14;
    if lead > PLAIN_LENGTH - 1 || (lead < 0 && 1 - lead + count > PLAIN_LENGTH) {
        write_scientific(out, digits, lead);
    } else {
        write_plain(out, digits, lead);
    }
}

/// `0.0015` or `1500`: the digits without trailing zeros, and the power of ten of the first.
pub fn write_plain(out: &mut String, digits: &str, lead: i32) {
    let count = digits.len() as i32;
    if lead < 0 {
        out.push_str("0.");
        zeros(out, -lead - 1);
        out.push_str(digits);
    } else if count > lead + 1 {
        let (whole, fraction) = digits.split_at(lead as usize + 1);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    } else {
        out.push_str(digits);
        zeros(out, lead + 1 - count);
    }
}

/// `1.5E+07`, from the same.
pub fn write_scientific(out: &mut String, digits: &str, lead: i32) {
    let (first, rest) = digits.split_at(1);
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out.push_str(if lead < 0 { "E-" } else { "E+" });
    if lead.abs() < 10 {
        out.push('0');
    }
    out.push_str(&lead.unsigned_abs().to_string());
}

fn zeros(out: &mut String, count: i32) {
    for _ in 0..count {
        out.push('0');
    }
}
