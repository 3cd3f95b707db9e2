//! The largest size that an array can have, from the functions that made it.

use super::node::{Argument, Node, Op, Term, kinds};
use super::program::Graph;
use execd_calc::semantics::function::{Function, Param, flags};
use execd_calc::semantics::primitive::{Op2, Op3};
use execd_calc::semantics::properties::{Limit, Size};
use hashbrown::HashMap;

/// How many functions the size of an array is followed through.
const MAX_FOLLOWED: usize = 200;

/// The largest possible number of rows and of columns.
pub type Bounds = (usize, usize);

/// None if nothing limits the size.
pub fn of(graph: &Graph, array: Term) -> Option<Bounds> {
    BoundsOf { graph, known: HashMap::new() }.of(array, 0)
}

pub fn union(a: Bounds, b: Bounds) -> Bounds {
    (a.0.max(b.0), a.1.max(b.1))
}

struct BoundsOf<'a> {
    graph: &'a Graph,
    known: HashMap<u32, Option<Bounds>>,
}

impl BoundsOf<'_> {
    fn of(&mut self, term: Term, depth: usize) -> Option<Bounds> {
        let graph = self.graph;
        let id = match term {
            Term::Const(value) => return Some(graph.size_of(value)),
            Term::Node(_) if graph.kinds(term) & kinds::ARRAY == 0 => return Some((1, 1)),
            Term::Node(id) => id,
        };
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let node = *graph.node(id)?;
        let bounds = if depth < MAX_FOLLOWED { self.of_node(&node, depth + 1) } else { None };
        self.known.insert(id, bounds);
        bounds
    }

    fn of_node(&mut self, node: &Node, depth: usize) -> Option<Bounds> {
        let arguments = self.graph.arguments(node).to_vec();
        match node.op {
            Op::Pack { rows, cols } => Some((rows as usize, cols as usize)),
            Op::Call(function) if function.has(flags::GIVES_ARRAY) => {
                let own = self.of_function(function, &arguments, depth)?;
                let lifted = self.of_lifted(function, &arguments, depth)?;
                if lifted == (1, 1) { Some(own) } else { Some(lifted) }
            }
            Op::Call(function) => self.of_lifted(function, &arguments, depth),
            _ => self.all(&arguments, depth),
        }
    }

    fn all(&mut self, arguments: &[Argument], depth: usize) -> Option<Bounds> {
        arguments
            .iter()
            .try_fold((1, 1), |most, argument| Some(union(most, self.of_argument(argument, depth)?)))
    }

    /// The size that arrays in places of single values give the result.
    fn of_lifted(&mut self, function: &Function, arguments: &[Argument], depth: usize) -> Option<Bounds> {
        let mut most = (1, 1);
        for (position, argument) in arguments.iter().enumerate() {
            if function.param(position) == Param::Scalar {
                most = union(most, self.of_argument(argument, depth)?);
            }
        }
        Some(most)
    }

    fn of_argument(&mut self, argument: &Argument, depth: usize) -> Option<Bounds> {
        match *argument {
            Argument::Term(term) => self.of(term, depth),
            Argument::Range(range) => {
                let range = self.graph.ranges.get(range as usize)?;
                Some((range.rows, range.cols))
            }
        }
    }

    fn of_function(&mut self, function: &Function, arguments: &[Argument], depth: usize) -> Option<Bounds> {
        let (first, rest) = arguments.split_first()?;
        match function.size {
            Size::Unknown => None,
            Size::Argument(position) => self.of_argument(arguments.get(position)?, depth),
            Size::Filtered => {
                let otherwise =
                    rest.get(1).map_or(Some((1, 1)), |argument| self.of_argument(argument, depth));
                Some(union(self.of_argument(first, depth)?, otherwise?))
            }
            Size::Transposed => self.of_argument(first, depth).map(|(rows, cols)| (cols, rows)),
            Size::Column => self.cells_of(first, depth).map(|cells| (cells, 1)),
            Size::Row => self.cells_of(first, depth).map(|cells| (1, cells)),
            Size::Wrapped => self.cells_of(first, depth).map(|cells| (cells, cells)),
            Size::Below => arguments.iter().try_fold((0, 0), |(rows, cols): Bounds, argument| {
                let more = self.of_argument(argument, depth)?;
                Some((rows.saturating_add(more.0), cols.max(more.1)))
            }),
            Size::Beside => arguments.iter().try_fold((0, 0), |(rows, cols): Bounds, argument| {
                let more = self.of_argument(argument, depth)?;
                Some((rows.max(more.0), cols.saturating_add(more.1)))
            }),
            Size::ChosenRows => {
                let (_, cols) = self.of_argument(first, depth)?;
                Some((self.cells_of_all(rest, depth)?, cols))
            }
            Size::ChosenColumns => {
                let (rows, _) = self.of_argument(first, depth)?;
                Some((rows, self.cells_of_all(rest, depth)?))
            }
            Size::Counted => {
                let rows = self.most(first, depth)?;
                let cols = rest.first().map_or(Some(1), |argument| self.most(argument, depth))?;
                Some((rows, cols))
            }
            Size::HeightAndWidth => {
                // A negative size reaches upwards, so only known sizes have a limit.
                let [.., Argument::Term(height), Argument::Term(width)] = *rest else { return None };
                let size = |term: Term| Some(term.constant()?.as_number()?.abs().max(1.0) as usize);
                Some((size(height)?, size(width)?))
            }
            Size::Product => {
                let (rows, _) = self.of_argument(first, depth)?;
                let (_, cols) = self.of_argument(rest.first()?, depth)?;
                Some((rows, cols))
            }
        }
    }

    fn cells_of(&mut self, argument: &Argument, depth: usize) -> Option<usize> {
        self.of_argument(argument, depth).map(|(rows, cols)| rows.saturating_mul(cols))
    }

    fn cells_of_all(&mut self, arguments: &[Argument], depth: usize) -> Option<usize> {
        arguments
            .iter()
            .try_fold(0usize, |sum, argument| Some(sum.saturating_add(self.cells_of(argument, depth)?)))
    }

    /// The largest whole number that an argument can be. None if nothing limits it.
    fn most(&mut self, argument: &Argument, depth: usize) -> Option<usize> {
        let Argument::Term(term) = *argument else { return None };
        let id = match term {
            Term::Const(value) if value.is_empty() => return Some(1),
            Term::Const(value) => return value.as_number().map(|x| x.max(1.0) as usize),
            Term::Node(id) => id,
        };
        let graph = self.graph;
        let node = *graph.node(id)?;
        let arguments = graph.arguments(&node).to_vec();
        match node.op {
            _ if depth >= MAX_FOLLOWED || node.kinds & kinds::ARRAY != 0 => None,
            Op::Two(Op2::Min) => arguments.iter().filter_map(|argument| self.most(argument, depth + 1)).min(),
            Op::Three(Op3::Select) => {
                let branches: Option<Vec<usize>> =
                    arguments.iter().skip(1).map(|argument| self.most(argument, depth + 1)).collect();
                branches?.into_iter().max()
            }
            Op::Call(function) => match (function.limit?, arguments.as_slice()) {
                (Limit::Least, arguments) => {
                    arguments.iter().filter_map(|argument| self.most(argument, depth + 1)).min()
                }
                (Limit::Rows, [array]) => self.of_argument(array, depth + 1).map(|size| size.0),
                (Limit::Columns, [array]) => self.of_argument(array, depth + 1).map(|size| size.1),
                _ => None,
            },
            _ => None,
        }
    }
}
