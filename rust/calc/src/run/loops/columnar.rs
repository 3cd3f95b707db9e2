//! Columnar forms of functions. Each takes what it can and leaves fallback lanes, or the whole call, to the kernel.

use super::arithmetic;
use super::cpu::Cpu;
use super::dates::{Calendar, DateOf, DatePart, MonthsAway, Part, YearFraction};
use super::lane::{Costly, Lane, LaneFn, Of, finite, scaled};
use super::lookups::{Consecutive, Picked, PickedByKey};
use super::rates;
use crate::kernels::lookup_reference::search;
use crate::numbers::digits::TENS;
use crate::plan::{Argument, Content, Operand};
use crate::run::state::machine::Machine;
use crate::semantics::function::{Arg, Columnar, Cx, Function};
use crate::semantics::lift;
use crate::values::lookup_index::Numbers;
use crate::values::range::{Range, Table};
use crate::values::value::Value;

/// Runs the call as a loop over columns if its function and arguments allow; false if not.
#[inline(always)]
pub fn call<C: Cpu>(
    machine: &mut Machine<'_, C>,
    function: &'static Function,
    (first, count): (u32, u32),
    out: u32,
) -> bool {
    let Some(form) = function.columnar else { return false };
    let plan = machine.plan;
    let arguments = plan.arguments.get(first as usize..(first + count) as usize).unwrap_or(&[]);
    let mut call = Call { machine, function, out };
    match (form, arguments) {
        (Columnar::Exp, [Argument::Operand(a)]) => call.one(*a, arithmetic::Exp),
        (Columnar::Ln, [Argument::Operand(a)]) => call.one(*a, arithmetic::Ln),
        (Columnar::Sqrt, [Argument::Operand(a)]) => call.one(*a, Of(|a: f64| scaled(a.sqrt()))),
        (Columnar::Abs, [Argument::Operand(a)]) => call.one(*a, Of(|a: f64| finite(a.abs()))),
        (Columnar::Power, [Argument::Operand(a), Argument::Operand(b)]) => call.power(*a, *b),
        (Columnar::Round, [Argument::Operand(a), Argument::Operand(digits)]) => {
            return call.round(*a, *digits);
        }
        (Columnar::Normal, [Argument::Operand(a), Argument::Operand(cumulative)]) => {
            match call.constant(*cumulative).map(Value::bits) {
                Some(bits) if bits == Value::TRUE.bits() => {
                    call.two(*a, *cumulative, arithmetic::Normal);
                }
                Some(bits) if bits == Value::FALSE.bits() => {
                    call.two(*a, *cumulative, arithmetic::NormalDensity);
                }
                _ => return false,
            }
        }
        (
            Columnar::Vlookup,
            [Argument::Operand(key), Argument::Range(table), Argument::Operand(col), mode],
        ) => {
            return call.vlookup(*key, *table, *col, *mode);
        }
        (Columnar::Match, [Argument::Operand(key), Argument::Range(table), mode]) => {
            return call.find(*key, *table, *mode);
        }
        (Columnar::Index, [Argument::Range(table), Argument::Operand(row), Argument::Operand(col)]) => {
            return call.index(*table, *row, *col);
        }
        (Columnar::Year, [Argument::Operand(a)]) => call.date_part(*a, Part::Year),
        (Columnar::Month, [Argument::Operand(a)]) => call.date_part(*a, Part::Month),
        (Columnar::Day, [Argument::Operand(a)]) => call.date_part(*a, Part::Day),
        (Columnar::Date, [Argument::Operand(a), Argument::Operand(b), Argument::Operand(c)]) => {
            let calendar = call.calendar();
            call.three([*a, *b, *c], DateOf { calendar });
        }
        (Columnar::Edate, [Argument::Operand(a), Argument::Operand(b)]) => {
            let calendar = call.calendar();
            call.two(*a, *b, MonthsAway { calendar });
        }
        (Columnar::Yearfrac, [Argument::Operand(a), Argument::Operand(b)]) => {
            let calendar = call.calendar();
            call.two(*a, *b, YearFraction { calendar });
        }
        (Columnar::Irr, [Argument::Range(flows)]) => return call.internal_rates(*flows, 0.1),
        _ => return false,
    }
    true
}

struct Call<'m, 'a, C> {
    machine: &'m mut Machine<'a, C>,
    function: &'static Function,
    out: u32,
}

impl<'a, C: Cpu> Call<'_, 'a, C> {
    fn constant(&self, operand: Operand) -> Option<Value> {
        operand.as_constant().and_then(|at| self.machine.plan.constants.get(at).copied())
    }

    /// The constant table behind a range, and the range as a kernel sees it.
    fn table(&self, range: u32) -> Option<(&'a Table, Range<'a>)> {
        let range = self.machine.plan.ranges.get(range as usize)?;
        let Content::Table(table) = &range.content else { return None };
        let (rows, cols) = (range.rows, range.cols);
        let (used_rows, used_cols) = (table.rows, table.cols);
        let view = Range { rows, cols, used_rows, used_cols, origin: range.origin, cells: table.as_ref() };
        Some((table, view))
    }

    #[inline(always)]
    fn one(&mut self, a: Operand, f: impl LaneFn<1>) {
        let function = self.function;
        let slow = |cx: &mut Cx<'_>, [a]: [Value; 1]| lift::call(cx, function, &[Arg::Value(a)]);
        self.machine.column_loop([a], self.out, slow).checked(f);
    }

    #[inline(always)]
    fn two(&mut self, a: Operand, b: Operand, f: impl LaneFn<2>) {
        let function = self.function;
        let slow =
            |cx: &mut Cx<'_>, [a, b]: [Value; 2]| lift::call(cx, function, &[Arg::Value(a), Arg::Value(b)]);
        self.machine.column_loop([a, b], self.out, slow).checked(f);
    }

    #[inline(always)]
    fn power(&mut self, a: Operand, b: Operand) {
        let function = self.function;
        let slow =
            |cx: &mut Cx<'_>, [a, b]: [Value; 2]| lift::call(cx, function, &[Arg::Value(a), Arg::Value(b)]);
        self.machine.any_power([a, b], self.out, slow);
    }

    #[inline(always)]
    fn three(&mut self, operands: [Operand; 3], f: impl LaneFn<3>) {
        let function = self.function;
        let slow = |cx: &mut Cx<'_>, values: [Value; 3]| lift::call(cx, function, &values.map(Arg::Value));
        self.machine.column_loop(operands, self.out, slow).checked(f);
    }

    fn calendar(&self) -> Calendar {
        Calendar::new(self.machine.env.date1904)
    }

    #[inline(always)]
    fn date_part(&mut self, serial: Operand, part: Part) {
        let calendar = self.calendar();
        self.one(serial, DatePart { calendar, part });
    }

    #[inline(always)]
    fn round(&mut self, a: Operand, digits: Operand) -> bool {
        let Some(count) = self.constant(digits).and_then(Value::as_number) else { return false };
        if count.trunc() != count || !(0.0..=22.0).contains(&count) {
            return false;
        }
        let Some(&scale) = TENS.get(count as usize) else { return false };
        self.two(a, digits, arithmetic::Round { scale });
        true
    }

    fn internal_rates(&mut self, flows: u32, guess: f64) -> bool {
        let plan = self.machine.plan;
        let Some(flows) = plan.ranges.get(flows as usize).map(|range| plan.cells_of(range)) else {
            return false;
        };
        let flows = plan.cells.get(flows).unwrap_or_default();
        !flows.is_empty() && rates::internal_rates(self.machine, flows, guess, self.out)
    }

    #[inline(always)]
    fn vlookup(&mut self, key: Operand, table: u32, col: Operand, mode: Argument) -> bool {
        let (Some((table, range)), Argument::Operand(mode)) = (self.table(table), mode) else { return false };
        let Some(approximate) = self.constant(mode).filter(|mode| mode.is_bool()) else { return false };
        let cancel = self.machine.cancel;
        let numbers = search::column_numbers(table, 0, cancel).filter(|numbers| !numbers.is_empty());
        let Some(numbers) = numbers else { return false };
        let function = self.function;
        let slow = |cx: &mut Cx<'_>, [key, col]: [Value; 2]| {
            lift::call(
                cx,
                function,
                &[Arg::Value(key), Arg::Range(range), Arg::Value(col), Arg::Value(approximate)],
            )
        };
        let columns = self.machine.column_loop([key, col], self.out, slow);
        if let (Some((base, len)), Some(table), true) =
            (numbers.consecutive(), picked(table), approximate.same(Value::FALSE))
        {
            columns.checked(PickedByKey { keys: Consecutive { base, last: len as f64 - 1.0 }, table });
            return true;
        }
        let (find, cols) = (finder(numbers, approximate.same(Value::TRUE)), table.cols);
        columns.checked(Costly(|key: f64, col: f64| {
            let cell = position(col, cols).and_then(|col| Some(find(key)? * cols + col));
            lane(cell.and_then(|at| table.cells.get(at)))
        }));
        true
    }

    #[inline(always)]
    fn find(&mut self, key: Operand, table: u32, mode: Argument) -> bool {
        let (Some((table, range)), Argument::Operand(mode)) = (self.table(table), mode) else { return false };
        let Some(kind) = self.constant(mode).filter(|mode| mode.same(Value::ZERO) || mode.lane() == 1.0)
        else {
            return false;
        };
        let cancel = self.machine.cancel;
        let numbers = if table.cols == 1 {
            search::column_numbers(table, 0, cancel)
        } else {
            search::row_numbers(table, 0, cancel)
        };
        let (Some(numbers), true) = (numbers, table.cols == 1 || table.rows == 1) else { return false };
        if numbers.is_empty() {
            return false;
        }
        let function = self.function;
        let slow = |cx: &mut Cx<'_>, [key]: [Value; 1]| {
            lift::call(cx, function, &[Arg::Value(key), Arg::Range(range), Arg::Value(kind)])
        };
        let approximate = kind.lane() == 1.0;
        let columns = self.machine.column_loop([key], self.out, slow);
        if let (Some((base, len)), false) = (numbers.consecutive(), approximate) {
            columns.checked(Consecutive { base, last: len as f64 - 1.0 });
            return true;
        }
        let find = finder(numbers, approximate);
        columns.checked(Costly(|key: f64| match find(key) {
            Some(at) => (at as f64 + 1.0, 0),
            None => (0.0, u64::MAX),
        }));
        true
    }

    #[inline(always)]
    fn index(&mut self, table: u32, row: Operand, col: Operand) -> bool {
        let Some((table, range)) = self.table(table) else { return false };
        let (rows, cols) = (table.rows, table.cols);
        let function = self.function;
        let slow = |cx: &mut Cx<'_>, [row, col]: [Value; 2]| {
            lift::call(cx, function, &[Arg::Range(range), Arg::Value(row), Arg::Value(col)])
        };
        let columns = self.machine.column_loop([row, col], self.out, slow);
        if let Some(picked) = picked(table) {
            columns.checked(picked);
            return true;
        }
        columns.checked(Costly(|row: f64, col: f64| {
            let cell = position(row, rows).and_then(|row| Some(row * cols + position(col, cols)?));
            lane(cell.and_then(|at| table.cells.get(at)))
        }));
        true
    }
}

/// A table whose cells can be picked by arithmetic.
fn picked(table: &Table) -> Option<Picked<'_>> {
    let (last_row, last_col) = (table.rows as f64 - 1.0, table.cols as f64 - 1.0);
    let pickable = !table.has_blanks && table.rows > 0 && table.cols > 0;
    pickable.then(|| Picked { cells: &table.cells, cols: table.cols as f64, last_row, last_col })
}

/// Position of a key in a searched line: of the first equal number, or of the last one that is not above it.
fn finder(numbers: &Numbers, approximate: bool) -> impl Fn(f64) -> Option<usize> {
    move |key| match (key.is_nan(), approximate) {
        (true, _) => None,
        (_, false) => numbers.first(key),
        (_, true) => numbers.at_most(key),
    }
}

/// A one-based whole number within `count` as an index.
#[inline(always)]
fn position(x: f64, count: usize) -> Option<usize> {
    let at = x as usize;
    (at as f64 == x && at >= 1 && at <= count).then(|| at - 1)
}

/// A cell of a table as a lane; a missing or blank cell falls back to the kernel.
#[inline(always)]
fn lane(cell: Option<&Value>) -> Lane {
    match cell {
        Some(value) if !value.is_empty() => (value.lane(), 0),
        _ => (0.0, u64::MAX),
    }
}
