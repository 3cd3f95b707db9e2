//! The cell value: one 64-bit word. Coercion between kinds lives in `coerce`; text and array contents in `heap`.
//!
//! A finite f64 stands for itself. Everything else lives in the negative signalling NaN space: bits 63..52 set, bit 51
//! clear, bits 50..48 the tag (never 0), bits 47..0 the payload. Arithmetic on such a word raises the processor's
//! "invalid" flag: one look at the flags tells whether a whole block of arithmetic met numbers only
//! (`run::state::flags`). Numbers are never NaN or infinite.

use std::fmt;

const BOXED: u64 = 0xFFF0_0000_0000_0000;
/// Words from here on are not numbers.
const FIRST_BOXED: u64 = BOXED | 1 << TAG_SHIFT;
const TAG_SHIFT: u32 = 48;
const PAYLOAD: u64 = (1 << TAG_SHIFT) - 1;

const EXPONENT: u64 = 0x7FF0_0000_0000_0000;

const TAG_ERROR: u64 = 1;
const TAG_BLANK: u64 = 2;
const TAG_BOOL: u64 = 3;
const TAG_TEXT: u64 = 4;
const TAG_ARRAY: u64 = 5;
const TAG_OMITTED: u64 = 6;

/// One cell value, or an argument that was left out. `Copy`, 8 bytes; texts and arrays are handles into a `Heap`.
#[repr(transparent)]
#[derive(Clone, Copy, bytemuck::NoUninit, bytemuck::TransparentWrapper)]
pub struct Value(f64);

/// A value taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unpacked {
    Number(f64),
    Bool(bool),
    Text(TextId),
    Error(ErrorCode),
    Blank,
    Array(ArrayId),
    Omitted,
}

/// Handle of a text; the upper bits name the heap layer it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextId(pub u64);

/// Handle of an array; the upper bits name the heap layer it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArrayId(pub u64);

/// Excel's error values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ErrorCode {
    Num = 0,
    Null = 1,
    Div0 = 2,
    Value = 3,
    Ref = 4,
    Name = 5,
    NA = 6,
    GettingData = 7,
    Spill = 8,
    Connect = 9,
    Blocked = 10,
    Unknown = 11,
    Field = 12,
    Calc = 13,
    Busy = 14,
    Python = 15,
    External = 16,
    Timeout = 17,
}

const ERROR_TEXTS: [&str; 18] = [
    "#NUM!",
    "#NULL!",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "#NAME?",
    "#N/A",
    "#GETTING_DATA",
    "#SPILL!",
    "#CONNECT!",
    "#BLOCKED!",
    "#UNKNOWN!",
    "#FIELD!",
    "#CALC!",
    "#BUSY!",
    "#PYTHON!",
    "#EXTERNAL!",
    "#TIMEOUT!",
];

const ERROR_CODES: [ErrorCode; 18] = [
    ErrorCode::Num,
    ErrorCode::Null,
    ErrorCode::Div0,
    ErrorCode::Value,
    ErrorCode::Ref,
    ErrorCode::Name,
    ErrorCode::NA,
    ErrorCode::GettingData,
    ErrorCode::Spill,
    ErrorCode::Connect,
    ErrorCode::Blocked,
    ErrorCode::Unknown,
    ErrorCode::Field,
    ErrorCode::Calc,
    ErrorCode::Busy,
    ErrorCode::Python,
    ErrorCode::External,
    ErrorCode::Timeout,
];

impl ErrorCode {
    pub const ALL: [ErrorCode; 18] = ERROR_CODES;

    /// The text Excel shows, `#DIV/0!` and so on.
    pub const fn text(self) -> &'static str {
        ERROR_TEXTS[self as usize]
    }

    /// The code with this text, ignoring case.
    pub fn from_text(text: &str) -> Option<ErrorCode> {
        ERROR_CODES.into_iter().find(|code| code.text().eq_ignore_ascii_case(text))
    }
}

impl Value {
    pub const BLANK: Value = Value::boxed(TAG_BLANK, 0);
    pub const TRUE: Value = Value::boxed(TAG_BOOL, 1);
    pub const FALSE: Value = Value::boxed(TAG_BOOL, 0);
    pub const OMITTED: Value = Value::boxed(TAG_OMITTED, 0);
    pub const ZERO: Value = Value(0.0);

    const fn boxed(tag: u64, payload: u64) -> Value {
        Value(f64::from_bits(BOXED | tag << TAG_SHIFT | payload & PAYLOAD))
    }

    /// A number. NaN and infinities become `#NUM!`, subnormals and -0 become 0, as Excel has none of them.
    #[inline]
    pub fn number(x: f64) -> Value {
        if x.is_normal() {
            Value(x)
        } else if x.is_finite() {
            Value::ZERO
        } else {
            Value::error(ErrorCode::Num)
        }
    }

    #[inline]
    pub const fn error(code: ErrorCode) -> Value {
        Value::boxed(TAG_ERROR, code as u64)
    }

    #[inline]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    #[inline]
    pub const fn text(id: TextId) -> Value {
        Value::boxed(TAG_TEXT, id.0)
    }

    #[inline]
    pub const fn array(id: ArrayId) -> Value {
        Value::boxed(TAG_ARRAY, id.0)
    }

    /// The lane as a float: the number itself, or a NaN for anything else.
    #[inline(always)]
    pub const fn lane(self) -> f64 {
        self.0
    }

    /// The lanes of many values, in the same memory.
    pub fn lanes(values: Vec<Value>) -> Vec<f64> {
        bytemuck::cast_vec(values)
    }

    /// A lane that a kernel has shown to be finite, normal or zero.
    #[inline(always)]
    pub const fn from_lane(x: f64) -> Value {
        Value(x)
    }

    #[inline]
    pub const fn bits(self) -> u64 {
        self.0.to_bits()
    }

    #[inline(always)]
    pub fn is_number(self) -> bool {
        self.bits() < FIRST_BOXED
    }

    /// The value normalised: subnormals and -0, which plain arithmetic leaves in slots, become 0.
    #[inline(always)]
    pub fn normalised(self) -> Value {
        if self.bits() & EXPONENT == 0 { Value::ZERO } else { self }
    }

    #[inline]
    fn tag(self) -> Option<u64> {
        if self.is_number() { None } else { Some(self.bits() >> TAG_SHIFT & 15) }
    }

    pub fn is_blank(self) -> bool {
        self.bits() == Value::BLANK.bits()
    }

    pub fn is_omitted(self) -> bool {
        self.bits() == Value::OMITTED.bits()
    }

    /// Blank, or an argument left out.
    pub fn is_empty(self) -> bool {
        self.is_blank() || self.is_omitted()
    }

    pub fn is_error(self) -> bool {
        self.tag() == Some(TAG_ERROR)
    }

    pub fn is_bool(self) -> bool {
        self.tag() == Some(TAG_BOOL)
    }

    pub fn is_text(self) -> bool {
        self.tag() == Some(TAG_TEXT)
    }

    pub fn is_array(self) -> bool {
        self.tag() == Some(TAG_ARRAY)
    }

    /// The error code, if this is an error.
    pub fn as_error(self) -> Option<ErrorCode> {
        match self.unpack() {
            Unpacked::Error(code) => Some(code),
            _ => None,
        }
    }

    /// The number, if this is one (no coercion).
    #[inline]
    pub fn as_number(self) -> Option<f64> {
        self.is_number().then_some(self.0)
    }

    #[inline]
    pub fn unpack(self) -> Unpacked {
        let payload = self.bits() & PAYLOAD;
        match self.tag() {
            None => Unpacked::Number(self.0),
            Some(TAG_BLANK) => Unpacked::Blank,
            Some(TAG_BOOL) => Unpacked::Bool(payload != 0),
            Some(TAG_TEXT) => Unpacked::Text(TextId(payload)),
            Some(TAG_ARRAY) => Unpacked::Array(ArrayId(payload)),
            Some(TAG_OMITTED) => Unpacked::Omitted,
            Some(_) => Unpacked::Error(ERROR_CODES.get(payload as usize).copied().unwrap_or(ErrorCode::Num)),
        }
    }

    /// Same bits: the identity that plans, caches and tests use (Excel's `=` is `compare::equal`).
    pub fn same(self, other: Value) -> bool {
        self.bits() == other.bits()
    }
}

impl From<ErrorCode> for Value {
    fn from(code: ErrorCode) -> Value {
        Value::error(code)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::bool(b)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        Value::number(x)
    }
}

/// So that kernels can use `?` on errors and still give one `Value`.
impl From<Result<Value, ErrorCode>> for Value {
    fn from(result: Result<Value, ErrorCode>) -> Value {
        result.unwrap_or_else(Value::error)
    }
}

impl From<Result<f64, ErrorCode>> for Value {
    fn from(result: Result<f64, ErrorCode>) -> Value {
        result.map_or_else(Value::error, Value::number)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unpack() {
            Unpacked::Error(code) => f.write_str(code.text()),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_box() {
        for code in ErrorCode::ALL {
            assert_eq!(Value::error(code).unpack(), Unpacked::Error(code));
            assert_eq!(ErrorCode::from_text(code.text()), Some(code));
        }
        assert_eq!(Value::TRUE.unpack(), Unpacked::Bool(true));
        assert_eq!(Value::text(TextId(77)).unpack(), Unpacked::Text(TextId(77)));
        assert_eq!(Value::array(ArrayId(1 << 46)).unpack(), Unpacked::Array(ArrayId(1 << 46)));
        assert!(Value::BLANK.is_blank() && Value::OMITTED.is_omitted());
        assert_eq!(std::mem::size_of::<Value>(), 8);
    }

    #[test]
    fn numbers_are_finite_and_normal() {
        assert_eq!(Value::number(f64::INFINITY).as_error(), Some(ErrorCode::Num));
        assert_eq!(Value::number(f64::NAN).as_error(), Some(ErrorCode::Num));
        assert_eq!(Value::number(1e-310).bits(), 0);
        assert_eq!(Value::number(-0.0).bits(), 0);
    }
}
