//! Finds things in a workbook: sheets, names and tables by name, formula cells by column, and the array formula that
//! a cell belongs to.

use crate::workbook::{
    Area, Cell, CellAddress, CellFormula, DefinedName, MAX_COL, MAX_ROW, Place, Sheet, Workbook,
};
use execd_calc::kernels;
use execd_calc::semantics::function::flags;
use hashbrown::HashMap;
use std::cell::OnceCell;
use std::ops::Range;

/// How many rows are kept free below a spilled array. For an array of one row: how many columns to its right.
const MAX_KEPT: u32 = 10_000;
/// How many of them may be beyond the cells in use.
const MAX_BEYOND: u32 = 1_000;
/// How many cells are kept free for all spilled arrays together. Those that come later get none.
const MOST_KEPT: usize = 4 << 20;

#[derive(Debug)]
pub struct Sheets<'w> {
    pub book: &'w Workbook,
    by_name: HashMap<String, usize>,
    names: HashMap<(Option<usize>, String), usize>,
    tables: HashMap<String, usize>,
    /// By table and name: the columns of tables.
    columns: HashMap<(usize, String), u32>,
    /// By sheet and column: the rows of cells that have a formula or belong to an array formula or data table,
    /// ascending.
    formulas: Vec<HashMap<u32, Vec<u32>>>,
    /// By sheet: the cells of array formulas and data tables, and the first cell that each belongs to.
    owners: Vec<HashMap<(u32, u32), (u32, u32)>>,
    /// By sheet: how many rows and columns can hold something.
    extents: Vec<(u32, u32)>,
    /// By sheet: the cells of inputs, which records fill even where the workbook holds nothing.
    inputs: Vec<Vec<(u32, u32)>>,
    /// By sheet and column: the rows of cells whose formulas are subtotals, ascending. Found when it is first asked for.
    subtotals: OnceCell<Vec<HashMap<u32, Vec<u32>>>>,
    /// Formula cells of all sheets.
    pub formula_count: usize,
}

impl<'w> Sheets<'w> {
    pub fn new(book: &'w Workbook) -> Sheets<'w> {
        let by_name =
            book.sheets.iter().enumerate().map(|(at, sheet)| (sheet.name.to_lowercase(), at)).collect();
        let names = book
            .names
            .iter()
            .enumerate()
            .map(|(at, name)| ((name.sheet, name.name.to_lowercase()), at))
            .collect();
        let tables =
            book.tables.iter().enumerate().map(|(at, table)| (table.name.to_lowercase(), at)).collect();
        let mut columns = HashMap::new();
        for (table, definition) in book.tables.iter().enumerate() {
            for (at, name) in definition.columns.iter().enumerate() {
                columns.entry((table, name.to_lowercase())).or_insert(at as u32);
            }
        }
        let owners: Vec<_> = book.sheets.iter().map(owners_of).collect();
        let formulas =
            book.sheets.iter().zip(&owners).map(|(sheet, owners)| formulas_of(sheet, owners)).collect();
        let extents = book.sheets.iter().map(|sheet| sheet.extent).collect();
        let has_formula = |cell: &&Cell| cell.formula.is_some();
        let formula_count =
            book.sheets.iter().map(|sheet| sheet.cells.values().filter(has_formula).count()).sum();
        Sheets {
            book,
            by_name,
            names,
            tables,
            columns,
            formulas,
            owners,
            extents,
            inputs: vec![Vec::new(); book.sheets.len()],
            subtotals: OnceCell::new(),
            formula_count,
        }
    }

    pub fn sheet(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name.to_lowercase()).copied()
    }

    /// A defined name as seen from a sheet. Names of the sheet come first.
    pub fn name(&self, sheet: usize, name: &str) -> Option<&'w DefinedName> {
        let name = name.to_lowercase();
        let at = self.names.get(&(Some(sheet), name.clone())).or_else(|| self.names.get(&(None, name)))?;
        self.book.names.get(*at)
    }

    /// A table, by its number.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.get(&name.to_lowercase()).copied()
    }

    /// The table around a cell.
    pub fn table_at(&self, at: CellAddress) -> Option<usize> {
        self.book.tables.iter().position(|table| {
            table.sheet == at.sheet
                && table.area.is_some_and(|area| Place { sheet: at.sheet, area }.contains(at.row, at.col))
        })
    }

    /// The column of a table with this name, counted from the table's first.
    pub fn column_of(&self, table: usize, name: &str) -> Option<u32> {
        self.columns.get(&(table, name.to_lowercase())).copied()
    }

    /// True if a formula in these rows of a column is a subtotal itself.
    pub fn has_subtotal(&self, sheet: usize, col: u32, rows: &Range<u32>) -> bool {
        let all = self.subtotals.get_or_init(|| self.book.sheets.iter().map(subtotals_of).collect());
        let Some(found) = all.get(sheet).and_then(|columns| columns.get(&col)) else { return false };
        found.get(found.partition_point(|row| *row < rows.start)).is_some_and(|row| rows.contains(row))
    }

    pub fn extent(&self, sheet: usize) -> (u32, u32) {
        self.extents.get(sheet).copied().unwrap_or((0, 0))
    }

    /// Takes a cell for one that holds something: a record gives it its value.
    pub fn hold_input(&mut self, at: CellAddress) {
        if let (Some(inputs), Some((rows, cols))) =
            (self.inputs.get_mut(at.sheet), self.extents.get_mut(at.sheet))
        {
            inputs.push((at.row, at.col));
            (*rows, *cols) = ((at.row + 1).max(*rows), (at.col + 1).max(*cols));
        }
    }

    /// Keeps cells below spilled arrays free, or to the right of arrays of one row, up to the next cell that holds
    /// something. Inputs can make such an array larger than it was when the workbook was saved.
    pub fn keep_free_beside_spills(&mut self) {
        let mut left = MOST_KEPT;
        for (sheet, (content, owners)) in self.book.sheets.iter().zip(&mut self.owners).enumerate() {
            let mut spills: Vec<((u32, u32), Area)> = content
                .cells
                .iter()
                .filter_map(|(&at, cell)| match cell.formula {
                    Some(CellFormula::Dynamic { area, ref text })
                        if area.rows() > 1 || area.cols() > 1 || makes_array(text) =>
                    {
                        Some((at, area))
                    }
                    _ => None,
                })
                .collect();
            spills.sort_unstable_by_key(|(at, _)| *at);
            for (anchor, area) in &spills {
                let across = area.rows() == 1 && area.cols() > 1;
                let (end, used) = if across {
                    (area.last_col, content.extent.1)
                } else {
                    (area.last_row, content.extent.0)
                };
                let most = if across { MAX_COL } else { MAX_ROW };
                for line in (end + 1..(end.max(used) + MAX_BEYOND).min(most)).take(MAX_KEPT as usize) {
                    let cells: Vec<(u32, u32)> = if across {
                        (area.first_row..=area.last_row).map(|row| (row, line)).collect()
                    } else {
                        (area.first_col..=area.last_col).map(|col| (line, col)).collect()
                    };
                    if cells.len() > left
                        || cells.iter().any(|at| owners.contains_key(at) || content.holds(at.0, at.1))
                    {
                        break;
                    }
                    left -= cells.len();
                    owners.extend(cells.into_iter().map(|at| (at, *anchor)));
                    if let Some(extent) = self.extents.get_mut(sheet) {
                        let (rows, cols) = if across { (extent.0, line + 1) } else { (line + 1, extent.1) };
                        *extent = (extent.0.max(rows), extent.1.max(cols));
                    }
                }
            }
            if let Some(formulas) = self.formulas.get_mut(sheet).filter(|_| !spills.is_empty()) {
                *formulas = formulas_of(content, owners);
            }
        }
    }

    /// The cells of a spilled array, with those that are kept free for it.
    pub fn owned_area(&self, anchor: CellAddress, mut area: Area) -> Area {
        let owned = |row: u32, col: u32| {
            self.owner(CellAddress { row, col, ..anchor }) == Some((anchor.row, anchor.col))
        };
        while owned(area.last_row + 1, area.first_col) {
            area.last_row += 1;
        }
        while owned(area.first_row, area.last_col + 1) {
            area.last_col += 1;
        }
        area
    }

    pub fn owner(&self, at: CellAddress) -> Option<(u32, u32)> {
        self.owners.get(at.sheet)?.get(&(at.row, at.col)).copied()
    }

    /// Rows and columns from the place's corner to the last cell of the sheet that holds something.
    pub fn used(&self, place: &Place) -> (usize, usize) {
        let (rows, cols) = self.extent(place.sheet);
        let rows = rows.saturating_sub(place.area.first_row) as usize;
        let cols = cols.saturating_sub(place.area.first_col) as usize;
        (rows.min(place.rows()), cols.min(place.cols()))
    }

    /// Rows and columns of a range as an array. Whole columns and rows end with the last cell in use of any sheet, so
    /// that arrays made from them have equal shapes.
    pub fn clipped(&self, place: &Place) -> (usize, usize) {
        let extent = |of: fn(&(u32, u32)) -> u32| {
            (0..self.book.sheets.len()).map(|sheet| of(&self.extent(sheet))).max().unwrap_or(0) as usize
        };
        let (mut rows, mut cols) = (place.rows(), place.cols());
        if place.area.last_row == MAX_ROW {
            rows = extent(|extent| extent.0)
                .saturating_sub(place.area.first_row as usize)
                .clamp(rows.min(2), rows);
        }
        if place.area.last_col == MAX_COL {
            cols = extent(|extent| extent.1)
                .saturating_sub(place.area.first_col as usize)
                .clamp(cols.min(2), cols);
        }
        (rows, cols)
    }

    /// The cells of a place that hold something, are inputs or belong to an array formula, row by row. There may be others among
    /// them.
    pub fn held_cells(&self, place: &Place) -> Vec<CellAddress> {
        let (rows, cols) = self.used(place);
        let area = &place.area;
        let held = self.book.sheets.get(place.sheet).map_or(0, |sheet| sheet.cells.len());
        if rows * cols <= held {
            let rows = area.first_row..area.first_row + rows as u32;
            let cols = area.first_col..area.first_col + cols as u32;
            let cells = rows.flat_map(|row| cols.clone().map(move |col| (row, col)));
            return cells.map(|(row, col)| CellAddress { sheet: place.sheet, row, col }).collect();
        }
        let stored = self.book.sheets.get(place.sheet).into_iter().flat_map(|sheet| sheet.cells.keys());
        let owned = self.owners.get(place.sheet).into_iter().flat_map(HashMap::keys);
        let inputs = self.inputs.get(place.sheet).into_iter().flatten();
        let inside = stored.chain(owned).chain(inputs).filter(|(row, col)| place.contains(*row, *col));
        let mut cells: Vec<CellAddress> =
            inside.map(|&(row, col)| CellAddress { sheet: place.sheet, row, col }).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The rows of a column whose cells have a formula or belong to one, ascending.
    pub fn formula_rows(&self, sheet: usize, col: u32) -> Option<&[u32]> {
        self.formulas.get(sheet)?.get(&col).map(Vec::as_slice)
    }

    /// Calls `f` for each formula cell of the place.
    pub fn each_formula(&self, place: &Place, mut f: impl FnMut(CellAddress)) {
        let Some(columns) = self.formulas.get(place.sheet) else { return };
        let (_, cols) = self.used(place);
        for col in place.area.first_col..place.area.first_col + cols as u32 {
            let Some(rows) = columns.get(&col) else { continue };
            let from = rows.partition_point(|&row| row < place.area.first_row);
            for &row in rows.iter().skip(from).take_while(|&&row| row <= place.area.last_row) {
                f(CellAddress { sheet: place.sheet, row, col });
            }
        }
    }
}

/// True for a formula that can give an array although it gave one value when the workbook was saved.
fn makes_array(text: &str) -> bool {
    let name = text.split('(').next().unwrap_or("").trim();
    let name = name.rsplit_once("_xlfn.").map_or(name, |(_, name)| name);
    let name = name.strip_prefix("_xlws.").unwrap_or(name).to_uppercase();
    kernels::find(&name)
        .is_some_and(|function| function.has(flags::GIVES_ARRAY) && !function.has(flags::PICKS))
}

fn owners_of(sheet: &Sheet) -> HashMap<(u32, u32), (u32, u32)> {
    let mut owners = HashMap::new();
    for (&(row, col), cell) in &sheet.cells {
        let Some(area) = cell.formula.as_ref().and_then(CellFormula::area) else { continue };
        for r in area.first_row..=area.last_row {
            for c in area.first_col..=area.last_col {
                if (r, c) != (row, col) {
                    owners.insert((r, c), (row, col));
                }
            }
        }
    }
    owners
}

fn subtotals_of(sheet: &Sheet) -> HashMap<u32, Vec<u32>> {
    let mut columns: HashMap<u32, Vec<u32>> = HashMap::new();
    for (&(row, col), cell) in &sheet.cells {
        let text: &str = match &cell.formula {
            Some(CellFormula::Normal(text)) => text,
            Some(CellFormula::Shared { text, .. }) => text,
            _ => continue,
        };
        if text.contains("SUBTOTAL(") || text.contains("AGGREGATE(") {
            columns.entry(col).or_default().push(row);
        }
    }
    columns.values_mut().for_each(|rows| rows.sort_unstable());
    columns
}

fn formulas_of(sheet: &Sheet, owners: &HashMap<(u32, u32), (u32, u32)>) -> HashMap<u32, Vec<u32>> {
    let mut columns: HashMap<u32, Vec<u32>> = HashMap::new();
    let own = sheet.cells.iter().filter(|(_, cell)| cell.formula.is_some()).map(|(at, _)| at);
    for &(row, col) in own.chain(owners.keys()) {
        columns.entry(col).or_default().push(row);
    }
    for rows in columns.values_mut() {
        rows.sort_unstable();
        rows.dedup();
    }
    columns
}
