//! Operations and calls: evaluated now if all arguments are constant, else nodes.

use super::node::{Argument, Op, Term, kinds};
use super::program::Graph;
use super::range_argument::{Columns, RangeArgument};
use execd_calc::kernels;
use execd_calc::semantics::function::{Arg, Cx, Function, Param, flags};
use execd_calc::semantics::lift;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{self, Op1, Op2, Op3};
use execd_calc::values::budget::Refusal;
use execd_calc::values::heap::Array;
use execd_calc::values::value::{ErrorCode, Unpacked, Value};

/// How many choices inside choices an element is looked for in. Each can double the work.
const MAX_CHOSEN: usize = 6;

/// Results of calls over so many constant cells are remembered.
const LEAST_REMEMBERED: usize = 64;

impl Graph {
    pub fn input(&mut self, cell: u32) -> Term {
        let kinds = kinds::NUMBER | kinds::BOOL | kinds::TEXT | kinds::BLANK;
        self.share(Op::Input(cell), &[], kinds)
    }

    pub fn one(&mut self, op: Op1, a: Term) -> Term {
        if let Term::Const(a) = a
            && let Some(value) = self.folded(op != Op1::CellValue, |cx| primitive::one(cx, op, a))
        {
            return Term::Const(value);
        }
        let from = self.kinds(a);
        if op == Op1::CellValue && from & (kinds::BLANK | kinds::ARRAY) == 0 {
            return a;
        }
        if op == Op1::Truth && from & !(kinds::BOOL | kinds::ERROR) == 0 {
            return a;
        }
        let array = from & kinds::ARRAY;
        let kinds = match op {
            Op1::Minus | Op1::Percent => kinds::NUMERIC | array,
            Op1::CellValue => from & !(kinds::BLANK | kinds::ARRAY) | kinds::NUMBER,
            Op1::Truth => kinds::BOOL | kinds::ERROR | array,
            Op1::IsError | Op1::IsNA => kinds::BOOL | array,
        };
        self.share(Op::One(op), &[Argument::Term(a)], kinds)
    }

    pub fn two(&mut self, op: Op2, a: Term, b: Term) -> Term {
        if let (Term::Const(a), Term::Const(b)) = (a, b)
            && let Some(value) = self.folded(true, |cx| primitive::two(cx, op, a, b))
        {
            return Term::Const(value);
        }
        let array = (self.kinds(a) | self.kinds(b)) & kinds::ARRAY;
        if array == 0
            && let Op2::Operator(op @ (BinaryOp::Concat | BinaryOp::Eq | BinaryOp::Ne)) = op
            && let Some(function) = self.on_texts(op, a, b)
        {
            return self.operator_call(op, function, &[a, b].map(Argument::Term));
        }
        use BinaryOp::{Add, Concat, Div, Mul, Pow, Sub};
        let kinds = match op {
            Op2::Operator(Add | Sub | Mul | Div | Pow) => kinds::NUMERIC | array,
            Op2::Operator(Concat) => kinds::TEXT | kinds::ERROR | array,
            Op2::Operator(_) => kinds::BOOL | kinds::ERROR | array,
            Op2::LastAdd | Op2::LastSub => kinds::NUMERIC | array,
            Op2::Sum | Op2::Min | Op2::Max | Op2::Times => kinds::NUMERIC,
        };
        self.share(Op::Two(op), &[Argument::Term(a), Argument::Term(b)], kinds)
    }

    pub fn three(&mut self, op: Op3, a: Term, b: Term, c: Term) -> Term {
        if let (Term::Const(a), Term::Const(b), Term::Const(c)) = (a, b, c)
            && let Some(value) = self.folded(a.is_array(), |cx| primitive::three(cx, op, a, b, c))
        {
            return Term::Const(value);
        }
        if op == Op3::Select
            && let Term::Const(truth) = a
        {
            match truth.unpack() {
                Unpacked::Bool(true) => return b,
                Unpacked::Bool(false) => return c,
                Unpacked::Array(_) => {}
                _ => return a,
            }
        }
        let kinds = match op {
            Op3::Select => self.kinds(a) & (kinds::ERROR | kinds::ARRAY) | self.kinds(b) | self.kinds(c),
            Op3::CountIf(_) | Op3::Found(_) | Op3::SumTimes => kinds::NUMERIC,
        };
        self.share(Op::Three(op), &[Argument::Term(a), Argument::Term(b), Argument::Term(c)], kinds)
    }

    /// One element of an array. Single rows, columns and values repeat; outside the array is `#N/A`.
    pub fn element(&mut self, array: Term, row: u32, col: u32) -> Term {
        self.element_within(array, (row, col), MAX_CHOSEN)
    }

    /// Where a record chooses between two arrays, this chooses between two elements, through `levels` of choices.
    fn element_within(&mut self, array: Term, (row, col): (u32, u32), levels: usize) -> Term {
        let node = match array {
            Term::Const(value) => {
                let element = lift::element(&self.cx(), value, row as usize, col as usize);
                return Term::Const(element);
            }
            Term::Node(id) => self.node(id).copied(),
        };
        let Some(node) = node.filter(|node| node.kinds & kinds::ARRAY != 0) else { return array };
        if let (Op::Pack { rows, cols }, cells) = (node.op, self.arguments(&node)) {
            let (row, col) = (if rows == 1 { 0 } else { row }, if cols == 1 { 0 } else { col });
            let at = row as usize * cols as usize + col as usize;
            if row < rows
                && col < cols
                && let Some(Argument::Term(cell)) = cells.get(at)
            {
                return *cell;
            }
        }
        if let (Op::Three(Op3::Select), &[Argument::Term(truth), Argument::Term(yes), Argument::Term(no)]) =
            (node.op, self.arguments(&node))
            && levels > 0
            && self.kinds(truth) & kinds::ARRAY == 0
        {
            let yes = self.element_within(yes, (row, col), levels - 1);
            let no = self.element_within(no, (row, col), levels - 1);
            return self.three(Op3::Select, truth, yes, no);
        }
        let kinds = kinds::SCALAR | kinds::BLANK;
        self.share(Op::Element { row, col }, &[Argument::Term(array)], kinds)
    }

    /// A call of the function with this name.
    pub fn call_named(&mut self, name: &str, terms: &[Term]) -> Term {
        let arguments: Vec<Argument> = terms.iter().map(|&term| Argument::Term(term)).collect();
        match kernels::find(name) {
            Some(function) => self.call(function, &arguments),
            None => Term::Const(Value::error(ErrorCode::Name)),
        }
    }

    /// The terms as one array value.
    pub fn pack(&mut self, rows: usize, cols: usize, terms: &[Term]) -> Term {
        let constants: Option<Vec<Value>> = terms.iter().map(|term| term.constant()).collect();
        match constants {
            Some(cells) => {
                let array = self.heap.add_array(Array::new(rows, cols, cells));
                self.keep(array);
                Term::Const(array)
            }
            None => {
                let arguments: Vec<Argument> = terms.iter().map(|&term| Argument::Term(term)).collect();
                let op = Op::Pack { rows: rows as u32, cols: cols as u32 };
                self.share(op, &arguments, kinds::ARRAY)
            }
        }
    }

    pub fn call(&mut self, function: &'static Function, arguments: &[Argument]) -> Term {
        if (self.fold_volatile || !function.has(flags::VOLATILE))
            && let Some(value) = self.fold_call(function, arguments)
        {
            return Term::Const(value);
        }
        let lifted = arguments.iter().enumerate().any(|(position, argument)| match argument {
            Argument::Term(term) => {
                function.param(position) == Param::Scalar && self.kinds(*term) & kinds::ARRAY != 0
            }
            Argument::Range(_) => false,
        });
        let own = self.kinds_from_table(function, arguments).unwrap_or_else(|| {
            let array = if function.has(flags::GIVES_ARRAY) { kinds::ARRAY } else { 0 };
            let single = if function.gives_number() { kinds::NUMERIC } else { kinds::SCALAR | kinds::BLANK };
            single | array
        });
        let array = if lifted { kinds::ARRAY } else { 0 };
        self.share(Op::Call(function), arguments, own | array)
    }

    fn fold_call(&mut self, function: &Function, arguments: &[Argument]) -> Option<Value> {
        if arguments.iter().any(|argument| matches!(argument, Argument::Range(_))) {
            return self.fold_over_ranges(function, arguments);
        }
        let constant = |argument: &Argument| match argument {
            Argument::Term(term) => term.constant().map(Arg::Value),
            Argument::Range(_) => None,
        };
        let args: Vec<Arg<'_>> = arguments.iter().map(constant).collect::<Option<_>>()?;
        let value = lift::call(&mut self.cx(), function, &args);
        self.keep(value);
        self.is_lasting().then_some(value)
    }

    fn fold_over_ranges(&mut self, function: &Function, arguments: &[Argument]) -> Option<Value> {
        let constant = arguments.iter().all(|argument| match *argument {
            Argument::Term(term) => term.constant().is_some(),
            Argument::Range(range) => self.ranges.get(range as usize).is_some_and(|range| range.constant),
        });
        if !constant {
            return None;
        }
        // Small ranges are not worth it, and arrays do not last as long as what is remembered.
        let size = |argument: &Argument| match *argument {
            Argument::Range(range) => self.ranges.get(range as usize).map_or(0, RangeArgument::len),
            Argument::Term(_) => 0,
        };
        let is_array =
            |argument: &Argument| matches!(argument, Argument::Term(Term::Const(value)) if value.is_array());
        let lasting =
            arguments.iter().map(size).sum::<usize>() >= LEAST_REMEMBERED && !arguments.iter().any(is_array);
        let key = lasting.then(|| (std::ptr::from_ref(function), arguments.into()));
        if let Some(known) = key.as_ref().and_then(|key| self.folded_calls.get(key)) {
            return Some(*known);
        }
        let columns_of = |argument| Columns::new(&self.ranges, &self.sheets, &self.table_cells, argument);
        let columns: Vec<Option<Columns<'_>>> = arguments.iter().map(columns_of).collect();
        let mut args = Vec::with_capacity(arguments.len());
        for (argument, columns) in arguments.iter().zip(&columns) {
            args.push(match *argument {
                Argument::Term(term) => Arg::Value(term.constant()?),
                Argument::Range(range) => {
                    Arg::Range(self.ranges.get(range as usize)?.view(columns.as_ref())?)
                }
            });
        }
        let mut cx = Cx { heap: &mut self.heap, env: &self.env, cancel: &self.budget.stop };
        let value = lift::call(&mut cx, function, &args);
        drop(args);
        self.keep(value);
        if !self.is_lasting() {
            return None;
        }
        if let Some(key) = key {
            self.folded_calls.insert(key, value);
        }
        Some(value)
    }

    /// A value from constants; `new` if its text or array is not an operand's. None if it can change with the year.
    fn folded(&mut self, new: bool, evaluate: impl FnOnce(&mut Cx<'_>) -> Value) -> Option<Value> {
        let value = evaluate(&mut self.cx());
        if new {
            self.keep(value);
        }
        self.is_lasting().then_some(value)
    }

    /// False if the value that was just calculated can change with the year, or could not be calculated: whether a pattern
    /// is too long is then told of each record, and where there was no room, `check` fails.
    pub fn is_lasting(&self) -> bool {
        let calculated = !self.heap.pardon(Refusal::Pattern) && self.heap.refused().is_none();
        (!self.env.take_year_asked() || self.fold_volatile) && calculated
    }
}
