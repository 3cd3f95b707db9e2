//! Powers with known exponents. Squares, cubes and fourth powers become products. Other powers of one base share its
//! logarithm, or follow from one another if the exponents go up or down in even steps (`execd_calc::math::power`).

use super::climb::{Way, ways};
use crate::compile::graph::{Argument, Graph, Node, Op, Term, kinds};
use crate::compile::schedule::order;
use crate::error::Error;
use execd_calc::semantics::function::Columnar;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::Op2;
use execd_calc::values::value::Value;
use hashbrown::HashMap;

/// Powers with whole exponents up to this one become products.
const LARGEST_PRODUCT: f64 = 4.0;

/// The graph and its outputs with cheaper powers. Fails when compiling is to stop.
pub fn rewrite(graph: Graph, outputs: &[Term]) -> Result<(Graph, Vec<Term>), Error> {
    if !graph.nodes.iter().any(|node| power(&graph, node).is_some()) {
        return Ok((graph, outputs.to_vec()));
    }
    // Powers follow from one another in the order of execution, so that no value has to be kept for long.
    let order = order(&graph, outputs)?;
    let nodes: Vec<u32> = order.iter().filter_map(|item| item.node()).collect();
    let rewrites = rewrites(&graph, &nodes);
    let mut climbed = HashMap::new();
    graph.rebuilt(outputs, &nodes, |graph, old, arguments| {
        let rewrite = rewrites.get(&old)?;
        let &[Argument::Term(base), Argument::Term(exponent)] = arguments else { return None };
        if let Some(climb) = rewrite.climb {
            let node = graph.climb(climb, base, exponent, &climbed);
            climbed.insert(old, node);
        }
        match rewrite.value {
            By::Itself => None,
            By::Product(n) => Some(graph.product(base, n)),
            By::Logarithm => {
                let ln = graph.new_node(Op::Ln, &[base]);
                Some(graph.new_node(Op::Power, &[base, exponent, ln]))
            }
            By::Climbing => climbed.get(&old).copied(),
        }
    })
}

/// How the value of a power is calculated.
#[derive(Clone, Copy, Debug)]
enum By {
    Itself,
    Product(u64),
    Logarithm,
    Climbing,
}

/// A power that others follow from, or that follows from another. `from` is a node of the old graph.
#[derive(Clone, Copy, Debug)]
enum Climb {
    First { reach: f64 },
    Next { from: u32, step: f64, remainder: f64, reach: f64 },
}

/// What becomes of a power. It may be a product where its value is used, and have a second form that others follow
/// from.
#[derive(Clone, Copy, Debug)]
struct Rewrite {
    value: By,
    climb: Option<Climb>,
}

impl Graph {
    fn climb(&mut self, climb: Climb, base: Term, exponent: Term, climbed: &HashMap<u32, Term>) -> Term {
        let number = |x: f64| Term::Const(Value::number(x));
        match climb {
            Climb::First { reach } => self.new_node(Op::FirstPower, &[base, exponent, number(reach)]),
            Climb::Next { from, step, remainder, reach } => {
                let ln = self.new_node(Op::Ln, &[base]);
                let by = self.new_node(Op::FirstPower, &[base, number(step), number(reach)]);
                let from = climbed.get(&from).copied().unwrap_or(by);
                self.new_node(Op::NextPower, &[base, exponent, from, by, ln, number(remainder)])
            }
        }
    }

    /// The product by which `execd_calc` calculates whole powers: of the squares for the binary digits of `n`, the
    /// highest last.
    fn product(&mut self, base: Term, n: u64) -> Term {
        let highest = 1 << n.ilog2();
        let (a, b) = match n - highest {
            0 if n == 1 => return base,
            0 => (self.product(base, n / 2), self.product(base, n / 2)),
            rest => (self.product(base, rest), self.product(base, highest)),
        };
        self.two(Op2::Operator(BinaryOp::Mul), a, b)
    }

    fn new_node(&mut self, op: Op, terms: &[Term]) -> Term {
        let arguments: Vec<Argument> = terms.iter().map(|&term| Argument::Term(term)).collect();
        self.share(op, &arguments, kinds::NUMERIC)
    }
}

/// What becomes of the powers among `nodes`, which are in the order of execution.
fn rewrites(graph: &Graph, nodes: &[u32]) -> HashMap<u32, Rewrite> {
    let mut by_base: HashMap<u32, Vec<(u32, f64)>> = HashMap::new();
    for &id in nodes {
        if let Some((base, exponent)) = graph.node(id).and_then(|node| power(graph, node)) {
            by_base.entry(base).or_default().push((id, exponent));
        }
    }
    by_base.into_values().flat_map(|powers| rewrites_of_base(&powers)).collect()
}

fn rewrites_of_base(powers: &[(u32, f64)]) -> Vec<(u32, Rewrite)> {
    let exponents: Vec<f64> = powers.iter().map(|power| power.1).collect();
    // If all exponents are whole, no power follows from another.
    let climbs = exponents.iter().any(|exponent| !is_whole(*exponent));
    let ways = ways(if climbs { &exponents } else { &[] });
    let alone =
        |(at, exponent): (usize, &f64)| !is_whole(*exponent) && ways.powers.get(at) == Some(&Way::Alone);
    let logarithms = exponents.iter().enumerate().filter(|power| alone(*power)).count();
    let reach = exponents.iter().chain(&ways.steps).fold(0.0, |most: f64, exponent| most.max(exponent.abs()));
    let rewrite = |(at, &(node, exponent)): (usize, &(u32, f64))| {
        let climb = match ways.powers.get(at) {
            Some(Way::First) => Some(Climb::First { reach }),
            Some(&Way::Next { from, step, remainder }) => {
                Some(Climb::Next { from: powers[from].0, step: ways.steps[step], remainder, reach })
            }
            _ => None,
        };
        let value = match climb {
            _ if is_whole(exponent) && (2.0..=LARGEST_PRODUCT).contains(&exponent) => {
                By::Product(exponent as u64)
            }
            _ if is_whole(exponent) => By::Itself,
            Some(_) => By::Climbing,
            None if logarithms > 1 => By::Logarithm,
            None => By::Itself,
        };
        (node, Rewrite { value, climb })
    };
    powers.iter().enumerate().map(rewrite).collect()
}

fn is_whole(exponent: f64) -> bool {
    exponent.trunc() == exponent
}

/// Base and exponent of a power of one value with a known exponent.
fn power(graph: &Graph, node: &Node) -> Option<(u32, f64)> {
    let is_power = match node.op {
        Op::Two(Op2::Operator(BinaryOp::Pow)) => true,
        Op::Call(function) => function.columnar == Some(Columnar::Power),
        _ => false,
    };
    match *graph.arguments(node) {
        [Argument::Term(base @ Term::Node(id)), Argument::Term(Term::Const(exponent))]
            if is_power && graph.kinds(base) & kinds::ARRAY == 0 =>
        {
            exponent.as_number().map(|exponent| (id, exponent))
        }
        _ => None,
    }
}
