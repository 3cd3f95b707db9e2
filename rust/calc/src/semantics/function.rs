//! What a worksheet function is to the rest of the program: a table row. No function's behaviour lives here,
//! and no code asks for a function by name where a property of its row would do.

use super::properties::{Beyond, Chain, Limit, Size};
use crate::numbers::serial;
use crate::values::heap::{Array, Heap};
use crate::values::range::{Grid, Range};
use crate::values::value::{ErrorCode, Unpacked, Value};
use std::sync::atomic::{AtomicBool, Ordering};

/// How the caller prepares one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// One value. A range is dereferenced, an array is lifted over (the kernel runs once per element); an error in
    /// it becomes the result unless the row has `SEES_ERRORS`.
    Scalar,
    /// A range, an array or a value, as it comes, errors included.
    Any,
    /// Must be a reference (a `Range`), else `#VALUE!`.
    Reference,
}

/// The code of a function. It must be pure: same arguments and environment, same result.
#[derive(Clone, Copy, Debug)]
pub enum Kernel {
    /// Every parameter is `Scalar`. An argument left out in the middle is `Value::OMITTED`; one left out at the end
    /// is not in the slice.
    Scalar(fn(&mut Cx<'_>, &[Value]) -> Value),
    /// At least one parameter is not. `Scalar` positions arrive as `Arg::Value`, never an array.
    Args(fn(&mut Cx<'_>, &[Arg<'_>]) -> Value),
}

/// Properties that a row has or has not.
pub mod flags {
    /// The kernel wants to see errors in `Scalar` arguments (ISERROR, TYPE …).
    pub const SEES_ERRORS: u32 = 1;
    /// Depends on the clock (`Env::now`).
    pub const VOLATILE: u32 = 2;
    /// The result is an array when an argument is (or always): never assume one value.
    pub const GIVES_ARRAY: u32 = 4;
    /// The result is a date serial: a General cell that holds the formula shows a date.
    pub const GIVES_DATE: u32 = 8;
    /// Expressions in its arguments are array formulas even in an ordinary cell (SUMPRODUCT, LOOKUP, MMULT …).
    pub const FORCES_ARRAY: u32 = 16;
    /// Single values give a number or an error, whatever they are.
    pub const GIVES_NUMBER: u32 = 32;
    /// Takes a union of areas where a range is expected, as all their cells (RANK, LARGE …).
    pub const TAKES_UNION: u32 = 64;
    /// The third argument takes the size of the first (SUMIF, AVERAGEIF).
    pub const VALUES_FOLLOW_RANGE: u32 = 128;
    /// Costs no more than a few steps of arithmetic.
    pub const CHEAP: u32 = 256;
    /// Gives an array, but mostly one value: it picks from an argument (INDEX, XLOOKUP, N).
    pub const PICKS: u32 = 512;
    /// Joins its arguments as texts, in their order.
    pub const JOINS_TEXTS: u32 = 1024;
    /// The second argument is a number format.
    pub const TAKES_FORMAT: u32 = 2048;
}

/// One row of a family's table.
#[derive(Debug)]
pub struct Function {
    /// Upper case, without `_xlfn.`; further spellings have rows of their own.
    pub name: &'static str,
    /// Fewest and most arguments; 255 for no upper bound.
    pub arity: (u8, u8),
    /// Shapes by position; the last `repeat` entries repeat.
    pub params: &'static [Param],
    /// How many trailing entries of `params` repeat (1 for SUM, 2 for SUMIFS' pairs). 0 is read as 1.
    pub repeat: u8,
    pub flags: u32,
    pub kernel: Kernel,
    /// The columnar form of a hot function; what it cannot do is left to the kernel.
    pub columnar: Option<Columnar>,
    /// How large an array result can be.
    pub size: Size,
    /// What limits a number.
    pub limit: Option<Limit>,
    /// The chain of steps that can stand for a call.
    pub chain: Option<Chain>,
    /// What the cells beyond those in use change in the result.
    pub beyond: Beyond,
}

/// Columnar forms that `run` has, by what they compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columnar {
    Exp,
    Ln,
    Sqrt,
    Abs,
    Power,
    /// ROUND with a constant number of digits.
    Round,
    /// NORM.S.DIST with a constant second argument.
    Normal,
    /// Look-ups of numbers in constant tables.
    Vlookup,
    Match,
    Index,
    /// Calendar dates.
    Year,
    Month,
    Day,
    Date,
    Edate,
    /// YEARFRAC by its default basis.
    Yearfrac,
    /// IRR from its default guess.
    Irr,
}

impl Function {
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// True when a call with single values gives a number or an error.
    pub fn gives_number(&self) -> bool {
        self.has(flags::GIVES_NUMBER)
    }

    /// Shape of the argument at `position`.
    pub fn param(&self, position: usize) -> Param {
        let count = self.params.len();
        if count == 0 {
            return Param::Scalar;
        }
        let repeat = usize::from(self.repeat).clamp(1, count);
        let index = if position < count { position } else { count - repeat + (position - count) % repeat };
        self.params.get(index).copied().unwrap_or(Param::Scalar)
    }
}

/// One scalar function: `scalar("ABS", 1, 1, abs)`.
pub const fn scalar(
    name: &'static str,
    min: u8,
    max: u8,
    kernel: fn(&mut Cx<'_>, &[Value]) -> Value,
) -> Function {
    Function {
        name,
        arity: (min, max),
        params: &[Param::Scalar],
        repeat: 1,
        flags: 0,
        kernel: Kernel::Scalar(kernel),
        columnar: None,
        size: Size::Unknown,
        limit: None,
        chain: None,
        beyond: Beyond::Numbers,
    }
}

/// One function with argument shapes: `shaped("SUM", 1, 255, &[Param::Any], sum)`.
pub const fn shaped(
    name: &'static str,
    min: u8,
    max: u8,
    params: &'static [Param],
    kernel: fn(&mut Cx<'_>, &[Arg<'_>]) -> Value,
) -> Function {
    Function {
        name,
        arity: (min, max),
        params,
        repeat: 1,
        flags: 0,
        kernel: Kernel::Args(kernel),
        columnar: None,
        size: Size::Unknown,
        limit: None,
        chain: None,
        beyond: Beyond::Numbers,
    }
}

impl Function {
    pub const fn with(mut self, flags: u32) -> Function {
        self.flags |= flags;
        self
    }

    pub const fn columnar(mut self, form: Columnar) -> Function {
        self.columnar = Some(form);
        self
    }

    pub const fn sized(mut self, size: Size) -> Function {
        self.size = size;
        self
    }

    pub const fn limited(mut self, limit: Limit) -> Function {
        self.limit = Some(limit);
        self
    }

    pub const fn chained(mut self, chain: Chain) -> Function {
        self.chain = Some(chain);
        self
    }

    pub const fn beyond(mut self, beyond: Beyond) -> Function {
        self.beyond = beyond;
        self
    }

    pub const fn repeating(mut self, entries: u8) -> Function {
        self.repeat = entries;
        self
    }
}

/// The rows of functions that all give numbers or errors.
pub const fn giving_numbers<const N: usize>(mut rows: [Function; N]) -> [Function; N] {
    let mut at = 0;
    while at < N {
        rows[at].flags |= flags::GIVES_NUMBER;
        at += 1;
    }
    rows
}

/// What does not change during an execution.
#[derive(Debug, Default)]
pub struct Env {
    /// The workbook counts days from 1904.
    pub date1904: bool,
    /// NOW(), as a serial of the workbook's date system.
    pub now: f64,
    /// A text was read that is another day in another year.
    year_asked: AtomicBool,
}

impl Env {
    pub fn new(date1904: bool, now: f64) -> Env {
        Env { date1904, now, year_asked: AtomicBool::new(false) }
    }

    /// The year that completes a date; `None` where it is not known yet.
    pub fn this_year(&self) -> Option<i64> {
        self.year_asked.store(true, Ordering::Relaxed);
        let day = serial::day_of(self.now, self.date1904).filter(|&day| day > 0)?;
        Some(serial::date_of(day).year)
    }

    /// True when the year was asked for since the last call.
    pub fn take_year_asked(&self) -> bool {
        self.year_asked.load(Ordering::Relaxed) && self.year_asked.swap(false, Ordering::Relaxed)
    }
}

/// What a kernel may use besides its arguments.
#[derive(Debug)]
pub struct Cx<'a> {
    pub heap: &'a mut Heap,
    pub env: &'a Env,
    /// Set from outside when the execution is to stop.
    pub cancel: &'a AtomicBool,
}

impl Cx<'_> {
    /// True when the execution is to stop or the record is over its budget. Ask in every loop whose length an argument
    /// decides, at least once in a few thousand steps of work (a step of work is a character or a number, not an element
    /// that can be a long text); then return any error value: the result is thrown away.
    #[inline]
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || self.heap.refused().is_some()
    }

    /// The same for work on a text of so many bytes: it is looked at long ones only.
    #[inline]
    pub fn cancelled_at(&self, bytes: usize) -> bool {
        bytes > LONG_TEXT && self.cancelled()
    }

    /// An error when the execution is to stop.
    #[inline]
    pub fn go_on(&self) -> Result<(), ErrorCode> {
        if self.cancelled() { Err(ErrorCode::Timeout) } else { Ok(()) }
    }

    /// An error when the budget has not so many bytes more. Ask before memory is taken whose size an argument decides.
    pub fn ask(&self, bytes: usize) -> Result<(), ErrorCode> {
        if self.heap.has_room(bytes) { Ok(()) } else { Err(ErrorCode::Timeout) }
    }

    /// Room for the cells of an array.
    pub fn room(&self, rows: usize, cols: usize) -> Result<Vec<Value>, ErrorCode> {
        let cells = rows.checked_mul(cols).filter(|&cells| cells <= MAX_ARRAY_CELLS).ok_or(ErrorCode::Num)?;
        self.heap.room(cells).ok_or(ErrorCode::Timeout)
    }

    pub fn add_text(&mut self, text: &str) -> Value {
        if text.len() > MAX_TEXT_BYTES && text.encode_utf16().count() > MAX_TEXT_UNITS {
            return Value::error(ErrorCode::Value);
        }
        self.heap.add_text(text)
    }

    /// A text from what `write` appends, or its error.
    pub fn write_text(&mut self, write: impl FnOnce(&Cx<'_>, &mut String) -> Result<(), ErrorCode>) -> Value {
        let mut draft = self.heap.take_draft();
        let written = write(self, &mut draft);
        let value = written.map_or_else(Value::error, |()| self.add_text(&draft));
        self.heap.put_draft(draft);
        value
    }

    pub fn add_array(&mut self, rows: usize, cols: usize, cells: Vec<Value>) -> Value {
        self.heap.add_array(Array::new(rows, cols, cells))
    }

    /// A range, an array or a single value as one rectangle.
    pub fn grid<'b>(&'b self, arg: &Arg<'b>) -> Grid<'b> {
        match *arg {
            Arg::Range(range) => Grid::Range(range),
            Arg::Value(value) => match value.unpack() {
                Unpacked::Array(id) => Grid::Array(self.heap.array(id)),
                _ => Grid::Single(value),
            },
        }
    }

    /// The text of a text value, or `None`.
    pub fn text_of(&self, value: Value) -> Option<&str> {
        match value.unpack() {
            Unpacked::Text(id) => Some(self.heap.text(id)),
            _ => None,
        }
    }
}

/// Work on shorter texts counts as a step.
const LONG_TEXT: usize = 256;

/// Arrays grow no larger than this many cells.
pub const MAX_ARRAY_CELLS: usize = 1 << 22;

/// Longest text a cell can hold, in UTF-16 units; a text with no more bytes than this has no more units either.
pub const MAX_TEXT_UNITS: usize = 32_767;
const MAX_TEXT_BYTES: usize = MAX_TEXT_UNITS;

/// One argument of an `Args` kernel.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A value typed in or calculated; may be an array handle (in `Any` positions) or `OMITTED`.
    Value(Value),
    /// A reference to cells.
    Range(Range<'a>),
}

impl Arg<'_> {
    /// The value of a `Scalar` position.
    pub fn value(&self) -> Value {
        match *self {
            Arg::Value(value) => value,
            Arg::Range(range) => range.get(0, 0),
        }
    }
}

/// The value at `position`, or OMITTED when the call is shorter.
pub fn nth(args: &[Value], position: usize) -> Value {
    args.get(position).copied().unwrap_or(Value::OMITTED)
}

/// The scalar argument at `position`, or OMITTED when the call is shorter.
pub fn nth_arg(args: &[Arg<'_>], position: usize) -> Value {
    args.get(position).map_or(Value::OMITTED, Arg::value)
}
