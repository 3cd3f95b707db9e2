//! Formats with columns (Arrow, CSV): a table input or output takes a column per cell, `T[1].K`, rows from 1; an input may
//! also be one column of lists of rows.

use crate::codec::decode::records::Records;
use crate::codec::decode::rules::Rules;
use crate::codec::names::shortened;
use crate::codec::unmatched::{Name, NameKind, Unmatched};
use crate::error::{Place, ServeError};
use crate::limits::Limits;
use execd_calc::interface::{Format, Input, Interface, Shape};
use std::collections::HashSet;

/// Where a column of a table or file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    Cell {
        input: usize,
        cell: usize,
    },
    /// All rows of a table input: each value is a list of rows.
    Rows {
        input: usize,
    },
}

/// What the columns of a table or file stand for.
#[derive(Debug)]
pub struct InputColumns {
    /// Input cells that each record keeps.
    kept: usize,
    /// In the order of the columns; nothing for a column that names no input.
    pub destinations: Vec<Option<Destination>>,
    /// Cells of tables of which other cells are given: the rows given are the rows, the rest is blank.
    pub blanks: Vec<usize>,
    pub unmatched: Unmatched,
}

impl InputColumns {
    /// Finds inputs by the names of columns, ignoring case. `holds_rows` says which columns have lists of rows,
    /// `is_carried` which are for something else, too. Two columns for one cell are refused, and so are columns of which none
    /// names an input.
    pub fn new(
        rules: Rules<'_>,
        names: &[&str],
        holds_rows: impl Fn(usize) -> bool,
        is_carried: impl Fn(usize) -> bool,
    ) -> Result<InputColumns, ServeError> {
        let mut taken = HashSet::new();
        let mut unmatched = Unmatched::default();
        let mut destinations = Vec::with_capacity(names.len());
        for (position, name) in names.iter().enumerate() {
            let found = match destination(rules, name) {
                Ok(found) => found,
                Err(kind) => {
                    if !is_carried(position) {
                        unmatched.add(0, Name::new(kind, name));
                    }
                    destinations.push(None);
                    continue;
                }
            };
            let (input, first, cells) = match found {
                Destination::Cell { input, cell } => (input, cell, 1),
                Destination::Rows { input } if holds_rows(position) => {
                    let declared = rules.interface.inputs.get(input);
                    let cells = declared.map_or(0, |input| input.shape.cells());
                    (input, declared.map_or(0, |input| input.first_cell), cells)
                }
                Destination::Rows { input } => {
                    let message = format!(
                        "a table input is read from columns like {name}[1].heading, or from lists of structs"
                    );
                    return Err(refused(rules, input, message));
                }
            };
            if !(first..first + cells).all(|cell| taken.insert(cell)) {
                return Err(refused(rules, input, format!("the column '{}' appears twice", shortened(name))));
            }
            destinations.push(Some(found));
        }
        if taken.is_empty() && !names.is_empty() && !rules.interface.inputs.is_empty() {
            return Err(none_matches("column", rules, names.iter().copied()));
        }
        let blanks: Vec<usize> =
            rules.interface.inputs.iter().flat_map(|input| blanks(input, &taken)).collect();
        let kept = taken.len() + blanks.len();
        Ok(InputColumns { kept, destinations, blanks, unmatched })
    }

    /// Where the next records go, and how many to read at once, at most `most`.
    pub fn begin<'r>(&self, most: usize, rules: Rules<'r>) -> (Records<'r>, usize) {
        let most = self.records_at_once(most, rules.limits);
        let mut records = Records::new(rules);
        records.expect(most);
        records.join_unmatched(&self.unmatched);
        (records, most)
    }

    /// How many records to read at once, at most `most`: wide ones are fewer, so that their values have room.
    pub fn records_at_once(&self, most: usize, limits: &Limits) -> usize {
        records_at_once(most, self.kept, limits)
    }
}

/// How many records of so many cells to read at once. Half of the room is for them.
pub fn records_at_once(most: usize, cells: usize, limits: &Limits) -> usize {
    most.min(limits.chunk).min(limits.values / 2 / cells.max(1)).max(1)
}

/// The other cells of a table of which some cells are given.
fn blanks(input: &Input, taken: &HashSet<usize>) -> Vec<usize> {
    let cells = || input.first_cell..input.first_cell + input.shape.cells();
    if !cells().any(|cell| taken.contains(&cell)) {
        return Vec::new();
    }
    cells().filter(|cell| !taken.contains(cell)).collect()
}

/// What a column names, or how it fails to.
fn destination(rules: Rules<'_>, column: &str) -> Result<Destination, NameKind> {
    if let Some(input) = rules.names.input(column) {
        let declared = rules.interface.inputs.get(input).ok_or(NameKind::Input)?;
        return Ok(match declared.shape {
            Shape::Scalar => Destination::Cell { input, cell: declared.first_cell },
            Shape::Table { .. } => Destination::Rows { input },
        });
    }
    let named = column.split_once('[').and_then(|(name, rest)| {
        let (row, heading) = rest.split_once("].")?;
        let input = rules.names.input(name)?;
        Some((input, rules.interface.inputs.get(input)?, row, heading))
    });
    let (input, declared, row, heading) = named.ok_or(NameKind::Input)?;
    let Shape::Table { headings, rows } = &declared.shape else { return Err(NameKind::Input) };
    let table = || declared.name.as_str().into();
    let column = rules.names.heading(input, heading).ok_or_else(|| NameKind::Heading { table: table() })?;
    match row.parse() {
        Ok(row) if (1..=*rows).contains(&row) => {
            Ok(Destination::Cell { input, cell: declared.first_cell + (row - 1) * headings.len() + column })
        }
        _ => Err(NameKind::Row { table: table(), rows: *rows }),
    }
}

fn refused(rules: Rules<'_>, input: usize, message: String) -> ServeError {
    let input = rules.interface.inputs.get(input).map(|input| input.name.clone());
    ServeError::InvalidInput { place: Place { input, ..Place::default() }, message }
}

/// Records of which none names an input are no records of this service. `noun` is what names are here: a column, a key.
pub fn none_matches<'n>(
    noun: &str,
    rules: Rules<'_>,
    names: impl ExactSizeIterator<Item = &'n str>,
) -> ServeError {
    let names = listed(names);
    let inputs = listed(rules.interface.inputs.iter().map(|input| input.name.as_str()));
    ServeError::invalid(format!("no {noun} names an input; the {noun}s are {names}; the inputs are {inputs}"))
}

/// How many names a message lists.
const LISTED: usize = 20;

pub fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let quoted: Vec<String> = names.take(LISTED).map(|name| format!("'{}'", shortened(name))).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    quoted.join(", ") + &more
}

/// A column of the answer: one output cell.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub cell: usize,
    pub format: Format,
}

/// The chosen outputs, cell by cell.
pub fn output_columns(interface: &Interface, chosen: &[usize]) -> Vec<OutputColumn> {
    let mut columns = Vec::new();
    for output in chosen.iter().filter_map(|&number| interface.outputs.get(number)) {
        let format = |column: usize| output.formats.get(column).copied().unwrap_or_default();
        match &output.shape {
            Shape::Scalar => {
                columns.push(OutputColumn {
                    name: output.name.clone(),
                    cell: output.first_cell,
                    format: format(0),
                });
            }
            Shape::Table { headings, rows } => {
                for (row, (column, heading)) in
                    (0..*rows).flat_map(|row| headings.iter().enumerate().map(move |heading| (row, heading)))
                {
                    columns.push(OutputColumn {
                        name: format!("{}[{}].{}", output.name, row + 1, heading.text),
                        cell: output.first_cell + row * headings.len() + column,
                        format: format(column),
                    });
                }
            }
        }
    }
    columns
}
