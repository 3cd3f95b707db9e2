//! Arrow record batches to input columns and back. Where the batches come from is elsewhere.
//!
//! The schema of the answer depends on the service alone, never on the data: each column has the kind that its output
//! has when all inputs are left to the workbook. What does not fit its column (an Excel error, a text among numbers)
//! is null there and told in the last column, `errors`, which is null for a record without any.

mod read;
mod write;

pub use read::read;
pub use write::Answer;

use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::validate::validate;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// Evaluates record batches; the answers have one row per record, in order.
pub fn evaluate(
    engine: &Engine,
    service: &Service,
    batches: &[RecordBatch],
    options: &ExecuteOptions,
) -> Result<(SchemaRef, Vec<RecordBatch>), ServeError> {
    engine.guarded(options.deadline, &options.stop, || {
        let answer = Answer::new(engine, service, options)?;
        let mut written = Vec::new();
        for batch in batches {
            let mut decoded = read(batch, service.rules(options))?;
            let env = service.env_of(engine, options);
            validate(engine, &mut decoded, &service.interface, &env, &options.limits, &options.stop)?;
            written.extend(answer.evaluate(engine, service, &decoded, options)?);
        }
        Ok((answer.schema(), written))
    })
}
