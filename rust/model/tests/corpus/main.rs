//! Workbooks that Excel saved, from a folder beside the project: what they hold is read, and what they calculate comes
//! out as Excel stored it. Skipped with a message where the folder is not there.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod lists;
mod reading;
mod recalculation;
mod services;
mod waivers;
