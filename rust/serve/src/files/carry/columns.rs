//! The columns that are carried: what they are called, and how their values are held between reading and writing.

use crate::codec::names::{folded, shortened};
use crate::error::ServeError;
use arrow_schema::{DataType, Field, FieldRef};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub fields: Vec<FieldRef>,
    /// The arrays hold JSON as it is spelled in the records; null where a record has no value.
    pub json: bool,
}

impl Columns {
    /// Columns that hold texts.
    pub fn of_texts<'n>(names: impl Iterator<Item = &'n str>, json: bool) -> Columns {
        let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
        Columns { fields: names.map(field).collect(), json }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.fields.iter().map(|field| field.name().as_str())
    }

    /// An output keeps its name for itself.
    pub fn check_names<'n>(&self, outputs: impl Iterator<Item = &'n str>) -> Result<(), ServeError> {
        if self.fields.is_empty() {
            return Ok(());
        }
        let outputs: Vec<String> = outputs.map(folded).collect();
        match self.names().find(|name| outputs.contains(&folded(name))) {
            None => Ok(()),
            Some(name) => Err(ServeError::invalid(format!(
                "the column '{}' cannot be carried because an output has that name; carry other columns by their names, \
                 or choose outputs without it",
                shortened(name)
            ))),
        }
    }
}
