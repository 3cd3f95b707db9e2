//! Which columns a caller wants to be carried.

use crate::codec::names::{folded, shortened};
use crate::error::ServeError;
use crate::flat::listed;
use std::borrow::Cow;
use std::collections::HashMap;

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
        let exactly = Places::of(columns.iter().map(|&column| Cow::Borrowed(column)));
        let Carry::Named(names) = self else {
            return columns.iter().map(|column| exactly.one(column)?.ok_or_else(|| twice(column))).collect();
        };
        let alike = Places::of(columns.iter().map(|column| Cow::Owned(folded(column))));
        let mut positions = Vec::new();
        for name in names {
            let found = exactly.one(name)?.map_or_else(|| alike.one(&folded(name)), |at| Ok(Some(at)));
            match found.map_err(|_| twice(name))? {
                Some(position) => positions.push(position),
                None => {
                    let columns = listed(columns.iter().copied());
                    let name = shortened(name);
                    let message =
                        format!("there is no column '{name}' to be carried; the columns are {columns}");
                    return Err(ServeError::invalid(message));
                }
            }
        }
        positions.sort_unstable();
        positions.dedup();
        Ok(positions)
    }
}

/// Where names stand among columns: `None` for those that stand there more than once.
struct Places<'c>(HashMap<Cow<'c, str>, Option<usize>>);

impl<'c> Places<'c> {
    fn of(names: impl Iterator<Item = Cow<'c, str>>) -> Places<'c> {
        let mut places = HashMap::new();
        for (at, name) in names.enumerate() {
            places.entry(name).and_modify(|place| *place = None).or_insert(Some(at));
        }
        Places(places)
    }

    /// The one place of a name, if it has any.
    fn one(&self, name: &str) -> Result<Option<usize>, ServeError> {
        match self.0.get(name) {
            Some(Some(at)) => Ok(Some(*at)),
            Some(None) => Err(twice(name)),
            None => Ok(None),
        }
    }
}

/// A column that stands in the records more than once.
pub fn twice(name: &str) -> ServeError {
    let name = shortened(name);
    ServeError::invalid(format!("the column '{name}' appears twice and cannot be carried"))
}
