//! Limits that keep a hostile workbook from using up time or memory. Real workbooks stay far below them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the file itself.
    pub file_bytes: u64,
    /// Entries of the zip archive.
    pub entries: usize,
    /// Unpacked bytes of one part, and of all parts that are read.
    pub part_bytes: u64,
    pub total_bytes: u64,
    /// How deep XML elements may be nested.
    pub xml_depth: usize,
    /// Bytes of one tag or text.
    pub xml_token_bytes: usize,
    pub sheets: usize,
    /// Cells of all sheets. A cell takes about 160 bytes while its sheet grows.
    pub cells: usize,
    /// Bytes of the texts that cells share.
    pub text_bytes: usize,
    /// Elements of one kind in a part: defined names, validations, merged areas, columns, relationships.
    pub items: usize,
    /// Characters of one formula.
    pub formula_chars: usize,
    /// Cells of all inputs, and of all outputs.
    pub interface_cells: usize,
    /// Areas of the data validations of one sheet.
    pub areas: usize,
    /// Nodes of the graph that formulas become.
    pub nodes: usize,
    /// Bytes that this graph takes, together with texts and arrays that are calculated while compiling.
    pub bytes: usize,
    /// Seconds to read and compile the workbook. This crate has no clock: who has one raises `stop` when they are over.
    pub seconds: f64,
    /// Raised from outside when reading and compiling are to end.
    pub stop: Arc<AtomicBool>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes: 256 << 20,
            entries: 10_000,
            part_bytes: 1 << 30,
            total_bytes: 2 << 30,
            xml_depth: 64,
            xml_token_bytes: 4 << 20,
            sheets: 1_000,
            cells: 3_500_000,
            text_bytes: 512 << 20,
            items: 200_000,
            formula_chars: 65_536,
            interface_cells: 1_000_000,
            areas: 1_000_000,
            nodes: 4_000_000,
            bytes: 512 << 20,
            seconds: 60.0,
            stop: Arc::default(),
        }
    }
}
