//! Records through a service into answers, chunk by chunk and in bounded memory, in any combination of the formats of
//! `kind`.

pub mod kind;

mod packing;

mod place;

mod piped;

pub mod spool;

pub mod carry;

mod csv;

pub mod sheet;

pub mod options;

mod ranged;

pub mod chunk;

pub mod source;

pub mod target;

mod ndjson;

mod json;

mod foreign_schema;

mod claims;

mod parquet_schema;

mod batches;

pub mod reader;

mod parquet_columns;

mod sinks;

mod writer;

mod summary;

mod run;

mod served;

pub use csv::dialect;
pub use options::RunOptions;
pub use place::Place;
pub use run::{Progress, run, run_files, run_parts};
pub use served::{Records, run_served};
pub use summary::{LeftOut, Seconds, Summary};
