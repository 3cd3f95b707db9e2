//! Limits that keep a hostile workbook from using up time or memory.

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
    /// Elements of one kind in a part: defined names, validations, merged areas, columns, relationships.
    pub items: usize,
    /// Characters of one formula.
    pub formula_chars: usize,
    /// Cells of all inputs, and of all outputs.
    pub interface_cells: usize,
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
            items: 200_000,
            formula_chars: 65_536,
            interface_cells: 1_000_000,
        }
    }
}
