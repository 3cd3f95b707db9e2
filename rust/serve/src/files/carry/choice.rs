//! Which columns a caller wants to be carried.

use crate::codec::names::{folded, shortened};
use crate::error::ServeError;
use crate::flat::listed;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carry {
    /// By name, ignoring case where nothing else fits.
    Named(Vec<String>),
    All,
}

impl Default for Carry {
    fn default() -> Carry {
        Carry::Named(Vec::new())
    }
}

impl Carry {
    pub fn is_nothing(&self) -> bool {
        matches!(self, Carry::Named(names) if names.is_empty())
    }

    /// The positions of the wanted columns among all, ascending. A name that fits none or several is an error.
    pub fn choose(&self, columns: &[&str]) -> Result<Vec<usize>, ServeError> {
        let all: Vec<String>;
        let names = match self {
            Carry::Named(names) => names,
            Carry::All => {
                all = columns.iter().map(|&column| column.to_owned()).collect();
                &all
            }
        };
        let mut positions = Vec::new();
        for name in names {
            let alike = folded(name);
            let exactly = positions_of(columns, |column| column == name);
            let found = if exactly.is_empty() {
                positions_of(columns, |column| folded(column) == alike)
            } else {
                exactly
            };
            match found.as_slice() {
                [position] => positions.push(*position),
                [] => {
                    let columns = listed(columns.iter().copied());
                    let name = shortened(name);
                    let message =
                        format!("there is no column '{name}' to be carried; the columns are {columns}");
                    return Err(ServeError::invalid(message));
                }
                _ => return Err(twice(name)),
            }
        }
        positions.sort_unstable();
        positions.dedup();
        Ok(positions)
    }
}

/// A column that stands in the records more than once.
pub fn twice(name: &str) -> ServeError {
    let name = shortened(name);
    ServeError::invalid(format!("the column '{name}' appears twice and cannot be carried"))
}

fn positions_of(columns: &[&str], is: impl Fn(&str) -> bool) -> Vec<usize> {
    columns.iter().enumerate().filter(|(_, column)| is(column)).map(|(position, _)| position).collect()
}
