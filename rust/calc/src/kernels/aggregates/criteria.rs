//! Criteria as COUNTIF, SUMIFS and the database functions write them, parsed once to a predicate on cells.

use crate::numbers::digits::same15;
use crate::semantics::coerce;
use crate::semantics::compare;
use crate::semantics::function::Cx;
use crate::semantics::wildcard::Pattern;
use crate::values::value::{ErrorCode, Unpacked, Value};
use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Op::Eq => order == Ordering::Equal,
            Op::Ne => order != Ordering::Equal,
            Op::Lt => order == Ordering::Less,
            Op::Le => order != Ordering::Greater,
            Op::Gt => order == Ordering::Greater,
            Op::Ge => order != Ordering::Less,
        }
    }
}

/// Longest first, so that a prefix search finds the right one.
const OPS: [(&str, Op); 6] =
    [("<=", Op::Le), (">=", Op::Ge), ("<>", Op::Ne), ("=", Op::Eq), ("<", Op::Lt), (">", Op::Gt)];

/// Which cells can meet a criterion, for those who have them in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sought<'a> {
    /// This number, and texts that read as one.
    Number(f64),
    /// This text, in whatever case.
    Text(&'a str),
    /// Numbers on one side of a number.
    Below,
    Above,
    Any,
}

/// A condition on one cell.
#[derive(Clone, Debug)]
pub struct Criterion {
    op: Op,
    operand: Operand,
}

#[derive(Clone, Debug)]
enum Operand {
    Number(f64),
    Bool(bool),
    Error(ErrorCode),
    /// With wildcards, for `=` and `<>`.
    Like(Pattern),
    /// Without, or for an order, where wildcards mean nothing.
    Text(String),
    /// Nothing after the operator: only a cell without content.
    Blank,
    /// The criterion is an empty text: a blank cell or an empty text.
    Empty,
}

impl Criterion {
    /// A number, boolean or error means `=`; a blank means `=0`; a text may start with an operator, and what
    /// follows is read as a number, date, boolean or error where it can be.
    pub fn parse(cx: &Cx<'_>, value: Value) -> Criterion {
        let operand = match value.unpack() {
            Unpacked::Number(x) => Operand::Number(x),
            Unpacked::Bool(b) => Operand::Bool(b),
            Unpacked::Error(code) => Operand::Error(code),
            Unpacked::Blank | Unpacked::Omitted => Operand::Number(0.0),
            Unpacked::Array(_) => Operand::Error(ErrorCode::Value),
            Unpacked::Text(id) => return Criterion::from_text(cx, cx.heap.text(id)),
        };
        Criterion { op: Op::Eq, operand }
    }

    /// As the database functions read it: a text without an operator stands for all texts that start with it.
    pub fn parse_filter(cx: &Cx<'_>, value: Value) -> Criterion {
        let mut criterion = Criterion::parse(cx, value);
        let given = cx.text_of(value).unwrap_or("");
        if !given.starts_with(['<', '=', '>'])
            && matches!(criterion.operand, Operand::Text(_) | Operand::Like(_))
        {
            criterion.operand = Operand::Like(Pattern::new(&format!("{given}*")));
        }
        criterion
    }

    fn from_text(cx: &Cx<'_>, text: &str) -> Criterion {
        let with_op = OPS.iter().find_map(|&(sign, op)| Some((op, text.strip_prefix(sign)?)));
        let (op, rest) = with_op.unwrap_or((Op::Eq, text));
        let operand = if rest.is_empty() {
            if with_op.is_some() { Operand::Blank } else { Operand::Empty }
        } else if let Some(x) = coerce::number_in_text(cx, rest) {
            Operand::Number(x)
        } else if rest.eq_ignore_ascii_case("TRUE") || rest.eq_ignore_ascii_case("FALSE") {
            Operand::Bool(rest.eq_ignore_ascii_case("TRUE"))
        } else if let Some(code) = ErrorCode::from_text(rest) {
            Operand::Error(code)
        } else if matches!(op, Op::Eq | Op::Ne) {
            let pattern = Pattern::new(rest);
            if pattern.is_wild() { Operand::Like(pattern) } else { Operand::Text(pattern.literal()) }
        } else {
            Operand::Text(rest.to_owned())
        };
        Criterion { op, operand }
    }

    pub fn sought(&self) -> Sought<'_> {
        match (self.op, &self.operand) {
            (Op::Eq, Operand::Number(x)) => Sought::Number(*x),
            (Op::Eq, Operand::Text(text)) => Sought::Text(text),
            (Op::Lt | Op::Le, Operand::Number(_)) => Sought::Below,
            (Op::Gt | Op::Ge, Operand::Number(_)) => Sought::Above,
            _ => Sought::Any,
        }
    }

    #[inline]
    pub fn matches(&self, cx: &Cx<'_>, cell: Value) -> bool {
        if let (Operand::Number(own), Some(x)) = (&self.operand, cell.as_number()) {
            return self.op.holds(compare::numbers(x, *own));
        }
        match self.op {
            Op::Eq => self.is_equal(cx, cell),
            // A text that reads as the number equals it, but is not kept out by `<>` either.
            Op::Ne => match (&self.operand, cell.unpack()) {
                (Operand::Number(_), Unpacked::Text(_)) => true,
                _ => !self.is_equal(cx, cell),
            },
            _ => self.order(cx, cell).is_some_and(|order| self.op.holds(order)),
        }
    }

    fn is_equal(&self, cx: &Cx<'_>, cell: Value) -> bool {
        match (&self.operand, cell.unpack()) {
            (Operand::Number(own), Unpacked::Text(id)) => {
                number_in(cx, cx.heap.text(id)).is_some_and(|x| same15(*own, x))
            }
            (Operand::Bool(own), Unpacked::Bool(b)) => *own == b,
            (Operand::Error(own), Unpacked::Error(code)) => *own == code,
            (Operand::Like(pattern), Unpacked::Text(id)) => {
                let text = cx.heap.text(id);
                !cx.cancelled_at(text.len()) && pattern.matches(cx, text)
            }
            (Operand::Text(own), Unpacked::Text(id)) => {
                let text = cx.heap.text(id);
                if cx.cancelled_at(text.len()) {
                    return false;
                }
                text.eq_ignore_ascii_case(own) || (!own.is_ascii() && compare::equal_texts(own, text))
            }
            (Operand::Blank | Operand::Empty, Unpacked::Blank) => true,
            (Operand::Empty, Unpacked::Text(id)) => cx.heap.text(id).is_empty(),
            _ => false,
        }
    }

    /// How the cell stands to the operand, when both are of one kind.
    fn order(&self, cx: &Cx<'_>, cell: Value) -> Option<Ordering> {
        match (&self.operand, cell.unpack()) {
            (Operand::Bool(own), Unpacked::Bool(b)) => Some(b.cmp(own)),
            (Operand::Text(own), Unpacked::Text(id)) => {
                let text = cx.heap.text(id);
                (!cx.cancelled_at(text.len())).then(|| compare::texts(text, own))
            }
            _ => None,
        }
    }
}

/// A text cell that reads as a number counts as that number; without a digit it cannot.
pub fn number_in(cx: &Cx<'_>, text: &str) -> Option<f64> {
    if !cx.cancelled_at(text.len()) && text.bytes().any(|b| b.is_ascii_digit()) {
        coerce::number_in_text(cx, text)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::sync::atomic::AtomicBool;

    /// Which of 23, "23", TRUE, 1, -23, "hey", FALSE, 123, blank and "" meet a criterion.
    fn met(criterion: &str) -> Vec<usize> {
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut heap = Heap::empty();
        let (number, word, empty) = (heap.add_text("23"), heap.add_text("hey"), heap.add_text(""));
        let text = heap.add_text(criterion);
        let cx = Cx { heap: &mut heap, env: &env, cancel: &cancel };
        let parsed = Criterion::parse(&cx, text);
        let cells = [
            Value::number(23.0),
            number,
            Value::TRUE,
            Value::number(1.0),
            Value::number(-23.0),
            word,
            Value::FALSE,
            Value::number(123.0),
            Value::BLANK,
            empty,
        ];
        (0..cells.len()).filter(|&i| parsed.matches(&cx, cells[i])).collect()
    }

    /// Oracle: the cached values of IronCalc's COUNTIF.xlsx (sheet Rows) for `=`, `<>` and the orders of numbers; Excel
    /// documentation, COUNTIF and "Using wildcard characters in searches", for the rest.
    #[test]
    fn what_meets_a_criterion() {
        for (criterion, places) in [
            ("23", vec![0, 1]),
            ("=23", vec![0, 1]),
            ("<>23", vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (">1", vec![0, 7]),
            ("<=1", vec![3, 4]),
            ("TRUE", vec![2]),
            ("HEY", vec![5]),
            ("h?y", vec![5]),
            ("*", vec![1, 5, 9]),
            ("<>h*", vec![0, 1, 2, 3, 4, 6, 7, 8, 9]),
            (">a", vec![5]),
            ("", vec![8, 9]),
            ("=", vec![8]),
            ("<>", vec![0, 1, 2, 3, 4, 5, 6, 7, 9]),
            ("~*", vec![]),
        ] {
            assert_eq!(met(criterion), places, "{criterion:?}");
        }
    }
}
