//! Sections with digit placeholders: decimals, thousands, percent, scientific notation.

use super::scan::Token;
use crate::numbers::digits;

#[derive(Clone, Debug)]
pub struct NumberFormat {
    items: Vec<Item>,
    /// Placeholders left of the point, right of it, and in the exponent.
    whole: usize,
    decimals: usize,
    exponent: usize,
    scientific: bool,
    grouped: bool,
    /// Power of ten that the number is multiplied with: 2 for each percent sign, -3 for each comma that scales.
    scale: i32,
}

#[derive(Clone, Debug)]
enum Item {
    Literal(String),
    Whole(u8),
    Point,
    Decimal(u8),
    ExponentSign { plus: bool },
    Exponent(u8),
}

/// Which placeholders a token belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Whole,
    Decimals,
    Exponent,
}

impl NumberFormat {
    pub fn compile(tokens: &[Token]) -> Option<NumberFormat> {
        let mut format = NumberFormat {
            items: Vec::with_capacity(tokens.len()),
            whole: 0,
            decimals: 0,
            exponent: 0,
            scientific: false,
            grouped: false,
            scale: 0,
        };
        let mut place = Place::Whole;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Digit(digit) => format.push_digit(*digit, place),
                Token::Point if place == Place::Whole => {
                    place = Place::Decimals;
                    format.items.push(Item::Point);
                }
                Token::Exponent { letter, plus } if place != Place::Exponent => {
                    place = Place::Exponent;
                    format.scientific = true;
                    format.literal(letter.encode_utf8(&mut [0; 4]));
                    format.items.push(Item::ExponentSign { plus: *plus });
                }
                Token::Comma => {
                    let rest = tokens.get(index + 1..).unwrap_or(&[]);
                    format.push_comma(place, more_digits(rest));
                }
                Token::HalfDay(..) | Token::Exponent { .. } => return None,
                other => {
                    if *other == Token::Percent {
                        format.scale += 2;
                    }
                    let mut text = String::new();
                    other.write_literal(&mut text);
                    format.literal(&text);
                }
            }
        }
        if format.scientific {
            // Excel shows the mark but does not scale.
            format.scale = 0;
        }
        Some(format)
    }

    fn push_digit(&mut self, digit: u8, place: Place) {
        let (count, item) = match place {
            Place::Whole => (&mut self.whole, Item::Whole(digit)),
            Place::Decimals => (&mut self.decimals, Item::Decimal(digit)),
            Place::Exponent => (&mut self.exponent, Item::Exponent(digit)),
        };
        *count += 1;
        self.items.push(item);
    }

    fn push_comma(&mut self, place: Place, more: bool) {
        match place {
            Place::Whole if self.whole == 0 => self.literal(","),
            Place::Whole if more => self.grouped = true,
            Place::Whole | Place::Decimals if !more => self.scale -= 3,
            _ => {}
        }
    }

    fn literal(&mut self, text: &str) {
        match self.items.last_mut() {
            Some(Item::Literal(before)) => before.push_str(text),
            _ => self.items.push(Item::Literal(text.to_owned())),
        }
    }

    /// Appends a magnitude; the minus sign goes first unless every digit shown is zero.
    pub fn write(&self, x: f64, negative: bool, out: &mut String) {
        if self.scientific {
            return self.write_scientific(x, negative, out);
        }
        let number = Rounded::new(x, self.scale, self.decimals);
        if negative && !number.is_zero() {
            out.push('-');
        }
        self.write_items(&number, 0, out);
    }

    fn write_scientific(&self, x: f64, negative: bool, out: &mut String) {
        if negative {
            out.push('-');
        }
        let view = digits::decimal(x);
        let step = self.whole.max(1) as i32;
        let mut exponent = match view.digits {
            0 => 0,
            _ => (view.exponent + 14).div_euclid(step) * step,
        };
        let mut number = Rounded::new(x, -exponent, self.decimals);
        if number.whole_digits() > step as usize {
            exponent += step;
            number = Rounded::new(x, -exponent, self.decimals);
        }
        self.write_items(&number, exponent, out);
    }

    fn write_items(&self, number: &Rounded, exponent: i32, out: &mut String) {
        let (mut whole, mut decimal) = (self.whole, 0);
        let mut exponent_left = self.exponent;
        let mut sign = None;
        let zero_shown = self.scientific && number.is_zero();
        for item in &self.items {
            match item {
                Item::Literal(text) => out.push_str(text),
                Item::Whole(placeholder) => {
                    whole -= 1;
                    let first = whole + 1 == self.whole;
                    let from = if first { number.whole_digits().max(whole + 1) - 1 } else { whole };
                    for place in (whole..=from).rev() {
                        self.write_whole(number, place, if zero_shown { b'0' } else { *placeholder }, out);
                    }
                }
                Item::Point => {
                    if self.whole == 0 && number.whole_digits() > 0 {
                        number.write_whole(out);
                    }
                    out.push('.');
                }
                Item::Decimal(placeholder) => {
                    decimal += 1;
                    let place = self.decimals - decimal;
                    match number.decimal(place) {
                        Some(digit) => out.push(digit),
                        None => pad(*placeholder, out),
                    }
                }
                Item::ExponentSign { plus } => {
                    sign = if exponent < 0 { Some('-') } else { plus.then_some('+') };
                }
                Item::Exponent(placeholder) => {
                    out.extend(sign.take());
                    let first = exponent_left == self.exponent;
                    exponent_left -= 1;
                    write_exponent(exponent.unsigned_abs(), exponent_left, *placeholder, first, out);
                }
            }
        }
    }

    fn write_whole(&self, number: &Rounded, place: usize, placeholder: u8, out: &mut String) {
        let separator = self.grouped && place > 0 && place.is_multiple_of(3);
        match number.whole(place) {
            Some(digit) => {
                out.push(digit);
                if separator {
                    out.push(',');
                }
            }
            None => {
                pad(placeholder, out);
                if separator && placeholder != b'#' {
                    out.push(if placeholder == b'?' { ' ' } else { ',' });
                }
            }
        }
    }
}

/// What a placeholder shows where the number has no digit.
fn pad(placeholder: u8, out: &mut String) {
    match placeholder {
        b'0' => out.push('0'),
        b'?' => out.push(' '),
        _ => {}
    }
}

/// The digit of the exponent at a place; the first placeholder takes all higher digits too.
fn write_exponent(exponent: u32, place: usize, placeholder: u8, first: bool, out: &mut String) {
    let power = 10u32.checked_pow(place as u32).unwrap_or(u32::MAX);
    let above = exponent / power;
    if above == 0 && place > 0 {
        pad(placeholder, out);
    } else if first {
        out.push_str(&above.to_string());
    } else {
        out.push(char::from(b'0' + (above % 10) as u8));
    }
}

fn more_digits(tokens: &[Token]) -> bool {
    tokens
        .iter()
        .take_while(|token| !matches!(token, Token::Point | Token::Exponent { .. }))
        .any(|token| matches!(token, Token::Digit(_)))
}

/// A magnitude rounded half away from zero to a number of decimals, as digits.
struct Rounded {
    /// Up to 16 digits, followed by `zeros` zeros, of which the last `decimals` are decimals.
    text: [u8; 20],
    length: usize,
    zeros: usize,
    decimals: usize,
    /// Trailing decimals that are zero.
    empty: usize,
}

impl Rounded {
    /// `x` times ten to the power of `scale`, rounded.
    fn new(x: f64, scale: i32, decimals: usize) -> Rounded {
        let view = digits::decimal(x);
        let shift = view.exponent + scale + decimals.min(10_000) as i32;
        let (mut rest, zeros) = if view.digits == 0 {
            (0, 0)
        } else if shift >= 0 {
            (view.digits, shift as usize)
        } else {
            match 10u64.checked_pow(shift.unsigned_abs()) {
                Some(unit) => (view.digits / unit + u64::from(view.digits % unit >= unit - unit / 2), 0),
                None => (0, 0),
            }
        };
        let mut rounded = Rounded { text: [b'0'; 20], length: 0, zeros, decimals, empty: 0 };
        // Digits are kept last first, so that a place is an index.
        for digit in &mut rounded.text {
            if rest == 0 {
                break;
            }
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            rounded.length += 1;
        }
        let significant = rounded.text.iter().take(rounded.length).position(|&digit| digit != b'0');
        rounded.empty = significant.map_or(decimals, |place| (place + zeros).min(decimals));
        rounded
    }

    fn is_zero(&self) -> bool {
        self.length == 0
    }

    /// Digits of the whole part; none for numbers below one.
    fn whole_digits(&self) -> usize {
        (self.length + self.zeros).saturating_sub(self.decimals).min(if self.length == 0 {
            0
        } else {
            usize::MAX
        })
    }

    fn digit(&self, place: usize) -> char {
        let at = place.checked_sub(self.zeros).filter(|&at| at < self.length);
        char::from(at.and_then(|at| self.text.get(at)).copied().unwrap_or(b'0'))
    }

    /// The digit of the whole part at a place (0 = units), if the number reaches that far.
    fn whole(&self, place: usize) -> Option<char> {
        (place < self.whole_digits()).then(|| self.digit(place + self.decimals))
    }

    fn write_whole(&self, out: &mut String) {
        out.extend((0..self.whole_digits()).rev().filter_map(|place| self.whole(place)));
    }

    /// The decimal at a place (0 = last), `None` for trailing zeros.
    fn decimal(&self, place: usize) -> Option<char> {
        (place >= self.empty).then(|| self.digit(place))
    }
}
