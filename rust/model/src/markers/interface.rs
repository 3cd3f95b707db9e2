//! The inputs and outputs that defined names declare, with their cells, shapes, defaults and formats.

use super::declared::Declared;
use super::headings::{self, Headings};
use super::{solve, target};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::workbook::{Area, CellAddress, CellValue, DefinedName, Sheet, Shows, Workbook, a1};
use execd_calc::interface::{Constant, Format, Input, Output, Shape};
use hashbrown::HashMap;

/// Prefixes of names that have no effect here. A workbook that uses them expects something else, so a warning says so.
const UNSUPPORTED: [&str; 7] =
    ["xrichoutput_", "xjinput", "xjoutput", "xcsvinput_", "xcsvoutput_", "xreport_", "xcircular_switch"];

/// The interface that the names declare. Inputs and outputs are sorted by name, ignoring case.
pub fn interface(workbook: &Workbook, limits: &Limits) -> Result<Declared, Error> {
    let mut declared = Declared::default();
    for name in &workbook.names {
        let lower = name.name.to_ascii_lowercase();
        if lower.starts_with("xparameter_") {
            declared.warnings.push(format!(
                "the name {} has the values of the workbook: parameter sets are not supported",
                name.name
            ));
        } else if UNSUPPORTED.iter().any(|prefix| lower.starts_with(prefix)) {
            declared
                .warnings
                .push(format!("the name {} has no effect: its kind is not supported", name.name));
        }
    }
    for marker in markers(workbook, "xinput_")? {
        let cells = marker.cells(workbook, limits, &mut declared.input_cells)?;
        let input = marker.input(cells);
        declared.interface.inputs.push(input);
    }
    for marker in markers(workbook, "xoutput_")? {
        let cells = marker.cells(workbook, limits, &mut declared.output_cells)?;
        declared.interface.outputs.push(marker.output(cells));
    }
    if declared.interface.outputs.is_empty() {
        let message = "the workbook has no output: define a name such as Xoutput_Total on a cell";
        return Err(Error::new(ErrorKind::Interface, message));
    }
    refuse_overlaps(workbook, &declared)?;
    find_complaints(workbook, &mut declared)?;
    solve::find(workbook, &mut declared);
    note_missing_defaults(workbook, &mut declared);
    Ok(declared)
}

/// A defined name that declares an input or an output.
struct Marker<'w> {
    /// What comes after the prefix: the name of the input or output.
    name: &'w str,
    defined: &'w DefinedName,
}

/// What a marker covers.
struct Covered<'w> {
    sheet: &'w Sheet,
    shape: Shape,
    /// The cells without the headings.
    area: Area,
    first_cell: usize,
}

fn markers<'w>(workbook: &'w Workbook, prefix: &str) -> Result<Vec<Marker<'w>>, Error> {
    let mut found = Vec::new();
    for defined in &workbook.names {
        let Some((head, name)) = defined.name.split_at_checked(prefix.len()) else { continue };
        if !head.eq_ignore_ascii_case(prefix) {
            continue;
        }
        let marker = Marker { name, defined };
        if name.is_empty() {
            return Err(marker.wrong("has no name after its prefix"));
        }
        found.push(marker);
    }
    found.sort_by_cached_key(|marker| marker.name.to_lowercase());
    for pair in found.windows(2) {
        if let [first, second] = pair
            && first.name.to_lowercase() == second.name.to_lowercase()
        {
            return Err(second.wrong("is defined twice (casing and sheets do not tell names apart)"));
        }
    }
    Ok(found)
}

impl Marker<'_> {
    fn wrong(&self, what: &str) -> Error {
        let target = if self.defined.text.is_empty() { "nothing" } else { &self.defined.text };
        let message = format!("the name {} (on {target}) {what}", self.defined.name);
        Error::new(ErrorKind::Interface, message)
    }

    /// Appends the cells that the name covers to `cells`.
    fn cells<'w>(
        &self,
        workbook: &'w Workbook,
        limits: &Limits,
        cells: &mut Vec<CellAddress>,
    ) -> Result<Covered<'w>, Error> {
        let place = target::find(workbook, self.defined).map_err(|what| self.wrong(&what))?;
        let index = place.sheet;
        let Some(sheet) = workbook.sheets.get(index) else { return Err(self.wrong("names no sheet")) };
        let (shape, area) = self.shape(sheet, place.area)?;
        let count = u64::from(area.rows()) * u64::from(area.cols());
        if count + cells.len() as u64 > limits.interface_cells as u64 {
            let message = format!("the inputs or outputs cover more than {} cells", limits.interface_cells);
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("{message}, counted up to {}", self.defined.name),
            ));
        }
        let first_cell = cells.len();
        for row in area.first_row..=area.last_row {
            cells.extend((area.first_col..=area.last_col).map(|col| CellAddress { sheet: index, row, col }));
        }
        Ok(Covered { sheet, shape, area, first_cell })
    }

    /// The shape, and the cells without the headings. A merged area is one cell.
    fn shape(&self, sheet: &Sheet, area: Area) -> Result<(Shape, Area), Error> {
        let single = area.rows() == 1 && area.cols() == 1;
        let merged = sheet.merged.get(&(area.first_row, area.first_col));
        if single || merged == Some(&area) {
            return Ok((Shape::Scalar, Area::cell(area.first_row, area.first_col)));
        }
        let Headings { headings, rows } = headings::read(sheet, area).map_err(|what| self.wrong(&what))?;
        let data = area.rows().saturating_sub(rows);
        if data == 0 {
            return Err(self.wrong("covers headings only: a table needs rows under them"));
        }
        let shape = Shape::Table { headings, rows: data as usize };
        Ok((shape, Area { first_row: area.first_row + rows, ..area }))
    }

    fn input(&self, covered: Covered) -> Input {
        let Covered { sheet, shape, area, first_cell } = covered;
        let mut defaults = Vec::with_capacity(shape.cells());
        for row in area.first_row..=area.last_row {
            defaults.extend((area.first_col..=area.last_col).map(|col| default(sheet, row, col)));
        }
        let formats = formats(sheet, area);
        let same = formats.iter().all(|format| Some(format) == formats.first());
        Input {
            name: self.name.to_owned(),
            shape,
            first_cell,
            defaults,
            format: formats.first().copied().filter(|_| same).unwrap_or_default(),
            validations: Vec::new(),
            description: self.defined.comment.clone(),
            address: self.defined.text.clone(),
        }
    }

    fn output(&self, covered: Covered) -> Output {
        Output {
            name: self.name.to_owned(),
            first_cell: covered.first_cell,
            formats: formats(covered.sheet, covered.area),
            shape: covered.shape,
            description: self.defined.comment.clone(),
            address: self.defined.text.clone(),
        }
    }
}

/// The constant in a cell, or the stored value of its formula.
fn default(sheet: &Sheet, row: u32, col: u32) -> Constant {
    sheet.cells.get(&(row, col)).map_or(Constant::Blank, |cell| cell.value.constant())
}

/// The format of each column, which is that of its first cell.
fn formats(sheet: &Sheet, area: Area) -> Vec<Format> {
    let format = |col| match sheet.shows(area.first_row, col) {
        Shows::Number | Shows::Percent => Format::General,
        Shows::Date => Format::Date,
        Shows::Time => Format::Time,
        Shows::DateTime => Format::DateTime,
        Shows::Text => Format::Text,
    };
    (area.first_col..=area.last_col).map(format).collect()
}

fn find_complaints(workbook: &Workbook, declared: &mut Declared) -> Result<(), Error> {
    for marker in markers(workbook, "xvalidate_")? {
        let found = target::find(workbook, marker.defined).and_then(|place| match place.area {
            area if area.rows() == 1 && area.cols() == 1 => {
                Ok(CellAddress { sheet: place.sheet, row: area.first_row, col: area.first_col })
            }
            _ => Err("covers several cells: name one".to_owned()),
        });
        let at = found.map_err(|what| marker.wrong(&what))?;
        declared.complaints.push((marker.name.to_owned(), at));
    }
    Ok(())
}

/// A cell that belongs to two inputs would get two values.
fn refuse_overlaps(workbook: &Workbook, declared: &Declared) -> Result<(), Error> {
    let mut owners: HashMap<CellAddress, &str> = HashMap::with_capacity(declared.input_cells.len());
    for input in &declared.interface.inputs {
        let cells = declared.input_cells.iter().skip(input.first_cell).take(input.shape.cells());
        for cell in cells {
            if let Some(other) = owners.insert(*cell, &input.name) {
                let sheet =
                    workbook.sheets.get(cell.sheet).map(|sheet| sheet.name.as_str()).unwrap_or_default();
                let message = format!(
                    "the inputs {other} and {} both cover the cell {} of the sheet {sheet}",
                    input.name,
                    a1(cell.row, cell.col)
                );
                return Err(Error::new(ErrorKind::Interface, message));
            }
        }
    }
    Ok(())
}

/// Warns of formulas in input cells that have no stored value to be the default.
fn note_missing_defaults(workbook: &Workbook, declared: &mut Declared) {
    let unsaved = |at: &CellAddress| {
        let cell = workbook.sheets.get(at.sheet).and_then(|sheet| sheet.cells.get(&(at.row, at.col)));
        cell.is_some_and(|cell| cell.formula.is_some() && cell.value == CellValue::Blank)
    };
    for input in &declared.interface.inputs {
        let mut cells = declared.input_cells.iter().skip(input.first_cell).take(input.shape.cells());
        if cells.any(unsaved) {
            let name = &input.name;
            declared.warnings.push(format!(
                "the input {name} holds a formula that was saved without a value: its default is blank"
            ));
        }
    }
}
