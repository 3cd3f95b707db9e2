//! Records through a service into answers, chunk by chunk and in bounded memory: CSV, NDJSON, Parquet and Arrow IPC,
//! in any combination.

pub mod kind;

mod packing;

mod piped;

pub mod carry;

pub mod options;

pub mod chunk;

pub mod source;

pub mod target;

mod csv;

mod ndjson;

mod foreign_schema;

mod parquet_schema;

pub mod reader;

mod parquet_columns;

mod writer;

mod summary;

mod run;

pub use options::RunOptions;
pub use run::{Progress, run, run_files};
pub use summary::{LeftOut, Seconds, Summary};
