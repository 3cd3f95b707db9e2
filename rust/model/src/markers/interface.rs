//! The inputs and outputs that defined names declare, with their cells, shapes, defaults and formats.

use super::declared::Declared;
use super::headings::{self, Headings};
use super::{near, solve, suspicious, target};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::report::Remark;
use crate::workbook::{Area, CellAddress, CellValue, DefinedName, Sheet, Shows, Workbook, a1};
use execd_calc::interface::{Constant, Format, Input, Output, Shape};
use hashbrown::{HashMap, HashSet};

/// Prefixes of names that have no effect here. A workbook that uses them expects something else, so a warning says so.
const UNSUPPORTED: [&str; 7] =
    ["xrichoutput_", "xjinput", "xjoutput", "xcsvinput_", "xcsvoutput_", "xreport_", "xcircular_switch"];

/// Prefixes of names that have one.
const SUPPORTED: [&str; 4] = ["xinput_", "xoutput_", "xvalidate_", "xsolve_"];

/// The interface that the names declare, without those that are mistaken. Inputs and outputs are sorted by name,
/// ignoring case. Fails if it would be too large.
pub fn interface(workbook: &Workbook, limits: &Limits) -> Result<Declared, Error> {
    let mut declared = Declared::default();
    warn_of_other_names(workbook, &mut declared);
    for marker in markers(workbook, "xinput_", &mut declared) {
        let Some(covered) = marker.cells(workbook, limits, &mut declared, Kind::Input)? else { continue };
        let input = marker.input(covered);
        declared.interface.inputs.push(input);
    }
    for marker in markers(workbook, "xoutput_", &mut declared) {
        let Some(covered) = marker.cells(workbook, limits, &mut declared, Kind::Output)? else { continue };
        declared.interface.outputs.push(marker.output(covered));
    }
    if declared.interface.outputs.is_empty() && !declared.mistakes.iter().any(is_about_an_output) {
        let message = "the workbook has no output: define a name such as Xoutput_Total on a cell";
        declared.mistakes.push(Remark::new(message));
    }
    find_overlaps(workbook, &mut declared);
    find_complaints(workbook, &mut declared);
    solve::find(workbook, &mut declared);
    note_formulas(workbook, &mut declared);
    Ok(declared)
}

fn is_about_an_output(mistake: &Remark) -> bool {
    mistake.name.as_ref().is_some_and(|name| name.to_ascii_lowercase().starts_with("xoutput_"))
}

/// Warns of names that have no effect here.
fn warn_of_other_names(workbook: &Workbook, declared: &mut Declared) {
    for defined in &workbook.names {
        let (name, lower) = (&defined.name, defined.name.to_ascii_lowercase());
        let starts_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| lower.starts_with(prefix));
        let told = |message: String| Some(Remark::new(message).of_name(name));
        declared.warnings.extend(if lower.starts_with("xparameter_") {
            told(format!("the name {name} has the values of the workbook: parameter sets are not supported"))
        } else if starts_with(&UNSUPPORTED) {
            told(format!("the name {name} has no effect: its kind is not supported"))
        } else if starts_with(&SUPPORTED) {
            None
        } else {
            near::warn(workbook, defined)
        });
    }
}

/// A defined name that declares an input or an output.
struct Marker<'w> {
    /// What comes after the prefix: the name of the input or output.
    name: &'w str,
    defined: &'w DefinedName,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Input,
    Output,
}

/// What a marker covers.
struct Covered<'w> {
    sheet: &'w Sheet,
    shape: Shape,
    /// The cells without the headings.
    area: Area,
    first_cell: usize,
}

/// The markers with this prefix that have a name of their own, sorted by it.
fn markers<'w>(workbook: &'w Workbook, prefix: &str, declared: &mut Declared) -> Vec<Marker<'w>> {
    let mut found = Vec::new();
    for defined in &workbook.names {
        let Some((head, name)) = defined.name.split_at_checked(prefix.len()) else { continue };
        if !head.eq_ignore_ascii_case(prefix) {
            continue;
        }
        let marker = Marker { name, defined };
        match name {
            "" => declared.mistakes.push(marker.wrong(workbook, "has no name after its prefix")),
            _ => found.push(marker),
        }
    }
    found.sort_by_cached_key(|marker| marker.name.to_lowercase());
    found.dedup_by(|second, first| {
        let same = first.name.to_lowercase() == second.name.to_lowercase();
        if same {
            let what = "is defined twice (casing and sheets do not tell names apart)";
            declared.mistakes.push(second.wrong(workbook, what));
        }
        same
    });
    found
}

impl Marker<'_> {
    fn wrong(&self, workbook: &Workbook, what: &str) -> Remark {
        let target = if self.defined.text.is_empty() { "nothing" } else { &self.defined.text };
        let remark = Remark::new(format!("the name {} (on {target}) {what}", self.defined.name));
        self.placed(workbook, remark)
    }

    fn placed(&self, workbook: &Workbook, remark: Remark) -> Remark {
        let remark = remark.of_name(&self.defined.name);
        match target::find(workbook, self.defined) {
            Ok(place) => remark.at(workbook, place.first_cell()),
            Err(_) => remark,
        }
    }

    /// Adds the cells that the name covers to those of the inputs or outputs. None if the name is mistaken.
    fn cells<'w>(
        &self,
        workbook: &'w Workbook,
        limits: &Limits,
        declared: &mut Declared,
        kind: Kind,
    ) -> Result<Option<Covered<'w>>, Error> {
        let found = target::find(workbook, self.defined).and_then(|place| {
            let sheet = workbook.sheets.get(place.sheet).ok_or_else(|| "names no sheet".to_owned())?;
            Ok((place, sheet, self.shape(sheet, place.area)?))
        });
        let (place, sheet, (shape, area)) = match found {
            Ok(found) => found,
            Err(what) => {
                declared.mistakes.push(self.wrong(workbook, &what));
                return Ok(None);
            }
        };
        let cells = match kind {
            Kind::Input => &mut declared.input_cells,
            Kind::Output => &mut declared.output_cells,
        };
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
            cells.extend((area.first_col..=area.last_col).map(|col| CellAddress {
                sheet: place.sheet,
                row,
                col,
            }));
        }
        let strange = self.strange(sheet, place.area, area, &shape);
        declared.warnings.extend(strange.map(|message| self.placed(workbook, Remark::new(message))));
        Ok(Some(Covered { sheet, shape, area, first_cell }))
    }

    /// What is perhaps not meant about the cells of the name: `area` with headings, `data` without.
    fn strange(&self, sheet: &Sheet, area: Area, data: Area, shape: &Shape) -> Option<String> {
        let name = &self.defined.name;
        if let Some(whole) = target::whole(self.defined) {
            return Some(format!(
                "the name {name} covers {whole}, which ends with the last cell in use ({}): name the cells that are \
                 meant",
                a1(data.last_row, data.last_col)
            ));
        }
        let Shape::Table { headings, .. } = shape else { return None };
        let what = suspicious::headings(sheet, area, headings, data.first_row - area.first_row)?;
        Some(format!("the name {name}: {what}"))
    }

    /// The shape, and the cells without the headings. A merged area is one cell.
    fn shape(&self, sheet: &Sheet, area: Area) -> Result<(Shape, Area), String> {
        let single = area.rows() == 1 && area.cols() == 1;
        let merged = sheet.merged.get(&(area.first_row, area.first_col));
        if single || merged == Some(&area) {
            return Ok((Shape::Scalar, Area::cell(area.first_row, area.first_col)));
        }
        let Headings { headings, rows } = headings::read(sheet, area)?;
        let data = area.rows().saturating_sub(rows);
        if data == 0 {
            return Err("covers headings only: a table needs rows under them".to_owned());
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
            formats,
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

fn find_complaints(workbook: &Workbook, declared: &mut Declared) {
    for marker in markers(workbook, "xvalidate_", declared) {
        match target::find(workbook, marker.defined) {
            Ok(place) if place.is_cell() => {
                declared.complaints.push((marker.name.to_owned(), place.first_cell()));
            }
            Ok(_) => declared.mistakes.push(marker.wrong(workbook, "covers several cells: name one")),
            Err(what) => declared.mistakes.push(marker.wrong(workbook, &what)),
        }
    }
}

/// A cell that belongs to two inputs would get two values. Each pair of inputs is told once.
fn find_overlaps(workbook: &Workbook, declared: &mut Declared) {
    let mut owners: HashMap<CellAddress, &str> = HashMap::with_capacity(declared.input_cells.len());
    let mut told: HashSet<(&str, &str)> = HashSet::new();
    for input in &declared.interface.inputs {
        let cells = declared.input_cells.iter().skip(input.first_cell).take(input.shape.cells());
        for cell in cells {
            if let Some(other) = owners.insert(*cell, &input.name)
                && told.insert((other, &input.name))
            {
                let sheet =
                    workbook.sheets.get(cell.sheet).map(|sheet| sheet.name.as_str()).unwrap_or_default();
                let message = format!(
                    "the inputs {other} and {} both cover the cell {} of the sheet {sheet}",
                    input.name,
                    a1(cell.row, cell.col)
                );
                declared
                    .mistakes
                    .push(Remark::new(message).of_name(format!("Xinput_{}", input.name)).at(workbook, *cell));
            }
        }
    }
}

/// Warns of formulas in input cells, once per input.
fn note_formulas(workbook: &Workbook, declared: &mut Declared) {
    for input in &declared.interface.inputs {
        let mut cells = declared.input_cells.iter().skip(input.first_cell).take(input.shape.cells());
        let found = cells.find_map(|at| {
            let cell = workbook.sheets.get(at.sheet)?.cells.get(&(at.row, at.col))?;
            cell.formula.is_some().then_some((at, cell))
        });
        let Some((at, cell)) = found else { continue };
        let name = &input.name;
        let message = match cell.value {
            CellValue::Blank => format!(
                "the input {name} holds a formula that was saved without a value: its default is blank"
            ),
            _ => format!(
                "the input {name} holds a formula, which is not calculated: its stored value is the default, and \
                 what a caller sends replaces it"
            ),
        };
        declared.warnings.push(Remark::new(message).of_name(format!("Xinput_{name}")).at(workbook, *at));
    }
}
