//! Numbers as people write them: decimal digits, dates, number formats, and the reading of both. From the bottom up.

pub mod digits;

pub mod serial;

pub mod format;

pub mod parse_number;

pub mod parse_date;
