//! Complex numbers, which Excel keeps as texts such as `3+4i`.

use crate::kernels::arguments::strict_number;
use crate::math::elementary::{atan2, cos, cosh, exp, ln, pow, sin, sinh};
use crate::numbers::digits;
use crate::semantics::function::flags::GIVES_NUMBER;
use crate::semantics::function::{Arg, Cx, Function, Param, nth, scalar, shaped};
use crate::values::value::{ErrorCode, Value};

#[derive(Clone, Copy, Debug, PartialEq)]
struct Complex {
    re: f64,
    im: f64,
    /// `i` or `j`; None for a real number, which goes with both.
    suffix: Option<char>,
}

impl Complex {
    /// The same suffix with other parts.
    fn with(self, re: f64, im: f64) -> Complex {
        Complex { re, im, suffix: self.suffix }
    }

    fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }

    fn argument(self) -> f64 {
        atan2(self.im, self.re)
    }

    fn times(self, other: Complex) -> Complex {
        self.with(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }

    /// Scaled by the divisor's larger part, so that no square leaves the range of numbers.
    fn divided_by(self, other: Complex) -> Result<Complex, ErrorCode> {
        if other.re == 0.0 && other.im == 0.0 {
            return Err(ErrorCode::Num);
        }
        let swap = other.im.abs() > other.re.abs();
        let (large, small) = if swap { (other.im, other.re) } else { (other.re, other.im) };
        let ratio = small / large;
        let divisor = large + small * ratio;
        let (re, im) = if swap {
            (self.re * ratio + self.im, self.im * ratio - self.re)
        } else {
            (self.re + self.im * ratio, self.im - self.re * ratio)
        };
        Ok(self.with(re / divisor, im / divisor))
    }

    fn exp(self) -> Complex {
        let size = exp(self.re);
        self.with(size * cos(self.im), size * sin(self.im))
    }

    fn ln(self) -> Result<Complex, ErrorCode> {
        if self.re == 0.0 && self.im == 0.0 {
            return Err(ErrorCode::Num);
        }
        Ok(self.with(ln(self.abs()), self.argument()))
    }

    fn sin(self) -> Complex {
        self.with(sin(self.re) * cosh(self.im), cos(self.re) * sinh(self.im))
    }

    fn cos(self) -> Complex {
        self.with(cos(self.re) * cosh(self.im), -sin(self.re) * sinh(self.im))
    }

    fn sinh(self) -> Complex {
        self.with(sinh(self.re) * cos(self.im), cosh(self.re) * sin(self.im))
    }

    fn cosh(self) -> Complex {
        self.with(cosh(self.re) * cos(self.im), sinh(self.re) * sin(self.im))
    }
}

/// A number, or a text of the forms `a`, `bi`, `a+bi`.
fn read(cx: &Cx<'_>, value: Value) -> Result<Complex, ErrorCode> {
    if value.is_bool() {
        return Err(ErrorCode::Value);
    }
    match cx.text_of(value) {
        Some(text) => parse(text).ok_or(ErrorCode::Num),
        None => Ok(Complex { re: cx.number(value)?, im: 0.0, suffix: None }),
    }
}

fn parse(text: &str) -> Option<Complex> {
    let text = text.trim();
    let Some(suffix) = text.chars().next_back().filter(|c| matches!(c, 'i' | 'j')) else {
        return Some(Complex { re: part(text)?, im: 0.0, suffix: None });
    };
    let parts = text.strip_suffix(suffix)?;
    // The sign between the parts is the last one that belongs to no exponent.
    let split = parts
        .char_indices()
        .rev()
        .find(|&(at, c)| {
            matches!(c, '+' | '-') && at > 0 && !parts.get(..at).is_some_and(|s| s.ends_with(['e', 'E']))
        })
        .map_or(0, |(at, _)| at);
    let (re, im) = parts.split_at_checked(split)?;
    let re = if re.is_empty() { 0.0 } else { part(re)? };
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        im => part(im)?,
    };
    Some(Complex { re, im, suffix: Some(suffix) })
}

/// A plain number, with no blanks and no words such as `inf`.
fn part(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E'));
    text.parse::<f64>().ok().filter(|x| plain && x.is_finite())
}

fn write(cx: &mut Cx<'_>, number: Complex) -> Value {
    if !number.re.is_finite() || !number.im.is_finite() {
        return Value::error(ErrorCode::Num);
    }
    let mut text = String::new();
    if number.re != 0.0 || number.im == 0.0 {
        digits::write_general(&mut text, number.re);
    }
    if number.im != 0.0 {
        if number.im > 0.0 && !text.is_empty() {
            text.push('+');
        }
        match number.im {
            1.0 => {}
            -1.0 => text.push('-'),
            im => digits::write_general(&mut text, im),
        }
        text.push(number.suffix.unwrap_or('i'));
    }
    cx.add_text(&text)
}

fn written(cx: &mut Cx<'_>, result: Result<Complex, ErrorCode>) -> Value {
    match result {
        Ok(number) => write(cx, number),
        Err(code) => Value::error(code),
    }
}

/// Two numbers must not be spelled with different suffixes.
fn common_suffix(a: Complex, b: Complex) -> Result<Option<char>, ErrorCode> {
    match (a.suffix, b.suffix) {
        (Some(a), Some(b)) if a != b => Err(ErrorCode::Value),
        (a, b) => Ok(a.or(b)),
    }
}

fn real_of(cx: &mut Cx<'_>, args: &[Value], function: fn(Complex) -> Result<f64, ErrorCode>) -> Value {
    read(cx, nth(args, 0)).and_then(function).into()
}

fn complex_of(cx: &mut Cx<'_>, args: &[Value], function: fn(Complex) -> Result<Complex, ErrorCode>) -> Value {
    let result = read(cx, nth(args, 0)).and_then(function);
    written(cx, result)
}

fn two(
    cx: &mut Cx<'_>,
    args: &[Value],
    function: fn(Complex, Complex) -> Result<Complex, ErrorCode>,
) -> Value {
    let result = |cx: &Cx<'_>| {
        let (a, b) = (read(cx, nth(args, 0))?, read(cx, nth(args, 1))?);
        let suffix = common_suffix(a, b)?;
        Ok(Complex { suffix, ..function(a, b)? })
    };
    let result = result(cx);
    written(cx, result)
}

/// Over all values of all arguments; blanks are 0 as arguments and passed over among several cells.
fn fold(cx: &mut Cx<'_>, args: &[Arg<'_>], start: f64, function: fn(Complex, Complex) -> Complex) -> Value {
    let result = |cx: &Cx<'_>| {
        let mut total = Complex { re: start, im: 0.0, suffix: None };
        let mut add = |value: Value| {
            let next = read(cx, value)?;
            let suffix = common_suffix(total, next)?;
            total = Complex { suffix, ..function(total, next) };
            Ok(())
        };
        for arg in args {
            let cells = cx.grid(arg);
            if cells.len() == 1 {
                add(cells.get(0, 0))?;
            } else {
                cells.iter().filter(|value| !value.is_empty()).try_for_each(&mut add)?;
            }
        }
        Ok(total)
    };
    let result = result(cx);
    written(cx, result)
}

fn complex(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let made = |cx: &Cx<'_>| {
        let (re, im) = (strict_number(cx, nth(args, 0))?, strict_number(cx, nth(args, 1))?);
        let suffix = match &*cx.text(nth(args, 2))? {
            "" | "i" => 'i',
            "j" => 'j',
            _ => return Err(ErrorCode::Value),
        };
        Ok(Complex { re, im, suffix: Some(suffix) })
    };
    let made = made(cx);
    written(cx, made)
}

fn im_real(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    real_of(cx, args, |z| Ok(z.re))
}

fn imaginary(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    real_of(cx, args, |z| Ok(z.im))
}

fn im_abs(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    real_of(cx, args, |z| Ok(z.abs()))
}

fn im_argument(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    real_of(cx, args, |z| if z.re == 0.0 && z.im == 0.0 { Err(ErrorCode::Div0) } else { Ok(z.argument()) })
}

fn im_conjugate(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(z.with(z.re, -z.im)))
}

fn im_sum(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    fold(cx, args, 0.0, |a, b| a.with(a.re + b.re, a.im + b.im))
}

fn im_product(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    fold(cx, args, 1.0, Complex::times)
}

fn im_sub(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    two(cx, args, |a, b| Ok(a.with(a.re - b.re, a.im - b.im)))
}

fn im_div(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    two(cx, args, Complex::divided_by)
}

fn im_exp(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(z.exp()))
}

fn im_ln(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, Complex::ln)
}

fn im_log10(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| {
        z.ln().map(|z| z.with(z.re / std::f64::consts::LN_10, z.im / std::f64::consts::LN_10))
    })
}

fn im_log2(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| {
        z.ln().map(|z| z.with(z.re / std::f64::consts::LN_2, z.im / std::f64::consts::LN_2))
    })
}

fn im_sqrt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(polar(z, z.abs().sqrt(), z.argument() / 2.0)))
}

fn im_power(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let raised = |cx: &Cx<'_>| {
        let (z, exponent) = (read(cx, nth(args, 0))?, strict_number(cx, nth(args, 1))?);
        let size = z.abs();
        if size == 0.0 {
            return if exponent > 0.0 { Ok(z) } else { Err(ErrorCode::Num) };
        }
        Ok(polar(z, pow(size, exponent), z.argument() * exponent))
    };
    let raised = raised(cx);
    written(cx, raised)
}

fn polar(z: Complex, size: f64, argument: f64) -> Complex {
    z.with(size * cos(argument), size * sin(argument))
}

fn im_sin(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(z.sin()))
}

fn im_cos(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(z.cos()))
}

fn im_tan(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| z.sin().divided_by(z.cos()))
}

fn im_cot(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| z.cos().divided_by(z.sin()))
}

fn im_sec(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| z.with(1.0, 0.0).divided_by(z.cos()))
}

fn im_csc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| z.with(1.0, 0.0).divided_by(z.sin()))
}

fn im_sinh(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(z.sinh()))
}

fn im_cosh(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| Ok(z.cosh()))
}

fn im_sech(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| z.with(1.0, 0.0).divided_by(z.cosh()))
}

fn im_csch(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    complex_of(cx, args, |z| z.with(1.0, 0.0).divided_by(z.sinh()))
}

pub const TABLE: &[Function] = &[
    scalar("COMPLEX", 2, 3, complex),
    scalar("IMREAL", 1, 1, im_real).with(GIVES_NUMBER),
    scalar("IMAGINARY", 1, 1, imaginary).with(GIVES_NUMBER),
    scalar("IMABS", 1, 1, im_abs).with(GIVES_NUMBER),
    scalar("IMARGUMENT", 1, 1, im_argument).with(GIVES_NUMBER),
    scalar("IMCONJUGATE", 1, 1, im_conjugate),
    shaped("IMSUM", 1, 255, &[Param::Any], im_sum),
    shaped("IMPRODUCT", 1, 255, &[Param::Any], im_product),
    scalar("IMSUB", 2, 2, im_sub),
    scalar("IMDIV", 2, 2, im_div),
    scalar("IMPOWER", 2, 2, im_power),
    scalar("IMSQRT", 1, 1, im_sqrt),
    scalar("IMEXP", 1, 1, im_exp),
    scalar("IMLN", 1, 1, im_ln),
    scalar("IMLOG10", 1, 1, im_log10),
    scalar("IMLOG2", 1, 1, im_log2),
    scalar("IMSIN", 1, 1, im_sin),
    scalar("IMCOS", 1, 1, im_cos),
    scalar("IMTAN", 1, 1, im_tan),
    scalar("IMCOT", 1, 1, im_cot),
    scalar("IMSEC", 1, 1, im_sec),
    scalar("IMCSC", 1, 1, im_csc),
    scalar("IMSINH", 1, 1, im_sinh),
    scalar("IMCOSH", 1, 1, im_cosh),
    scalar("IMSECH", 1, 1, im_sech),
    scalar("IMCSCH", 1, 1, im_csch),
];
