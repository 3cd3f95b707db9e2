//! The DEC2BIN family. BASE, DECIMAL and Roman numerals are in `numerals`.

use crate::kernels::arguments::strict_number;
use crate::numbers::digits;
use crate::semantics::function::flags::GIVES_NUMBER;
use crate::semantics::function::{Cx, Function, nth, scalar};
use crate::values::value::{ErrorCode, Value};

/// A system in which ten digits hold numbers of both signs, in two's complement.
#[derive(Clone, Copy)]
struct System {
    radix: u32,
    /// Ten digits in bits.
    bits: u32,
}

const BINARY: System = System { radix: 2, bits: 10 };
const OCTAL: System = System { radix: 8, bits: 30 };
const HEXADECIMAL: System = System { radix: 16, bits: 40 };
const PLACES: usize = 10;

impl System {
    fn read(self, cx: &Cx<'_>, value: Value) -> Result<i64, ErrorCode> {
        if value.is_bool() {
            return Err(ErrorCode::Value);
        }
        let text = cx.text(value)?;
        if text.len() > PLACES {
            return Err(ErrorCode::Num);
        }
        let mut number: i64 = 0;
        for c in text.chars() {
            let digit = c.to_digit(self.radix).ok_or(ErrorCode::Num)?;
            number = number * i64::from(self.radix) + i64::from(digit);
        }
        let half = 1_i64 << (self.bits - 1);
        Ok(if number >= half { number - 2 * half } else { number })
    }

    /// Padded with zeros to `places`; a negative number always takes ten digits.
    fn write(self, number: i64, places: Option<usize>) -> Result<String, ErrorCode> {
        let half = 1_i64 << (self.bits - 1);
        if number < -half || number >= half {
            return Err(ErrorCode::Num);
        }
        if number < 0 {
            return Ok(in_radix((number + 2 * half) as u64, self.radix));
        }
        let digits = in_radix(number as u64, self.radix);
        match places {
            Some(places) if places < digits.len() => Err(ErrorCode::Num),
            Some(places) => Ok(format!("{digits:0>places$}")),
            None => Ok(digits),
        }
    }
}

fn in_radix(mut number: u64, radix: u32) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = (number % u64::from(radix)) as u32;
        digits.push(char::from_digit(digit, radix).unwrap_or('0').to_ascii_uppercase());
        number /= u64::from(radix);
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// Checked before the number: if both are bad, this one's error counts.
fn places(cx: &Cx<'_>, value: Value) -> Result<Option<usize>, ErrorCode> {
    if value.is_omitted() {
        return Ok(None);
    }
    let places = digits::trunc(strict_number(cx, value)?);
    if (1.0..=PLACES as f64).contains(&places) { Ok(Some(places as usize)) } else { Err(ErrorCode::Num) }
}

fn decimal_to(cx: &mut Cx<'_>, args: &[Value], to: System) -> Value {
    let written = |cx: &Cx<'_>| {
        let places = places(cx, nth(args, 1))?;
        let number = digits::trunc(strict_number(cx, nth(args, 0))?);
        if number.abs() > 1e15 {
            return Err(ErrorCode::Num);
        }
        to.write(number as i64, places)
    };
    text(cx, written(cx))
}

fn to_decimal(cx: &mut Cx<'_>, args: &[Value], from: System) -> Value {
    from.read(cx, nth(args, 0)).map(|number| number as f64).into()
}

fn rewrite(cx: &mut Cx<'_>, args: &[Value], from: System, to: System) -> Value {
    let written = |cx: &Cx<'_>| {
        let places = places(cx, nth(args, 1))?;
        to.write(from.read(cx, nth(args, 0))?, places)
    };
    text(cx, written(cx))
}

fn text(cx: &mut Cx<'_>, written: Result<String, ErrorCode>) -> Value {
    match written {
        Ok(text) => cx.add_text(&text),
        Err(code) => Value::error(code),
    }
}

fn dec2bin(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    decimal_to(cx, args, BINARY)
}

fn dec2oct(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    decimal_to(cx, args, OCTAL)
}

fn dec2hex(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    decimal_to(cx, args, HEXADECIMAL)
}

fn bin2dec(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_decimal(cx, args, BINARY)
}

fn bin2oct(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    rewrite(cx, args, BINARY, OCTAL)
}

fn bin2hex(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    rewrite(cx, args, BINARY, HEXADECIMAL)
}

fn oct2bin(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    rewrite(cx, args, OCTAL, BINARY)
}

fn oct2dec(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_decimal(cx, args, OCTAL)
}

fn oct2hex(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    rewrite(cx, args, OCTAL, HEXADECIMAL)
}

fn hex2bin(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    rewrite(cx, args, HEXADECIMAL, BINARY)
}

fn hex2oct(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    rewrite(cx, args, HEXADECIMAL, OCTAL)
}

fn hex2dec(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_decimal(cx, args, HEXADECIMAL)
}

pub const TABLE: &[Function] = &[
    scalar("DEC2BIN", 1, 2, dec2bin),
    scalar("DEC2OCT", 1, 2, dec2oct),
    scalar("DEC2HEX", 1, 2, dec2hex),
    scalar("BIN2DEC", 1, 1, bin2dec).with(GIVES_NUMBER),
    scalar("BIN2OCT", 1, 2, bin2oct),
    scalar("BIN2HEX", 1, 2, bin2hex),
    scalar("OCT2BIN", 1, 2, oct2bin),
    scalar("OCT2DEC", 1, 1, oct2dec).with(GIVES_NUMBER),
    scalar("OCT2HEX", 1, 2, oct2hex),
    scalar("HEX2BIN", 1, 2, hex2bin),
    scalar("HEX2OCT", 1, 2, hex2oct),
    scalar("HEX2DEC", 1, 1, hex2dec).with(GIVES_NUMBER),
];
