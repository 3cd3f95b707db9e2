//! JSON bytes to columns and back, by the `Interface`. Envelopes of the faces are elsewhere.

pub mod names;

pub mod notes;

pub mod dates;

pub mod records;

pub mod table;

pub mod tokens;

pub mod decode;

pub mod pattern;

pub mod scan;

pub mod growing;

pub mod spelled;

pub mod number;

pub mod template;

pub mod writer;

pub mod encode;
