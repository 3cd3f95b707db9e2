//! AND, OR, XOR, NOT and the two constants. IF and the other lazy forms are steps of the plan.

use crate::semantics::function::{Arg, Cx, Function, Param, nth, scalar, shaped};
use crate::semantics::properties::{Beyond, Chain};
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Unpacked, Value};

/// Counts of the truth values among the arguments.
#[derive(Default)]
struct Tally {
    yes: usize,
    no: usize,
}

impl Tally {
    fn add(&mut self, truth: bool) {
        if truth {
            self.yes += 1;
        } else {
            self.no += 1;
        }
    }
}

/// Texts in cells and arrays are passed over; a text typed as an argument must be TRUE, FALSE or empty. The first
/// error wins, and no truth value at all is `#VALUE!`.
fn tally(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Tally, ErrorCode> {
    let mut tally = Tally::default();
    for arg in args {
        match cx.grid(arg) {
            Grid::Single(value) => {
                let passed_over = value.is_blank() || cx.text_of(value).is_some_and(str::is_empty);
                if !passed_over {
                    tally.add(cx.boolean(value)?);
                }
            }
            cells => {
                for value in cells.iter() {
                    match value.unpack() {
                        Unpacked::Number(x) => tally.add(x != 0.0),
                        Unpacked::Bool(truth) => tally.add(truth),
                        Unpacked::Error(code) => return Err(code),
                        _ => {}
                    }
                }
            }
        }
    }
    if tally.yes + tally.no == 0 { Err(ErrorCode::Value) } else { Ok(tally) }
}

fn and(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally(cx, args).map(|tally| Value::bool(tally.no == 0)).into()
}

fn or(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally(cx, args).map(|tally| Value::bool(tally.yes > 0)).into()
}

fn xor(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally(cx, args).map(|tally| Value::bool(tally.yes % 2 == 1)).into()
}

fn not(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.boolean(nth(args, 0)).map(|truth| Value::bool(!truth)).into()
}

fn yes(_: &mut Cx<'_>, _: &[Value]) -> Value {
    Value::TRUE
}

fn no(_: &mut Cx<'_>, _: &[Value]) -> Value {
    Value::FALSE
}

pub const TABLE: &[Function] = &[
    shaped("AND", 1, 255, &[Param::Any], and).chained(Chain::And).beyond(Beyond::OneTruth),
    shaped("OR", 1, 255, &[Param::Any], or).chained(Chain::Or).beyond(Beyond::OneTruth),
    shaped("XOR", 1, 255, &[Param::Any], xor),
    scalar("NOT", 1, 1, not),
    scalar("TRUE", 0, 0, yes),
    scalar("FALSE", 0, 0, no),
];
