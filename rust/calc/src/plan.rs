//! The compiled program: constants, steps and slots. No trees, no cell addresses beyond labels.

/// A compiled workbook. Immutable and shared between threads.
#[derive(Debug, Default)]
pub struct Plan {
    /// Input cells and output cells, numbered as in `Interface`.
    pub input_cells: usize,
    pub output_cells: usize,
}
