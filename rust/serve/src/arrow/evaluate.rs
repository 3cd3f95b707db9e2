//! Record batches to record batches. Each thread reads, judges, calculates and writes a piece of a batch at a time, so
//! that the piece stays in the cache of its processor from the first to the last.

use super::answer::{AT_ONCE, Answer};
use super::check::check;
use super::part::Part;
use super::prepared::{Prepared, Seen};
use super::read::read_columns;
use crate::codec::unmatched::Unmatched;
use crate::engine::{Blocks, Engine};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::limits::AnswerBytes;
use crate::validate::validate;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use execd_calc::semantics::function::Env;

/// Evaluates record batches, which may come from anywhere; the answers have one row per record, in order. Names that match
/// nothing are given beside them.
pub fn evaluate(
    engine: &Engine,
    service: &Service,
    seen: &Seen,
    batches: &[RecordBatch],
    options: &ExecuteOptions,
) -> Result<(SchemaRef, Vec<RecordBatch>, Unmatched), ServeError> {
    engine.guarded(options.deadline, &options.stop, || {
        let (_, mut unmatched) = service.choose(options)?;
        let mut schema = None;
        let mut written = Vec::new();
        let mut before = 0;
        // One moment for all records.
        let env = service.env_of(engine, options);
        for batch in batches {
            let prepared = seen.prepared(engine, service, &batch.schema(), options)?;
            unmatched.join(&prepared.unmatched);
            if options.strict {
                unmatched.refuse()?;
            }
            check(batch, &prepared.columns, &options.stop)?;
            let call = Call { engine, service, prepared: &prepared, env: &env, options };
            for first in (0..batch.num_rows().max(1)).step_by(AT_ONCE) {
                let some = batch.slice(first, AT_ONCE.min(batch.num_rows() - first));
                let (answers, other) = call.answers(&some, before)?;
                unmatched.join(&other);
                written.extend(answers);
                before += some.num_rows();
            }
            schema = Some(prepared.answer.schema());
        }
        let schema = match schema {
            Some(schema) => schema,
            None => Answer::new(engine, service, &[], options)?.schema(),
        };
        Ok((schema, written, unmatched))
    })
}

/// Inputs and outputs of a piece may have so many bytes: a part of the second-level cache.
const PIECE_BYTES: usize = 256 << 10;

/// What the pieces of a table have in common.
struct Call<'a> {
    engine: &'a Engine,
    service: &'a Service,
    prepared: &'a Prepared,
    env: &'a Env,
    options: &'a ExecuteOptions,
}

impl Call<'_> {
    /// The answers to some records, of which `before` came before.
    fn answers(
        &self,
        batch: &RecordBatch,
        before: usize,
    ) -> Result<(Vec<RecordBatch>, Unmatched), ServeError> {
        let Prepared { columns, answer, .. } = self.prepared;
        let width = columns.destinations.len() + answer.width();
        let most = columns.records_at_once(PIECE_BYTES / 8 / width.max(1), &self.options.limits);
        let work = self.service.work(self.env, self.options);
        let piece = |blocks: &Blocks<'_>, part: &mut Part<'_>| self.piece(blocks, part, batch, before);
        let bytes = AnswerBytes::new(self.options.limits.batch);
        answer.in_parts(self.engine, &work, batch.num_rows(), most, &bytes, piece)
    }

    fn piece(
        &self,
        blocks: &Blocks<'_>,
        part: &mut Part<'_>,
        batch: &RecordBatch,
        before: usize,
    ) -> Result<(), ServeError> {
        let (service, options) = (self.service, self.options);
        let rules = service.rules(options);
        let records = part.records();
        let mut decoded = read_columns(&self.prepared.columns, batch, records.clone(), rules)?;
        if options.strict {
            decoded.notes.refuse(&service.interface, before + records.start)?;
        }
        validate(self.engine, &mut decoded, &service.interface, self.env, &options.limits, &options.stop)?;
        part.evaluate(blocks, service, &decoded, 0..records.len(), &[], options)?;
        part.tell_unmatched(decoded.notes.unmatched);
        Ok(())
    }
}
