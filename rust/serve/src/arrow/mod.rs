//! Arrow record batches to input columns and back.
//!
//! The schema of the answer depends on the service alone, never on the data: each column has the type that its output
//! has when all inputs are left to the workbook. What does not fit its column (an Excel error, a text among numbers)
//! is null there and told in the column `errors`, which is null for a record without any. What else there is to tell about
//! a record is in the column `warnings` after it. Where an output has such a name, an underscore is put before it.

mod check;
mod extension;
mod numbers;
mod read;
mod write;
mod zone;

pub(crate) use extension::meant;
pub use read::{columns_of, read};
pub use write::Answer;

use crate::codec::unmatched::Unmatched;
use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::validate::validate;
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};

/// Evaluates record batches, which may come from anywhere; the answers have one row per record, in order. Names that match
/// nothing are given beside them.
pub fn evaluate(
    engine: &Engine,
    service: &Service,
    batches: &[RecordBatch],
    options: &ExecuteOptions,
) -> Result<(SchemaRef, Vec<RecordBatch>, Unmatched), ServeError> {
    engine.guarded(options.deadline, &options.stop, || {
        for batch in batches {
            check::check(batch, service.rules(options))?;
        }
        let answer = Answer::new(engine, service, &[], options)?;
        let mut written = Vec::new();
        let (_, mut unmatched) = service.choose(options)?;
        let mut before = 0;
        let rules = service.rules(options);
        for batch in batches {
            let most = columns_of(&batch.schema(), rules, &[])?.records_at_once(PIECE, rules.limits);
            for piece in pieces(batch.clone(), most) {
                let mut decoded = read(&piece, rules, &[])?;
                unmatched.join(&decoded.notes.unmatched);
                if options.strict {
                    unmatched.refuse()?;
                    decoded.notes.refuse(&service.interface, before)?;
                }
                let env = service.env_of(engine, options);
                validate(engine, &mut decoded, &service.interface, &env, &options.limits, &options.stop)?;
                written.extend(answer.evaluate(engine, service, &decoded, &[], options)?);
                before += decoded.batch.records;
            }
        }
        Ok((answer.schema(), written, unmatched))
    })
}

/// The names of the columns that `evaluate` reads, of a table with this schema.
pub fn inputs_among(schema: &Schema, service: &Service) -> Result<Vec<String>, ServeError> {
    let options = ExecuteOptions::default();
    let found = columns_of(schema, service.rules(&options), &[])?;
    let read =
        found.destinations.iter().zip(schema.fields()).filter(|(destination, _)| destination.is_some());
    Ok(read.map(|(_, field)| field.name().clone()).collect())
}

/// How many records are read before they are calculated. Columns of this size are given memory that was used before;
/// for larger ones the system would clear fresh pages.
const PIECE: usize = 1 << 16;

/// A table in pieces of at most `most` records; at least one, so that the columns of an empty table are checked too.
pub(crate) fn pieces(batch: RecordBatch, most: usize) -> impl Iterator<Item = RecordBatch> {
    let records = batch.num_rows();
    (0..records.max(1)).step_by(most).map(move |first| batch.slice(first, most.min(records - first)))
}
