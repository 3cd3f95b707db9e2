//! Aggregates over many single values as chains of small steps. Each value is used as soon as it is ready and need
//! not be kept, and the steps run in columnar loops. Only where every value that depends on an input is a number or
//! an error; everything else stays a call.

use super::runs::Adds;
use crate::compile::graph::{Term, kinds};
use crate::compile::lower::at::At;
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::Abs;
use crate::workbook::{CellAddress, Place};
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::semantics::properties::Chain;
use execd_calc::values::value::{ErrorCode, Unpacked, Value};

/// Longer ranges stay calls, because a chain has one step per cell.
const MAX_CELLS: usize = 50_000;

/// The cells of one argument, row by row.
struct ArgumentCells {
    terms: Vec<Term>,
    rows: usize,
    cols: usize,
}

impl Lowerer<'_> {
    /// The chain that stands for a call with these arguments, if one does.
    pub fn decompose(&mut self, chain: Chain, args: &[Abs], at: &At) -> Lowered<Option<Abs>> {
        if let Some(chosen) = self.over_chosen(chain, args, at)? {
            return Ok(Some(chosen));
        }
        match (chain, args) {
            (Chain::Sum, args) => self.aggregate(Adds::Sum, args),
            (Chain::Mean, args) => self.aggregate(Adds::Mean, args),
            (Chain::Min, args) => self.aggregate(Adds::Min, args),
            (Chain::Max, args) => self.aggregate(Adds::Max, args),
            (Chain::Count, args) => self.aggregate(Adds::Numbers, args),
            (Chain::CountAll, args) => self.aggregate(Adds::Filled, args),
            (Chain::SumOfProducts, args) => self.sum_product(args),
            (Chain::And, [first, rest @ ..]) => self.truths(first, rest, false),
            (Chain::Or, [first, rest @ ..]) => self.truths(first, rest, true),
            (Chain::CountIf, [range, criterion]) => self.count_if(range, criterion),
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
        if rows.saturating_mul(cols) > MAX_CELLS {
            return Ok(None);
        }
        let window = self.window(place, (rows, cols))?;
        if self.graph.has_node(&window) && !self.could_chain(rows * cols) {
            return Ok(None);
        }
        Ok(Some(ArgumentCells { terms: self.window_terms(&window), rows, cols }))
    }

    /// The argument's value if it is one value or one cell.
    pub fn one_term(&mut self, arg: &Abs) -> Lowered<Option<Term>> {
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

    fn varies(terms: &[Term]) -> bool {
        terms.iter().any(|term| matches!(term, Term::Node(_)))
    }

    fn aggregate(&mut self, adds: Adds, args: &[Abs]) -> Lowered<Option<Abs>> {
        Ok(self.running(adds, args)?.map(|total| self.result_of(adds, total)))
    }

    fn sum_product(&mut self, args: &[Abs]) -> Lowered<Option<Abs>> {
        let constant =
            |arg: &Abs| matches!(arg, Abs::Grid(grid) | Abs::Cells(grid) if grid.constants().is_some());
        if args.len() < 2 || args.iter().all(constant) {
            return Ok(None);
        }
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
            || !self.may_chain(first.terms.len() * others.len())
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
        self.aggregate(Adds::Meeting(op, number.to_bits()), std::slice::from_ref(range))
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

    /// Exact MATCH of a number among numbers that depend on an input.
    fn first_match(&mut self, needle: &Abs, range: &Abs, mode: &Abs) -> Lowered<Option<Abs>> {
        let exact = matches!(mode, Abs::Term(Term::Const(mode)) if mode.as_number() == Some(0.0));
        let needle = match self.one_term(needle)? {
            Some(term) if exact && self.is_numeric(term) => term,
            _ => return Ok(None),
        };
        let Some(cells) = self.cells(range)? else { return Ok(None) };
        let all_numeric = cells.terms.iter().all(|&term| self.is_numeric(term));
        let line = cells.rows == 1 || cells.cols == 1;
        if !line || !all_numeric || !Self::varies(&cells.terms) || !self.may_chain(cells.terms.len()) {
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
        if !Self::varies(&payments)
            || !payments.iter().all(|&payment| self.is_numeric(payment))
            || !self.may_chain(3 * payments.len())
        {
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
