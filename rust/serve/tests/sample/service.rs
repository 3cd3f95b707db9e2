//! A service over a plan made by hand.

use super::{inputs, outputs, table};
use execd_calc::interface::{Bound, Format, Interface, Limit, Output, Rule, Shape, Validation};
use execd_calc::plan::{InputSlot, Operand, Plan, Step};
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::Op2;
use execd_calc::values::value::Value;
use execd_serve::clock::SystemClock;
use execd_serve::engine::Engine;
use execd_serve::execute::Service;
use std::sync::Arc;

/// Inputs A, Name, Day and the table T (2 rows of K and 13); outputs: Half = A / 2 , Ratio = 1 / A, Name, Day and T.
pub fn service() -> Service {
    let mut inputs = inputs(&[
        ("A", Shape::Scalar, Format::General),
        ("Name", Shape::Scalar, Format::General),
        ("Day", Shape::Scalar, Format::Date),
        ("T", table(&["K", "13"], 2), Format::General),
    ]);
    let at_most = |limit| Bound::AtMost(Limit::Constant(limit));
    inputs[0].validations = vec![Validation {
        cells: vec![0],
        rule: Rule::Decimal(at_most(10.0)),
        message: None,
        ignore_blank: true,
    }];
    inputs[1].validations = vec![Validation {
        cells: vec![1],
        rule: Rule::TextLength(at_most(5.0)),
        message: Some("too \"long\"".to_owned()),
        ignore_blank: true,
    }];
    let outputs: Vec<Output> = outputs(&[
        ("Half", Shape::Scalar, Format::General),
        ("Ratio", Shape::Scalar, Format::General),
        ("Name", Shape::Scalar, Format::General),
        ("Day", Shape::Scalar, Format::Date),
        ("T", table(&["K", "13"], 2), Format::General),
    ]);
    let interface = Interface { inputs, outputs, ..Interface::default() };
    let cells = 7;
    let divide = |a, b, out| Step::Two { op: Op2::Operator(BinaryOp::Div), a, b, out };
    let plan = Plan {
        input_cells: cells,
        output_cells: 8,
        constants: vec![Value::number(2.0), Value::number(1.0)],
        steps: vec![
            divide(Operand::slot(0), Operand::constant(0), 7),
            divide(Operand::constant(1), Operand::slot(0), 8),
        ],
        slots: 9,
        inputs: (0..cells)
            .map(|cell| InputSlot { cell, slot: cell as u32, default: Value::number(cell as f64 + 0.5) })
            .collect(),
        outputs: [7, 8, 1, 2, 3, 4, 5, 6].map(Operand::slot).to_vec(),
        ..Plan::default()
    };
    Service::new(Arc::new(plan), Arc::new(interface))
}

pub fn engine(threads: usize) -> Engine {
    Engine::new(threads, Arc::new(SystemClock)).unwrap()
}
