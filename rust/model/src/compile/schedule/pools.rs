//! Which windows overlap, and how many operands those that do take together.

use crate::compile::graph::{Argument, Graph, MOST_TABLE_CELLS, RangeContent, Window};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows of some columns of a sheet, whose operands stand one after the other.
#[derive(Clone, Debug)]
pub struct Pool {
    pub rows: Range<u32>,
    /// The place of the first operand.
    pub first: u32,
    /// Several windows look at it.
    pub shared: bool,
}

/// The pools of all windows that nodes read.
#[derive(Debug, Default)]
pub struct Pools {
    /// By sheet, first column and number of columns, from the top down.
    by_columns: HashMap<(u32, u32, u32), Vec<Pool>>,
    /// Operands of all pools.
    pub cells: u32,
    /// Constant ranges that get no table, because all tables together are too large.
    without_table: HashSet<u32>,
}

impl Pools {
    pub fn new(graph: &Graph, nodes: impl Iterator<Item = u32>) -> Pools {
        let mut pools = Pools::default();
        let (mut tables, mut table_cells) = (HashSet::new(), 0);
        let mut windows: BTreeMap<(u32, u32, u32), Vec<Range<u32>>> = BTreeMap::new();
        for node in nodes.filter_map(|id| graph.node(id)) {
            for argument in graph.arguments(node) {
                let Argument::Range(id) = *argument else { continue };
                let Some(range) = graph.ranges.get(id as usize) else { continue };
                let RangeContent::Window(window) = &range.content else { continue };
                if range.constant && tables.insert(id) {
                    table_cells += range.len();
                    if table_cells > MOST_TABLE_CELLS {
                        pools.without_table.insert(id);
                    }
                }
                if !range.constant || pools.without_table.contains(&id) {
                    windows.entry(columns(window)).or_default().push(window.row_range());
                }
            }
        }
        for (columns, rows) in windows {
            let merged = merged(rows).into_iter().map(|(rows, windows)| {
                let first = pools.cells;
                pools.cells += rows.len() as u32 * columns.2;
                Pool { rows, first, shared: windows > 1 }
            });
            let merged = merged.collect();
            pools.by_columns.insert(columns, merged);
        }
        pools
    }

    pub fn has_table(&self, range: u32) -> bool {
        !self.without_table.contains(&range)
    }

    pub fn of(&self, window: &Window) -> Option<Pool> {
        let pools = self.by_columns.get(&columns(window))?;
        let at = pools.partition_point(|pool| pool.rows.end < window.row + window.rows);
        pools.get(at).cloned()
    }
}

fn columns(window: &Window) -> (u32, u32, u32) {
    (window.sheet, window.col, window.cols)
}

/// Overlapping ranges as one, with how many they are.
fn merged(mut rows: Vec<Range<u32>>) -> Vec<(Range<u32>, usize)> {
    rows.sort_unstable_by_key(|rows| rows.start);
    let mut merged: Vec<(Range<u32>, usize)> = Vec::new();
    for rows in rows {
        match merged.last_mut() {
            Some((last, count)) if rows.start <= last.end => {
                last.end = last.end.max(rows.end);
                *count += 1;
            }
            _ => merged.push((rows, 1)),
        }
    }
    merged
}
