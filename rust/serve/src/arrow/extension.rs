//! Extension types of Arrow: columns that mean something else than what they are stored as.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Date32Array, StringArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field};
use chrono::NaiveDate;
use std::sync::Arc;

/// The column as what it means. One of an unknown extension type means what it is stored as.
pub fn meant(field: &Field, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match field.extension_type_name() {
        Some("arrow.bool8") => cast(array, &DataType::Boolean),
        Some("arrow.uuid") => uuids(array),
        Some("pandas.period") => periods(array, field.extension_type_metadata().unwrap_or_default()),
        _ => Ok(Arc::clone(array)),
    }
}

/// Identifiers as RFC 9562 writes them.
fn uuids(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let Some(uuids) = array.as_fixed_size_binary_opt() else {
        return Err(ArrowError::CastError(format!("a uuid cannot be stored as {}", array.data_type())));
    };
    let text = |uuid: &[u8]| {
        let hex = |byte: &u8| format!("{byte:02x}");
        let groups = [0..4, 4..6, 6..8, 8..10, 10..16]
            .map(|group| uuid.get(group).unwrap_or_default().iter().map(hex).collect::<String>());
        groups.join("-")
    };
    Ok(Arc::new(uuids.iter().map(|uuid| uuid.map(text)).collect::<StringArray>()))
}

/// The first days of periods, which are stored as numbers since 1970.
fn periods(array: &ArrayRef, metadata: &str) -> Result<ArrayRef, ArrowError> {
    let frequency = serde_json::from_str::<serde_json::Value>(metadata)
        .ok()
        .and_then(|metadata| Some(metadata.get("freq")?.as_str()?.to_owned()))
        .unwrap_or_default();
    let months = match frequency.as_str() {
        "D" => return cast(&cast(array, &DataType::Int32)?, &DataType::Date32),
        "M" => 1,
        "Q-DEC" => 3,
        "Y-DEC" | "A-DEC" => 12,
        _ => {
            let message = format!("periods of frequency '{frequency}' cannot be read");
            return Err(ArrowError::CastError(message));
        }
    };
    let first_day = |number: i64| {
        let month = number.checked_mul(months)?;
        let year = i32::try_from(1970 + month.div_euclid(12)).ok()?;
        let date = NaiveDate::from_ymd_opt(year, month.rem_euclid(12) as u32 + 1, 1)?;
        Some(date.to_epoch_days())
    };
    let numbers = cast(array, &DataType::Int64)?;
    let numbers = numbers.as_primitive::<Int64Type>();
    Ok(Arc::new(numbers.iter().map(|number| first_day(number?)).collect::<Date32Array>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Date32Type;
    use arrow_array::{FixedSizeBinaryArray, Int8Array, Int64Array};
    use std::collections::HashMap;

    fn of(name: &str, metadata: &str, array: ArrayRef) -> Result<ArrayRef, ArrowError> {
        let pairs = [("ARROW:extension:name", name), ("ARROW:extension:metadata", metadata)];
        let pairs: HashMap<String, String> =
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let field = Field::new("x", array.data_type().clone(), true).with_metadata(pairs);
        meant(&field, &array)
    }

    #[test]
    fn truth_values_and_identifiers() {
        let flags = of("arrow.bool8", "", Arc::new(Int8Array::from(vec![Some(0), Some(2), None]))).unwrap();
        let flags: Vec<_> = flags.as_boolean().iter().collect();
        assert_eq!(flags, [Some(false), Some(true), None]);
        // The example of RFC 9562, appendix A.1.
        let bytes = 0xC232_AB00_9414_11EC_B3C8_9F6B_DECE_D846_u128.to_be_bytes();
        let uuids = FixedSizeBinaryArray::try_from_iter([bytes].iter()).unwrap();
        let texts = of("arrow.uuid", "", Arc::new(uuids)).unwrap();
        assert_eq!(texts.as_string::<i32>().value(0), "c232ab00-9414-11ec-b3c8-9f6bdeced846");
        let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        assert!(of("arrow.uuid", "", Arc::clone(&number)).is_err());
        assert_eq!(of("unknown.type", "", Arc::clone(&number)).unwrap().as_ref(), number.as_ref());
    }

    /// Oracle: pandas, `PeriodIndex(["2024-03-05", "1969-11-30"], freq=…)`: the ordinals, and the days of
    /// `to_timestamp()` as numbers since 1970.
    #[test]
    fn periods_begin_on_their_first_day() {
        for (frequency, numbers, days) in [
            ("D", [19_787, -32], [19_787, -32]),
            ("M", [650, -2], [19_783, -61]),
            ("Q-DEC", [216, -1], [19_723, -92]),
            ("Y-DEC", [54, -1], [19_723, -365]),
            ("A-DEC", [54, -1], [19_723, -365]),
        ] {
            let numbers: ArrayRef = Arc::new(Int64Array::from(numbers.map(Some).to_vec()));
            let found = of("pandas.period", &format!("{{\"freq\": \"{frequency}\"}}"), numbers).unwrap();
            assert_eq!(found.as_primitive::<Date32Type>().values(), &days, "{frequency}");
        }
        let hours: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let error = of("pandas.period", "{\"freq\": \"h\"}", Arc::clone(&hours)).unwrap_err().to_string();
        assert!(error.contains("periods of frequency 'h' cannot be read"), "{error}");
        assert!(of("pandas.period", "", hours).is_err());
    }
}
