//! Formats with plain columns (Arrow, CSV): a table input or output takes a column per cell, `T[1].K`, rows from 1.

use crate::codec::decode::rules::{Rules, shortened};
use crate::codec::names::Names;
use crate::error::{Place, ServeError};
use execd_calc::interface::{Format, Interface, Shape};
use std::collections::HashSet;

/// The input cell that a column names, ignoring case: (input, cell).
fn cell_named(interface: &Interface, names: &Names, column: &str) -> Option<(usize, usize)> {
    if let Some(input) = names.input(column) {
        let declared = interface.inputs.get(input)?;
        return matches!(declared.shape, Shape::Scalar).then_some((input, declared.first_cell));
    }
    let (name, rest) = column.split_once('[')?;
    let (row, heading) = rest.split_once("].")?;
    let input = names.input(name)?;
    let declared = interface.inputs.get(input)?;
    let Shape::Table { headings, rows } = &declared.shape else { return None };
    let row: usize = row.parse().ok().filter(|row| (1..=*rows).contains(row))?;
    let column = names.heading(input, heading)?;
    Some((input, declared.first_cell + (row - 1) * headings.len() + column))
}

/// The input cells that columns name, in the order of the columns: (input, cell), and nothing for a column that names no
/// input. Two columns for one cell are refused, and so are columns of which none names an input.
pub fn cells_named(rules: Rules<'_>, columns: &[&str]) -> Result<Vec<Option<(usize, usize)>>, ServeError> {
    let mut taken = HashSet::new();
    let mut cells = Vec::with_capacity(columns.len());
    for column in columns {
        let found = cell_named(rules.interface, rules.names, column);
        let input = found.map(|(input, _)| input).or_else(|| rules.names.input(column));
        let mistake = match found {
            Some((_, cell)) if !taken.insert(cell) => {
                format!("the column '{}' appears twice", shortened(column))
            }
            None if input.is_some() => {
                format!("a table input is read from columns like {column}[1].heading")
            }
            _ => {
                cells.push(found);
                continue;
            }
        };
        let declared = input.and_then(|input| rules.interface.inputs.get(input));
        let place = Place { input: declared.map(|input| input.name.clone()), ..Place::default() };
        return Err(ServeError::InvalidInput { place, message: mistake });
    }
    let inputs = &rules.interface.inputs;
    if taken.is_empty() && !columns.is_empty() && !inputs.is_empty() {
        let columns = listed(columns.iter().copied());
        let inputs = listed(inputs.iter().map(|input| input.name.as_str()));
        let message = format!("no column names an input; the columns are {columns}; the inputs are {inputs}");
        return Err(ServeError::invalid(message));
    }
    Ok(cells)
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
