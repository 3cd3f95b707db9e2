//! An operation with constants on a looked-up value is done once with the cells of the table:
//! `1 - VLOOKUP(x, T, 2)` becomes a look-up in a table that holds `1 - T` in its second column. The bits stay the same,
//! because a cell is calculated as a record's value would be.

use crate::compile::graph::{
    Argument, Covered, Graph, Node, Op, RangeArgument, RangeContent, Term, each_new_operand, kinds, needed,
    node_of,
};
use crate::error::Error;
use execd_calc::semantics::function::{Columnar, flags};
use execd_calc::semantics::primitive::Op3;
use execd_calc::values::range::Table;
use execd_calc::values::value::{ErrorCode, Value};
use hashbrown::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// How many cells may be calculated for one workbook.
const MOST_CELLS: usize = 1 << 20;

/// The graph and its outputs with such tables. Fails when compiling is to stop.
pub fn rewrite(graph: Graph, outputs: &[Term]) -> Result<(Graph, Vec<Term>), Error> {
    let needed = needed(&graph, outputs);
    // Operands have smaller numbers than their users.
    let order: Vec<u32> = (0..graph.nodes.len() as u32).filter(|id| needed[*id as usize]).collect();
    let operations = operations(&graph, &order, outputs);
    let looked_up = |operand: u32| graph.node(operand).is_some_and(|node| picks(node).is_some());
    if !operations.values().any(|(_, operand)| looked_up(*operand)) {
        return Ok((graph, outputs.to_vec()));
    }
    let mut tables = Tables::default();
    graph.rebuilt(outputs, &order, |graph, old, arguments| {
        let (operation, _) = operations.get(&old)?;
        tables.looked_up(graph, *operation, arguments)
    })
}

/// Operations with constants on a value that nothing else uses: their nodes, what they do, and the value's node.
fn operations(graph: &Graph, order: &[u32], outputs: &[Term]) -> HashMap<u32, (Op, u32)> {
    let mut uses = vec![0u32; graph.nodes.len()];
    let mut used = |id: u32| uses[id as usize] = uses[id as usize].saturating_add(1);
    let mut covered = Covered::default();
    order.iter().for_each(|id| each_new_operand(graph, *id, &mut covered, &mut used));
    outputs.iter().filter_map(|term| node_of(*term)).for_each(&mut used);
    let operation = |&id: &u32| {
        let node = graph.node(id)?;
        let known = match node.op {
            Op::One(_) | Op::Two(_) | Op::Three(_) => true,
            Op::Call(function) => !function.has(flags::VOLATILE),
            _ => false,
        };
        let (_, operand) = single_operand(graph.arguments(node))?;
        (known && uses[operand as usize] == 1).then_some((id, (node.op, operand)))
    };
    order.iter().filter_map(operation).collect()
}

/// The position and the node of the only argument that is not constant.
fn single_operand(arguments: &[Argument]) -> Option<(usize, u32)> {
    let mut found = None;
    for (position, argument) in arguments.iter().enumerate() {
        match *argument {
            Argument::Term(Term::Const(_)) => {}
            Argument::Term(Term::Node(id)) if found.is_none() => found = Some((position, id)),
            _ => return None,
        }
    }
    found
}

/// What a look-up of one cell picks from.
#[derive(Clone, Copy)]
enum Picks {
    /// From columns: the third argument is their number.
    Column,
    /// From all cells.
    Cell,
}

fn picks(node: &Node) -> Option<Picks> {
    let Op::Call(function) = node.op else { return None };
    match function.columnar? {
        Columnar::Vlookup => Some(Picks::Column),
        Columnar::Index if node.kinds & kinds::ARRAY == 0 => Some(Picks::Cell),
        _ => None,
    }
}

/// The tables made so far. None where a table could not be made.
#[derive(Default)]
struct Tables {
    known: HashMap<Key, Option<u32>>,
    cells: usize,
}

/// What a table is made from, and by which operation.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    range: u32,
    columns: Vec<usize>,
    operation: (u8, u64),
    position: usize,
    others: Vec<Argument>,
}

impl Tables {
    /// The operation's result as a look-up in another table. None if its operand is not a look-up, or if the table
    /// cannot be made.
    fn looked_up(&mut self, graph: &mut Graph, operation: Op, arguments: &[Argument]) -> Option<Term> {
        let (position, id) = single_operand(arguments)?;
        let lookup = *graph.node(id)?;
        let (picks, Op::Call(function)) = (picks(&lookup)?, lookup.op) else { return None };
        let mut lookup_arguments = graph.arguments(&lookup).to_vec();
        let place = lookup_arguments.iter().position(|argument| matches!(argument, Argument::Range(_)))?;
        let Some(&Argument::Range(range)) = lookup_arguments.get(place) else { return None };
        let columns = match picks {
            Picks::Cell => (0..graph.ranges.get(range as usize)?.cols).collect(),
            Picks::Column => columns(graph, lookup_arguments.get(2)?)?,
        };
        let mut others = arguments.to_vec();
        others.remove(position);
        let key = Key { range, columns, operation: operation.key(), position, others };
        let mapped = match self.known.get(&key) {
            Some(known) => *known,
            None => {
                let mapped = self.map(graph, range, &key.columns, |graph, cell| {
                    apply(graph, operation, arguments, position, cell)
                });
                self.known.insert(key, mapped);
                mapped
            }
        };
        *lookup_arguments.get_mut(place)? = Argument::Range(mapped?);
        Some(graph.call(function, &lookup_arguments))
    }

    /// A range with every cell of some columns replaced. None if a look-up can give something that is not in these
    /// cells.
    fn map(
        &mut self,
        graph: &mut Graph,
        range: u32,
        columns: &[usize],
        mut change: impl FnMut(&mut Graph, Value) -> Option<Value>,
    ) -> Option<u32> {
        let table = graph.table(range)?;
        let from = graph.ranges.get(range as usize)?;
        let (rows, cols, origin) = (from.rows, from.cols, from.origin);
        self.cells += rows * columns.len();
        if (rows, cols) != (from.used_rows, from.used_cols) || self.cells > MOST_CELLS {
            return None;
        }
        let mut cells = table.cells.clone();
        for code in ErrorCode::ALL.map(Value::error) {
            change(graph, code).filter(|result| result.same(code))?;
        }
        for row in cells.chunks_mut(cols) {
            for &column in columns {
                let Some(cell) = row.get_mut(column) else { continue };
                *cell = change(graph, *cell)?;
            }
        }
        let content = RangeContent::Table(Rc::new(Table::new(rows, cols, cells)));
        Some(graph.add_range(RangeArgument::new((rows, cols), (rows, cols), origin, content)))
    }
}

/// The columns that a look-up picks from, zero-based. None if one of them is unknown or is the column that is searched.
fn columns(graph: &Graph, number: &Argument) -> Option<Vec<usize>> {
    let Argument::Term(number) = *number else { return None };
    let numbers = match number {
        Term::Const(_) => vec![Argument::Term(number)],
        Term::Node(id) => match (graph.node(id)?, graph.arguments(graph.node(id)?)) {
            (Node { op: Op::Three(Op3::Select), .. }, [_, choices @ ..]) => choices.to_vec(),
            _ => return None,
        },
    };
    let column = |number: Argument| match number {
        Argument::Term(Term::Const(number)) => {
            number.as_number().filter(|number| *number >= 2.0).map(|number| number as usize - 1)
        }
        _ => None,
    };
    let mut columns = numbers.into_iter().map(column).collect::<Option<Vec<usize>>>()?;
    columns.sort_unstable();
    columns.dedup();
    Some(columns)
}

/// The operation on a constant. None if the result is not a single constant.
fn apply(
    graph: &mut Graph,
    operation: Op,
    arguments: &[Argument],
    position: usize,
    operand: Value,
) -> Option<Value> {
    let mut arguments = arguments.to_vec();
    *arguments.get_mut(position)? = Argument::Term(Term::Const(operand));
    let result = match (operation, &arguments[..]) {
        (Op::One(op), &[Argument::Term(a)]) => graph.one(op, a),
        (Op::Two(op), &[Argument::Term(a), Argument::Term(b)]) => graph.two(op, a, b),
        (Op::Three(op), &[Argument::Term(a), Argument::Term(b), Argument::Term(c)]) => {
            graph.three(op, a, b, c)
        }
        (Op::Call(function), arguments) => graph.call(function, arguments),
        _ => return None,
    };
    result.constant().filter(|result| !result.is_array())
}
