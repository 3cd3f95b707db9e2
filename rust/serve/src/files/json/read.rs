//! An array of records to input columns. A file that has objects one after the other, without an array around them, is
//! read, too.

use crate::codec::decode::decode;
use crate::codec::decode::rules::Rules;
use crate::codec::unmatched::Unmatched;
use crate::error::{Place, ServeError};
use crate::files::carry::columns::Columns;
use crate::files::carry::json::JsonFields;
use crate::files::chunk::Chunk;
use crate::files::json::elements::{Broken, Elements};
use crate::files::ndjson::read::check_keys;
use crate::files::options::RunOptions;
use crate::files::source::{CHUNK_BYTES, CHUNK_RECORDS};
use crate::flat::{none_matches, records_at_once};
use serde_json::value::RawValue;
use std::io::{self, BufReader, Cursor, Read};
use std::ops::Range;

/// What some programs put before the first character of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

pub struct JsonReader<R: Read> {
    elements: Elements<BufReader<io::Chain<Cursor<Vec<u8>>, R>>>,
    carried: JsonFields,
    /// The header row and its names, where records are arrays.
    header: Option<(Vec<u8>, Vec<String>)>,
    /// No record was read yet.
    fresh: bool,
    ended: bool,
}

impl<R: Read> JsonReader<R> {
    pub fn new(
        name: &str,
        mut bytes: R,
        rules: Rules<'_>,
        options: &RunOptions,
    ) -> Result<JsonReader<R>, ServeError> {
        let mut start = Vec::new();
        bytes
            .by_ref()
            .take(BYTE_ORDER_MARK.len() as u64)
            .read_to_end(&mut start)
            .map_err(|error| ServeError::file(name, error))?;
        if start == BYTE_ORDER_MARK {
            start.clear();
        }
        let reader = BufReader::with_capacity(1 << 18, Cursor::new(start).chain(bytes));
        // Others may stand in its chunk before it.
        let most = rules.limits.input_bytes / 2;
        Ok(JsonReader {
            elements: Elements::new(reader, most),
            carried: JsonFields::new(&options.carry),
            header: None,
            fresh: true,
            ended: false,
        })
    }

    /// The carried columns, known when the first records were read.
    pub fn carried(&self) -> Columns {
        self.carried.columns()
    }

    /// Forgets names of which somebody asks for the values.
    pub fn forget_carried(&self, unmatched: &mut Unmatched) {
        self.carried.forget_in(unmatched);
    }

    /// The next records, or `None` at the end. `name` is what the file is called in messages.
    pub fn next(&mut self, name: &str, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        let cells = rules.interface.inputs.iter().map(|input| input.shape.cells()).sum();
        let most = records_at_once(CHUNK_RECORDS, cells, rules.limits);
        let mut json = vec![b'['];
        let mut records = Vec::new();
        if let Some((header, _)) = &self.header {
            json.extend_from_slice(header);
        }
        while !self.ended && json.len() < CHUNK_BYTES && records.len() < most {
            if json.len() > 1 {
                json.push(b',');
            }
            let start = json.len();
            let more = self.elements.next(&mut json).map_err(|error| broken(name, error, records.len()))?;
            if !more {
                json.truncate(start.max(2) - 1);
                self.ended = true;
            } else if self.fresh
                && self.header.is_none()
                && records.is_empty()
                && json.get(start) == Some(&b'[')
            {
                self.begin_rows(json.get(start..).unwrap_or_default(), rules)?;
            } else {
                records.push(start..json.len());
            }
        }
        json.push(b']');
        if records.is_empty() {
            return self.carried.missing().map_or(Ok(None), Err);
        }
        self.chunk(&json, &records, rules).map(Some)
    }

    /// Takes the header row.
    fn begin_rows(&mut self, row: &[u8], rules: Rules<'_>) -> Result<(), ServeError> {
        let names: Vec<String> = serde_json::from_slice(row)
            .map_err(|_| ServeError::invalid("the header row is an array of names of inputs"))?;
        let found = names.iter().any(|name| rules.names.input(name).is_some());
        if !found && !rules.interface.inputs.is_empty() {
            return Err(none_matches("column", rules, names.iter().map(String::as_str)));
        }
        self.header = Some((row.to_vec(), names));
        Ok(())
    }

    fn chunk(
        &mut self,
        json: &[u8],
        records: &[Range<usize>],
        rules: Rules<'_>,
    ) -> Result<Chunk, ServeError> {
        let first = std::mem::take(&mut self.fresh);
        let decoded = decode(json, rules)?;
        let spelled = records.iter().map(|range| json.get(range.clone()).unwrap_or_default());
        let spelled = spelled.map(|record: &[u8]| if record == b"null" { NOTHING } else { record });
        let carried = match &self.header {
            None => {
                if first {
                    check_keys(&decoded, spelled.clone(), rules)?;
                }
                if self.carried.is_nothing() {
                    Vec::new()
                } else {
                    self.carried.read(spelled, records.len(), rules.stop)?
                }
            }
            Some(_) if self.carried.is_nothing() => Vec::new(),
            Some((_, names)) => {
                let objects: Vec<Vec<u8>> =
                    spelled.map(|row| as_object(names, row)).collect::<Result<_, _>>()?;
                self.carried.read(objects.iter().map(Vec::as_slice), records.len(), rules.stop)?
            }
        };
        Ok(Chunk { decoded, carried })
    }
}

/// `null` is a record that leaves everything to the workbook.
const NOTHING: &[u8] = b"{}";

/// A row as an object with the names of the header row. Of a name that is there twice the last value counts.
fn as_object(names: &[String], row: &[u8]) -> Result<Vec<u8>, ServeError> {
    let internal = |error: serde_json::Error| ServeError::Internal(error.to_string());
    if row == NOTHING {
        return Ok(row.to_vec());
    }
    let values: Vec<&RawValue> = serde_json::from_slice(row).map_err(internal)?;
    let mut object = vec![b'{'];
    for (at, (name, value)) in names.iter().zip(values).enumerate() {
        if names.iter().skip(at + 1).any(|other| other == name) {
            continue;
        }
        if object.len() > 1 {
            object.push(b',');
        }
        serde_json::to_writer(&mut object, name).map_err(internal)?;
        object.push(b':');
        object.extend_from_slice(value.get().as_bytes());
    }
    object.push(b'}');
    Ok(object)
}

fn broken(name: &str, error: Broken, records: usize) -> ServeError {
    match error {
        Broken::Unreadable(error) => ServeError::file(name, error),
        Broken::Invalid(message) => ServeError::InvalidInput {
            place: Place { record: Some(records + 1), ..Place::default() },
            message,
        },
    }
}
