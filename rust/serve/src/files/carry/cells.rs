//! Cells of a sheet, and carried values as such.

use crate::error::ServeError;
use crate::files::carry::columns::Columns;
use crate::files::carry::text;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};
use execd_calc::interface::Format;
use execd_calc::numbers::serial;
use execd_calc::values::value::ErrorCode;
use std::sync::Arc;

/// Days between the first days of Excel's two systems of dates.
pub const DAYS_1904: f64 = serial::OFFSET_1904 as f64;

/// What a cell of a sheet holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Blank,
    Number(f64),
    /// A number that is shown as a date, a time or both.
    Dated(f64, Format),
    Text(Box<str>),
    Bool(bool),
    Error(ErrorCode),
}

/// The columns of carried values, which have the types of the schema.
pub fn cells(arrays: &[ArrayRef], schema: &Schema) -> Result<Vec<Vec<Cell>>, ServeError> {
    let columns = arrays.iter().zip(schema.fields()).map(|(array, field)| {
        let typed = typed(array).map_err(|error| ServeError::Internal(error.to_string()))?;
        if let Some(cells) = typed {
            return Ok(cells);
        }
        let alone = Columns { fields: vec![Arc::clone(field)], json: false };
        let texts = text::fields(&alone, std::slice::from_ref(array))?;
        let texts = texts.iter().flat_map(|texts| texts.iter());
        Ok(texts.map(|text| text.map_or(Cell::Blank, |text| Cell::Text(text.into()))).collect())
    });
    columns.collect()
}

/// The cells of a column of numbers, truth values or dates; none for other types and for days that Excel does not know.
fn typed(array: &ArrayRef) -> Result<Option<Vec<Cell>>, ArrowError> {
    let kind = array.data_type();
    Ok(match kind {
        DataType::Boolean => {
            Some(array.as_boolean().iter().map(|value| value.map_or(Cell::Blank, Cell::Bool)).collect())
        }
        _ if kind.is_integer() && *kind != DataType::UInt64 => {
            let numbers = cast(array, &DataType::Int64)?;
            Some(
                numbers
                    .as_primitive::<Int64Type>()
                    .iter()
                    .map(|value| value.map_or(Cell::Blank, whole))
                    .collect(),
            )
        }
        _ if kind.is_numeric() => {
            let numbers = cast(array, &DataType::Float64)?;
            Some(
                numbers
                    .as_primitive::<Float64Type>()
                    .iter()
                    .map(|value| value.map_or(Cell::Blank, number))
                    .collect(),
            )
        }
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, None) => {
            let format = if *kind == DataType::Date32 { Format::Date } else { Format::DateTime };
            let moments = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>().iter();
            moments.map(|value| value.map_or(Some(Cell::Blank), |value| moment(value, format))).collect()
        }
        _ => None,
    })
}

/// A whole number that a double does not hold stays what it is, as a text.
fn whole(value: i64) -> Cell {
    let exact = value.unsigned_abs() <= 1 << 53;
    if exact { Cell::Number(value as f64) } else { Cell::Text(value.to_string().into()) }
}

fn number(value: f64) -> Cell {
    if value.is_finite() { Cell::Number(value) } else { Cell::Text(value.to_string().into()) }
}

const DAY: i64 = 86_400_000_000;
/// The number of 1970-01-01.
const DAY_1970: i64 = 25_569;
/// The first day after the 29th of February 1900, which only Excel has.
const MARCH_1900: i64 = 61;

/// Nothing before 1900, which Excel does not know.
fn moment(microseconds: i64, format: Format) -> Option<Cell> {
    let (day, time) = (microseconds.div_euclid(DAY) + DAY_1970, microseconds.rem_euclid(DAY));
    let day = if day < MARCH_1900 { day - 1 } else { day };
    let known = (1..=serial::LAST_DAY).contains(&day);
    known.then(|| Cell::Dated(day as f64 + time as f64 / DAY as f64, format))
}
