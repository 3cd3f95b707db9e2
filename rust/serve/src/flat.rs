//! Formats with plain columns (Arrow, CSV): a table input or output takes a column per cell, `T[1].K`, rows from 1.

use crate::codec::names::Names;
use execd_calc::interface::{Format, Interface, Shape};

/// The input cell that a column names, ignoring case: (input, cell).
pub fn cell_named(interface: &Interface, names: &Names, column: &str) -> Option<(usize, usize)> {
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
