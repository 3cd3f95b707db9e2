//! Aggregates over many single values as chains of small steps. Each value is used as soon as it is ready and need
//! not be kept, and the steps run in columnar loops. Only where every value that depends on an input is a number or
//! an error; everything else stays a call.

use super::failure::Lowered;
use super::lowerer::Lowerer;
use super::values::Abs;
use crate::compile::graph::{Argument, Term, kinds};
use crate::workbook::{CellAddress, Place};
use execd_calc::kernels;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::semantics::properties::Chain;
use execd_calc::values::value::{ErrorCode, Unpacked, Value};

/// Longer ranges stay calls, because a chain has one step per cell.
const MAX_CHAIN: usize = 50_000;

/// The cells of one argument, row by row.
struct ArgumentCells {
    terms: Vec<Term>,
    rows: usize,
    cols: usize,
}

impl Lowerer<'_> {
    /// The chain that stands for a call with these arguments, if one does.
    pub fn decompose(&mut self, chain: Chain, args: &[Abs]) -> Lowered<Option<Abs>> {
        match (chain, args) {
            (Chain::Sum, args) => self.running(Op2::Sum, args),
            (Chain::Min, args) => self.running(Op2::Min, args),
            (Chain::Max, args) => self.running(Op2::Max, args),
            (Chain::SumOfProducts, args) => self.sum_product(args),
            (Chain::And, [first, rest @ ..]) => self.truths(first, rest, false),
            (Chain::Or, [first, rest @ ..]) => self.truths(first, rest, true),
            (Chain::CountIf, [range, criterion]) => self.count_if(range, criterion),
            (Chain::SumIf, [range, criterion]) => self.sum_if(range, criterion, range),
            (Chain::SumIf, [range, criterion, values]) => self.sum_if(range, criterion, values),
            (Chain::Match, [needle, range, mode]) => self.first_match(needle, range, mode),
            (Chain::PresentValue, [rate, flows @ ..]) => self.present_value(rate, flows),
            _ => Ok(None),
        }
    }

    /// AND and OR of booleans. A `decisive` value decides the result, unless a later argument is an error.
    fn truths(&mut self, first: &Abs, rest: &[Abs], decisive: bool) -> Lowered<Option<Abs>> {
        let mut terms = Vec::with_capacity(rest.len() + 1);
        for arg in std::iter::once(first).chain(rest) {
            match self.one_term(arg)? {
                Some(term) if self.graph.kinds(term) & !(kinds::BOOL | kinds::ERROR) == 0 => terms.push(term),
                _ => return Ok(None),
            }
        }
        let decided = Term::Const(Value::bool(decisive));
        let mut terms = terms.into_iter();
        let Some(mut result) = terms.next() else { return Ok(None) };
        for term in terms {
            let checked = match self.graph.kinds(term) & kinds::ERROR {
                0 => decided,
                _ => self.graph.three(Op3::Select, term, decided, decided),
            };
            let (yes, no) = if decisive { (checked, term) } else { (term, checked) };
            result = self.graph.three(Op3::Select, result, yes, no);
        }
        Ok(Some(Abs::Term(result)))
    }

    fn cells(&mut self, arg: &Abs) -> Lowered<Option<ArgumentCells>> {
        match arg {
            Abs::Places(places) => match places.as_slice() {
                [place] => self.place_cells(place),
                _ => Ok(None),
            },
            Abs::Grid(grid) | Abs::Cells(grid) => {
                Ok(Some(ArgumentCells { terms: grid.terms.clone(), rows: grid.rows, cols: grid.cols }))
            }
            _ => Ok(None),
        }
    }

    fn place_cells(&mut self, place: &Place) -> Lowered<Option<ArgumentCells>> {
        let (rows, cols) = self.sheets.used(place);
        if rows.saturating_mul(cols) > MAX_CHAIN {
            return Ok(None);
        }
        let mut terms = Vec::with_capacity(rows * cols);
        for row in 0..rows as u32 {
            for col in 0..cols as u32 {
                let (row, col) = (place.area.first_row + row, place.area.first_col + col);
                terms.push(self.term(CellAddress { sheet: place.sheet, row, col })?);
            }
        }
        Ok(Some(ArgumentCells { terms, rows, cols }))
    }

    /// The argument's value if it is one value or one cell.
    fn one_term(&mut self, arg: &Abs) -> Lowered<Option<Term>> {
        match arg {
            Abs::Term(term) => Ok(Some(*term)),
            Abs::Places(places) => match *places.as_slice() {
                [place] if place.is_cell() => {
                    let (row, col) = (place.area.first_row, place.area.first_col);
                    self.term(CellAddress { sheet: place.sheet, row, col }).map(Some)
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn is_numeric(&self, term: Term) -> bool {
        self.graph.kinds(term) & !kinds::NUMERIC == 0
    }

    fn varies(terms: &[Term]) -> bool {
        terms.iter().any(|term| matches!(term, Term::Node(_)))
    }

    fn running(&mut self, op: Op2, args: &[Abs]) -> Lowered<Option<Abs>> {
        let mut terms = Vec::new();
        for arg in args {
            match arg {
                // Values that are not cells follow other rules, except numbers.
                Abs::Term(term) if self.is_numeric(*term) => terms.push(*term),
                Abs::Term(_) | Abs::Omitted | Abs::Lambda(_) | Abs::Choice(_) => return Ok(None),
                Abs::Places(places) => {
                    for place in places {
                        match self.place_cells(place)? {
                            Some(cells) => terms.extend(cells.terms),
                            None => return Ok(None),
                        }
                    }
                }
                Abs::Grid(grid) | Abs::Cells(grid) => terms.extend_from_slice(&grid.terms),
            }
        }
        if !Self::varies(&terms) || terms.len() > MAX_CHAIN {
            return Ok(None);
        }
        let all_numeric = terms.iter().all(|&term| matches!(term, Term::Const(_)) || self.is_numeric(term));
        if op != Op2::Sum && !all_numeric {
            return Ok(None);
        }
        // Known blanks and texts do not count.
        terms.retain(|term| term.constant().is_none_or(|value| value.is_number() || value.is_error()));
        Ok(Some(self.chain(op, &terms)))
    }

    fn chain(&mut self, op: Op2, terms: &[Term]) -> Abs {
        let mut total = match terms.first() {
            Some(&first) if self.is_numeric(first) => first,
            Some(&first) => self.graph.two(op, Term::Const(Value::ZERO), first),
            None => Term::Const(Value::ZERO),
        };
        for &term in terms.iter().skip(1) {
            total = self.graph.two(op, total, term);
        }
        Abs::Term(if op == Op2::Sum { self.flushed(total) } else { total })
    }

    /// A running total after its last step.
    fn flushed(&mut self, total: Term) -> Term {
        self.graph.two(Op2::Operator(BinaryOp::Add), total, Term::Const(Value::ZERO))
    }

    fn sum_product(&mut self, args: &[Abs]) -> Lowered<Option<Abs>> {
        let mut factors = Vec::new();
        for arg in args {
            match self.cells(arg)? {
                Some(cells) => factors.push(cells),
                None => return Ok(None),
            }
        }
        let Some((first, others)) = factors.split_first() else { return Ok(None) };
        let same = others.iter().all(|cells| (cells.rows, cells.cols) == (first.rows, first.cols));
        let nominal = args.iter().all(|arg| match arg {
            Abs::Places(places) => {
                places.iter().all(|place| (place.rows(), place.cols()) == (first.rows, first.cols))
            }
            _ => true,
        });
        // A text is an error in a single cell, and 0 in a range.
        let single = first.rows * first.cols == 1;
        if !same
            || !nominal
            || single
            || others.is_empty()
            || !factors.iter().any(|cells| Self::varies(&cells.terms))
        {
            return Ok(None);
        }
        let (mut left, mut total) = (first.terms.clone(), Term::Const(Value::ZERO));
        let Some((last, middle)) = others.split_last() else { return Ok(None) };
        for cells in middle {
            for (product, &term) in left.iter_mut().zip(&cells.terms) {
                *product = self.graph.two(Op2::Times, *product, term);
            }
        }
        for (&a, &b) in left.iter().zip(&last.terms) {
            total = self.graph.three(Op3::SumTimes, total, a, b);
        }
        Ok(Some(Abs::Term(self.flushed(total))))
    }

    fn count_if(&mut self, range: &Abs, criterion: &Abs) -> Lowered<Option<Abs>> {
        let Some(Term::Const(criterion)) = self.one_term(criterion)? else { return Ok(None) };
        let Some((op, number)) = self.numeric_criterion(criterion) else { return Ok(None) };
        let Some(cells) = self.cells(range)? else { return Ok(None) };
        let simple = cells.terms.iter().all(|&term| match term {
            Term::Const(value) => !value.is_text(),
            Term::Node(_) => self.is_numeric(term),
        });
        if !Self::varies(&cells.terms) || !simple {
            return Ok(None);
        }
        let mut count = Term::Const(Value::ZERO);
        for term in cells.terms {
            count = self.graph.three(Op3::CountIf(op), count, term, Term::Const(Value::number(number)));
        }
        Ok(Some(Abs::Term(count)))
    }

    /// The comparison with a number that a known criterion stands for. Not `<>`, which texts and blanks pass, too.
    fn numeric_criterion(&self, value: Value) -> Option<(BinaryOp, f64)> {
        let text = match value.unpack() {
            Unpacked::Number(x) => return Some((BinaryOp::Eq, x)),
            Unpacked::Text(id) => self.graph.heap.text(id),
            _ => return None,
        };
        let operators = [
            ("<=", BinaryOp::Le),
            (">=", BinaryOp::Ge),
            ("<", BinaryOp::Lt),
            (">", BinaryOp::Gt),
            ("=", BinaryOp::Eq),
        ];
        if text.starts_with("<>") {
            return None;
        }
        let (op, number) = operators.iter().find_map(|(sign, op)| Some((*op, text.strip_prefix(sign)?)))?;
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
        let number = number.parse::<f64>().ok().filter(|_| plain)?;
        Some((op, number))
    }

    /// SUMIF with constant cells and a known criterion is the sum of the cells that it chooses.
    fn sum_if(&mut self, range: &Abs, criterion: &Abs, values: &Abs) -> Lowered<Option<Abs>> {
        let (Abs::Places(tested), Abs::Places(summed)) = (range, values) else { return Ok(None) };
        let ([tested], [summed]) = (tested.as_slice(), summed.as_slice()) else { return Ok(None) };
        let Some(criterion @ Term::Const(_)) = self.one_term(criterion)? else { return Ok(None) };
        let Some(cells) = self.place_cells(tested)? else { return Ok(None) };
        let Some(count_if) = kernels::find("COUNTIF") else { return Ok(None) };
        if Self::varies(&cells.terms) {
            return Ok(None);
        }
        let mut chosen = Vec::new();
        for (position, &cell) in cells.terms.iter().enumerate() {
            let arguments = [cell, criterion].map(Argument::Term);
            let Term::Const(counted) = self.graph.call(count_if, &arguments) else { return Ok(None) };
            if counted.as_number() == Some(1.0) {
                let (row, col) = (position / cells.cols, position % cells.cols);
                let row = summed.area.first_row + row as u32;
                let col = summed.area.first_col + col as u32;
                chosen.push(self.term(CellAddress { sheet: summed.sheet, row, col })?);
            }
        }
        if !Self::varies(&chosen) {
            return Ok(None);
        }
        chosen.retain(|term| term.constant().is_none_or(|value| value.is_number() || value.is_error()));
        Ok(Some(self.chain(Op2::Sum, &chosen)))
    }

    /// Exact MATCH of a number among numbers that depend on an input.
    fn first_match(&mut self, needle: &Abs, range: &Abs, mode: &Abs) -> Lowered<Option<Abs>> {
        let exact = matches!(mode, Abs::Term(Term::Const(mode)) if mode.as_number() == Some(0.0));
        let needle = match self.one_term(needle)? {
            Some(term) if exact && self.is_numeric(term) => term,
            _ => return Ok(None),
        };
        let Some(cells) = self.cells(range)? else { return Ok(None) };
        let all_numeric = cells.terms.iter().all(|&term| self.is_numeric(term));
        if (cells.rows != 1 && cells.cols != 1) || !Self::varies(&cells.terms) || !all_numeric {
            return Ok(None);
        }
        let mut found = Term::Const(Value::error(ErrorCode::NA));
        for (position, term) in cells.terms.into_iter().enumerate() {
            found = self.graph.three(Op3::Found(position as u32 + 1), found, term, needle);
        }
        let result = if needle.constant().is_some_and(Value::is_number) {
            found
        } else {
            let failed = self.graph.one(Op1::IsError, needle);
            self.graph.three(Op3::Select, failed, needle, found)
        };
        Ok(Some(Abs::Term(result)))
    }

    /// NPV: each payment over the running power of 1 + rate.
    fn present_value(&mut self, rate: &Abs, flows: &[Abs]) -> Lowered<Option<Abs>> {
        let rate = match self.one_term(rate)? {
            Some(rate) if self.is_numeric(rate) => rate,
            _ => return Ok(None),
        };
        let mut payments = Vec::new();
        for flow in flows {
            match self.cells(flow)? {
                Some(cells) => payments.extend(cells.terms),
                None => return Ok(None),
            }
        }
        if !Self::varies(&payments) || !payments.iter().all(|&payment| self.is_numeric(payment)) {
            return Ok(None);
        }
        let one = Term::Const(Value::number(1.0));
        let growth = self.graph.two(Op2::Operator(BinaryOp::Add), one, rate);
        let (mut divisor, mut total) = (one, Term::Const(Value::ZERO));
        for payment in payments {
            divisor = self.graph.two(Op2::Operator(BinaryOp::Mul), divisor, growth);
            let discounted = self.graph.two(Op2::Operator(BinaryOp::Div), payment, divisor);
            total = self.graph.two(Op2::Sum, total, discounted);
        }
        Ok(Some(Abs::Term(self.flushed(total))))
    }
}
