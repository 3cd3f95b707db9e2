//! What depends on the columns of a table and not on its records: where each column goes, and what the answer looks like.
//! It is worked out once and remembered, for tables come in many parts.

use super::answer::Answer;
use super::read::columns_of;
use crate::codec::unmatched::Unmatched;
use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::flat::InputColumns;
use arrow_schema::SchemaRef;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

pub struct Prepared {
    schema: SchemaRef,
    outputs: Vec<String>,
    ignored: Vec<String>,
    pub columns: InputColumns,
    pub answer: Answer,
    /// Of the options and of the columns.
    pub unmatched: Unmatched,
}

/// What was prepared for the tables that one service saw last.
#[derive(Default)]
pub struct Seen(Mutex<VecDeque<Arc<Prepared>>>);

/// So many are remembered.
const MOST: usize = 4;

impl Seen {
    /// What is known of tables with these columns, from before or from now on.
    pub(super) fn prepared(
        &self,
        engine: &Engine,
        service: &Service,
        schema: &SchemaRef,
        options: &ExecuteOptions,
    ) -> Result<Arc<Prepared>, ServeError> {
        let seen = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen().iter().find(|known| known.is_for(schema, options)) {
            return Ok(Arc::clone(known));
        }
        let new = Arc::new(Prepared::new(engine, service, schema, options)?);
        let mut seen = seen();
        seen.push_front(Arc::clone(&new));
        seen.truncate(MOST);
        Ok(new)
    }
}

impl Prepared {
    fn new(
        engine: &Engine,
        service: &Service,
        schema: &SchemaRef,
        options: &ExecuteOptions,
    ) -> Result<Prepared, ServeError> {
        let columns = columns_of(schema, service.rules(options), &[])?;
        let (_, mut unmatched) = service.choose(options)?;
        unmatched.join(&columns.unmatched);
        Ok(Prepared {
            schema: Arc::clone(schema),
            outputs: options.outputs.clone(),
            ignored: options.ignored.clone(),
            columns,
            answer: Answer::new(engine, service, &[], options)?,
            unmatched,
        })
    }

    fn is_for(&self, schema: &SchemaRef, options: &ExecuteOptions) -> bool {
        self.outputs == options.outputs && self.ignored == options.ignored && self.schema == *schema
    }
}
